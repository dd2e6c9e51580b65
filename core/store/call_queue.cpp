#include "core/store/call_queue.h"

#include "core/sodium.h"
#include "core/wire.h"

#include <QtEndian>

namespace hawser {

using contracts::DurableCall;
using contracts::DurableResult;
using contracts::MailReceipt;

namespace {

constexpr qsizetype keyBytes = 16;
constexpr qsizetype roomForHead = 64; // bytes of an item before its body

} // namespace

Database::Steps CallQueue::steps()
{
    return { Inbox::tables() + Outbox::tables()
        + QStringList {
            QStringLiteral("CREATE TABLE calls (id INTEGER PRIMARY KEY, caller BLOB NOT NULL, device BLOB NOT NULL,"
                           " number INTEGER NOT NULL, recipient BLOB NOT NULL, via BLOB NOT NULL,"
                           " tries INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE (caller, device, number))"),
            QStringLiteral("CREATE TABLE callers (caller BLOB PRIMARY KEY, via BLOB NOT NULL) WITHOUT ROWID"),
        } };
}

QByteArray CallQueue::keyOf(const MailSource &source, quint64 number)
{
    const quint64 wire = qToBigEndian(number);
    return blake2b({ "hawser call/1", source.sender.bytes(), source.device, source.recipient.bytes(),
                       QByteArrayView(reinterpret_cast<const char *>(&wire), sizeof wire) })
        .first(keyBytes)
        .toHex();
}

// --- what comes

Result<void> CallQueue::take(const MailTaken &taken, const PublicKey &via)
{
    const auto items = Inbox(m_database).takeNew(taken.source, taken.first, taken.items);
    if (!items)
        return items.error();
    quint64 last = 0;
    for (const auto &[item, number] : *items) {
        if (item.kind != DurableCall::kind || taken.source.conversation != MailSource::betweenTheTwo())
            continue; // of a newer program, given up, or a broker's word about an answer
        last = number;
        if (const Result<void> queued = queue(taken.source, number, via, item); !queued)
            return queued;
    }
    if (last == 0)
        return {};
    if (const Result<void> known = done(m_database.again(QStringLiteral("INSERT OR REPLACE INTO callers VALUES (?, ?)"),
            { taken.source.sender.bytes(), via.bytes() }));
        !known)
        return known;
    return tell(
        taken.source.sender, MailReceipt::delivered, encodeStruct(MailReceipt { {}, taken.source.device, last }));
}

Result<void> CallQueue::queue(const MailSource &source, quint64 number, const PublicKey &via, const MailItem &item)
{
    Result<QSqlQuery *> row =
        m_database.again(QStringLiteral("SELECT count(*) FROM calls WHERE caller = ?"), { source.sender.bytes() });
    if (!row)
        return row.error();
    const bool tooMany = (*row)->next() && (*row)->value(0).toLongLong() >= m_limits.waiting;
    (*row)->finish();
    const Result<DurableCall> call = decodeStruct<DurableCall>(item.body);
    if (call && !tooMany)
        return done(m_database.again(QStringLiteral("INSERT INTO calls (caller, device, number, recipient, via, tries,"
                                                    " body) VALUES (?, ?, ?, ?, ?, 0, ?)"),
            { source.sender.bytes(), source.device, number, source.recipient.bytes(), via.bytes(), item.body }));
    DurableResult refused;
    refused.device = source.device;
    refused.number = number;
    refused.code = quint8(call ? Code::ResourceExhausted : Code::InvalidArgument);
    refused.sentence = call ? QStringLiteral("too many calls of yours wait there already") : call.error().sentence;
    refused.begun = quint8(Begun::No);
    return tell(source.sender, DurableResult::kind, encodeStruct(refused));
}

Result<void> CallQueue::tell(const PublicKey &caller, const char *kind, const QByteArray &body)
{
    const MailItem item { kind, body, 0 };
    const Result<quint64> put =
        Outbox(m_database).put({ caller, MailSource::betweenTheTwo() }, packItems({ &item, 1 }));
    return put ? Result<void>() : put.error();
}

// --- what waits

Result<QList<CallQueue::Waiting>> CallQueue::heads()
{
    Result<QSqlQuery *> rows = m_database.again(QStringLiteral(
        "SELECT c.id, c.caller, c.device, c.number, c.recipient, c.via, c.tries, c.body FROM calls c JOIN"
        " (SELECT caller, device, min(number) AS number FROM calls GROUP BY caller, device) f"
        " ON c.caller = f.caller AND c.device = f.device AND c.number = f.number ORDER BY c.id"));
    if (!rows)
        return rows.error();
    QList<Waiting> heads;
    while ((*rows)->next()) {
        const QSqlQuery &row = **rows;
        const Result<PublicKey> caller = PublicKey::fromBytes(row.value(1).toByteArray());
        const Result<PublicKey> me = PublicKey::fromBytes(row.value(4).toByteArray());
        const Result<PublicKey> via = PublicKey::fromBytes(row.value(5).toByteArray());
        Result<DurableCall> call = decodeStruct<DurableCall>(row.value(7).toByteArray());
        if (!caller || !me || !via || !call)
            return Error { Code::DataLoss, QStringLiteral("what was called durably is damaged") };
        heads << Waiting { row.value(0).toLongLong(),
            { *caller, row.value(2).toByteArray(), *me, MailSource::betweenTheTwo() }, row.value(3).toULongLong(), *via,
            std::move(*call), row.value(6).toInt() };
    }
    for (Waiting &head : heads) {
        const Result<MailProgress> progress =
            Outbox(m_database).progress({ head.source.sender, MailSource::betweenTheTwo() });
        if (!progress)
            return progress.error();
        head.hasRoom = progress->bytes < m_limits.answers;
    }
    return heads;
}

Result<QHash<PublicKey, PublicKey>> CallQueue::ways()
{
    Result<QSqlQuery *> rows = m_database.again(QStringLiteral("SELECT caller, via FROM callers"));
    if (!rows)
        return rows.error();
    QHash<PublicKey, PublicKey> ways;
    while ((*rows)->next()) {
        const Result<PublicKey> caller = PublicKey::fromBytes((*rows)->value(0).toByteArray());
        const Result<PublicKey> via = PublicKey::fromBytes((*rows)->value(1).toByteArray());
        if (caller && via)
            ways.insert(*caller, *via);
    }
    return ways;
}

Result<qint64> CallQueue::count()
{
    Result<QSqlQuery *> row = m_database.again(QStringLiteral("SELECT count(*) FROM calls"));
    if (!row)
        return row.error();
    const qint64 count = (*row)->next() ? (*row)->value(0).toLongLong() : 0;
    (*row)->finish();
    return count;
}

Result<void> CallQueue::count(qint64 id, int by)
{
    return done(m_database.again(QStringLiteral("UPDATE calls SET tries = tries + ? WHERE id = ?"), { by, id }));
}

Result<void> CallQueue::answer(const Waiting &call, const DurableResult &result)
{
    if (const Result<void> gone = done(m_database.again(QStringLiteral("DELETE FROM calls WHERE id = ?"), { call.id }));
        !gone)
        return gone;
    QByteArray body = encodeStruct(result);
    if (body.size() + roomForHead > limits::mailItem || !decode(body)) { // it holds more than the answer alone
        DurableResult tooLarge;
        tooLarge.device = result.device;
        tooLarge.number = result.number;
        tooLarge.code = quint8(Code::ResourceExhausted);
        tooLarge.sentence = QStringLiteral("it has run, but its answer is too large to be kept");
        tooLarge.begun = quint8(Begun::Maybe);
        body = encodeStruct(tooLarge);
    }
    return tell(call.source.sender, DurableResult::kind, body);
}

} // namespace hawser
