// Durable calls on disk: what the one who is called keeps (CallQueue), what the caller keeps (CallBook), and a call to oneself.
#include "core/contracts/node.h"
#include "core/own_call.h"
#include "support/call_file.h"
#include "support/order.h"

#include <QSignalSpy>

using namespace hawser;
using namespace hawser::test;
using contracts::DurableCall;
using contracts::DurableResult;
using contracts::MailExpired;
using contracts::MailReceipt;
using contracts::RunEnd;
using test::Order;

namespace {

constexpr qint64 today = 100; // ms since 1970

const QByteArray ours = MailSource::ofBroker(home);

/// For vectors: no point of the curve.
PublicKey nameOf(quint8 byte)
{
    PublicKey key;
    std::fill_n(const_cast<quint8 *>(key.data()), PublicKey::size, byte);
    return key;
}

MailTaken callFrom(const PublicKey &who, quint64 number, const QString &command, const QByteArray &whose = device)
{
    const DurableCall call { command, Value(Value::Map { { "n", Value(number) } }), 1000 };
    return taken({ who, whose, machine, ours }, number, DurableCall::kind, encodeStruct(call));
}

} // namespace

class TestDurableCalls : public QObject, private CallFile {
    Q_OBJECT

private slots:
    void init() { openNew(); }
    void cleanup() { m_database.reset(); }

    void aCallIsQueuedOnceAndItsReceiptWaits();
    void theFirstOfEachDeviceComesFirst();
    void answersLeaveTheQueueForTheOutbox();
    void moreThanMayWaitAreRefusedAtOnce();
    void whatCannotBeReadIsAnswered();
    void anAnswerThatIsTooLargeIsSaid();
    void nothingBeginsWhileAnswersPileUp();
    void theKeyIsThatOfTheProtocol();
    void whatWasBegunIsCounted();

    void aCallWaitsInTheOutboxAndTheBook();
    void itsStatesFollowWhatIsTold();
    void aResultComesOnceAndForThisDeviceOnly();
    void runsEndInWords_data();
    void runsEndInWords();
    void refusalsAndExpiryEndIt();
    void aCopyThatIsBehindFindsItsCalls();
    void whatWasSeenMakesRoom();

    void aHandlerSeesWhoCallsAndTheKey();
    void outputComesUnderCredit();
    void specsSayWhetherTheyAreIdempotent();

private:
    SentCall put(const QString &command = "add")
    {
        const auto made = book().put(toMachine(command, 10, 1000));
        return made ? *made : SentCall {};
    }
};

// --- who is called

void TestDurableCalls::aCallIsQueuedOnceAndItsReceiptWaits()
{
    QVERIFY(queue().take(callFrom(ana, 1, "add"), home, today));
    QVERIFY(queue().take(callFrom(ana, 1, "add"), home, today)); // came again: after a crash, by another way
    const auto heads = queue().heads();
    QCOMPARE(heads->size(), 1);
    QCOMPARE(heads->first().call.command, QString("add"));
    QCOMPARE(heads->first().number, 1u);
    QCOMPARE(heads->first().via, home);
    QCOMPARE(heads->first().source, (MailSource { ana, device, machine, ours }));
    const QList<MailItem> told = outbox(ana);
    QCOMPARE(told.size(), 1);
    QCOMPARE(told[0].kind, QByteArray(MailReceipt::delivered));
    const auto receipt = decodeStruct<MailReceipt>(told[0].body);
    QCOMPARE(receipt->device, device);
    QCOMPARE(receipt->upto, 1u);
}

void TestDurableCalls::theFirstOfEachDeviceComesFirst()
{
    QVERIFY(queue().take(callFrom(ana, 2, "second"), home, today)); // a gap was filled later
    QVERIFY(queue().take(callFrom(ana, 1, "first"), home, today));
    QVERIFY(queue().take(callFrom(ana, 1, "elsewhere", QByteArray(8, 'e')), home, today));
    QStringList commands;
    const auto heads = queue().heads();
    for (const auto &head : *heads)
        commands << head.call.command;
    commands.sort();
    QCOMPARE(commands, (QStringList { "elsewhere", "first" }));
    QCOMPARE(*queue().count(), 3);
}

void TestDurableCalls::answersLeaveTheQueueForTheOutbox()
{
    QVERIFY(queue().take(callFrom(ana, 1, "add"), home, today));
    QVERIFY(queue().take(callFrom(ana, 2, "next"), home, today));
    QVERIFY(queue().answer(queue().heads()->first(), resultFor(1)));
    QCOMPARE(queue().heads()->first().call.command, QString("next"));
    const MailItem last = outbox(ana).last();
    QCOMPARE(last.kind, QByteArray(DurableResult::kind));
    QCOMPARE(decodeStruct<DurableResult>(last.body)->number, 1u);
    QVERIFY(queue().take(callFrom(ana, 1, "add"), home, today)); // still known after it was answered
    QCOMPARE(*queue().count(), 1);
}

