// Durable calls on disk: what each broker's callers may do to a machine, what ends by itself, and files of before.
#include "core/store/call_news.h"
#include "support/call_file.h"

using namespace hawser;
using namespace hawser::test;
using contracts::DurableCall;
using contracts::DurableResult;
using contracts::MailExpired;
using contracts::MailReceipt;

namespace {

constexpr qint64 day = 24 * 3600 * 1000; // ms
constexpr qint64 today = 1000 * day;

/// \param broker  in whose conversation
MailTaken call(
    quint64 number, const PublicKey &broker = home, const QByteArray &whose = device, qint64 until = today + day)
{
    return taken({ ana, whose, machine, MailSource::ofBroker(broker) }, number, DurableCall::kind,
        encodeStruct(DurableCall { "add", Value(Value::Map {}), until }));
}

MailTaken answer(quint64 number, const DurableResult &result, const PublicKey &broker = home)
{
    return fromMachine(number, DurableResult::kind, encodeStruct(result), broker);
}

} // namespace

class TestDurableBounds : public QObject, private CallFile {
    Q_OBJECT

private slots:
    void init() { openNew(); }
    void cleanup() { m_database.reset(); }

    void eachBrokerHasNumbersOfItsOwn();
    void nothingWaitsLongerThanThirtyDays();
    void whoFetchesNothingIsToldNoMore();
    void aSilentDeviceMakesRoomForAnother();
    void devicesThatAllWaitKeepOthersOut();
    void whoMayNotCallLeavesNothing();
    void aQueueOfBeforeIsGivenUp();

    void whatNeverLeftIsNotDone();
    void whatLeftIsNotKnown();
    void whatTheMachineHasMayTakeADayMore();
    void anAnswerThatComesAfterAllTakesThePlace();
    void whatIsNotKnownIsInNobodysWay();
    void theNextThatEndsIsKnown();
    void aSetCalendarEndsNothing();
    void anotherBrokerTellsNothingOfACall();
    void aBookOfBeforeGoesOn();

private:
    qsizetype told(const char *kind)
    {
        const QList<MailItem> items = outbox(ana);
        return std::count_if(items.begin(), items.end(), [&](const MailItem &item) { return item.kind == kind; });
    }
    static SentCall toPut(qint64 until, bool mayHaveLeft)
    {
        SentCall call = toMachine("add", today, until);
        call.mayHaveLeft = mayHaveLeft;
        return call;
    }
    quint64 put(qint64 until = today + day, bool mayHaveLeft = true)
    {
        const auto made = book().put(toPut(until, mayHaveLeft));
        return made ? made->id : 0;
    }
};

// --- who is called

void TestDurableBounds::eachBrokerHasNumbersOfItsOwn()
{
    QVERIFY(queue().take(call(1, work), home, today)); // of this broker's own making: it names another's conversation
    QCOMPARE(*queue().count(), 0);
    QVERIFY(queue().take(call(1), home, today));
    QVERIFY(queue().take(call(1, work), work, today)); // is not burnt
    QCOMPARE(*queue().count(), 2);
    const auto heads = queue().heads();
    QCOMPARE(heads->size(), 2);
    QVERIFY(CallQueue::keyOf(heads->at(0).source, 1) != CallQueue::keyOf(heads->at(1).source, 1));
    QCOMPARE(heads->at(0).via, home);
    QCOMPARE(heads->at(1).via, work);
    QVERIFY(queue().answer(heads->at(1), resultFor(1)));
    QCOMPARE(outbox(ana, home).size(), 1); // its receipt
    QCOMPARE(outbox(ana, work).size(), 2);
    QCOMPARE(outbox(ana, work).last().kind, QByteArray(DurableResult::kind));
    QCOMPARE(queue().heads()->first().via, home);
}

