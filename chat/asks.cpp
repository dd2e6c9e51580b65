#include "chat/asks.h"

#include "chat/asks_private.h"
#include "chat/brokers.h"
#include "chat/contacts.h"
#include "chat/direct.h"
#include "chat/me.h"
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
    QByteArray request; ///< its id for the other side; empty: the row's
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
        field("request", &KeptAsk::request, {});
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

bool isOpen(const Ask &ask)
{
    return ask.state != Ask::State::Accepted && ask.state != Ask::State::Denied && ask.state != Ask::State::Failed
        && ask.state != Ask::State::Already;
}

Mine *Asks::Private::openAskTo(const PublicKey &key, bool join)
{
    for (auto &[id, one] : mine)
        if (one.ask.key == key && (one.ask.kind != Kind::Contact) == join && isOpen(one.ask))
            return &one;
    return nullptr;
}

Mine &Asks::Private::add(const Ask &ask, const AskProof &proof)
{
    const QByteArray id = ask.id;
    Mine one { ask, {}, {}, {} };
    one.asker.reset(new Asker(proof, [this, id](const AskProof &proof) { return kept(id, proof); }));
    Asker *asker = one.asker.get();
    connect(asker, &Asker::waiting, this, [this, id](milliseconds left) { waits(id, left); });
    connect(asker, &Asker::answered, this,
        [this, id](const Result<contracts::AskToBeLetIn::Reply> &reply) { answered(id, reply); });
    connect(asker, &Asker::failed, this, [this, id](const Error &why) { failed(id, why); });
    return mine.emplace(id, std::move(one)).first->second;
}

QByteArray Asks::Private::fresh()
{
    const AskProof proof = AskProof::fresh();
    Ask ask;
    ask.id = proof.id;
    ask.since = wallClock();
    add(ask, proof);
    return ask.id;
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

Result<void> Asks::Private::keep(const Mine &one)
{
    const Ask &ask = one.ask;
    const AskProof &proof = one.asker->proof();
    const KeptAsk kept { ask.kind, ask.to, ask.address ? ask.address->text() : QString(), orNothing(ask.key),
        orNothing(ask.broker), ask.rights, ask.number, ask.compared, proof.nonce, one.secret, proof.id };
    const auto saved = database.run(QStringLiteral("INSERT OR REPLACE INTO asks (id, since, body) VALUES (?, ?, ?)"),
        { ask.id, ask.since, encodeStruct(kept) });
    return saved ? Result<void>() : saved.error();
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
        Ask ask;
        ask.id = rows->value(0).toByteArray();
        if (!kept)
            continue;
        const AskProof proof { kept->request.isEmpty() ? ask.id : kept->request, kept->nonce, kept->number };
        if (!proof.isWhole())
            continue;
        ask.kind = kept->kind;
        ask.state = Ask::State::Unreachable;
        ask.to = kept->to;
        if (const Result<Address> address = Address::parse(kept->address); address)
            ask.address = *address;
        ask.key = kept->key.value_or(PublicKey());
        ask.broker = kept->broker.value_or(PublicKey());
        ask.number = kept->number;
        ask.compared = kept->compared;
        ask.rights = kept->rights;
        ask.since = rows->value(1).toLongLong();
        add(ask, proof).secret = kept->secret;
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
    const QByteArray id = d->fresh();
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
    const QByteArray id = d->fresh();
    Mine &one = *d->find(id);
    one.ask.to = name.isEmpty() ? key.words() : claimedName(name);
    one.ask.key = key;
    one.ask.broker = broker;
    one.ask.rights = names(Right::Messages | Right::Files);
    if (const Result<void> kept = d->keep(one); !kept) {
        d->mine.erase(id);
        return kept.error();
    }
    d->setState(
        one, Ask::State::Unreachable, QStringLiteral("%1 is away; asked as soon as they come.").arg(one.ask.to));
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
    } else if (const Result<void> kept = d->keep(*one); !kept) {
        return kept;
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
    one->asker->stop();
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
