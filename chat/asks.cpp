#include "chat/asks.h"

#include "chat/asks_private.h"
#include "chat/brokers.h"
#include "chat/contacts.h"
#include "chat/direct.h"
#include "chat/me.h"
#include "core/number.h"
#include "core/store/database.h"
#include "core/text.h"

#include <QTimer>

namespace hawser::chat {

namespace {

using Kind = contracts::AskToBeLetIn::Kind;
constexpr std::chrono::seconds endedShown { 60 }; ///< a decided request stays in the list so long

/// How a request of mine stands in the database.
struct KeptAsk {
    Kind kind = Kind::Contact;
    QString to;
    QString address;
    std::optional<PublicKey> key;
    std::optional<PublicKey> broker;
    QStringList rights;
    QString number;
    bool compared = false;
    QByteArray nonce;
    QByteArray secret;
    static void describe(auto &field)
    {
        field("kind", &KeptAsk::kind, { .required = true, .least = 1, .most = 3 });
        field("to", &KeptAsk::to, {});
        field("address", &KeptAsk::address, {});
        field("key", &KeptAsk::key, {});
        field("broker", &KeptAsk::broker, {});
        field("rights", &KeptAsk::rights, {});
        field("number", &KeptAsk::number, {});
        field("compared", &KeptAsk::compared, {});
        field("nonce", &KeptAsk::nonce, { .required = true });
        field("secret", &KeptAsk::secret, {});
    }
};

std::optional<PublicKey> orNothing(const PublicKey &key)
{
    return key.isNull() ? std::nullopt : std::optional(key);
}

} // namespace

Asks::Private::Private(
    Asks *q, const Me &me, Database &database, Contacts &contacts, Brokers &brokers, Direct &direct, OnceGrants &once)
    : q(q), me(me), database(database), contacts(contacts), brokers(brokers), direct(direct), once(once)
{
    connect(&brokers, &Brokers::changed, this, &Private::brokerChanged);
    connect(&brokers, &Brokers::stranger, this, &Private::brokerStranger);
    connect(&brokers, &Brokers::ready, this, &Private::brokerReady);
    connect(&brokers, &Brokers::memberChanged, this, &Private::memberChanged);
    connect(&direct, &Direct::changed, this, &Private::directChanged);
    connect(&direct, &Direct::stranger, this, &Private::directOpen);
    connect(&direct, &Direct::linked, this, &Private::directOpen);
}

Mine *Asks::Private::find(const QByteArray &id)
{
    const auto found = mine.find(id);
    return found == mine.end() ? nullptr : &found->second;
}

static bool isOpen(const Ask &ask)
{
    return ask.state != Ask::State::Accepted && ask.state != Ask::State::Denied && ask.state != Ask::State::Failed;
}

Mine *Asks::Private::openAskTo(const PublicKey &key, bool join)
{
    for (auto &[id, one] : mine)
        if (one.ask.key == key && (one.ask.kind != Kind::Contact) == join && isOpen(one.ask))
            return &one;
    return nullptr;
}

QByteArray Asks::Private::fresh(Kind kind)
{
    Mine one;
    one.ask.id = randomBytes(16);
    one.ask.kind = kind;
    one.ask.since = wallClock();
    one.nonce = randomBytes(numberNonce);
    const QByteArray id = one.ask.id;
    mine.emplace(id, std::move(one));
    return id;
}

void Asks::Private::setState(Mine &one, Ask::State state, const QString &sentence)
{
    if (one.ask.state == state && one.ask.sentence == sentence)
        return;
    one.ask.state = state;
    one.ask.sentence = sentence;
    const QByteArray id = one.ask.id;
    if (!isOpen(one.ask))
        forgetLater(id);
    emit q->changed(id);
}

void Asks::Private::forgetLater(const QByteArray &id)
{
    drop(id);
    QTimer::singleShot(endedShown, this, [this, id] {
        if (mine.erase(id) > 0)
            emit q->removed(id);
    });
}

void Asks::Private::keep(Mine &one)
{
    const Ask &ask = one.ask;
    const KeptAsk kept { ask.kind, ask.to, ask.address ? ask.address->text() : QString(), orNothing(ask.key),
        orNothing(ask.broker), ask.rights, ask.number, ask.compared, one.nonce, one.secret };
    const auto saved = database.run(QStringLiteral("INSERT OR REPLACE INTO asks (id, since, body) VALUES (?, ?, ?)"),
        { ask.id, ask.since, encodeStruct(kept) });
    one.kept = bool(saved);
}

void Asks::Private::drop(const QByteArray &id)
{
    const auto gone = database.run(QStringLiteral("DELETE FROM asks WHERE id = ?"), { id });
    Q_UNUSED(gone) // it would only knock once more
}

void Asks::Private::load()
{
    Result<QSqlQuery> rows = database.run(QStringLiteral("SELECT id, since, body FROM asks"));
    while (rows && rows->next()) {
        const Result<KeptAsk> kept = decodeStruct<KeptAsk>(rows->value(2).toByteArray());
        const QByteArray id = rows->value(0).toByteArray();
        if (!kept || id.size() != 16)
            continue;
        Mine one;
        one.ask.id = id;
        one.ask.kind = kept->kind;
        one.ask.state = Ask::State::Unreachable;
        one.ask.to = kept->to;
        if (const Result<Address> address = Address::parse(kept->address); address)
            one.ask.address = *address;
        one.ask.key = kept->key.value_or(PublicKey());
        one.ask.broker = kept->broker.value_or(PublicKey());
        one.ask.number = kept->number;
        one.ask.compared = kept->compared;
        one.ask.rights = kept->rights;
        one.ask.since = rows->value(1).toLongLong();
        one.nonce = kept->nonce;
        one.secret = kept->secret;
        one.kept = true;
        mine.emplace(id, std::move(one));
    }
}

Asks::Asks(const Me &me, Database &database, Contacts &contacts, Brokers &brokers, Direct &direct, OnceGrants &once)
    : d(std::make_unique<Private>(this, me, database, contacts, brokers, direct, once))
{
    d->load();
}

Asks::~Asks() = default;

void Asks::start()
{
    for (auto &[id, one] : d->mine)
        if (one.ask.kind == Kind::Contact && one.ask.broker.isNull() && one.ask.address)
            d->direct.dial(one.ask.key, *one.ask.address);
}

QList<Ask> Asks::all() const
{
    QList<Ask> list;
    for (const auto &[id, one] : d->mine)
        list.append(one.ask);
    std::sort(list.begin(), list.end(), [](const Ask &a, const Ask &b) { return a.since < b.since; });
    return list;
}

std::optional<Ask> Asks::find(const QByteArray &id) const
{
    const Mine *one = d->find(id);
    return one ? std::optional(one->ask) : std::nullopt;
}

Result<QByteArray> Asks::join(const QString &text)
{
    const Recognised recognised = recognise(text);
    if (recognised.what == Recognised::What::Nothing)
        return Error { Code::InvalidArgument, recognised.sentence };
    const std::optional<PublicKey> expected =
        recognised.invitation ? std::optional(recognised.invitation->key) : std::nullopt;
    if (expected)
        if (Mine *open = d->openAskTo(*expected, true))
            cancel(open->ask.id);
    const QByteArray id = d->fresh(Kind::Contact);
    Mine &one = *d->find(id);
    one.ask.to = visible(recognised.address->text());
    one.ask.address = recognised.address;
    if (recognised.invitation)
        one.secret = recognised.invitation->secret;
    d->scout(id, *recognised.address, expected);
    emit added(id);
    return id;
}

Result<QByteArray> Asks::contact(const PublicKey &broker, const PublicKey &key, const QString &name)
{
    if (!d->brokers.find(broker))
        return Error { Code::NotFound, QStringLiteral("there is no such broker") };
    if (const Mine *open = d->openAskTo(key, false))
        return open->ask.id;
    const QByteArray id = d->fresh(Kind::Contact);
    Mine &one = *d->find(id);
    one.ask.to = name.isEmpty() ? key.words() : claimedName(name);
    one.ask.key = key;
    one.ask.broker = broker;
    one.ask.rights = names(Right::Messages | Right::Files);
    d->setState(
        one, Ask::State::Unreachable, QStringLiteral("%1 is away; asked as soon as they come.").arg(one.ask.to));
    d->keep(one);
    emit added(id);
    d->memberChanged(broker, key);
    return id;
}

Result<void> Asks::setCompared(const QByteArray &id)
{
    Mine *one = d->find(id);
    if (one == nullptr || one->ask.number.isEmpty() || one->ask.kind != Kind::Contact)
        return Error { Code::NotFound, QStringLiteral("there is no number to compare any more") };
    one->ask.compared = true;
    if (one->ask.state == Ask::State::Accepted) {
        if (const Result<void> verified = d->verify(one->ask.key); !verified)
            return verified;
    } else {
        d->keep(*one);
    }
    emit changed(id);
    return {};
}

void Asks::cancel(const QByteArray &id)
{
    Mine *one = d->find(id);
    if (one == nullptr)
        return;
    const Ask ask = one->ask;
    if (one->call) {
        one->call->disconnect();
        one->call->cancel();
    }
    d->drop(id);
    d->mine.erase(id);
    emit removed(id);
    if (!isOpen(ask) || ask.key.isNull())
        return;
    if (ask.kind != Kind::Contact) {
        const Result<void> left = d->brokers.leave(ask.key);
        Q_UNUSED(left) // a location that stays is shown, and can be left there
    } else if (ask.broker.isNull() && !d->contacts.find(ask.key)) {
        d->direct.hangUp(ask.key);
    }
}

} // namespace hawser::chat
