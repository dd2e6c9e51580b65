#include "chat/brokers.h"

#include "chat/key_probe.h"
#include "chat/me.h"
#include "chat/store.h"
#include "core/contracts/call_me.h"
#include "core/text.h"

#include <map>

namespace hawser::chat {

namespace {

/// One broker and what it told.
struct Seat {
    Location location;
    LaterPointer<Client> client;
    QHash<PublicKey, Member> people;
    bool administrator = false;
    PublicKey newKey;
    QString stopped; // why, when we hung up
    qint64 knownSince = 0;
    QPointer<Call> watch; // of people
    bool away = false; // the link waits for its next connection, too long to count on it
};

QString sinceName(const PublicKey &key)
{
    return QStringLiteral("since/%1").arg(key.hex());
}

Broker::State stateOf(const Seat &seat)
{
    switch (seat.client->state()) {
    case Client::State::Connecting:
        return Broker::State::Connecting;
    case Client::State::Stranger:
        return Broker::State::Asking;
    case Client::State::Ready:
        return Broker::State::Ready;
    case Client::State::Suspended:
        return seat.away ? Broker::State::Offline : Broker::State::Ready;
    case Client::State::Waiting:
        return Broker::State::Offline;
    case Client::State::Idle:
    case Client::State::Stopped:
        break;
    }
    return seat.newKey.isNull() ? Broker::State::Stopped : Broker::State::ChangedKey;
}

QString sentenceOf(const Seat &seat, Broker::State state)
{
    switch (state) {
    case Broker::State::ChangedKey:
        return QStringLiteral("%1 has a different key than before").arg(seat.location.name);
    case Broker::State::Stopped:
        if (!seat.stopped.isEmpty())
            return seat.stopped;
        [[fallthrough]];
    case Broker::State::Offline:
        return seat.client->lastError().sentence;
    case Broker::State::Connecting:
    case Broker::State::Asking:
    case Broker::State::Ready:
        break;
    }
    return {};
}

} // namespace

class Brokers::Private {
public:
    Private(Brokers *q, const Me &me, Database &database, Commands &served)
        : q(q), me(me), database(database), served(served), locations(me.folder)
    {
    }

    Seat *find(const PublicKey &key)
    {
        const auto found = seats.find(key);
        return found == seats.end() ? nullptr : &found->second;
    }
    Broker describe(const Seat &seat) const;
    void open(const Location &location);
    void changed(const PublicKey &key);
    void becameReady(const PublicKey &key);
    void take(const PublicKey &key, const contracts::WatchPeople::In &in);
    void everybodyIsAway(const PublicKey &key);
    void watchPeople(const PublicKey &key);
    void lookForNewKey(const PublicKey &key);
    /// An administrator's call; without that broker it fails at once.
    template <typename C>
    void ask(const PublicKey &broker, const typename C::Request &request, QObject *context,
        std::function<void(const Result<typename C::Reply> &)> callback);