void TestDurableBounds::nothingWaitsLongerThanThirtyDays()
{
    QVERIFY(queue().take(call(1, home, device, std::numeric_limits<qint64>::max()), home, today));
    QCOMPARE(queue().heads()->first().call.until, today + 30 * day);
    QVERIFY(queue().take(call(1, home, QByteArray(8, 'e'), today + 2 * day), home, today));
    QCOMPARE(queue().heads()->last().call.until, today + 2 * day);
}

/// Refusals and receipts count as answers do.
void TestDurableBounds::whoFetchesNothingIsToldNoMore()
{
    m_limits.waiting = 1;
    m_limits.answers = 1000;
    QVERIFY(m_database->transaction([this]() -> Result<void> {
        for (quint64 number = 1; number <= 200; ++number)
            if (const auto taken = queue().take(call(number), home, today); !taken)
                return taken;
        return {};
    }));
    const MailSequence back { ana, MailSource::ofBroker(home) };
    QVERIFY(Outbox(*m_database).progress(back)->bytes < 1000 + 300); // one more than fits
    QVERIFY(told(DurableResult::kind) > 0);
    QCOMPARE(*queue().count(), 1);
    QVERIFY(Outbox(*m_database).kept(back, Outbox(*m_database).progress(back)->last));
    QVERIFY(queue().take(call(201), home, today));
    QCOMPARE(told(DurableResult::kind), 1);
    QCOMPARE(told(MailReceipt::delivered), 1);
}

void TestDurableBounds::aSilentDeviceMakesRoomForAnother()
{
    m_limits.devices = 3;
    const auto sources = [this] { return *m_database->number("SELECT count(*) FROM inbox_sources"); };
    QVERIFY(queue().take(call(1, home, QByteArray(8, 'a')), home, today)); // waits
    for (const char name : { 'b', 'c' }) {
        QVERIFY(queue().take(call(1, home, QByteArray(8, name)), home, today));
        QVERIFY(queue().answer(queue().heads()->last(), resultFor(1)));
    }
    QVERIFY(queue().take(call(2, home, QByteArray(8, 'b')), home, today)); // so c is silent longest
    QVERIFY(queue().answer(queue().heads()->last(), resultFor(2)));
    for (char name = 'e'; name < 'z'; ++name) {
        QVERIFY(queue().take(call(1, home, QByteArray(8, name)), home, today));
        QVERIFY(queue().answer(queue().heads()->last(), resultFor(1)));
        QCOMPARE(sources(), 3);
    }
    QVERIFY(queue().take(call(1, home, QByteArray(8, 'a')), home, today));
    QCOMPARE(*queue().count(), 1); // what waits is known as long as it does
}

void TestDurableBounds::devicesThatAllWaitKeepOthersOut()
{
    m_limits.devices = 2;
    for (const char name : { 'a', 'b', 'c' })
        QVERIFY(queue().take(call(1, home, QByteArray(8, name)), home, today));
    QCOMPARE(*queue().count(), 2);
    const auto refused = decodeStruct<DurableResult>(outbox(ana)[2].body);
    QCOMPARE(codeFromWire(refused->code), Code::ResourceExhausted);
    QCOMPARE(refused->device, QByteArray(8, 'c'));
    QCOMPARE(refused->begun, quint8(Begun::No));
    MailTaken others = call(1, work, QByteArray(8, 'c'));
    QVERIFY(queue().take(others, work, today)); // another broker's are not in the way
    QCOMPARE(*queue().count(), 3);
}

