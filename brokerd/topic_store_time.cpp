// TopicStore: what has waited too long, and how much waits.
#include "brokerd/topic_reader.h"

#include <array>

namespace hawser::broker {

namespace {
constexpr qint64 day = qint64(24) * 60 * 60 * 1000; // ms
constexpr milliseconds expireEvery = std::chrono::hours(1);
} // namespace

void TopicStore::keepHouse(qint64 wall, milliseconds running)
{
    if (m_broken || running < m_lookNext.value_or(running))
        return;
    m_lookNext = running + expireEvery;
    expire(wall);
}

void TopicStore::expire(qint64 wall)
{
    std::vector<qint64> inUse;
    for (const auto &[id, kept] : m_kept)
        if (kept->reader)
            inUse.push_back(id);
    const qint64 unusedSince = wall - limits.unusedDays * day;
    const auto work = [wall, oldest = wall - limits.days * day, unusedSince, inUse](
                          Database &database) -> Result<std::vector<qint64>> {
        for (const qint64 id : inUse)
            if (const auto row = database.run(
                    QStringLiteral("UPDATE subscriptions SET used = max(used, ?) WHERE id = ?"), { wall, id });
                !row)
                return row.error();
        for (const QString &old :
            { QStringLiteral("DELETE FROM waiting WHERE message IN (SELECT id FROM messages WHERE at < ?)"),
                QStringLiteral("DELETE FROM messages WHERE at < ?") })
            if (const auto row = database.run(old, { oldest }); !row)
                return row.error();
        Result<QSqlQuery> rows =
            database.run(QStringLiteral("SELECT id FROM subscriptions WHERE used < ?"), { unusedSince });
        if (!rows)
            return rows.error();
        std::vector<qint64> unused;
        while (rows->next())
            unused.push_back(rows->value(0).toLongLong());
        return unused;
    };
    m_store.write(this, work, [this](const Result<std::vector<qint64>> &unused) {
        if (!unused)
            return void(failed(unused.error()));
        for (const qint64 id : *unused)
            if (m_kept.contains(id))
                drop(id, [](const Result<void> &) {});
        recount();
    });
}

/// Counts what waits, from what is on disk.
void TopicStore::recount()
{
    using Counts = std::vector<std::array<qint64, 3>>;
    const auto work = [](Database &database) -> Result<Counts> {
        Result<QSqlQuery> rows = database.run(
            QStringLiteral("SELECT w.subscription, count(*), sum(length(m.body)) FROM waiting AS w JOIN messages AS m"
                           " ON m.id = w.message GROUP BY w.subscription"));
        if (!rows)
            return rows.error();
        Counts counts;
        while (rows->next())
            counts.push_back({ rows->value(0).toLongLong(), rows->value(1).toLongLong(), rows->value(2).toLongLong() });
        return counts;
    };
    m_store.read(this, work, [this](const Result<Counts> &counts) {
        if (!counts || m_writing > 0)
            return; // what is being written is counted already; the next time
        for (const auto &[id, kept] : m_kept)
            kept->messages = kept->bytes = 0;
        for (const auto &[id, messages, bytes] : *counts) {
            if (const auto found = m_kept.find(id); found != m_kept.end()) {
                found->second->messages = messages;
                found->second->bytes = bytes;
            }
        }
    });
}

} // namespace hawser::broker