    Brokers *q;
    const Me &me;
    Database &database;
    Commands &served;
    Locations locations;
    std::map<PublicKey, Seat> seats;
};

Broker Brokers::Private::describe(const Seat &seat) const
{
    Broker broker;
    broker.name = seat.location.name;
    broker.address = seat.location.address;
    broker.key = seat.location.broker;
    broker.state = stateOf(seat);
    broker.sentence = sentenceOf(seat, broker.state);
    broker.administrator = seat.administrator;
    broker.retryIn = seat.client->retryIn();
    broker.roundTrip = seat.client->link() ? seat.client->link()->roundTrip() : milliseconds(0);
    broker.newKey = seat.newKey;
    broker.knownSince = seat.knownSince;
    return broker;
}

void Brokers::Private::open(const Location &location)
{
    const PublicKey key = location.broker;
    Seat &seat = seats[key];
    seat.location = location;
    seat.knownSince = setting(database, sinceName(key)).toLongLong();
    seat.newKey = {};
    seat.stopped.clear();
    seat.client.reset(new Client(me.identity, me.profile));
    Client *client = seat.client.get();
    client->setLimits(me.limits.links, me.limits.dials);
    client->setCommands(&served);
    QObject::connect(client, &Client::stateChanged, q, [this, key] { changed(key); });
    QObject::connect(client, &Client::ready, q, [this, key] { becameReady(key); });
    QObject::connect(client, &Client::away, q, [this, key] {
        find(key)->away = true;
        changed(key);
    });
    QObject::connect(client, &Client::resumed, q, [this, key] {
        if (!std::exchange(find(key)->away, false))
            return;
        watchPeople(key);
        emit q->backAgain(key);
    });
    QObject::connect(client, &Client::stranger, q, [this, key] { emit q->stranger(key); });
    client->connectTo(location.address, key);
}

void Brokers::Private::changed(const PublicKey &key)
{
    Seat *seat = find(key);
    if (seat == nullptr)
        return;
    if (stateOf(*seat) != Broker::State::Ready)
        everybodyIsAway(key);
    if (seat->client->state() == Client::State::Stopped && seat->client->lastError().code == Code::Unauthenticated)
        lookForNewKey(key);
    emit q->changed(key);
}

/// Rule 10 of the approval dialog wants both keys: what lives there now is looked up apart.
void Brokers::Private::lookForNewKey(const PublicKey &key)
{
    auto *probe = new KeyProbe(find(key)->location.address, me.identity, q);
    QObject::connect(probe, &KeyProbe::found, q, [this, key](const PublicKey &now) {
        Seat *seat = find(key);
        if (seat == nullptr || now == key || seat->client->state() != Client::State::Stopped)
            return;
        seat->newKey = now;
        emit q->changed(key);
        emit q->keyChanged(key);
    });
}

void Brokers::Private::everybodyIsAway(const PublicKey &key)
{
    Seat &seat = *find(key);
    const bool was = std::exchange(seat.administrator, false);
    bool any = false;
    for (Member &member : seat.people) {
        if (!std::exchange(member.online, false))
            continue;
        any = true;
        emit q->memberChanged(key, member.key);
    }
    if (was)
        emit q->administratorChanged(key);
    if (any)
        emit q->peopleChanged(key);
}

void Brokers::Private::becameReady(const PublicKey &key)
{
    Seat &seat = *find(key);
    if (seat.knownSince == 0) {
        seat.knownSince = wallClock();
        const Result<void> kept = setSetting(database, sinceName(key), QString::number(seat.knownSince));
        Q_UNUSED(kept) // only a date for display
    }
    seat.away = false;
    watchPeople(key);
    emit q->ready(key);
}

void Brokers::Private::watchPeople(const PublicKey &key)
{
    Seat &seat = *find(key);
    seat.people.clear();
    delete seat.watch;
    Call *watch = seat.client->start<contracts::WatchPeople>({}, {});
    seat.watch = watch;
    QObject::connect(watch, &Channel::received, q, [this, key](const ChannelMessage &message) {
        if (const auto in = message.as<contracts::WatchPeople::In>(); in && find(key) != nullptr)
            take(key, *in);
    });
}

void Brokers::Private::take(const PublicKey &key, const contracts::WatchPeople::In &in)
{
    Seat &seat = *find(key);
    if (in.user == me.key()) {
        if (std::exchange(seat.administrator, in.administrator) == in.administrator)
            return;
        emit q->changed(key);
        emit q->administratorChanged(key);
        return;
    }
    if (in.removed)
        seat.people.remove(in.user);
    else
        seat.people[in.user] = { in.user, claimedName(in.name), in.online, in.administrator,
            wallClock() - qint64(std::min<quint64>(in.knownMs, quint64(wallClock()))) };
    emit q->memberChanged(key, in.user);
    emit q->peopleChanged(key);
}

Brokers::Brokers(const Me &me, Database &database, Commands &served)
    : d(std::make_unique<Private>(this, me, database, served))
{
}

Brokers::~Brokers() = default;

void Brokers::start()
{
    for (const Location &location : d->locations.all())
        d->open(location);
}

Result<void> Brokers::add(const Location &location)
{
    Location named = location;
    if (const Seat *known = d->find(location.broker))
        named.name = known->location.name;
    if (const Result<void> saved = d->locations.save(named); !saved)
        return saved.error();
    const bool isNew = d->find(location.broker) == nullptr;
    d->open(named);
    if (isNew)
        emit added(location.broker);
    else
        emit changed(location.broker);
    return {};
}

QList<Broker> Brokers::all() const
{
    QList<Broker> list;
    for (const auto &[key, seat] : d->seats)
        list.append(d->describe(seat));
    std::sort(list.begin(), list.end(), [](const Broker &a, const Broker &b) { return a.name < b.name; });
    return list;
}

std::optional<Broker> Brokers::find(const PublicKey &key) const
{
    const Seat *seat = d->find(key);
    return seat ? std::optional(d->describe(*seat)) : std::nullopt;
}

QList<Member> Brokers::people(const PublicKey &broker) const
{
    const Seat *seat = d->find(broker);
    QList<Member> list = seat ? seat->people.values() : QList<Member>();
    std::sort(list.begin(), list.end(),
        [](const Member &a, const Member &b) { return std::tie(a.name, a.key) < std::tie(b.name, b.key); });
    return list;
}

std::optional<Member> Brokers::member(const PublicKey &broker, const PublicKey &key) const
{
    const Seat *seat = d->find(broker);
    return seat && seat->people.contains(key) ? std::optional(seat->people[key]) : std::nullopt;
}

Client *Brokers::client(const PublicKey &broker) const
{
    const Seat *seat = d->find(broker);
    return seat ? seat->client.get() : nullptr;
}

void Brokers::setProfile(const Profile &profile)
{
    for (auto &[key, seat] : d->seats) {
        seat.client->setProfile(profile);
        if (seat.client->state() == Client::State::Ready)
            seat.client->start<contracts::CallMe>({}, { profile.name });
    }
}

void Brokers::retryNow(const PublicKey &broker)
{
    Seat *seat = d->find(broker);
    if (seat == nullptr)
        return;
    if (seat->stopped.isEmpty())
        return seat->client->retryNow();
    d->open(Location(seat->location));
    emit changed(broker);
}

void Brokers::stop(const PublicKey &broker, const QString &sentence)
{
    Seat *seat = d->find(broker);
    if (seat == nullptr)
        return;
    seat->stopped = sentence;
    seat->client->disconnectFromPeer();
}

Result<void> Brokers::leave(const PublicKey &broker)
{
    Seat *seat = d->find(broker);
    if (seat == nullptr)
        return {};
    if (const Result<void> gone = d->locations.remove(seat->location.name); !gone)
        return gone.error();
    seat->client->disconnectFromPeer();
    d->everybodyIsAway(broker);
    d->seats.erase(broker);
    emit removed(broker);
    return {};
}

Result<void> Brokers::replaceKey(const PublicKey &broker, const QString &firstNewWord)
{
    Seat *seat = d->find(broker);
    if (seat == nullptr || seat->newKey.isNull())
        return Error { Code::FailedPrecondition, QStringLiteral("the key there has not changed") };
    if (firstNewWord.trimmed().toLower() != seat->newKey.words().section(QLatin1Char('-'), 0, 0))
        return Error { Code::InvalidArgument, QStringLiteral("that is not the first word of the new key") };
    Location location = seat->location;
    location.broker = seat->newKey;
    if (const Result<void> saved = d->locations.save(location); !saved)
        return saved.error();
    d->seats.erase(broker);
    emit keyReplaced(broker, location.broker);
    emit removed(broker);
    d->open(location);
    emit added(location.broker);
    return {};
}

template <typename C>
void Brokers::Private::ask(const PublicKey &broker, const typename C::Request &request, QObject *context,
    std::function<void(const Result<typename C::Reply> &)> callback)
{
    if (Seat *seat = find(broker))
        seat->client->call<C>({}, request, context, std::move(callback));
    else
        callback(Error { Code::NotFound, QStringLiteral("there is no such broker"), Begun::No });
}

void Brokers::invite(const PublicKey &broker, const contracts::Invite::Request &request, QObject *context,
    std::function<void(const Result<contracts::Invite::Reply> &)> callback)
{
    d->ask<contracts::Invite>(broker, request, context, std::move(callback));
}

void Brokers::revoke(const PublicKey &broker, const QString &who, QObject *context,
    std::function<void(const Result<contracts::Revoke::Reply> &)> callback)
{
    d->ask<contracts::Revoke>(broker, { who }, context, std::move(callback));
}

} // namespace hawser::chat
