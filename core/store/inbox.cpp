#include "core/store/inbox.h"

#include "core/sodium.h"

namespace hawser {

QByteArray MailSource::ofBroker(const PublicKey &broker)
{
    return blake2b({ broker.bytes() }).first(conversationBytes);
}

QStringList Inbox::tables()
{
    return {
        QStringLiteral("CREATE TABLE inbox_sources (id INTEGER PRIMARY KEY, sender BLOB NOT NULL, device BLOB NOT NULL,"
                       " recipient BLOB NOT NULL, conversation BLOB NOT NULL, highest INTEGER NOT NULL,"
                       " gaps BLOB NOT NULL, digest BLOB NOT NULL, UNIQUE (recipient, sender, device, conversation))"),
        QStringLiteral("CREATE TABLE inbox_digests (source INTEGER NOT NULL, number INTEGER NOT NULL,"
                       " digest BLOB NOT NULL, PRIMARY KEY (source, number)) WITHOUT ROWID"),
    };
}

Result<Inbox::Highest> Inbox::highest(const MailSource &source)
{
    Result<QSqlQuery *> row =
        m_database.again(QStringLiteral("SELECT id, highest, gaps, digest FROM inbox_sources"
                                        " WHERE recipient = ? AND sender = ? AND device = ? AND conversation = ?"),
            { source.recipient.bytes(), source.sender.bytes(), source.device, source.conversation });
    if (!row)
        return row.error();
    Highest known;
    if (!(*row)->next())
        return known;
    known.id = (*row)->value(0).toLongLong();
    known.digest = (*row)->value(3).toByteArray();
    Result<Marks> marks = Marks::restore((*row)->value(1).toULongLong(), (*row)->value(2).toByteArray());
    (*row)->finish();
    if (!marks)
        return marks.error();
    known.marks = std::move(*marks);
    return known;
}

Result<QList<Inbox::Seen>> Inbox::take(const MailSource &source, quint64 first, QByteArrayView items)
{
    const Result<QList<quint32>> cuts = cutItems(items);
    if (!cuts)
        return cuts.error();
    const qsizetype count = cuts->size() - 1;
    if (count < 1 || first < 1 || first > mostMailNumber - quint64(count))
        return Error { Code::InvalidArgument, QStringLiteral("a durable message has no number") };
    Result<Highest> known = highest(source);
    if (!known)
        return known.error();

    const quint64 last = first + quint64(count) - 1;
    const auto digestOf = [&](qsizetype i) {
        return itemDigest(items.sliced((*cuts)[i], (*cuts)[i + 1] - (*cuts)[i]));
    };
    QList<QByteArray> digests;
    if (m_digests > 0)
        for (qsizetype i = 0; i < count; ++i)
            digests << digestOf(i);
    const QByteArray lastDigest = m_digests > 0 ? digests.last() : digestOf(count - 1);
    QList<Seen> seen(count, Seen::New);
    if (first <= known->marks.highest()) { // else all are new
        if (digests.isEmpty())
            digests.resize(count);
        if (last == known->marks.highest())
            digests.last() = lastDigest;
        Result<QList<Seen>> compared = compare(*known, first, digests);
        if (!compared)
            return compared;
        seen = std::move(*compared);
    }
    if (last > known->marks.highest())
        known->digest = lastDigest;
    known->marks.add(first, last);
    const Result<qint64> id = write(source, *known);
    if (!id)
        return id.error();
    if (m_digests == 0)
        return seen;
    for (qsizetype i = 0; i < count; ++i)
        if (seen[i] == Seen::New)
            if (const Result<void> kept =
                    done(m_database.again(QStringLiteral("INSERT OR REPLACE INTO inbox_digests VALUES (?, ?, ?)"),
                        { *id, first + quint64(i), digests[i] }));
                !kept)
                return kept.error();
    const Result<void> trimmed =
        done(m_database.again(QStringLiteral("DELETE FROM inbox_digests WHERE source = ? AND number <= ?"),
            { *id, qint64(known->marks.highest()) - m_digests }));
    return trimmed ? Result<QList<Seen>>(seen) : trimmed.error();
}

Result<QList<Inbox::NewItem>> Inbox::takeNew(const MailSource &source, quint64 first, QByteArrayView items)
{
    const Result<QList<Seen>> seen = take(source, first, items);
    if (!seen)
        return seen.error();
    const Result<QList<NewItem>> all = unnoted(first, items);
    if (!all)
        return all;
    QList<NewItem> fresh;
    for (qsizetype i = 0; i < all->size(); ++i)
        if (seen->at(i) == Seen::New)
            fresh << all->at(i);
    return fresh;
}

Result<QList<Inbox::NewItem>> Inbox::unnoted(quint64 first, QByteArrayView items)
{
    const Result<QList<MailItem>> unpacked = unpackItems(items);
    if (!unpacked)
        return unpacked.error();
    QList<NewItem> all;
    for (qsizetype i = 0; i < unpacked->size(); ++i)
        all << NewItem { unpacked->at(i), first + quint64(i) };
    return all;
}

/// \param digests  empty ones are not compared
Result<QList<Inbox::Seen>> Inbox::compare(const Highest &known, quint64 first, const QList<QByteArray> &digests)
{
    QList<Seen> seen;
    for (qsizetype i = 0; i < digests.size(); ++i) {
        const quint64 number = first + quint64(i);
        if (!known.marks.has(number)) {
            seen << Seen::New;
            continue;
        }
        QByteArray before = number == known.marks.highest() ? known.digest : QByteArray();
        if (before.isEmpty() && m_digests > 0) {
            Result<QSqlQuery *> row =
                m_database.again(QStringLiteral("SELECT digest FROM inbox_digests WHERE source = ? AND number = ?"),
                    { known.id, number });
            if (!row)
                return row.error();
            if ((*row)->next())
                before = (*row)->value(0).toByteArray();
            (*row)->finish();
        }
        const bool same = before.isEmpty() || digests[i].isEmpty() || before == digests[i];
        seen << (same ? Seen::Again : Seen::Conflict);
    }
    return seen;
}

Result<qint64> Inbox::write(const MailSource &source, const Highest &known)
{
    if (known.id) {
        const Result<void> changed =
            done(m_database.again(QStringLiteral("UPDATE inbox_sources SET highest = ?, gaps = ?, digest = ?"
                                                 " WHERE id = ?"),
                { known.marks.highest(), known.marks.gaps(), known.digest, known.id }));
        return changed ? Result<qint64>(known.id) : changed.error();
    }
    const Result<QSqlQuery *> made =
        m_database.again(QStringLiteral("INSERT INTO inbox_sources (sender, device, recipient, conversation, highest,"
                                        " gaps, digest) VALUES (?, ?, ?, ?, ?, ?, ?)"),
            { source.sender.bytes(), source.device, source.recipient.bytes(), source.conversation,
                known.marks.highest(), known.marks.gaps(), known.digest });
    return made ? Result<qint64>((*made)->lastInsertId().toLongLong()) : made.error();
}

Result<void> Inbox::forget(const MailSource &source)
{
    const Result<Highest> known = highest(source);
    if (!known)
        return known.error();
    if (const Result<void> digests =
            done(m_database.again(QStringLiteral("DELETE FROM inbox_digests WHERE source = ?"), { known->id }));
        !digests)
        return digests;
    return done(m_database.again(QStringLiteral("DELETE FROM inbox_sources WHERE id = ?"), { known->id }));
}

Result<void> Inbox::forget(const PublicKey &recipient)
{
    const Result<void> digests =
        done(m_database.again(QStringLiteral("DELETE FROM inbox_digests WHERE source IN"
                                             " (SELECT id FROM inbox_sources WHERE recipient = ?)"),
            { recipient.bytes() }));
    if (!digests)
        return digests;
    return done(
        m_database.again(QStringLiteral("DELETE FROM inbox_sources WHERE recipient = ?"), { recipient.bytes() }));
}

} // namespace hawser