void TestDurableCalls::moreThanMayWaitAreRefusedAtOnce()
{
    m_limits.waiting = 2;
    for (quint64 n = 1; n <= 3; ++n)
        QVERIFY(queue().take(callFrom(ana, n, "add"), home, today));
    QCOMPARE(*queue().count(), 2);
    DurableResult refused;
    for (const MailItem &one : outbox(ana))
        if (one.kind == DurableResult::kind)
            refused = *decodeStruct<DurableResult>(one.body);
    QCOMPARE(refused.number, 3u);
    QCOMPARE(codeFromWire(refused.code), Code::ResourceExhausted);
    QCOMPARE(refused.begun, quint8(Begun::No));
    QVERIFY(queue().take(callFrom(Identity::generate().key(), 1, "add"), home, today)); // another's are not in the way
    QCOMPARE(*queue().count(), 3);
}

void TestDurableCalls::whatCannotBeReadIsAnswered()
{
    QVERIFY(queue().take(taken({ ana, device, machine, ours }, 1, DurableCall::kind, "no map"), home, today));
    QVERIFY(queue().take(taken({ ana, device, machine, ours }, 2, "chat/1", "hello"), home, today));
    QVERIFY(
        queue().take(taken({ ana, device, machine, QByteArray(16, 'x') }, 1, DurableCall::kind, "other"), home, today));
    QCOMPARE(*queue().count(), 0);
    int answers = 0;
    for (const MailItem &one : outbox(ana))
        if (one.kind == DurableResult::kind) {
            ++answers;
            QCOMPARE(codeFromWire(decodeStruct<DurableResult>(one.body)->code), Code::InvalidArgument);
        }
    QCOMPARE(answers, 1);
    QVERIFY(!queue().take({ { ana, device, machine, ours }, 3, "garbage", 1 }, home, today));
}

void TestDurableCalls::anAnswerThatIsTooLargeIsSaid()
{
    QVERIFY(queue().take(callFrom(ana, 1, "add"), home, today));
    DurableResult large = resultFor(1);
    large.output.emplace_back(QByteArray(limits::mailItem, 'x'));
    QVERIFY(queue().answer(queue().heads()->first(), large));
    const auto told = decodeStruct<DurableResult>(outbox(ana).last().body);
    QVERIFY(told);
    QCOMPARE(codeFromWire(told->code), Code::ResourceExhausted);
    QCOMPARE(told->begun, quint8(Begun::Maybe));
    QCOMPARE(told->number, 1u);
    QCOMPARE(told->device, device);
}

void TestDurableCalls::nothingBeginsWhileAnswersPileUp()
{
    m_limits.answers = 1000;
    QVERIFY(queue().take(callFrom(ana, 1, "add"), home, today));
    QVERIFY(queue().take(callFrom(ana, 2, "add"), home, today));
    QVERIFY(queue().heads()->first().hasRoom);
    DurableResult result = resultFor(1);
    result.sentence = QString(1000, 'x');
    QVERIFY(queue().answer(queue().heads()->first(), result));
    QVERIFY(!queue().heads()->first().hasRoom);
    const MailSequence toAna { ana, ours };
    QVERIFY(Outbox(*m_database).kept(toAna, Outbox(*m_database).progress(toAna)->last));
    QVERIFY(queue().heads()->first().hasRoom);
}

void TestDurableCalls::theKeyIsThatOfTheProtocol()
{
    const MailSource source { nameOf(1), QByteArray(8, 2), nameOf(3), MailSource::ofBroker(nameOf(4)) };
    QCOMPARE(CallQueue::keyOf(source, 1), QByteArray("d31f5f5a738f9515c006e97f50694337"));
    QVERIFY(CallQueue::keyOf(source, 2) != CallQueue::keyOf(source, 1));
}

void TestDurableCalls::whatWasBegunIsCounted()
{
    QVERIFY(queue().take(callFrom(ana, 1, "add"), home, today));
    const qint64 id = queue().heads()->first().id;
    QVERIFY(queue().begin(id) && queue().begin(id) && queue().putBack(id));
    QCOMPARE(queue().heads()->first().tries, 1);
}

// --- the caller

