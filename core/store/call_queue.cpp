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
constexpr qint64 waitMost = milliseconds(limits::durableMost).count();

MailSequence backTo(const MailSource &source)
{
    return { source.sender, source.conversation };
}

} // namespace

/// Version 1 knew no conversation. What it kept is dropped without an answer: in the old conversation no caller of now hears
/// one, and in the broker's its number is that of another call, which would be taken for answered. Who called ends it himself
/// when his program comes to this version (CallBook::moreTables), as one that may have begun.
Database::Steps CallQueue::steps()
{
    return { Inbox::tables() + Outbox::tables()
            + QStringList {
                QStringLiteral("CREATE TABLE calls (id INTEGER PRIMARY KEY, caller BLOB NOT NULL, device BLOB NOT NULL,"
                               " number INTEGER NOT NULL, recipient BLOB NOT NULL, via BLOB NOT NULL,"
                               " tries INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE (caller, device, number))"),
                QStringLiteral("CREATE TABLE callers (caller BLOB PRIMARY KEY, via BLOB NOT NULL) WITHOUT ROWID"),
            },
        QStringList {
            QStringLiteral("DROP TABLE calls"),
            QStringLiteral("DROP TABLE callers"),
            QStringLiteral("DELETE FROM outbox"),
            QStringLiteral("DELETE FROM outbox_sequences"),
            QStringLiteral("CREATE TABLE calls (id INTEGER PRIMARY KEY, caller BLOB NOT NULL, device BLOB NOT NULL,"
                           " conversation BLOB NOT NULL, number INTEGER NOT NULL, recipient BLOB NOT NULL,"
                           " via BLOB NOT NULL, tries INTEGER NOT NULL, body BLOB NOT NULL,"
                           " UNIQUE (caller, conversation, device, number))"),
            QStringLiteral("CREATE TABLE call_devices (caller BLOB NOT NULL, conversation BLOB NOT NULL,"
                           " device BLOB NOT NULL, turn INTEGER NOT NULL,"
                           " PRIMARY KEY (caller, conversation, device)) WITHOUT ROWID"),
        } };
}

QByteArray CallQueue::keyOf(const MailSource &source, quint64 number)
{
    const quint64 wire = qToBigEndian(number);
    return blake2b({ "hawser call/1", source.sender.bytes(), source.device, source.recipient.bytes(),
                       source.conversation, QByteArrayView(reinterpret_cast<const char *>(&wire), sizeof wire) })
        .first(keyBytes)
        .toHex();
}

// --- what comes

Result<void> CallQueue::take(const MailTaken &taken, const PublicKey &via, qint64 now)
{
    const MailSource &source = taken.source;
    if (source.conversation != MailSource::ofBroker(via))
        return {}; // nobody calls so; and a broker's word about an answer
    const Result<bool> admitted = admitDevice(source);
    if (!admitted)
        return admitted.error();
    const auto items = *admitted ? Inbox(m_database).takeNew(source, taken.first, taken.items)
                                 : Inbox::unnoted(taken.first, taken.items);
    if (!items)
        return items.error();
    quint64 last = 0;
    for (const auto &[item, number] : *items) {
        if (item.kind != DurableCall::kind)
            continue; // of a newer program, or given up
        last = number;
        const Result<void> queued = *admitted
            ? queue(source, number, via, item, now)
            : refuse(source, number,
                { Code::ResourceExhausted, QStringLiteral("calls of too many devices of yours wait there already") });
        if (!queued)
            return queued;
    }
    if (last == 0)
        return {};
    return tellIfRoom(source, MailReceipt::delivered, encodeStruct(MailReceipt { {}, source.device, last }));
}

/// Whether its numbers are known from now on.
Result<bool> CallQueue::admitDevice(const MailSource &source)
{
    const QVariantList who { source.sender.bytes(), source.conversation };
    const auto turn = m_database.number(
        QStringLiteral("SELECT coalesce(max(turn), 0) + 1 FROM call_devices WHERE caller = ? AND conversation = ?"),
        who);
    const auto known = m_database.number(
        QStringLiteral("SELECT count(*) FROM call_devices WHERE caller = ? AND conversation = ? AND device = ?"),
        who + QVariantList { source.device });
    const auto devices = m_database.number(
        QStringLiteral("SELECT count(*) FROM call_devices WHERE caller = ? AND conversation = ?"), who);
    if (!turn || !known || !devices)
        return !turn ? turn.error() : !known ? known.error() : devices.error();
    if (*known == 0 && *devices >= m_limits.devices)
        if (const Result<bool> room = forgetOldest(source); !room || !*room)
            return room;
    const Result<void> noted =
        done(m_database.again(QStringLiteral("INSERT OR REPLACE INTO call_devices VALUES (?, ?, ?, ?)"),
            who + QVariantList { source.device, *turn }));
    return noted ? Result<bool>(true) : noted.error();
}

/// Of those of which nothing waits here; false: something waits of each.
Result<bool> CallQueue::forgetOldest(const MailSource &source)
{
    Result<QSqlQuery *> row = m_database.again(
        QStringLiteral("SELECT device FROM call_devices d WHERE caller = ? AND conversation = ? AND NOT EXISTS"
                       " (SELECT 1 FROM calls c WHERE c.caller = d.caller AND c.conversation = d.conversation"
                       " AND c.device = d.device) ORDER BY turn LIMIT 1"),
        { source.sender.bytes(), source.conversation });
    if (!row)
        return row.error();
    if (!(*row)->next())
        return false;
    MailSource oldest = source;
    oldest.device = (*row)->value(0).toByteArray();
    (*row)->finish();
    if (const Result<void> forgotten = Inbox(m_database).forget(oldest); !forgotten)
        return forgotten.error();
    const Result<void> gone = done(m_database.again(
        QStringLiteral("DELETE FROM call_devices WHERE caller = ? AND conversation = ? AND device = ?"),
        { oldest.sender.bytes(), oldest.conversation, oldest.device }));
    return gone ? Result<bool>(true) : gone.error();
}

