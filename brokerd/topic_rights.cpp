#include "brokerd/topic_rights.h"

#include "core/log.h"
#include "core/topics.h"

namespace hawser::broker {

TopicRights::TopicRights(const Accounts &accounts, Database &database, QObject *parent)
    : QObject(parent), m_accounts(accounts), m_database(database)
{
    connect(&accounts, &Accounts::removed, this, [this](const Account &account) { forget(account.key); });
    connect(&accounts, &Accounts::changed, this, [this](const Account &account) { emit changed(account.key); });
}

Result<void> TopicRights::load()
{
    Result<QSqlQuery> rows = m_database.run(QStringLiteral("SELECT key, doing, pattern FROM topic_grants"));
    if (!rows)
        return rows.error();
    while (rows->next()) {
        const Result<PublicKey> key = PublicKey::fromBytes(rows->value(0).toByteArray());
        const QByteArray pattern = rows->value(2).toByteArray();
        if (!key || !isTopicPattern(pattern))
            return Error { Code::DataLoss, QStringLiteral("a grant for topics is damaged") };
        granted(*key, Doing(rows->value(1).toInt())) << pattern;
    }
    return {};
}

void TopicRights::apply(const TopicDefaults &defaults, qint64 mostGrants)
{
    m_defaults = defaults;
    m_mostGrants = mostGrants;
    emit changed({});
}

QByteArrayList &TopicRights::granted(const PublicKey &who, Doing doing)
{
    return doing == Doing::Publish ? m_publish[who] : m_subscribe[who];
}

QByteArrayList TopicRights::patterns(const PublicKey &who, Doing doing) const
{
    const Account *account = m_accounts.find(who);
    if (!account)
        return {};
    const bool publish = doing == Doing::Publish;
    const bool machine = account->kind == AccountKind::Node;
    const QByteArrayList &everybody = publish ? (machine ? m_defaults.machinesPublish : m_defaults.peoplePublish)
                                              : (machine ? m_defaults.machinesSubscribe : m_defaults.peopleSubscribe);
    return everybody + (publish ? m_publish : m_subscribe).value(who);
}

bool TopicRights::allows(const PublicKey &who, Doing doing, QByteArrayView topic) const
{
    const QByteArrayList patterns = this->patterns(who, doing);
    return !isReservedTopic(topic) && std::any_of(patterns.begin(), patterns.end(), [topic](const QByteArray &pattern) {
        return topicMatches(pattern, topic);
    });
}

bool TopicRights::allowsSome(const PublicKey &who, Doing doing, QByteArrayView pattern) const
{
    const QByteArrayList patterns = this->patterns(who, doing);
    return !isReservedTopic(pattern)
        && std::any_of(patterns.begin(), patterns.end(),
            [pattern](const QByteArray &allowed) { return patternsOverlap(allowed, pattern); });
}

Result<void> TopicRights::change(const PublicKey &who, Doing doing, const QByteArrayList &patterns, bool remove)
{
    QByteArrayList after = (doing == Doing::Publish ? m_publish : m_subscribe).value(who);
    for (const QByteArray &pattern : patterns) {
        after.removeAll(pattern);
        if (!remove)
            after << pattern;
    }
    if (after.size() > m_mostGrants)
        return Error { Code::ResourceExhausted,
            QStringLiteral("an account has at most %1 grants for topics").arg(m_mostGrants) };
    const Result<void> written = m_database.transaction([&]() -> Result<void> {
        for (const QByteArray &pattern : patterns) {
            const auto row = m_database.run(remove
                    ? QStringLiteral("DELETE FROM topic_grants WHERE key = ? AND doing = ? AND pattern = ?")
                    : QStringLiteral("INSERT OR REPLACE INTO topic_grants VALUES (?, ?, ?)"),
                { who.bytes(), int(doing), pattern });
            if (!row)
                return row.error();
        }
        return {};
    });
    if (!written)
        return written;
    granted(who, doing) = after;
    emit changed(who);
    return {};
}

void TopicRights::forget(const PublicKey &who)
{
    m_publish.remove(who);
    m_subscribe.remove(who);
    const auto gone = m_database.run(QStringLiteral("DELETE FROM topic_grants WHERE key = ?"), { who.bytes() });
    if (!gone)
        log(Level::Warning, "not-saved", { { "why", gone.error().sentence } });
    emit changed(who);
}

} // namespace hawser::broker
