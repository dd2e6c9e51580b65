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
constexpr int itemHead = 13; // where its kind begins in a packed item, counted from 1
constexpr qint64 endedFor = milliseconds(limits::durableMost).count();
constexpr qint64 takenFor = milliseconds(std::chrono::hours(24)).count();

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

/// Before, calls went in the conversation with who was called, which no machine answers any more, and their numbers are those
/// of other calls in the broker's. So they leave the outbox, where what else was said stays, and whoever called is told.
QStringList CallBook::moreTables()
{
    const MailItem gone { goneKind, {}, 0 };
    const QByteArray item = packItems({ &gone, 1 });
    const QByteArray callKind = char(qstrlen(DurableCall::kind)) + QByteArray(DurableCall::kind);
    const DurableResult unknown = noResult({ Code::Unknown,
        QStringLiteral(
            "it was called by an older Hawser, and its answer cannot be heard any more: whether it was done is "
            "not known"),
        Begun::Maybe });
    const QString old = QStringLiteral("SELECT id FROM outbox_sequences WHERE conversation = zeroblob(16)");
    const QString onlyCalls = old
        + QStringLiteral(" AND last > 0 AND last = (SELECT count(*) FROM sent_calls"
                         " WHERE sent_calls.recipient = outbox_sequences.recipient)");
    const auto blob = [](const QByteArray &bytes) { return QStringLiteral("x'%1'").arg(QLatin1String(bytes.toHex())); };
    return {
        QStringLiteral("ALTER TABLE sent_calls ADD COLUMN may_have_left INTEGER NOT NULL DEFAULT 1"),
        QStringLiteral("ALTER TABLE sent_calls ADD COLUMN overdue INTEGER NOT NULL DEFAULT 0"),
        QStringLiteral("DELETE FROM outbox WHERE sequence IN (%1)").arg(onlyCalls),
        QStringLiteral("UPDATE outbox_sequences SET kept = last, kept_digest = x'' WHERE id IN (%1)").arg(onlyCalls),
        QStringLiteral("UPDATE outbox SET items = %1, digest = %2 WHERE sequence IN (%3) AND count = 1"
                       " AND substr(items, %4, %5) = %6")
            .arg(blob(item), blob(itemDigest(item)), old, QString::number(itemHead), QString::number(callKind.size()),
                blob(callKind)),
        QStringLiteral("UPDATE outbox_sequences SET bytes = (SELECT coalesce(sum(length(items)), 0) FROM outbox"
                       " WHERE sequence = outbox_sequences.id) WHERE id IN (%1)")
            .arg(old),
        QStringLiteral("UPDATE sent_calls SET state = 4, code = %1, sentence = '%2', result = %3,"
                       " ended = strftime('%s', 'now') * 1000 WHERE state < 4")
            .arg(QString::number(unknown.code), unknown.sentence, blob(encodeStruct(unknown))),
    };
}

/// Results that came stay until somebody looked at them; that nothing is known needs no looking at for ever.
Result<void> CallBook::forgetOld(qint64 now)
{
    return done(m_database.again(
        QStringLiteral("DELETE FROM sent_calls WHERE (seen = 1 OR overdue = 1) AND ended < ?"), { now - endedFor }));
}

Result<void> CallBook::makeRoom()
{
    return done(m_database.again(
        QStringLiteral("DELETE FROM sent_calls WHERE id IN (SELECT id FROM sent_calls WHERE seen = 1 OR overdue = 1"
                       " ORDER BY seen DESC, id LIMIT max(0, (SELECT count(*) FROM sent_calls) - ?))"),
        { m_most - 1 }));
}