void TestDurableCalls::aCallWaitsInTheOutboxAndTheBook()
{
    const SentCall one = put("add");
    const SentCall two = put("more");
    QCOMPARE(one.number, 1u);
    QCOMPARE(two.number, 2u);
    QVERIFY(two.id > one.id);
    const QList<MailItem> items = outbox(machine);
    QCOMPARE(items.size(), 2);
    QCOMPARE(items[1].kind, QByteArray(DurableCall::kind));
    QCOMPARE(decodeStruct<DurableCall>(items[1].body)->command, QString("more"));
    QCOMPARE(decodeStruct<DurableCall>(items[1].body)->until, 1000);
    QCOMPARE(book().all()->size(), 2);
    QCOMPARE(book().find(one.id)->command, QString("add"));
    QCOMPARE(book().find(99).error().code, Code::NotFound);
    QCOMPARE(*book().called(), (CallBook::Called { { machine, home } }));
}

void TestDurableCalls::itsStatesFollowWhatIsTold()
{
    CallBook book(*m_database);
    const SentCall one = put();
    const SentCall two = put();
    QCOMPARE(book.refused(machine, home, 1, true, { Code::ResourceExhausted, "full" }, 40)->size(), 2);
    QCOMPARE(book.find(one.id)->sentence, QString("full"));
    QCOMPARE(book.kept(machine, home, 1, "home")->size(), 1);
    QCOMPARE(book.find(one.id)->state, SentCall::State::AtBroker);
    QCOMPARE(book.find(one.id)->sentence, QString("home"));
    QCOMPARE(book.find(two.id)->state, SentCall::State::Queued);
    QVERIFY(book.take(
        fromMachine(1, MailReceipt::delivered, encodeStruct(MailReceipt { {}, device, 1 })), home, device, 50));
    QCOMPARE(book.find(one.id)->state, SentCall::State::Taken);
    QVERIFY(book.kept(machine, home, 1, "home")->isEmpty()); // told late: nothing goes back
    QCOMPARE(book.find(one.id)->state, SentCall::State::Taken);
}

void TestDurableCalls::aResultComesOnceAndForThisDeviceOnly()
{
    CallBook book(*m_database);
    const SentCall one = put();
    DurableResult others = resultFor(1);
    others.device = QByteArray(8, 'e');
    QVERIFY(book.take(fromMachine(1, DurableResult::kind, encodeStruct(others)), home, device, 50)->isEmpty());
    const MailTaken mine = fromMachine(2, DurableResult::kind, encodeStruct(resultFor(1)));
    QCOMPARE(book.take(mine, home, device, 60)->size(), 1); // perhaps before the broker's word that it has the call
    QCOMPARE(book.take(mine, home, device, 70)->size(), 0);
    QCOMPARE(book.find(one.id)->state, SentCall::State::Done);
    QCOMPARE(book.find(one.id)->ended, 60);
    QCOMPARE(book.find(one.id)->outcome().code, Code::Ok);
    QCOMPARE(book.find(one.id)->result.result[u"n"].toInt(), 1);
    QCOMPARE(book.all()->first().result.result, Value()); // lists are short
    QVERIFY(book.kept(machine, home, 1, "home")->isEmpty());
    QCOMPARE(book.find(one.id)->state, SentCall::State::Done);
}

void TestDurableCalls::runsEndInWords_data()
{
    QTest::addColumn<int>("outcome");
    QTest::addColumn<QString>("words");
    QTest::newRow("finished") << 1 << "exit 3";
    QTest::newRow("killed") << 2 << "killed by signal 9";
    QTest::newRow("stopped") << 3 << "stopped";
    QTest::newRow("time limit") << 4 << "its time limit ended it";
    QTest::newRow("not started") << 5 << "could not be started: why";
}

void TestDurableCalls::runsEndInWords()
{
    QFETCH(int, outcome);
    QFETCH(QString, words);
    const SentCall one = put();
    DurableResult result = resultFor(1);
    result.result = toValue(RunEnd { contracts::RunOutcome(outcome), 3, 9, "why", 1 });
    QVERIFY(book().take(fromMachine(1, DurableResult::kind, encodeStruct(result)), home, device, 1));
    QCOMPARE(book().find(one.id)->sentence, words);
}

void TestDurableCalls::refusalsAndExpiryEndIt()
{
    CallBook book(*m_database);
    const SentCall one = put();
    const SentCall two = put();
    QCOMPARE(book.refused(machine, home, 1, false, { Code::ResourceExhausted, "too large" }, 40)->size(), 1);
    QVERIFY(book.find(one.id)->isDone());
    QCOMPARE(book.find(one.id)->outcome().begun, Begun::No);
    QCOMPARE(book.all()->first().outcome().code, Code::ResourceExhausted);
    QVERIFY(book.kept(machine, home, 2, "home"));
    QCOMPARE(book.expired(MailExpired { machine, QByteArray(8, 'e'), ours, 1, 2 }, home, 40)->size(), 0);
    QCOMPARE(book.expired(MailExpired { machine, device, ours, 1, 2 }, machine, 40)->size(), 0); // not its broker
    QCOMPARE(book.expired(MailExpired { machine, device, ours, 1, 2 }, home, 40)->size(), 1);
    QCOMPARE(book.find(two.id)->outcome().code, Code::DeadlineExceeded);
}

