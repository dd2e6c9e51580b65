#include "chat/history_rows.h"

#include <algorithm>

namespace hawser::chat::history {

namespace {

/// What FTS5 looks for: all of the words, or words that begin so. Empty: nothing can be found.
QString matching(const QString &words)
{
    QStringList wanted;
    for (QString word : words.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        const bool isWord = std::ranges::any_of(word, [](QChar c) { return c.isLetterOrNumber(); });
        if (isWord)
            wanted << QStringLiteral("\"%1\"*").arg(word.replace(QLatin1Char('"'), QStringLiteral("\"\"")));
    }
    return wanted.join(QLatin1Char(' '));
}

/// What a page is read by: the conditions and their values, in the order of the question marks.
struct Where {
    QStringList conditions;
    QVariantList values;

    void add(const QString &condition, const QVariant &value)
    {
        conditions << condition;
        values << value;
    }
};

Result<Where> whereOf(Database &database, const PageWish &wish)
{
    Where where;
    if (!wish.with.isNull()) {
        const Result<qint64> talk = talkOf(database, wish.with);
        if (!talk)
            return talk.error();
        where.add(QStringLiteral("e.talk = ?"), *talk);
    }
    if (!wish.words.isEmpty())
        where.add(QStringLiteral("e.id IN (SELECT rowid FROM words WHERE words MATCH ?)"), matching(wish.words));
    if (wish.since > 0)
        where.add(QStringLiteral("e.at >= ?"), wish.since);
    return where;
}

/// At most `count` entries beside `id`, the nearest first, and one more if there is one.
Result<QList<Entry>> beside(Database &database, const PageWish &wish, Where where, bool later, quint64 id, int count)
{
    where.add(later ? QStringLiteral("e.id > ?") : QStringLiteral("e.id < ?"), id);
    where.values << count + 1;
    Result<QMap<qint64, PublicKey>> keys = QMap<qint64, PublicKey> {};
    if (wish.with.isNull())
        keys = talks(database);
    if (!keys)
        return keys.error();
    Result<QSqlQuery> found = database.run(QStringLiteral("SELECT %1 FROM entries e WHERE %2 ORDER BY e.id %3 LIMIT ?")
                                               .arg(columns, where.conditions.join(QStringLiteral(" AND ")),
                                                   later ? QStringLiteral("ASC") : QStringLiteral("DESC")),
        where.values);
    if (!found)
        return found.error();
    QList<Entry> entries;
    while (found->next())
        entries << entryOf(*found, wish.with.isNull() ? keys->value(found->value(1).toLongLong()) : wish.with);
    return entries;
}

bool cutTo(QList<Entry> &entries, int count)
{
    const bool more = entries.size() > count;
    if (more)
        entries.resize(count);
    return more;
}

Result<Entry> first(Database &database, Result<QSqlQuery> found)
{
    if (!found)
        return found.error();
    if (!found->next())
        return Error { Code::NotFound, QStringLiteral("it was never said, or was removed") };
    const Result<QMap<qint64, PublicKey>> keys = talks(database);
    if (!keys)
        return keys.error();
    return entryOf(*found, keys->value(found->value(1).toLongLong()));
}

} // namespace

const QString columns = QStringLiteral("e.id, e.talk, e.kind, e.mine, e.text, e.at, e.said, e.state, e.sentence,"
                                       " e.device, e.number, e.transfer, e.details, e.elsewhere");

Entry entryOf(const QSqlQuery &row, const PublicKey &with)
{
    Entry entry;
    entry.id = row.value(0).toULongLong();
    entry.with = with;
    entry.kind = Entry::Kind(row.value(2).toInt());
    entry.mine = row.value(3).toBool();
    entry.text = row.value(4).toString();
    entry.at = row.value(5).toLongLong();
    entry.said = row.value(6).toLongLong();
    entry.state = Entry::State(row.value(7).toInt());
    entry.sentence = row.value(8).toString();
    entry.device = row.value(9).toByteArray();
    entry.number = row.value(10).toULongLong();
    entry.transfer = row.value(11).toByteArray();
    entry.details = row.value(12).toByteArray();
    entry.elsewhere = row.value(13).toBool();
    return entry;
}

Result<void> outcome(const Result<QSqlQuery> &done)
{
    return done ? Result<void>() : Result<void>(done.error());
}

Result<qint64> talkOf(Database &database, const PublicKey &with)
{
    return database.number(QStringLiteral("SELECT id FROM talks WHERE key = ?"), { with.bytes() });
}

Result<QMap<qint64, PublicKey>> talks(Database &database)
{
    Result<QSqlQuery> found = database.run(QStringLiteral("SELECT id, key FROM talks"));
    if (!found)
        return found.error();
    QMap<qint64, PublicKey> all;
    while (found->next())
        if (const Result<PublicKey> key = PublicKey::fromBytes(found->value(1).toByteArray()); key)
            all.insert(found->value(0).toLongLong(), *key);
    return all;
}

QStringList moreTables()
{
    return { QStringLiteral("CREATE INDEX entries_turned_down ON entries (talk, device, number)"
                            " WHERE mine = 1 AND state = 6 AND number > 0") };
}

QStringList tablesOfDevices()
{
    return {
        QStringLiteral("ALTER TABLE entries ADD COLUMN elsewhere INTEGER NOT NULL DEFAULT 0"),
        QStringLiteral("CREATE TABLE told (key BLOB NOT NULL, device BLOB NOT NULL, delivered INTEGER NOT NULL,"
                       " read INTEGER NOT NULL, refused INTEGER NOT NULL, UNIQUE (key, device))"),
        QStringLiteral("CREATE TABLE lost (broker BLOB PRIMARY KEY, items INTEGER NOT NULL) WITHOUT ROWID"),
    };
}

QStringList tables()
{
    return {
        QStringLiteral("CREATE TABLE talks (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE,"
                       " seen INTEGER NOT NULL DEFAULT 0)"), // the newest entry that was seen
        QStringLiteral("CREATE TABLE entries (id INTEGER PRIMARY KEY,"
                       " talk INTEGER NOT NULL REFERENCES talks(id) ON DELETE CASCADE, kind INTEGER NOT NULL,"
                       " mine INTEGER NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL, said INTEGER NOT NULL,"
                       " state INTEGER NOT NULL, sentence TEXT NOT NULL, device BLOB NOT NULL,"
                       " number INTEGER NOT NULL, transfer BLOB NOT NULL, details BLOB NOT NULL)"),
        QStringLiteral("CREATE INDEX entries_of_talk ON entries (talk, id)"),
        QStringLiteral("CREATE INDEX entries_by_number ON entries (talk, device, number) WHERE number > 0"),
        QStringLiteral("CREATE INDEX entries_unseen ON entries (talk, device, number) WHERE mine = 1 AND state < 5"
                       " AND number > 0"),
        QStringLiteral("CREATE INDEX entries_of_transfer ON entries (transfer) WHERE kind = 2"),
        QStringLiteral("CREATE VIRTUAL TABLE words USING fts5 (text, content='entries', content_rowid='id',"
                       " tokenize='unicode61 remove_diacritics 2', prefix='2 3')"),
        QStringLiteral("CREATE TRIGGER entries_added AFTER INSERT ON entries WHEN new.kind = 1 BEGIN"
                       " INSERT INTO words (rowid, text) VALUES (new.id, new.text); END"),
        QStringLiteral("CREATE TRIGGER entries_removed AFTER DELETE ON entries WHEN old.kind = 1 BEGIN"
                       " INSERT INTO words (words, rowid, text) VALUES ('delete', old.id, old.text); END"),
    };
}

Result<void> add(Database &database, const Entry &entry)
{
    const auto known =
        database.again(QStringLiteral("INSERT OR IGNORE INTO talks (key) VALUES (?)"), { entry.with.bytes() });
    if (!known)
        return known.error();
    const auto added = database.again(
        QStringLiteral("INSERT INTO entries (id, talk, kind, mine, text, at, said, state, sentence, device, number,"
                       " transfer, details, elsewhere) VALUES (?, (SELECT id FROM talks WHERE key = ?), ?, ?, ?, ?,"
                       " ?, ?, ?, ?, ?, ?, ?, ?)"),
        { entry.id, entry.with.bytes(), int(entry.kind), entry.mine, entry.text, entry.at, entry.said, int(entry.state),
            entry.sentence, entry.device, entry.number, entry.transfer, entry.details, entry.elsewhere });
    return added ? Result<void>() : added.error();
}

Result<void> setState(Database &database, const Entry &entry)
{
    return outcome(
        database.run(QStringLiteral("UPDATE entries SET state = ?, sentence = ?, device = ?, number = ?, elsewhere = ?,"
                                    " said = ? WHERE id = ?"),
            { int(entry.state), entry.sentence, entry.device, entry.number, entry.elsewhere, entry.said, entry.id }));
}

Result<Entry> find(Database &database, quint64 id)
{
    return first(
        database, database.run(QStringLiteral("SELECT %1 FROM entries e WHERE e.id = ?").arg(columns), { id }));
}

Result<Entry> find(Database &database, const PublicKey &with, const QByteArray &device, quint64 number)
{
    return first(database,
        database.run(QStringLiteral("SELECT %1 FROM entries e WHERE e.talk = (SELECT id FROM talks WHERE key = ?)"
                                    " AND e.device = ? AND e.number = ? AND e.number > 0")
                         .arg(columns),
            { with.bytes(), device, number }));
}

Result<Entry> findSaid(Database &database, const PublicKey &with, qint64 said, const QString &text)
{
    return first(database,
        database.run(QStringLiteral("SELECT %1 FROM entries e WHERE e.talk = (SELECT id FROM talks WHERE key = ?)"
                                    " AND e.mine = 1 AND e.kind = 1 AND iif(e.said > 0, e.said, e.at) = ?"
                                    " AND e.text = ? ORDER BY e.id DESC LIMIT 1")
                         .arg(columns),
            { with.bytes(), said, text }));
}

Result<Entry> findTransfer(Database &database, const QByteArray &transfer)
{
    return first(database,
        database.run(QStringLiteral("SELECT %1 FROM entries e WHERE e.kind = 2 AND e.transfer = ?"
                                    " ORDER BY e.id DESC LIMIT 1")
                         .arg(columns),
            { transfer }));
}

Result<void> setDetails(Database &database, quint64 id, const QByteArray &details)
{
    return outcome(database.run(QStringLiteral("UPDATE entries SET details = ? WHERE id = ?"), { details, id }));
}

Result<Page> page(Database &database, const PageWish &wish)
{
    Result<Where> where = whereOf(database, wish);
    if (!where)
        return where.error();
    const bool around = wish.from == PageWish::From::Around;
    constexpr quint64 beyond = std::numeric_limits<qint64>::max();
    QList<Entry> before;
    QList<Entry> after;
    Page page;
    if (wish.from != PageWish::From::After) {
        const quint64 from = wish.from == PageWish::From::Newest ? beyond : wish.id;
        const int count = around ? wish.count / 2 : wish.count;
        Result<QList<Entry>> found = beside(database, wish, *where, false, from, count);
        if (!found)
            return found.error();
        before = *found;
        page.hasEarlier = cutTo(before, count);
    }
    if (around || wish.from == PageWish::From::After) {
        const int count = around ? wish.count - wish.count / 2 : wish.count;
        Result<QList<Entry>> found = beside(database, wish, *where, true, around ? wish.id - 1 : wish.id, count);
        if (!found)
            return found.error();
        after = *found;
        page.hasLater = cutTo(after, count);
    }
    // What the page was asked to begin or end at is on the other side of it.
    page.hasEarlier = page.hasEarlier || wish.from == PageWish::From::After;
    page.hasLater = page.hasLater || wish.from == PageWish::From::Before;
    std::ranges::reverse(before);
    page.entries = before + after;
    return page;
}

Result<QList<quint64>> search(Database &database, const PublicKey &with, const QString &words, int most)
{
    const QString match = matching(words);
    QList<quint64> ids;
    if (match.isEmpty())
        return ids;
    const Result<qint64> talk = talkOf(database, with);
    if (!talk)
        return talk.error();
    Result<QSqlQuery> found = database.run(
        QStringLiteral("SELECT e.id FROM words w JOIN entries e ON e.id = w.rowid WHERE words MATCH ? AND e.talk = ?"
                       " ORDER BY w.rowid DESC LIMIT ?"),
        { match, *talk, most });
    if (!found)
        return found.error();
    while (found->next())
        ids << found->value(0).toULongLong();
    return ids;
}

Result<QList<Unread>> unread(Database &database)
{
    const Result<QMap<qint64, PublicKey>> keys = talks(database);
    if (!keys)
        return keys.error();
    QList<Unread> all;
    for (auto talk = keys->begin(); talk != keys->end(); ++talk) {
        const Result<int> count = unread(database, talk.value());
        if (!count)
            return count.error();
        const Result<qint64> last =
            database.number(QStringLiteral("SELECT max(id) FROM entries WHERE talk = ?"), { talk.key() });
        if (!last)
            return last.error();
        all << Unread { talk.value(), *count, quint64(*last) };
    }
    return all;
}

Result<int> unread(Database &database, const PublicKey &with, quint64 before)
{
    const Result<qint64> count =
        database.number(QStringLiteral("SELECT count(*) FROM talks t JOIN entries e ON e.talk = t.id AND e.id > t.seen"
                                       " WHERE t.key = ? AND e.id < ? AND e.mine = 0 AND e.kind IN (1, 2, 5)"),
            { with.bytes(), before });
    return count ? Result<int>(int(*count)) : count.error();
}

Result<QList<SeenMark>> markRead(Database &database, const PublicKey &with, quint64 id)
{
    Result<QSqlQuery> found = database.run(
        QStringLiteral("SELECT e.device, max(e.number) FROM talks t JOIN entries e ON e.talk = t.id AND e.id > t.seen"
                       " WHERE t.key = ? AND e.id <= ? AND e.mine = 0 AND e.number > 0 GROUP BY e.device"),
        { with.bytes(), id });
    if (!found)
        return found.error();
    QList<SeenMark> marks;
    while (found->next())
        marks << SeenMark { found->value(0).toByteArray(), found->value(1).toULongLong() };
    const auto done =
        database.run(QStringLiteral("UPDATE talks SET seen = ? WHERE key = ? AND seen < ?"), { id, with.bytes(), id });
    if (!done)
        return done.error();
    return marks;
}

Result<void> markRead(Database &database, const PublicKey &with, const SeenMark &mark)
{
    return outcome(database.run(
        QStringLiteral("UPDATE talks SET seen = max(seen, coalesce((SELECT e.id FROM entries e WHERE e.talk = talks.id"
                       " AND e.device = ? AND e.number <= ? AND e.number > 0 AND e.mine = 0"
                       " ORDER BY e.number DESC LIMIT 1), 0)) WHERE key = ?"),
        { mark.device, mark.number, with.bytes() }));
}

Result<quint64> lastId(Database &database)
{
    const Result<qint64> last = database.number(QStringLiteral("SELECT max(id) FROM entries"));
    return last ? Result<quint64>(quint64(*last)) : last.error();
}

Result<void> forget(Database &database, const PublicKey &with)
{
    if (const auto gone = database.run(QStringLiteral("DELETE FROM told WHERE key = ?"), { with.bytes() }); !gone)
        return gone.error();
    return outcome(database.run(QStringLiteral("DELETE FROM talks WHERE key = ?"), { with.bytes() }));
}

} // namespace hawser::chat::history
