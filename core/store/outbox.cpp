#include "core/store/outbox.h"

#include "core/mail_items.h"

namespace hawser {

namespace {

QByteArrayView itemAt(const Outbox::Run &run, const QList<quint32> &cuts, quint64 number)
{
    const qsizetype i = qsizetype(number - run.first);
    return QByteArrayView(run.items).sliced(cuts[i], cuts[i + 1] - cuts[i]);
}

/// A row's items without those up to `after`.
Result<void> cutFront(Outbox::Run &run, quint64 after)
{
    if (run.first > after)
        return {};
    const Result<QList<quint32>> cuts = cutItems(run.items);
    if (!cuts || cuts->size() - 1 != qsizetype(run.count))
        return Error { Code::DataLoss, QStringLiteral("what waits to be sent is damaged") };
    const quint64 gone = after + 1 - run.first;
    run.items = run.items.sliced((*cuts)[qsizetype(gone)]);
    run.first += gone;
    run.count -= gone;
    return {};
}

} // namespace

size_t qHash(const MailSequence &sequence, size_t seed)
{
    return qHashMulti(seed, sequence.recipient, sequence.conversation);
}

QStringList Outbox::tables()
{
    return {
        QStringLiteral("CREATE TABLE outbox_sequences (id INTEGER PRIMARY KEY, recipient BLOB NOT NULL,"
                       " conversation BLOB NOT NULL, last INTEGER NOT NULL, kept INTEGER NOT NULL,"
                       " delivered INTEGER NOT NULL, read INTEGER NOT NULL, bytes INTEGER NOT NULL,"
                       " kept_digest BLOB NOT NULL, UNIQUE (recipient, conversation))"),
        QStringLiteral("CREATE TABLE outbox (id INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, first INTEGER NOT NULL,"
                       " count INTEGER NOT NULL, digest BLOB NOT NULL, items BLOB NOT NULL)"),
        QStringLiteral("CREATE INDEX outbox_in_order ON outbox (sequence, first)"),
    };
}

Result<Outbox::Row> Outbox::find(const MailSequence &sequence)
{
    Result<QSqlQuery *> found =
        m_database.again(QStringLiteral("SELECT id, last, kept, delivered, read, bytes, kept_digest FROM"
                                        " outbox_sequences WHERE recipient = ? AND conversation = ?"),
            { sequence.recipient.bytes(), sequence.conversation });
    if (!found)
        return found.error();
    Row row;
    QSqlQuery &query = **found;
    if (query.next()) {
        row.id = query.value(0).toLongLong();
        row.progress = { query.value(1).toULongLong(), query.value(2).toULongLong(), query.value(3).toULongLong(),
            query.value(4).toULongLong(), query.value(5).toLongLong() };
        row.keptDigest = query.value(6).toByteArray();
    }
    query.finish();
    return row;
}

Result<Outbox::Row> Outbox::findOrMake(const MailSequence &sequence)
{
    Result<Row> row = find(sequence);
    if (!row || row->id)
        return row;
    const Result<QSqlQuery *> made =
        m_database.again(QStringLiteral("INSERT INTO outbox_sequences (recipient, conversation, last, kept, delivered,"
                                        " read, bytes, kept_digest) VALUES (?, ?, 0, 0, 0, 0, 0, x'')"),
            { sequence.recipient.bytes(), sequence.conversation });
    if (!made)
        return made.error();
    row->id = (*made)->lastInsertId().toLongLong();
    return row;
}

Result<void> Outbox::write(const Row &row)
{
    const MailProgress &progress = row.progress;
    return done(m_database.again(QStringLiteral("UPDATE outbox_sequences SET last = ?, kept = ?, delivered = ?,"
                                                " read = ?, bytes = ?, kept_digest = ? WHERE id = ?"),
        { progress.last, progress.kept, progress.delivered, progress.read, progress.bytes, row.keptDigest, row.id }));
}

Result<quint64> Outbox::put(const MailSequence &sequence, QByteArrayView items)
{
    const Result<QList<quint32>> cuts = cutItems(items);
    if (!cuts)
        return cuts.error();
    const quint64 count = quint64(cuts->size() - 1);
    if (count == 0)
        return Error { Code::InvalidArgument, QStringLiteral("there is nothing to send") };
    if (items.size() > limits::mailRun)
        return Error { Code::ResourceExhausted, QStringLiteral("too much at once") };
    Result<Row> row = findOrMake(sequence);
    if (!row)
        return row.error();
    MailProgress &progress = row->progress;
    if (qint64(progress.last - progress.kept + count) > m_limits.items
        || progress.bytes + items.size() > m_limits.bytes)
        return Error { Code::ResourceExhausted, QStringLiteral("too many messages wait to be sent there") };
    const quint64 first = progress.last + 1;
    const QByteArray digest = itemDigest(items.sliced((*cuts)[qsizetype(count) - 1]));
    const Result<void> put =
        done(m_database.again(QStringLiteral("INSERT INTO outbox (sequence, first, count, digest, items)"
                                             " VALUES (?, ?, ?, ?, ?)"),
            { row->id, first, count, digest, items.toByteArray() }));
    if (!put)
        return put.error();
    progress.last += count;
    progress.bytes += items.size();
    const Result<void> written = write(*row);
    return written ? Result<quint64>(first) : written.error();
}

Result<QList<MailSequence>> Outbox::waiting()
{
    Result<QSqlQuery *> rows =
        m_database.again(QStringLiteral("SELECT recipient, conversation FROM outbox_sequences s WHERE last > kept"
                                        " ORDER BY (SELECT min(id) FROM outbox WHERE sequence = s.id)"));
    if (!rows)
        return rows.error();
    QList<MailSequence> sequences;
    while ((*rows)->next())
        if (const Result<PublicKey> key = PublicKey::fromBytes((*rows)->value(0).toByteArray()); key)
            sequences << MailSequence { *key, (*rows)->value(1).toByteArray() };
    return sequences;
}

Result<QList<Outbox::Run>> Outbox::pending(const MailSequence &sequence, quint64 after, qint64 bytes)
{
    const Result<Row> row = find(sequence);
    if (!row)
        return row.error();
    after = std::max(after, row->progress.kept);
    Result<QSqlQuery *> rows = m_database.again(
        QStringLiteral("SELECT first, items, count FROM outbox WHERE sequence = ? AND first >= coalesce((SELECT"
                       " max(first) FROM outbox WHERE sequence = ? AND first <= ?), 0) ORDER BY first"),
        { row->id, row->id, after + 1 });
    if (!rows)
        return rows.error();
    QList<Run> runs;
    while (bytes > 0 && (*rows)->next()) {
        Run run { (*rows)->value(0).toULongLong(), (*rows)->value(1).toByteArray(), (*rows)->value(2).toULongLong() };
        if (run.first + run.count - 1 <= after)
            continue;
        if (const Result<void> cut = cutFront(run, after); !cut) {
            (*rows)->finish();
            return cut.error();
        }
        bytes -= run.items.size();
        runs << std::move(run);
    }
    (*rows)->finish();
    return runs;
}

Result<MailProgress> Outbox::progress(const MailSequence &sequence)
{
    const Result<Row> row = find(sequence);
    return row ? Result<MailProgress>(row->progress) : row.error();
}

/// Of an item that waits; empty when it does not.
Result<QByteArray> Outbox::digestOf(const Row &row, quint64 number)
{
    Result<QSqlQuery *> found =
        m_database.again(QStringLiteral("SELECT first, count, digest FROM outbox WHERE sequence = ? AND first <= ?"
                                        " ORDER BY first DESC LIMIT 1"),
            { row.id, number });
    if (!found)
        return found.error();
    if (!(*found)->next())
        return QByteArray();
    Run run { (*found)->value(0).toULongLong(), {}, (*found)->value(1).toULongLong() };
    const QByteArray last = (*found)->value(2).toByteArray();
    (*found)->finish();
    if (run.first + run.count - 1 < number)
        return QByteArray();
    if (run.first + run.count - 1 == number)
        return last;
    found = m_database.again(
        QStringLiteral("SELECT items FROM outbox WHERE sequence = ? AND first = ?"), { row.id, run.first });
    if (!found)
        return found.error();
    if ((*found)->next())
        run.items = (*found)->value(0).toByteArray();
    (*found)->finish();
    const Result<QList<quint32>> cuts = cutItems(run.items);
    return cuts ? Result<QByteArray>(itemDigest(itemAt(run, *cuts, number))) : cuts.error();
}

Result<MailProgress> Outbox::kept(const MailSequence &sequence, quint64 upto)
{
    Result<Row> row = find(sequence);
    if (!row)
        return row.error();
    MailProgress &progress = row->progress;
    upto = std::min(upto, progress.last);
    if (upto <= progress.kept)
        return progress;
    Result<QByteArray> digest = digestOf(*row, upto);
    if (!digest)
        return digest.error();
    const QVariantList whole { row->id, upto, upto + 1 };
    const Result<qint64> going =
        m_database.number(QStringLiteral("SELECT total(length(items)) FROM outbox WHERE sequence = ? AND first <= ?"
                                         " AND first + count <= ?"),
            whole);
    if (!going)
        return going.error();
    progress.bytes -= *going;
    const Result<void> gone = done(m_database.again(
        QStringLiteral("DELETE FROM outbox WHERE sequence = ? AND first <= ? AND first + count <= ?"), whole));
    if (!gone)
        return gone.error();
    progress.kept = upto;
    row->keptDigest = *digest;
    const Result<void> written = write(*row);
    return written ? Result<MailProgress>(progress) : written.error();
}

Result<MailProgress> Outbox::raise(const MailSequence &sequence, quint64 MailProgress::*mark, quint64 upto)
{
    Result<Row> row = find(sequence);
    if (!row)
        return row.error();
    upto = std::min(upto, row->progress.last);
    if (row->progress.*mark >= upto)
        return row->progress;
    row->progress.*mark = upto;
    const Result<void> written = write(*row);
    return written ? Result<MailProgress>(row->progress) : written.error();
}

Result<MailProgress> Outbox::delivered(const MailSequence &sequence, quint64 upto)
{
    return raise(sequence, &MailProgress::delivered, upto);
}

Result<MailProgress> Outbox::read(const MailSequence &sequence, quint64 upto)
{
    const Result<MailProgress> delivered = raise(sequence, &MailProgress::delivered, upto);
    return delivered ? raise(sequence, &MailProgress::read, upto) : delivered;
}

Result<void> Outbox::giveUp(const MailSequence &sequence, quint64 number)
{
    Result<Row> row = find(sequence);
    if (!row)
        return row.error();
    const Error notThere { Code::NotFound, QStringLiteral("this message does not wait to be sent") };
    if (number <= row->progress.kept || number > row->progress.last)
        return notThere;
    Result<QSqlQuery *> found =
        m_database.again(QStringLiteral("SELECT id, first, items FROM outbox WHERE sequence = ? AND first <= ?"
                                        " ORDER BY first DESC LIMIT 1"),
            { row->id, number });
    if (!found)
        return found.error();
    if (!(*found)->next())
        return notThere;
    const qint64 id = (*found)->value(0).toLongLong();
    const quint64 first = (*found)->value(1).toULongLong();
    const QByteArray before = (*found)->value(2).toByteArray();
    (*found)->finish();
    Result<QList<MailItem>> items = unpackItems(before);
    if (!items)
        return items.error();
    if (number - first >= quint64(items->size()))
        return notThere;
    (*items)[qsizetype(number - first)] = MailItem { goneKind, {}, 0 };
    const QByteArray after = packItems(*items);
    const QByteArray digest = itemDigest(QByteArrayView(after).sliced((*cutItems(after))[items->size() - 1]));
    row->progress.bytes += after.size() - before.size();
    if (const Result<void> written = write(*row); !written)
        return written;
    return done(m_database.again(
        QStringLiteral("UPDATE outbox SET items = ?, digest = ? WHERE id = ?"), { after, digest, id }));
}

Result<void> Outbox::giveUpAll(const MailSequence &sequence)
{
    const Result<MailProgress> progress = this->progress(sequence);
    if (!progress)
        return progress.error();
    for (quint64 number = progress->kept + 1; number <= progress->last; ++number)
        if (const Result<void> given = giveUp(sequence, number); !given)
            return given.error();
    return {};
}

Result<Outbox::Restored> Outbox::compare(const MailSequence &sequence, quint64 highest, const QByteArray &digest)
{
    if (highest > mostMailNumber)
        return Error { Code::InvalidArgument, QStringLiteral("no sequence of messages goes so far") };
    Result<Row> row = findOrMake(sequence);
    if (!row)
        return row.error();
    MailProgress &progress = row->progress;
    Result<QByteArray> mine = highest == progress.kept ? Result<QByteArray>(row->keptDigest) : digestOf(*row, highest);
    if (!mine)
        return mine.error();
    const bool sameItem = highest < progress.kept || digest.isEmpty() || mine->isEmpty() || *mine == digest;
    if (highest <= progress.last && sameItem)
        return Restored {};

    Result<QList<Run>> runs = pending(sequence, 0, progress.bytes + 1);
    if (!runs)
        return runs.error();
    const Restored restored { progress.kept, highest - progress.kept };
    if (const Result<void> out =
            done(m_database.again(QStringLiteral("DELETE FROM outbox WHERE sequence = ?"), { row->id }));
        !out)
        return out.error();
    progress.last = progress.kept = highest;
    progress.bytes = 0;
    row->keptDigest = digest;
    if (const Result<void> written = write(*row); !written)
        return written.error();
    for (const Run &run : std::as_const(*runs))
        if (const Result<quint64> put = this->put(sequence, run.items); !put)
            return put.error();
    return restored;
}

} // namespace hawser