void TestDurableCalls::aCopyThatIsBehindFindsItsCalls()
{
    CallBook book(*m_database);
    const SentCall one = put();
    QVERIFY(book.renumber(machine, home, 0, 10));
    QCOMPARE(book.find(one.id)->number, 11u);
    QCOMPARE(book.take(fromMachine(1, DurableResult::kind, encodeStruct(resultFor(11))), home, device, 1)->size(), 1);
}

void TestDurableCalls::whatWasSeenMakesRoom()
{
    CallBook book(*m_database, 2);
    SentCall call = put();
    QVERIFY(book.put(call));
    QCOMPARE(book.put(call).error().code, Code::ResourceExhausted);
    QVERIFY(book.markSeen(call.id)); // it has not ended: nobody has seen its result
    QCOMPARE(book.put(call).error().code, Code::ResourceExhausted);
    QVERIFY(book.take(fromMachine(1, DurableResult::kind, encodeStruct(resultFor(1))), home, device, 20));
    QCOMPARE(book.put(call).error().code, Code::ResourceExhausted);
    QVERIFY(book.markSeen(call.id));
    QVERIFY(book.put(call));
    QCOMPARE(book.find(call.id).error().code, Code::NotFound);
    QCOMPARE(outbox(machine).size(), 3); // what was refused is not sent
}

// --- a call to oneself

void TestDurableCalls::aHandlerSeesWhoCallsAndTheKey()
{
    Commands commands;
    Caller seen;
    commands.serve<Order>([&](const Order::Request &request, const Caller &caller) -> Result<Order::Reply> {
        seen = caller;
        return Order::Reply { request.n + 1 };
    });
    Caller caller;
    caller.user = caller.connection = ana;
    caller.device = device;
    caller.via = home;
    caller.idempotencyKey = "key";
    OwnCall own(commands, caller, "order", Value(Value::Map { { "n", Value(4) } }));
    QSignalSpy finished(own.call(), &Call::finished);
    std::optional<qint64> sum;
    connect(own.call(), &Call::finished, this,
        [&](const Result<Payload> &result) { sum = result ? result->parameters[u"n"].toInt() : -1; });
    QTRY_COMPARE(sum, std::optional<qint64>(5));
    QCOMPARE(seen.user, ana);
    QCOMPARE(seen.via, home);
    QCOMPARE(seen.idempotencyKey, QByteArray("key"));
    QVERIFY(!seen.local);
}

/// Whoever reads nothing slows a handler here as on any link.
void TestDurableCalls::outputComesUnderCredit()
{
    Commands commands;
    CommandSpec spec;
    spec.name = "talk";
    spec.kind = CommandKind::Channel;
    std::shared_ptr<IncomingCall> call;
    commands.serveDynamic(spec, [&](const Value &, std::shared_ptr<IncomingCall> opened) { call = std::move(opened); });
    OwnCall own(commands, {}, "talk", {});
    qint64 bytes = 0;
    std::optional<bool> ok;
    connect(
        own.call(), &Channel::received, this, [&](const ChannelMessage &message) { bytes += message.bytes.size(); });
    connect(own.call(), &Call::finished, this, [&](const Result<Payload> &result) { ok = bool(result); });
    QTRY_VERIFY(call);
    own.call()->stream()->hold();
    qint64 sent = 0;
    for (; call->room() > 1000 && sent < 100'000'000; sent += 1000)
        call->sendBytes(QByteArray(1000, 'x'));
    QVERIFY(sent < 1'000'000);
    own.call()->stream()->resume();
    QTRY_COMPARE(bytes, sent);
    QTRY_VERIFY(call->room() > 1000);
    call->finish(Value());
    QTRY_COMPARE(ok, std::optional<bool>(true));
}

void TestDurableCalls::specsSayWhetherTheyAreIdempotent()
{
    Commands commands;
    commands.serve<Order>(
        [](const Order::Request &, const Caller &) -> Result<Order::Reply> { return Order::Reply {}; });
    const auto spec = commands.spec("order");
    QVERIFY(spec && spec->idempotent);
    QVERIFY(!commands.spec("sub"));
    Value described = specToValue(*spec);
    QVERIFY(specFromValue(described)->idempotent);
    described.insert("idempotent", "yes");
    QCOMPARE(specFromValue(described).error().code, Code::InvalidArgument);
    CommandSpec old;
    old.name = "old";
    described = specToValue(old);
    QVERIFY(described[u"idempotent"].isNull()); // programs of before say nothing
    QVERIFY(!specFromValue(described)->idempotent);
}

QTEST_GUILESS_MAIN(TestDurableCalls)
#include "tst_durable_calls.moc"