Result<SentCall> CallBook::put(SentCall call)
{
    if (const Result<void> room = makeRoom(); !room)
        return room.error();
    const Result<qint64> there = count();
    if (!there)
        return there.error();
    if (*there >= m_most)
        return Error { Code::ResourceExhausted,
            QStringLiteral("%1 calls have no answer yet, or nobody has looked at their answers").arg(*there),
            Begun::No };
    const MailItem item { DurableCall::kind, encodeStruct(DurableCall { call.command, call.parameters, call.until }),
        call.at };
    const Result<quint64> number =
        Outbox(m_database).put({ call.to, MailSource::ofBroker(call.broker) }, packItems({ &item, 1 }));
    if (!number)
        return number.error();
    call.number = *number;
    const Result<QSqlQuery *> made = m_database.again(
        QStringLiteral(
            "INSERT INTO sent_calls (recipient, broker, name, command, parameters, at, until, state, sentence,"
            " device, number, may_have_left, code, ended, seen, result)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, x'')"),
        { call.to.bytes(), call.broker.bytes(), call.name, call.command, encode(call.parameters), call.at, call.until,
            int(call.state), call.sentence, call.device, call.number, call.mayHaveLeft });
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
                       " number, ended, seen, %1, code, may_have_left, overdue FROM sent_calls WHERE %2 ORDER BY id")
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
        call.mayHaveLeft = row.value(16).toBool();
        call.isOverdue = row.value(17).toBool();
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

Result<CallBook::Called> CallBook::called()
{
    Result<QSqlQuery *> rows = m_database.again(QStringLiteral("SELECT DISTINCT recipient, broker FROM sent_calls"));
    if (!rows)
        return rows.error();
    Called called;
    while ((*rows)->next()) {
        const Result<PublicKey> to = PublicKey::fromBytes((*rows)->value(0).toByteArray());
        const Result<PublicKey> broker = PublicKey::fromBytes((*rows)->value(1).toByteArray());
        if (to && broker)
            called.insert({ *to, *broker });
    }
    return called;
}

Result<qint64> CallBook::count()
{
    return m_database.number(QStringLiteral("SELECT count(*) FROM sent_calls"));
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
    const DurableResult &result, qint64 now, const QString &condition, const QVariantList &which, bool isOverdue)
{
    return change(QStringLiteral("state = 4, seen = 0, overdue = ?, sentence = ?, code = ?, ended = ?, result = ?"),
        { isOverdue, sentenceOf(result).left(mostSentence), int(result.code), now, encodeStruct(result) }, condition,
        which);
}

Result<void> CallBook::mayLeave(const PublicKey &broker)
{
    return done(m_database.again(
        QStringLiteral("UPDATE sent_calls SET may_have_left = 1 WHERE broker = ? AND state = 1"), { broker.bytes() }));
}

CallBook::Changed CallBook::kept(const PublicKey &to, const PublicKey &broker, quint64 upto, const QString &by)
{
    return change(QStringLiteral("state = 2, sentence = ?"), { by },
        QStringLiteral("recipient = ? AND broker = ? AND number <= ? AND state = 1"),
        { to.bytes(), broker.bytes(), upto });
}

CallBook::Changed CallBook::refused(
    const PublicKey &to, const PublicKey &broker, quint64 number, bool forNow, const Error &why, qint64 now)
{
    const QVariantList which { to.bytes(), broker.bytes(), number };
    if (forNow)
        return change(QStringLiteral("sentence = ?"), { why.sentence },
            QStringLiteral("recipient = ? AND broker = ? AND number >= ? AND state = 1"), which);
    return end(noResult({ why.code, why.sentence, Begun::No }), now,
        QStringLiteral("recipient = ? AND broker = ? AND number = ? AND state = 1"), which);
}

CallBook::Changed CallBook::expired(const contracts::MailExpired &gone, const PublicKey &by, qint64 now)
{
    if (gone.conversation != MailSource::ofBroker(by))
        return QList<SentCall>();
    return end(
        noResult({ Code::DeadlineExceeded, QStringLiteral("nobody fetched it from the broker in time"), Begun::No }),
        now,
        QStringLiteral("recipient = ? AND broker = ? AND device = ? AND number BETWEEN ? AND ?"
                       " AND (state < 3 OR overdue = 1)"),
        { gone.to.bytes(), by.bytes(), gone.device, gone.first, gone.upto });
}