void TestDurableBounds::whoMayNotCallLeavesNothing()
{
    const PublicKey bea = Identity::generate().key();
    QVERIFY(queue().take(call(1), home, today));
    QVERIFY(queue().take(call(2), home, today));
    QVERIFY(queue().take(call(1, work), work, today));
    MailTaken hers = call(1);
    hers.source.sender = bea;
    QVERIFY(queue().take(hers, home, today));
    const CallQueue::Waiting begun = queue().heads()->first();
    QCOMPARE(begun.source.sender, ana);
    const auto there = queue().mark(ana, home);
    QVERIFY(queue().take(call(9), home, today)); // he is let in again before it is done
    QVERIFY(there && queue().forget(ana, home, *there));
    QCOMPARE(*queue().count(), 3);
    QCOMPARE(outbox(ana).size(), 1); // that call 9 came
    const auto then = queue().mark(ana, home);
    QVERIFY(then && queue().forget(ana, home, *then));
    QCOMPARE(*queue().count(), 2);
    QVERIFY(outbox(ana).isEmpty());
    QVERIFY(queue().answer(begun, resultFor(1))); // was on its way
    QVERIFY(outbox(ana).isEmpty());
    QVERIFY(!outbox(ana, work).isEmpty() && !outbox(bea).isEmpty());
    QVERIFY(queue().take(call(2), home, today)); // he may again: what was is not done
    QCOMPARE(*queue().count(), 2);
    QVERIFY(queue().take(call(3), home, today));
    QCOMPARE(*queue().count(), 3);
    QCOMPARE(outbox(ana).size(), 1);
}

/// Version 1 had one conversation for all brokers.
void TestDurableBounds::aQueueOfBeforeIsGivenUp()
{
    ++m_files;
    open({ CallQueue::steps().first() });
    const MailItem item { DurableResult::kind, "old", 1 };
    QVERIFY(Outbox(*m_database).put({ ana, MailSource::betweenTheTwo() }, packItems({ &item, 1 })));
    QVERIFY(m_database->run("INSERT INTO calls (caller, device, number, recipient, via, tries, body)"
                            " VALUES (x'01', x'02', 1, x'03', x'04', 0, x'05')"));
    open(CallQueue::steps());
    QCOMPARE(*queue().count(), 0);
    QVERIFY(Outbox(*m_database).waiting()->isEmpty());
    QVERIFY(queue().take(call(1), home, today));
    QCOMPARE(*queue().count(), 1);
}

// --- the caller

void TestDurableBounds::whatNeverLeftIsNotDone()
{
    const quint64 id = put(today + day, false);
    QVERIFY(book().endOverdue(today + day)->isEmpty());
    QCOMPARE(book().endOverdue(today + day + 1)->size(), 1);
    const auto ended = book().find(id);
    QVERIFY(ended->isDone() && !ended->isOverdue);
    QCOMPARE(ended->outcome().code, Code::DeadlineExceeded);
    QCOMPARE(ended->outcome().begun, Begun::No);
    QCOMPARE(outbox(machine).first().kind, QByteArray(goneKind)); // and never will
    QVERIFY(book().endOverdue(today + 9 * day)->isEmpty());
}

/// Where a link to the broker stood nobody knows whether it went.
void TestDurableBounds::whatLeftIsNotKnown()
{
    const quint64 queued = put(today + day, false);
    QVERIFY(book().mayLeave(work));
    QCOMPARE(book().find(queued)->mayHaveLeft, false);
    QVERIFY(book().mayLeave(home));
    const quint64 kept = put();
    QVERIFY(book().kept(machine, home, 2, "home"));
    put();
    QCOMPARE(book().endOverdue(today + 2 * day)->size(), 3);
    for (const quint64 id : { queued, kept }) {
        QCOMPARE(book().find(id)->outcome().code, Code::DeadlineExceeded);
        QCOMPARE(book().find(id)->outcome().begun, Begun::Maybe);
        QVERIFY(book().find(id)->isOverdue);
    }
}

void TestDurableBounds::whatTheMachineHasMayTakeADayMore()
{
    const quint64 id = put();
    QVERIFY(book().take(
        fromMachine(1, MailReceipt::delivered, encodeStruct(MailReceipt { {}, device, 1 })), home, device, today));
    QVERIFY(book().endOverdue(today + 2 * day)->isEmpty());
    QCOMPARE(book().find(id)->state, SentCall::State::Taken);
    QCOMPARE(book().endOverdue(today + 2 * day + 1)->size(), 1);
    QCOMPARE(book().find(id)->outcome().begun, Begun::Maybe);
}

