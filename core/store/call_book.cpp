#include "core/store/call_book.h"

#include "core/contracts/node.h"
#include "core/wire.h"

namespace hawser {

using contracts::DurableCall;
using contracts::DurableResult;
using contracts::MailReceipt;
using contracts::RunEnd;
using contracts::RunOutcome;

namespace {

constexpr int mostSentence = 1024; // characters
constexpr qint64 seenFor = std::chrono::duration_cast<std::chrono::milliseconds>(limits::durableMost).count();

DurableResult noResult(const Error &why)
{
    DurableResult result;
    result.code = quint8(why.code);
    result.sentence = why.sentence;
    result.begun = quint8(why.begun);
    return result;
}

/// How it ended, in a few words; of a call that is no run and went well there is nothing to say.
QString sentenceOf(const DurableResult &result)
{
    const auto end = fromValue<RunEnd>(result.result);
    if (result.code != quint8(Code::Ok) || !end)
        return result.sentence;
    switch (end->outcome) {
    case RunOutcome::Finished:
        return QStringLiteral("exit %1").arg(end->exitStatus);
    case RunOutcome::Killed:
        return QStringLiteral("killed by signal %1").arg(end->signal);
    case RunOutcome::Stopped:
        return QStringLiteral("stopped");
    case RunOutcome::TimeLimit:
        return QStringLiteral("its time limit ended it");
    case RunOutcome::FailedToStart:
        break;
    }
    return QStringLiteral("could not be started: %1").arg(end->detail);
}

} // namespace

Error SentCall::outcome() const
{
    return { codeFromWire(result.code), result.sentence, Begun(std::min<quint8>(result.begun, quint8(Begun::Maybe))),
        Origin::Peer };
}

QStringList CallBook::tables()
{
    return {
        QStringLiteral("CREATE TABLE sent_calls (id INTEGER PRIMARY KEY AUTOINCREMENT, recipient BLOB NOT NULL,"
                       " broker BLOB NOT NULL, name TEXT NOT NULL, command TEXT NOT NULL, parameters BLOB NOT NULL,"
                       " at INTEGER NOT NULL, until INTEGER NOT NULL, state INTEGER NOT NULL, sentence TEXT NOT NULL,"
                       " device BLOB NOT NULL, number INTEGER NOT NULL, code INTEGER NOT NULL, ended INTEGER NOT NULL, "
                       "seen INTEGER NOT NULL,"
                       " result BLOB NOT NULL)"),
        QStringLiteral("CREATE INDEX sent_calls_to ON sent_calls (recipient, number)"),
    };
}

Result<void> CallBook::makeRoom(qint64 now)
{
    if (const Result<void> old = done(
            m_database.again(QStringLiteral("DELETE FROM sent_calls WHERE seen = 1 AND ended < ?"), { now - seenFor }));
        !old)
        return old;
    return done(m_database.again(
        QStringLiteral("DELETE FROM sent_calls WHERE id IN (SELECT id FROM sent_calls WHERE seen = 1 ORDER BY id"
                       " LIMIT max(0, (SELECT count(*) FROM sent_calls) - ?))"),
        { m_most - 1 }));
}

Result<SentCall> CallBook::put(SentCall call)
{
    if (const Result<void> room = makeRoom(call.at); !room)
        return room.error();
    Result<QSqlQuery *> count = m_database.again(QStringLiteral("SELECT count(*) FROM sent_calls"));
    if (!count)
        return count.error();
    const qint64 there = (*count)->next() ? (*count)->value(0).toLongLong() : 0;
    (*count)->finish();
    if (there >= m_most)
        return Error { Code::ResourceExhausted,
            QStringLiteral("%1 calls have no answer yet, or nobody has looked at their answers").arg(there),
            Begun::No };
    const MailItem item { DurableCall::kind, encodeStruct(DurableCall { call.command, call.parameters, call.until }),
        call.at };
    const Result<quint64> number =
        Outbox(m_database).put({ call.to, MailSource::betweenTheTwo() }, packItems({ &item, 1 }));
    if (!number)
        return number.error();
    call.number = *number;
    const Result<QSqlQuery *> made = m_database.again(
        QStringLiteral(
            "INSERT INTO sent_calls (recipient, broker, name, command, parameters, at, until, state, sentence,"
            " device, number, code, ended, seen, result) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, x'')"),
        { call.to.bytes(), call.broker.bytes(), call.name, call.command, encode(call.parameters), call.at, call.until,
            int(call.state), call.sentence, call.device, call.number });
    if (!made)
        return made.error();
    call.id = (*made)->lastInsertId().toULongLong();
    return call;
}

// --- looking

/// \param result  the column of what came of it, or what to have instead
CallBook::Changed CallBook::where(const QString &condition, const QVariantList &values, const char *result)
{
    Result<QSqlQuery> rows = m_database.run(
        QStringLiteral("SELECT id, recipient, broker, name, command, parameters, at, until, state, sentence, device,"
                       " number, ended, seen, %1, code FROM sent_calls WHERE %2 ORDER BY id")
            .arg(QLatin1String(result), condition),
        values);
    if (!rows)
        return rows.error();
    QList<SentCall> calls;
    while (rows->next()) {
        const QSqlQuery &row = *rows;
        const Result<PublicKey> to = PublicKey::fromBytes(row.value(1).toByteArray());
        const Result<PublicKey> broker = PublicKey::fromBytes(row.value(2).toByteArray());
        const Result<Value> parameters = decode(row.value(5).toByteArray());
        if (!to || !parameters)
            continue; // damaged: it is shown nowhere, and nothing is told of it
        SentCall call;
        call.id = row.value(0).toULongLong();
        call.to = *to;
        call.broker = broker ? *broker : PublicKey();
        call.name = row.value(3).toString();
        call.command = row.value(4).toString();
        call.parameters = *parameters;
        call.at = row.value(6).toLongLong();
        call.until = row.value(7).toLongLong();
        call.state = SentCall::State(std::clamp(row.value(8).toInt(), 1, int(SentCall::State::Done)));
        call.sentence = row.value(9).toString();
        call.device = row.value(10).toByteArray();
        call.number = row.value(11).toULongLong();
        call.ended = row.value(12).toLongLong();
        call.seen = row.value(13).toBool();
        const QByteArray body = row.value(14).toByteArray();
        if (const auto result = decodeStruct<DurableResult>(body); !body.isEmpty())
            call.result = result ? *result : noResult({ Code::DataLoss, result.error().sentence, Begun::Maybe });
        else
            call.result.code = quint8(row.value(15).toUInt());
        calls << call;
    }
    return calls;
}

CallBook::Changed CallBook::all()
{
    return where(QStringLiteral("1"), {}, "x''");
}

Result<QList<SentCall>> CallBook::unseen()
{
    return where(QStringLiteral("state = 4 AND seen = 0"), {});
}

Result<SentCall> CallBook::find(quint64 id)
{
    const Changed found = where(QStringLiteral("id = ?"), { id });
    if (!found)
        return found.error();
    if (found->isEmpty())
        return Error { Code::NotFound, QStringLiteral("there is no call %1").arg(id) };
    return found->first();
}

Result<void> CallBook::markSeen(quint64 id)
{
    return done(m_database.again(QStringLiteral("UPDATE sent_calls SET seen = 1 WHERE id = ? AND state = ?"),
        { id, int(SentCall::State::Done) }));
}

Result<QHash<PublicKey, PublicKey>> CallBook::brokers()
{
    Result<QSqlQuery *> rows = m_database.again(QStringLiteral("SELECT recipient, broker FROM sent_calls ORDER BY id"));
    if (!rows)
        return rows.error();
    QHash<PublicKey, PublicKey> brokers;
    while ((*rows)->next()) {
        const Result<PublicKey> to = PublicKey::fromBytes((*rows)->value(0).toByteArray());
        const Result<PublicKey> broker = PublicKey::fromBytes((*rows)->value(1).toByteArray());
        if (to && broker)
            brokers.insert(*to, *broker);
    }
    return brokers;
}

// --- what became of them

CallBook::Changed CallBook::change(
    const QString &set, const QVariantList &values, const QString &condition, const QVariantList &which)
{
    const Changed before = where(condition, which);
    if (!before || before->isEmpty())
        return before;
    QStringList ids;
    for (const SentCall &call : *before)
        ids << QString::number(call.id);
    const QString these = QStringLiteral("id IN (%1)").arg(ids.join(QLatin1Char(',')));
    const Result<QSqlQuery> changed =
        m_database.run(QStringLiteral("UPDATE sent_calls SET %1 WHERE %2").arg(set, these), values);
    return changed ? where(these, {}) : changed.error();
}

CallBook::Changed CallBook::end(
    const DurableResult &result, qint64 now, const QString &condition, const QVariantList &which)
{
    return change(QStringLiteral("state = 4, sentence = ?, code = ?, ended = ?, result = ?"),
        { sentenceOf(result).left(mostSentence), int(result.code), now, encodeStruct(result) }, condition, which);
}

CallBook::Changed CallBook::kept(const PublicKey &to, quint64 upto, const QString &by)
{
    return change(QStringLiteral("state = 2, sentence = ?"), { by },
        QStringLiteral("recipient = ? AND number <= ? AND state = 1"), { to.bytes(), upto });
}

CallBook::Changed CallBook::refused(const PublicKey &to, quint64 number, bool forNow, const Error &why, qint64 now)
{
    if (forNow)
        return change(QStringLiteral("sentence = ?"), { why.sentence },
            QStringLiteral("recipient = ? AND number >= ? AND state = 1"), { to.bytes(), number });
    return end(noResult({ why.code, why.sentence, Begun::No }), now,
        QStringLiteral("recipient = ? AND number = ? AND state = 1"), { to.bytes(), number });
}

CallBook::Changed CallBook::expired(const contracts::MailExpired &gone, const PublicKey &by, qint64 now)
{
    return end(
        noResult({ Code::DeadlineExceeded, QStringLiteral("nobody fetched it from the broker in time"), Begun::No }),
        now,
        QStringLiteral("recipient = ? AND device = ? AND number BETWEEN ? AND ? AND state < 3 AND broker IN (?, ?)"),
        { gone.to.bytes(), gone.device, gone.first, gone.upto, by.bytes(), PublicKey().bytes() });
}

CallBook::Changed CallBook::take(const MailTaken &taken, const QByteArray &myDevice, qint64 now)
{
    const auto items = Inbox(m_database).takeNew(taken.source, taken.first, taken.items);
    if (!items)
        return items.error();
    const PublicKey &from = taken.source.sender;
    QList<SentCall> all;
    for (const auto &[item, number] : *items) {
        Changed changed = QList<SentCall>();
        if (item.kind == MailReceipt::delivered) {
            const auto receipt = decodeStruct<MailReceipt>(item.body);
            if (receipt && receipt->device == myDevice)
                changed = change(QStringLiteral("state = 3, sentence = ''"), {},
                    QStringLiteral("recipient = ? AND device = ? AND number <= ? AND state < 3"),
                    { from.bytes(), myDevice, receipt->upto });
        } else if (item.kind == DurableResult::kind) {
            const auto result = decodeStruct<DurableResult>(item.body);
            if (result && result->device == myDevice)
                changed = end(*result, now, QStringLiteral("recipient = ? AND device = ? AND number = ? AND state < 4"),
                    { from.bytes(), myDevice, result->number });
        }
        if (!changed)
            return changed;
        all << *changed;
    }
    return all;
}

CallBook::Changed CallBook::takeExpiry(const MailTaken &taken, const QByteArray &myDevice, qint64 now)
{
    const auto items = Inbox(m_database).takeNew(taken.source, taken.first, taken.items);
    if (!items)
        return items.error();
    QList<SentCall> all;
    for (const auto &[item, number] : *items) {
        const auto gone = decodeStruct<contracts::MailExpired>(item.body);
        if (item.kind != contracts::MailExpired::kind || !gone || gone->device != myDevice)
            continue;
        const Changed changed = expired(*gone, taken.source.sender, now);
        if (!changed)
            return changed;
        all << *changed;
    }
    return all;
}

Result<void> CallBook::renumber(const PublicKey &to, quint64 after, quint64 by)
{
    return done(m_database.again(QStringLiteral("UPDATE sent_calls SET number = number + ? WHERE recipient = ?"
                                                " AND number > ? AND state = 1"),
        { by, to.bytes(), after }));
}

} // namespace hawser