CallBook::Changed CallBook::take(
    const MailTaken &taken, const PublicKey &broker, const QByteArray &myDevice, qint64 now)
{
    if (taken.source.conversation != MailSource::ofBroker(broker))
        return QList<SentCall>();
    const auto items = Inbox(m_database).takeNew(taken.source, taken.first, taken.items);
    if (!items)
        return items.error();
    const QVariantList mine { taken.source.sender.bytes(), broker.bytes(), myDevice };
    QList<SentCall> all;
    for (const auto &[item, number] : *items) {
        Changed changed = QList<SentCall>();
        if (item.kind == MailReceipt::delivered) {
            const auto receipt = decodeStruct<MailReceipt>(item.body);
            if (receipt && receipt->device == myDevice)
                changed = change(QStringLiteral("state = 3, sentence = ''"), {},
                    QStringLiteral("recipient = ? AND broker = ? AND device = ? AND number <= ? AND state < 3"),
                    mine + QVariantList { receipt->upto });
        } else if (item.kind == DurableResult::kind) {
            const auto result = decodeStruct<DurableResult>(item.body);
            if (result && result->device == myDevice)
                changed = end(*result, now,
                    QStringLiteral("recipient = ? AND broker = ? AND device = ? AND number = ?"
                                   " AND (state < 4 OR overdue = 1)"),
                    mine + QVariantList { result->number });
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

CallBook::Changed CallBook::endOverdue(qint64 now)
{
    const Changed queued = where(QStringLiteral("state = 1 AND until < ?"), { now });
    if (!queued)
        return queued;
    for (const SentCall &call : *queued) { // its number goes on, empty
        const Result<void> given =
            Outbox(m_database).giveUp({ call.to, MailSource::ofBroker(call.broker) }, call.number);
        if (!given && given.error().code != Code::NotFound)
            return given.error();
    }
    QList<SentCall> all;
    const auto endThose = [&](const QString &condition, const QVariantList &which, Begun begun,
                              const QString &sentence) -> Result<void> {
        const Changed ended =
            end(noResult({ Code::DeadlineExceeded, sentence, begun }), now, condition, which, begun == Begun::Maybe);
        if (!ended)
            return ended.error();
        all << *ended;
        return {};
    };
    for (const Result<void> &ended : { endThose(QStringLiteral("state = 1 AND may_have_left = 0 AND until < ?"),
                                           { now }, Begun::No, QStringLiteral("it could not be sent in time")),
             endThose(QStringLiteral("state < 3 AND until < ?"), { now }, Begun::Maybe,
                 QStringLiteral("its time is over and no answer came: whether it was done is not known")),
             endThose(QStringLiteral("state = 3 AND until < ?"), { now - takenFor }, Begun::Maybe,
                 QStringLiteral("the machine had it and never said what came of it: whether it was done is not known")),
             forgetOld(now) })
        if (!ended)
            return ended.error();
    return all;
}

Result<std::optional<qint64>> CallBook::nextOverdue()
{
    Result<QSqlQuery *> row = m_database.again(
        QStringLiteral("SELECT min(CASE state WHEN 3 THEN until + ? ELSE until END) FROM sent_calls WHERE state < 4"),
        { takenFor });
    if (!row)
        return row.error();
    std::optional<qint64> next;
    if ((*row)->next() && !(*row)->value(0).isNull())
        next = (*row)->value(0).toLongLong();
    (*row)->finish();
    return next;
}

Result<void> CallBook::renumber(const PublicKey &to, const PublicKey &broker, quint64 after, quint64 by)
{
    return done(m_database.again(QStringLiteral("UPDATE sent_calls SET number = number + ? WHERE recipient = ?"
                                                " AND broker = ? AND number > ? AND state = 1"),
        { by, to.bytes(), broker.bytes(), after }));
}

} // namespace hawser