void TestDurableBounds::anAnswerThatComesAfterAllTakesThePlace()
{
    const quint64 id = put();
    QVERIFY(book().kept(machine, home, 1, "home"));
    QCOMPARE(book().endOverdue(today + 2 * day)->size(), 1);
    QVERIFY(book().markSeen(id));
    QCOMPARE(book().take(answer(1, resultFor(1)), home, device, today + 3 * day)->size(), 1);
    QCOMPARE(book().find(id)->outcome().code, Code::Ok);
    QVERIFY(!book().find(id)->seen && !book().find(id)->isOverdue);
    QVERIFY(book().take(answer(2, resultFor(1)), home, device, today + 3 * day)->isEmpty()); // a second one does not

    const quint64 other = put();
    QCOMPARE(book().endOverdue(today + 2 * day)->size(), 1);
    QCOMPARE(book().expired({ machine, device, MailSource::ofBroker(home), 2, 2 }, home, today + 31 * day)->size(), 1);
    QCOMPARE(book().find(other)->outcome().begun, Begun::No); // nobody had taken it
}

void TestDurableBounds::whatIsNotKnownIsInNobodysWay()
{
    CallBook small = book(3);
    const auto first = small.put(toPut(today + day, true));
    QVERIFY(small.put(toPut(today + day, true)) && small.put(toPut(today + day, true)));
    QCOMPARE(small.put(toPut(today + day, true)).error().code, Code::ResourceExhausted);
    SentCall later = toPut(today + 9 * day, true);
    later.at = today + 2 * day;
    QCOMPARE(small.put(later).error().code, Code::ResourceExhausted);
    QCOMPARE(small.endOverdue(later.at)->size(), 3);
    QVERIFY(small.put(later)); // the time of the others is over
    QCOMPARE(small.find(first->id).error().code, Code::NotFound);
    QCOMPARE(*small.count(), 3);
    QVERIFY(small.endOverdue(today + 40 * day));
    QCOMPARE(*small.count(), 1); // the others ended long ago
}

void TestDurableBounds::theNextThatEndsIsKnown()
{
    QCOMPARE(*book().nextOverdue(), std::nullopt);
    put(today + 5 * day);
    put(today + 3 * day);
    QCOMPARE(*book().nextOverdue(), std::optional(today + 3 * day));
    QVERIFY(book().endOverdue(today + 4 * day));
    QCOMPARE(*book().nextOverdue(), std::optional(today + 5 * day));
}

/// P10
void TestDurableBounds::aSetCalendarEndsNothing()
{
    using std::chrono::days, std::chrono::minutes;
    put(today + 5 * day, false);
    const auto ended = [this] { return book().all()->first().isDone(); };
    StoreThread store(file(), newSteps());
    CallNews news(store, device, [] { return today; });
    const auto look = [&](qint64 wall, milliseconds running) {
        news.look(wall, running);
        QTRY_COMPARE(store.unanswered(), 0);
    };
    look(today, days(0));
    look(today + 400 * day, days(1));
    look(today + 400 * day, days(1) + minutes(9));
    QVERIFY(!ended());
    look(today + 3 * day, days(3)); // set right
    look(today + 3 * day, days(3) + minutes(11));
    QVERIFY(!ended());
    look(today + 6 * day, days(6)); // it slept, or just went on
    QVERIFY(ended());
}

void TestDurableBounds::anotherBrokerTellsNothingOfACall()
{
    const quint64 id = put();
    QVERIFY(book().take(answer(1, resultFor(1), work), work, device, today)->isEmpty()); // in its own conversation
    QVERIFY(book().take(answer(1, resultFor(1), home), work, device, today)->isEmpty()); // in another's
    QVERIFY(book().kept(machine, work, 1, "work")->isEmpty());
    QVERIFY(book().refused(machine, work, 1, false, { Code::Conflict, "no" }, today)->isEmpty());
    QVERIFY(book().expired({ machine, device, MailSource::ofBroker(work), 1, 1 }, work, today)->isEmpty());
    QCOMPARE(book().find(id)->state, SentCall::State::Queued);
    QCOMPARE(book().take(answer(1, resultFor(1)), home, device, today)->size(), 1); // nothing was burnt
}

