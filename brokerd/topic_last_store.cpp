#include "brokerd/topic_last_store.h"

namespace hawser::broker {

QStringList LastValueStore::schema()
{
    return { QStringLiteral("CREATE TABLE last_values (topic TEXT PRIMARY KEY, publisher BLOB NOT NULL,"
                            " body BLOB NOT NULL)") };
}

Result<std::vector<LastValueStore::Row>> LastValueStore::readAll(Database &database)
{
    Result<QSqlQuery> rows =
        database.run(QStringLiteral("SELECT topic, publisher, body FROM last_values ORDER BY topic"));
    if (!rows)
        return rows.error();
    std::vector<Row> all;
    while (rows->next()) {
        const Result<PublicKey> publisher = PublicKey::fromBytes(rows->value(1).toByteArray());
        if (!publisher)
            return Error { Code::DataLoss, QStringLiteral("a last value is damaged") };
        all.push_back({ rows->value(0).toString().toLatin1(), *publisher, rows->value(2).toByteArray() });
    }
    return all;
}

LastValueStore::~LastValueStore()
{
    if (!m_changes.isEmpty() && !m_broken)
        m_store.write(
            this, [changes = m_changes](Database &database) { return write(database, changes); },
            [](const Result<void> &) {});
}

bool LastValueStore::hasRoom(const QByteArray &topic, qsizetype most) const
{
    return m_changes.size() <= most || m_changes.contains(topic);
}

void LastValueStore::whenWritten(QObject *context, const Done &done)
{
    if (isIdle())
        return done({});
    m_waiting.push_back({ context, done });
    writeNext();
}

void LastValueStore::writeNext()
{
    if (m_writing || m_waiting.empty())
        return;
    m_writing = true;
    m_beingWritten = m_waiting.size();
    const auto work = [changes = std::exchange(m_changes, {}), broken = m_broken](
                          Database &database) { return broken ? Result<void>(*broken) : write(database, changes); };
    m_store.write(this, work, [this](const Result<void> &outcome) { written(outcome); });
}

Result<void> LastValueStore::write(Database &database, const Changes &changes)
{
    for (const Row &row : changes) {
        const QString topic = QString::fromLatin1(row.topic);
        const Result<QSqlQuery *> changed = row.body.isEmpty()
            ? database.again(QStringLiteral("DELETE FROM last_values WHERE topic = ?"), { topic })
            : database.again(QStringLiteral("INSERT OR REPLACE INTO last_values VALUES (?, ?, ?)"),
                { topic, row.publisher.bytes(), row.body });
        if (!changed)
            return changed.error();
    }
    return {};
}

void LastValueStore::written(const Result<void> &outcome)
{
    m_writing = false;
    std::deque<Waiting> over(m_waiting.begin(), m_waiting.begin() + qsizetype(m_beingWritten));
    m_waiting.erase(m_waiting.begin(), m_waiting.begin() + qsizetype(m_beingWritten));
    writeNext();
    for (const Waiting &one : over)
        if (one.context)
            one.done(outcome);
}

} // namespace hawser::broker
