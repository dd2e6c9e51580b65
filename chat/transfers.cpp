#include "chat/transfers.h"

#include "chat/brokers.h"
#include "chat/contacts.h"
#include "chat/me.h"
#include "chat/transfers_private.h"

#include <QTimer>

namespace hawser::chat {

namespace {

constexpr milliseconds stallCheck = std::chrono::seconds(5);
constexpr milliseconds speedWindow { 250 };
constexpr milliseconds expiryEvery = std::chrono::hours(1);

} // namespace

Transfers::Private::Private(Transfers *q, const Me &me, const Contacts &contacts, const Brokers &brokers,
    const Route &route, Conversations &conversations, const QString &downloads)
    : q(q), me(me), contacts(contacts), brokers(brokers), route(route), history(conversations.history()),
      post(conversations.post()), downloads(downloads), stalls(new QTimer(this))
{
    connect(&history, &History::opened, this, &Private::load);
    connect(&post, &Post::came, this, [this](const messages::News &news) {
        for (const Offer &offer : news.offers)
            took(offer);
        for (const QByteArray &limit : news.limitsHit)
            hits.count(limit.constData());
    });
    connect(&route, &Route::presenceChanged, this, [this](const PublicKey &peer) {
        for (auto &[id, moving] : all) {
            if (!moving.kept || moving.transfer.peer != peer || moving.transfer.isOver())
                continue;
            moving.notBefore = {};
            fill(moving);
            emit this->q->changed(id);
        }
        beginKept();
    });
    connect(&contacts, &Contacts::removed, this, &Private::removed);
    connect(stalls, &QTimer::timeout, this, &Private::watchStalls);
    connect(&contacts, &Contacts::revoked, this, [this](const PublicKey &key, Right right) {
        if (right == Right::Files)
            revoked(key);
    });
}

Transfers::Private::~Private()
{
    for (auto &[id, moving] : all)
        leavePart(moving);
}

Moving *Transfers::Private::find(const QByteArray &id)
{
    const auto found = all.find(id);
    return found == all.end() ? nullptr : &found->second;
}

QString Transfers::Private::nameOf(const PublicKey &key) const
{
    const std::optional<Contact> contact = contacts.find(key);
    return contact ? contact->shownName() : key.words();
}

int Transfers::Private::going(const PublicKey &peer, Transfer::Direction direction) const
{
    int count = 0;
    for (const auto &[id, moving] : all) {
        const Transfer &transfer = moving.transfer;
        const bool isOffered = transfer.state == Transfer::State::Offered && !moving.kept;
        const bool begins = moving.kept && moving.upload;
        const bool moves = transfer.state == Transfer::State::Going || transfer.state == Transfer::State::Paused
            || isOffered || begins;
        count += moves && transfer.peer == peer && transfer.direction == direction;
    }
    return count;
}

void Transfers::Private::moved(Moving &moving, quint64 bytes, quint64 files)
{
    Transfer &transfer = moving.transfer;
    const Instant at = now();
    transfer.done = bytes;
    transfer.filesDone = files;
    const auto passed = std::chrono::duration_cast<milliseconds>(at - moving.lastMoved);
    if (passed >= speedWindow) {
        const quint64 speed = (bytes - std::min(bytes, moving.lastBytes)) * 1000 / quint64(passed.count());
        transfer.speed = transfer.speed == 0 ? speed : (transfer.speed * 7 + speed * 3) / 10;
        moving.lastMoved = at;
        moving.lastBytes = bytes;
    }
    transfer.timeLeft.reset();
    if (transfer.speed > 0 && transfer.bytes >= bytes)
        transfer.timeLeft = milliseconds(qint64((transfer.bytes - bytes) * 1000 / transfer.speed));
    emit q->changed(transfer.id);
}

void Transfers::Private::end(Moving &moving, Transfer::State state, const QString &sentence)
{
    Transfer &transfer = moving.transfer;
    if (transfer.isOver())
        return;
    transfer.state = state;
    transfer.sentence = sentence;
    transfer.counting = false;
    transfer.speed = 0;
    transfer.timeLeft.reset();
    transfer.current.clear();
    leavePart(moving);
    moving.upload.reset();
    moving.download.reset();
    moving.offer.reset();
    keepEnd(moving);
    moving.isLanding = moving.isStuck = false;
    countEnd(moving);
    const bool isOut = transfer.direction == Transfer::Direction::Out;
    const PublicKey peer = transfer.peer;
    emit q->changed(QByteArray(transfer.id)); // who hears it may take it off the list
    if (isOut) {
        offerNext(peer);
        beginKept();
    }
}

void Transfers::Private::countEnd(Moving &moving)
{
    if (moving.ended > 0)
        return;
    moving.ended = ++endings;
    if (!std::exchange(isTidying, true)) // later: who ends one still uses it
        QMetaObject::invokeMethod(this, &Private::forgetOldest, Qt::QueuedConnection);
}

/// Whoever begins and ends transfers again and again takes no more room for it.
void Transfers::Private::forgetOldest()
{
    isTidying = false;
    QHash<PublicKey, std::map<quint64, QByteArray>> ended;
    for (const auto &[id, moving] : all)
        if (moving.transfer.isOver())
            ended[moving.transfer.peer].emplace(moving.ended, id);
    for (const std::map<quint64, QByteArray> &ofOne : std::as_const(ended)) {
        qint64 tooMany = qint64(ofOne.size()) - me.limits.transfers.kept.ended;
        for (auto oldest = ofOne.begin(); tooMany > 0; ++oldest, --tooMany) {
            hits.count("transfers_ended");
            drop(oldest->second);
        }
    }
}

void Transfers::Private::drop(const QByteArray &id)
{
    all.erase(id);
    order.removeOne(id);
    emit q->removed(id);
}

/// Of what each person may have, what the fullest has.
void Transfers::Private::report(LimitUse &use) const
{
    struct Counts {
        qint64 atOnce = 0, offers = 0, ended = 0, keptMine = 0, keptTheirs = 0, tries = 0;
    };
    QHash<PublicKey, Counts> people;
    for (const auto &[id, moving] : all) {
        Counts &counts = people[moving.transfer.peer];
        if (moving.transfer.isOver()) {
            ++counts.ended;
            continue;
        }
        const bool isOut = moving.transfer.direction == Transfer::Direction::Out;
        if (moving.kept) {
            ++(isOut ? counts.keptMine : counts.keptTheirs);
            counts.tries = qMax(counts.tries, isOut ? qint64(moving.kept->tries) : 0);
        }
    }
    Counts most;
    for (auto person = people.cbegin(); person != people.cend(); ++person) {
        most.atOnce = qMax<qint64>(most.atOnce, going(person.key(), Transfer::Direction::Out));
        most.offers = qMax<qint64>(most.offers, going(person.key(), Transfer::Direction::In));
        most.ended = qMax(most.ended, person->ended);
        most.keptMine = qMax(most.keptMine, qMax(person->keptMine, person->keptTheirs));
        most.tries = qMax(most.tries, person->tries);
    }
    use.used("transfers_at_once", most.atOnce);
    use.used("transfers_offers", most.offers);
    use.used("transfers_ended", most.ended);
    use.used("transfers_kept_offers", most.keptMine);
    use.used("transfers_tries", most.tries);
    hits.report(use);
}

/// A peer that sends or takes nothing for TransferLimits::stallSeconds frees its place.
void Transfers::Private::watchStalls()
{
    bool any = false;
    QList<QByteArray> stalled;
    for (const auto &[id, moving] : all) {
        const bool moves = moving.transfer.state == Transfer::State::Going;
        any = any || !moving.transfer.isOver();
        if (moves && now() - moving.lastMoved > seconds(me.limits.transfers.stallSeconds))
            stalled.append(id);
    }
    for (const QByteArray &id : stalled) {
        hits.count("transfers_stall_seconds");
        Moving &moving = *find(id);
        const QString sentence = QStringLiteral("nothing came for %1 s").arg(me.limits.transfers.stallSeconds);
        if (moving.kept && moving.kept->mine) {
            brokeOff(moving, { Code::DeadlineExceeded, sentence });
        } else if (moving.kept) {
            if (!moving.isLanding)
                brokeOffIn(moving, { Code::DeadlineExceeded, sentence });
        } else if (moving.transfer.direction == Transfer::Direction::In) {
            refuse(moving, { Code::DeadlineExceeded, sentence }, Transfer::State::Failed, sentence);
        } else {
            stopOut(moving);
            end(moving, Transfer::State::Failed, sentence);
        }
    }
    if (!any)
        stalls->stop();
}

Transfers::Transfers(const Me &me, const Contacts &contacts, const Brokers &brokers, const Route &route,
    Conversations &conversations, const QString &downloads, Commands &served)
    : d(std::make_unique<Private>(this, me, contacts, brokers, route, conversations, downloads))
{
    served.serveChannel<contracts::File>([this](const contracts::File::Request &request,
                                             const std::shared_ptr<IncomingCall> &call) { d->offered(request, call); });
}

Transfers::~Transfers() = default;

void Transfers::whenLoaded(QObject *context, const std::function<void()> &then)
{
    d->history.whenKnown(context, [this, context, then] {
        if (d->isLoaded || !d->history.isOpen())
            return then();
        connect(this, &Transfers::loaded, context, then, Qt::SingleShotConnection);
    });
}

QList<Transfer> Transfers::all() const
{
    QList<Transfer> list;
    for (const QByteArray &id : d->order)
        list.append(d->find(id)->transfer);
    return list;
}

std::optional<Transfer> Transfers::find(const QByteArray &id) const
{
    const Moving *moving = d->find(id);
    return moving ? std::optional(moving->transfer) : std::nullopt;
}

QString Transfers::saveFolder() const
{
    return d->downloads;
}

void Transfers::start(const QByteArray &id)
{
    Moving &moving = *d->find(id);
    moving.began = moving.lastMoved = now();
    d->order.append(id);
    if (!d->stalls->isActive())
        d->stalls->start(stallCheck);
    emit added(id);
}

Result<void> Transfers::accept(const QByteArray &id, const QString &folder)
{
    Moving *moving = d->find(id);
    const bool waits = moving != nullptr && moving->transfer.state == Transfer::State::Offered
        && moving->transfer.direction == Transfer::Direction::In;
    if (!waits || (!moving->offer && !moving->kept))
        return Error { Code::NotFound, QStringLiteral("this offer is not there any more") };
    const QString to = folder.isEmpty() ? saveFolder() : folder;
    return moving->offer ? d->accept(*moving, to) : d->acceptKept(*moving, to);
}

void Transfers::decline(const QByteArray &id)
{
    Moving *moving = d->find(id);
    const bool waits = moving != nullptr && moving->transfer.state == Transfer::State::Offered
        && moving->transfer.direction == Transfer::Direction::In;
    if (waits)
        d->refuse(*moving, { Code::Cancelled, QStringLiteral("declined") }, Transfer::State::Cancelled,
            QStringLiteral("declined by me"));
}

void Transfers::cancel(const QByteArray &id)
{
    Moving *moving = d->find(id);
    if (moving == nullptr || moving->transfer.isOver() || (moving->isLanding && !moving->isStuck))
        return;
    if (moving->transfer.direction == Transfer::Direction::In)
        return d->refuse(*moving, { Code::Cancelled, QStringLiteral("stopped") }, Transfer::State::Cancelled,
            QStringLiteral("stopped by me"));
    d->stopOut(*moving);
    moving->tell = QString();
    d->end(*moving, Transfer::State::Cancelled, QStringLiteral("stopped by me"));
}

void Transfers::clearEnded()
{
    QList<QByteArray> gone;
    QList<Offer> kept;
    for (const auto &[id, moving] : d->all) {
        if (!moving.transfer.isOver())
            continue;
        gone.append(id);
        if (const auto waiting = d->ends.find(id); waiting != d->ends.end())
            waiting->second.offer.isHidden = true; // there may be nothing to hide before that is on disk
        if (moving.kept)
            kept.append(*moving.kept);
    }
    if (!kept.isEmpty())
        d->history.write(
            d.get(), [kept](Database &database) { return offers::hide(database, kept); }, [](const Result<void> &) {});
    for (const QByteArray &id : gone)
        d->drop(id);
}

void Transfers::keepHouse(qint64 wall, milliseconds running)
{
    if (!d->isLoaded || running < d->lookNext.value_or(running))
        return;
    d->lookNext = running + expiryEvery;
    d->expire(wall);
}

void Transfers::report(LimitUse &use) const
{
    d->report(use);
}

} // namespace hawser::chat