/// Before each broker had a conversation of its own: what is called from now on has the numbers of those calls again.
void TestDurableBounds::aBookOfBeforeGoesOn()
{
    ++m_files;
    const Database::Steps before { Outbox::tables() + Inbox::tables() + CallBook::tables() };
    open(before);
    const PublicKey bea = Identity::generate().key(); // whom one talks with, too
    const auto say = [&](const PublicKey &to, const char *kind) {
        const MailItem item { kind, "of another size", 1 };
        return Outbox(*m_database).put({ to, MailSource::betweenTheTwo() }, packItems({ &item, 1 }));
    };
    const auto called = [&](const PublicKey &to, int number, int state) {
        return m_database->run(
            "INSERT INTO sent_calls (recipient, broker, name, command, parameters, at, until, state, sentence, device,"
            " number, code, ended, seen, result) VALUES (?, ?, 'm', 'add', x'80', ?, ?, ?, '', ?, ?, 0, 0, 0, x'')",
            { to.bytes(), home.bytes(), today, today + day, state, device, number });
    };
    for (int number = 1; number <= 3; ++number)
        QVERIFY(say(machine, DurableCall::kind) && called(machine, number, 4 - number)); // taken, at the broker, queued
    QVERIFY(Outbox(*m_database).kept({ machine, MailSource::betweenTheTwo() }, 2));
    QVERIFY(say(bea, "chat/1") && say(bea, DurableCall::kind) && called(bea, 2, 1) && say(bea, "chat/1"));

    open(before + Database::Steps { CallBook::moreTables() });
    QCOMPARE(*Outbox(*m_database).waiting(), (QList { MailSequence { bea, MailSource::betweenTheTwo() } }));
    const auto runs = Outbox(*m_database).pending({ bea, MailSource::betweenTheTwo() }, 0, 1 << 30);
    QByteArrayList kinds;
    qint64 bytes = 0;
    for (const Outbox::Run &run : *runs) {
        kinds << unpackItems(run.items)->first().kind;
        bytes += run.items.size();
    }
    QCOMPARE(kinds, (QByteArrayList { "chat/1", goneKind, "chat/1" }));
    QCOMPARE(Outbox(*m_database).progress({ bea, MailSource::betweenTheTwo() })->bytes, bytes);
    QVERIFY(Outbox(*m_database).kept({ bea, MailSource::betweenTheTwo() }, 1)); // then an answer was lost
    const MailItem gone { goneKind, {}, 0 };
    QCOMPARE(
        Outbox(*m_database).compare({ bea, MailSource::betweenTheTwo() }, 2, itemDigest(packItems({ &gone, 1 })))->by,
        0u);

    QCOMPARE(book().unseen()->size(), 4);
    const quint64 now = put(today + 9 * day);
    QCOMPARE(book().find(now)->number, 1u);
    QCOMPARE(book().take(answer(1, resultFor(1)), home, device, today)->size(), 1);
    QCOMPARE(book().find(now)->outcome().code, Code::Ok);
    QVERIFY(book().endOverdue(today + 40 * day)->isEmpty());
    for (int id = 1; id <= 4; ++id) {
        const auto old = book().find(id);
        QCOMPARE(old->state, SentCall::State::Done);
        QCOMPARE(old->outcome().code, Code::Unknown);
        QCOMPARE(old->outcome().begun, Begun::Maybe);
        QVERIFY(!old->sentence.isEmpty() && old->ended > 0 && !old->seen);
    }
}

QTEST_GUILESS_MAIN(TestDurableBounds)
#include "tst_durable_bounds.moc"
