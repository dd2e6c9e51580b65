#include "chat/history_rows.h"

namespace hawser::chat::history {

namespace {

constexpr int mostDevices = 32; ///< of mine that somebody told something about

/// Messages of mine in one talk that match get that state and sentence. What is given up has no number any more.
Result<QList<Entry>> change(Database &database, const PublicKey &with, const QString &where, const QVariantList &values,
    Entry::State state, const QString &sentence, bool givenUp = false)
{
    const Result<qint64> talk = talkOf(database, with);
    if (!talk)
        return talk.error();
    const QString those = QStringLiteral("talk = ? AND mine = 1 AND number > 0 AND ") + where;
    const QVariantList which = QVariantList { *talk } + values;
    QList<Entry> changed;
    {
        Result<QSqlQuery> found =
            database.run(QStringLiteral("SELECT %1 FROM entries e WHERE %2").arg(columns, those), which);
        if (!found)
            return found.error();
        while (found->next()) {
            changed << entryOf(*found, with);
            changed.last().state = state;
            changed.last().sentence = sentence;
        }
    }
    if (changed.isEmpty())
        return changed;
    const auto done =
        database.run(QStringLiteral("UPDATE entries SET state = ?, sentence = ?, number = number * ? WHERE ") + those,
            QVariantList { int(state), sentence, givenUp ? 0 : 1 } + which);
    if (!done)
        return done.error();
    return changed;
}

} // namespace

Result<QList<Entry>> advance(
    Database &database, const PublicKey &with, const SeenMark &upto, Entry::State state, const QString &sentence)
{
    return change(database, with, QStringLiteral("state < 5 AND device = ? AND number <= ? AND state < ?"),
        { upto.device, upto.number, int(state) }, state, sentence);
}

Result<QList<Entry>> tookAfterAll(Database &database, const Waiting &taken)
{
    return change(database, taken.with, QStringLiteral("state = 6 AND device = ? AND number BETWEEN ? AND ?"),
        { taken.device, taken.from, taken.upto }, Entry::State::Delivered, {});
}

Result<QList<Entry>> settle(Database &database, const Waiting &waiting, Entry::State state, const QString &sentence)
{
    return change(database, waiting.with,
        QStringLiteral("state < 5 AND device = ? AND number BETWEEN ? AND ? AND state = 2"
                       " AND (state <> ? OR sentence <> ?)"),
        { waiting.device, waiting.from, waiting.upto, int(state), sentence }, state, sentence,
        state == Entry::State::NotSent);
}

Result<QList<Entry>> renumber(Database &database, const PublicKey &with, const SeenMark &after, quint64 by)
{
    const Result<qint64> talk = talkOf(database, with);
    if (!talk)
        return talk.error();
    const QString those = QStringLiteral("talk = ? AND device = ? AND number > ? AND mine = 1");
    const QVariantList which { *talk, after.device, after.number };
    const auto done = database.run(
        QStringLiteral("UPDATE entries SET number = number + ? WHERE ") + those, QVariantList { by } + which);
    if (!done)
        return done.error();
    Result<QSqlQuery> found =
        database.run(QStringLiteral("SELECT %1 FROM entries e WHERE %2 ORDER BY e.number").arg(columns, those),
            { *talk, after.device, after.number + by });
    if (!found)
        return found.error();
    QList<Entry> renumbered;
    while (found->next())
        renumbered << entryOf(*found, with);
    return renumbered;
}

Result<QList<Entry>> turnDown(Database &database, const PublicKey &with, const SeenMark &upto, const QString &why)
{
    return change(database, with, QStringLiteral("state < 5 AND device = ? AND number <= ? AND state IN (2, 3)"),
        { upto.device, upto.number }, Entry::State::NotSent, why);
}

Result<QList<Entry>> expire(Database &database, const Waiting &waiting, const QString &why)
{
    return change(database, waiting.with,
        QStringLiteral("state < 5 AND device = ? AND number BETWEEN ? AND ? AND state = 3"),
        { waiting.device, waiting.from, waiting.upto }, Entry::State::NotSent, why);
}

Result<void> noteTold(Database &database, const PublicKey &with, const QByteArray &device, const Told &told)
{
    const auto noted =
        database.run(QStringLiteral("INSERT INTO told VALUES (?, ?, ?, ?, ?) ON CONFLICT (key, device) DO UPDATE SET"
                                    " delivered = max(delivered, excluded.delivered), read = max(read, excluded.read),"
                                    " refused = max(refused, excluded.refused)"),
            { with.bytes(), device, told.delivered, told.read, told.refused });
    if (!noted)
        return noted.error();
    return outcome(database.run(QStringLiteral("DELETE FROM told WHERE key = ? AND rowid NOT IN (SELECT rowid FROM told"
                                               " WHERE key = ? ORDER BY rowid DESC LIMIT ?)"),
        { with.bytes(), with.bytes(), mostDevices }));
}

Result<Told> told(Database &database, const PublicKey &with, const QByteArray &device)
{
    Result<QSqlQuery> found =
        database.run(QStringLiteral("SELECT delivered, read, refused FROM told WHERE key = ? AND device = ?"),
            { with.bytes(), device });
    if (!found)
        return found.error();
    if (!found->next())
        return Told {};
    return Told { found->value(0).toULongLong(), found->value(1).toULongLong(), found->value(2).toULongLong() };
}

Result<quint64> noteLost(Database &database, const PublicKey &broker, quint64 inAll)
{
    const Result<qint64> known =
        database.number(QStringLiteral("SELECT items FROM lost WHERE broker = ?"), { broker.bytes() });
    if (!known)
        return known.error();
    const auto noted = database.run(QStringLiteral("INSERT OR REPLACE INTO lost VALUES (?, ?)"),
        { broker.bytes(), qint64(std::min<quint64>(inAll, std::numeric_limits<qint64>::max())) });
    if (!noted)
        return noted.error();
    return inAll < quint64(*known) ? inAll : inAll - quint64(*known);
}

Result<void> forgetWhyQueued(Database &database)
{
    return outcome(database.run(QStringLiteral("UPDATE entries SET sentence = '' WHERE mine = 1 AND number > 0"
                                               " AND state < 5 AND state = 2 AND elsewhere = 0 AND sentence <> ''")));
}

Result<QList<UnderWay>> underWay(Database &database)
{
    const Result<QMap<qint64, PublicKey>> keys = talks(database);
    if (!keys)
        return keys.error();
    Result<QSqlQuery> found = database.run(
        QStringLiteral("SELECT DISTINCT talk, device FROM entries WHERE mine = 1 AND state < 5 AND number > 0"
                       " AND elsewhere = 0"));
    if (!found)
        return found.error();
    QList<UnderWay> all;
    while (found->next())
        all << UnderWay { keys->value(found->value(0).toLongLong()), found->value(1).toByteArray() };
    return all;
}

} // namespace hawser::chat::history