Result<void> CallQueue::queue(
    const MailSource &source, quint64 number, const PublicKey &via, const MailItem &item, qint64 now)
{
    Result<DurableCall> call = decodeStruct<DurableCall>(item.body);
    if (!call)
        return refuse(source, number, { Code::InvalidArgument, call.error().sentence });
    const Result<qint64> waiting =
        m_database.number(QStringLiteral("SELECT count(*) FROM calls WHERE caller = ? AND conversation = ?"),
            { source.sender.bytes(), source.conversation });
    if (!waiting)
        return waiting.error();
    if (*waiting >= m_limits.waiting)
        return refuse(
            source, number, { Code::ResourceExhausted, QStringLiteral("too many calls of yours wait there already") });
    call->until = std::min(call->until, now + waitMost);
    return done(
        m_database.again(QStringLiteral("INSERT INTO calls (caller, device, conversation, number, recipient, via,"
                                        " tries, body) VALUES (?, ?, ?, ?, ?, ?, 0, ?)"),
            { source.sender.bytes(), source.device, source.conversation, number, source.recipient.bytes(), via.bytes(),
                encodeStruct(*call) }));
}

Result<void> CallQueue::refuse(const MailSource &source, quint64 number, const Error &why)
{
    DurableResult refused;
    refused.device = source.device;
    refused.number = number;
    refused.code = quint8(why.code);
    refused.sentence = why.sentence;
    refused.begun = quint8(Begun::No);
    return tellIfRoom(source, DurableResult::kind, encodeStruct(refused));
}

Result<void> CallQueue::tell(const MailSource &source, const char *kind, const QByteArray &body)
{
    const MailItem item { kind, body, 0 };
    const Result<quint64> put = Outbox(m_database).put(backTo(source), packItems({ &item, 1 }));
    return put ? Result<void>() : put.error();
}

/// Whoever sends more than he fetches is told no more until he does: his program knows when a call's time is over.
Result<void> CallQueue::tellIfRoom(const MailSource &source, const char *kind, const QByteArray &body)
{
    const Result<bool> room = hasRoom(source);
    if (!room)
        return room.error();
    return *room ? tell(source, kind, body) : Result<void>();
}

Result<bool> CallQueue::hasRoom(const MailSource &source)
{
    const Result<MailProgress> progress = Outbox(m_database).progress(backTo(source));
    return progress ? Result<bool>(progress->bytes < m_limits.answers) : progress.error();
}

// --- what waits

Result<QList<CallQueue::Waiting>> CallQueue::heads()
{
    Result<QSqlQuery *> rows = m_database.again(QStringLiteral(
        "SELECT c.id, c.caller, c.device, c.number, c.recipient, c.via, c.tries, c.body, c.conversation"
        " FROM calls c JOIN (SELECT caller, conversation, device, min(number) AS number FROM calls"
        " GROUP BY caller, conversation, device) f ON c.caller = f.caller AND c.conversation = f.conversation"
        " AND c.device = f.device AND c.number = f.number ORDER BY c.id"));
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
            { *caller, row.value(2).toByteArray(), *me, row.value(8).toByteArray() }, row.value(3).toULongLong(), *via,
            std::move(*call), row.value(6).toInt() };
    }
    for (Waiting &head : heads) {
        const Result<bool> room = hasRoom(head.source);
        if (!room)
            return room.error();
        head.hasRoom = *room;
    }
    return heads;
}

Result<qint64> CallQueue::count()
{
    return m_database.number(QStringLiteral("SELECT count(*) FROM calls"));
}

Result<void> CallQueue::count(qint64 id, int by)
{
    return done(m_database.again(QStringLiteral("UPDATE calls SET tries = tries + ? WHERE id = ?"), { by, id }));
}

Result<void> CallQueue::answer(const Waiting &call, const DurableResult &result)
{
    const Result<QSqlQuery *> gone = m_database.again(QStringLiteral("DELETE FROM calls WHERE id = ?"), { call.id });
    if (!gone)
        return gone.error();
    if ((*gone)->numRowsAffected() == 0)
        return {};
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
    return tell(call.source, DurableResult::kind, body);
}

Result<CallQueue::Mark> CallQueue::mark(const PublicKey &caller, const PublicKey &via)
{
    const QByteArray conversation = MailSource::ofBroker(via);
    const Result<qint64> call =
        m_database.number(QStringLiteral("SELECT max(id) FROM calls WHERE caller = ? AND conversation = ?"),
            { caller.bytes(), conversation });
    const Result<MailProgress> said = Outbox(m_database).progress({ caller, conversation });
    if (!call || !said)
        return call ? said.error() : call.error();
    return Mark { *call, said->last };
}

Result<void> CallQueue::forget(const PublicKey &caller, const PublicKey &via, const Mark &upto)
{
    const QByteArray conversation = MailSource::ofBroker(via);
    if (const Result<void> calls =
            done(m_database.again(QStringLiteral("DELETE FROM calls WHERE caller = ? AND conversation = ? AND id <= ?"),
                { caller.bytes(), conversation, upto.call }));
        !calls)
        return calls;
    const Result<MailProgress> said = Outbox(m_database).kept({ caller, conversation }, upto.answer); // or as good as
    return said ? Result<void>() : said.error();
}

} // namespace hawser
