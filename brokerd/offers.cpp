#include "brokerd/offers.h"

#include "core/log.h"
#include "core/text.h"
#include "core/wire.h"

#include <QSet>

namespace hawser::broker {

namespace {

Result<void> checkCommands(const Value::List &commands)
{
    QSet<QString> names;
    for (const Value &command : commands) {
        const Result<CommandSpec> spec = specFromValue(command);
        if (!spec)
            return spec.error();
        if (names.contains(spec->name))
            return Error { Code::InvalidArgument, QStringLiteral("%1 is offered twice").arg(spec->name) };
        names.insert(spec->name);
    }
    return {};
}

} // namespace

Offers::Offers(const Accounts &accounts, const Sessions &sessions, Database &database, QObject *parent)
    : QObject(parent), m_accounts(accounts), m_sessions(sessions), m_database(database)
{
    const auto accountChanged = [this](const Account &account) {
        if (account.kind == AccountKind::Node)
            changed(account.key);
    };
    connect(&accounts, &Accounts::changed, this, accountChanged);
    connect(&accounts, &Accounts::removed, this, accountChanged);
    connect(&sessions, &Sessions::presenceChanged, this, &Offers::presenceChanged);
    connect(&sessions, &Sessions::gone, this, &Offers::sessionGone);
}

Result<void> Offers::load()
{
    Result<QSqlQuery> rows = m_database.run(QStringLiteral("SELECT node, offer FROM offers"));
    if (!rows)
        return rows.error();
    while (rows->next()) {
        const Result<PublicKey> node = PublicKey::fromBytes(rows->value(0).toByteArray());
        const Result<Announced> offer = decodeStruct<Announced>(rows->value(1).toByteArray());
        if (node && offer && m_accounts.find(*node)) // else it says it again when it comes
            m_offers.insert(*node, *offer);
    }
    return {};
}

/// What cannot be written is known as long as the broker runs.
void Offers::keep(const Account &node, const Announced &offer)
{
    if (node.once)
        return;
    const Result<QSqlQuery> kept = m_database.run(
        QStringLiteral("INSERT OR REPLACE INTO offers VALUES (?, ?)"), { node.key.bytes(), encodeStruct(offer) });
    if (!kept)
        log(Level::Warning, "not-saved", { { "why", kept.error().sentence } });
}

bool Offers::isHere(const PublicKey &node) const
{
    return m_announced.contains(node) && m_sessions.isHere(node);
}

void Offers::serve(Commands &commands)
{
    using namespace contracts;
    commands.serve<AnnounceOffer>(
        [this](const Announced &offer, const Caller &caller) { return announce(offer, caller); });
    commands.serveChannel<WatchOffers>([this](const WatchOffers::Request &, std::shared_ptr<IncomingCall> call) {
        std::map<QString, Value> snapshot;
        const QList<Account> nodes = m_accounts.all(AccountKind::Node);
        for (const Account &node : nodes)
            snapshot[node.key.hex()] = describe(node.key);
        m_feed.watch(call, snapshot);
    });
}

Result<contracts::AnnounceOffer::Reply> Offers::announce(const Announced &offer, const Caller &caller)
{
    if (qint64(offer.commands.size()) > m_mostCommands) {
        m_hits.count("commands_per_node");
        return Error { Code::ResourceExhausted,
            QStringLiteral("a node offers at most %1 commands").arg(m_mostCommands) };
    }
    if (const Result<void> good = checkCommands(offer.commands); !good)
        return good.error();
    Announced shown = offer;
    shown.name = claimedName(offer.name);
    shown.host = claimedName(offer.host);
    const Account *node = m_accounts.find(caller.user);
    if (!node)
        return Error { Code::Unauthenticated, QStringLiteral("you are not let in"), Begun::No };
    const auto before = m_offers.constFind(caller.user);
    if (before == m_offers.constEnd() || encodeStruct(*before) != encodeStruct(shown))
        keep(*node, shown);
    m_offers.insert(caller.user, shown);
    m_announced.insert(caller.user);
    m_gone.remove(caller.user);
    changed(caller.user);
    return contracts::AnnounceOffer::Reply {};
}

void Offers::sessionGone(const Session &session)
{
    if (session.hello.role != Role::Node || !session.isMember() || m_sessions.hasAny(session.key))
        return;
    m_announced.remove(session.key);
    presenceChanged(session);
}

/// What a node offers is kept while it is suspended: the link that comes back does not say it again.
void Offers::presenceChanged(const Session &session)
{
    if (session.hello.role != Role::Node || !session.isMember())
        return;
    if (m_sessions.isHere(session.key))
        m_gone.remove(session.key);
    else if (!m_gone.contains(session.key))
        m_gone.insert(session.key, now());
    changed(session.key);
}

int Offers::online() const
{
    int online = 0;
    for (const PublicKey &node : m_announced)
        online += m_sessions.isHere(node);
    return online;
}

void Offers::changed(const PublicKey &node)
{
    if (!m_accounts.find(node)) {
        m_offers.remove(node);
        m_announced.remove(node);
        m_gone.remove(node);
        if (const auto gone = m_database.run(QStringLiteral("DELETE FROM offers WHERE node = ?"), { node.bytes() });
            !gone)
            log(Level::Warning, "not-saved", { { "why", gone.error().sentence } });
    }
    m_feed.push(node.hex(), describe(node));
}

Value Offers::describe(const PublicKey &node) const
{
    contracts::WatchOffers::In said;
    said.node = node;
    const Account *account = m_accounts.find(node);
    if (!account) {
        said.removed = true;
        return toValue(said);
    }
    said.name = account->name;
    said.host = account->host;
    const auto offer = m_offers.constFind(node);
    if (offer != m_offers.constEnd()) {
        said.name = offer->name.isEmpty() ? said.name : offer->name;
        said.host = offer->host.isEmpty() ? said.host : offer->host;
        said.commands = offer->commands;
    }
    if (isHere(node)) {
        said.online = true;
    } else if (m_gone.contains(node)) {
        said.goneMs = quint64(std::chrono::duration_cast<milliseconds>(now() - m_gone[node]).count());
    }
    return toValue(said);
}

} // namespace hawser::broker
