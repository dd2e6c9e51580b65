#include "brokerd/requests.h"
#include "core/identity.h"
#include "core/number.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace hawser;
using namespace hawser::broker;

namespace {

constexpr WallTime minute = 60 * 1000;
constexpr WallTime day = 24 * 60 * minute;

/// Where both clocks began together.
Instant when(WallTime now)
{
    return Instant(milliseconds(now));
}

/// Somebody who knocks, with its own half of the number.
struct Asker {
    explicit Asker(const PublicKey &broker, const QString &address = QStringLiteral("192.0.2.1"))
    {
        knock.key = identity.key();
        knock.id = randomBytes(16);
        knock.claim = QStringLiteral("Bea");
        knock.rights = QStringList { QStringLiteral("member") };
        knock.address = address;
        knock.commitment = commitmentOf(nonce, knock.key, broker);
    }
    /// At a broker whose calendar says `now`; \param running  what its other clock says
    Result<Waiting> ask(Requests &requests, WallTime now, Instant running)
    {
        const Result<Requests::Answer> theirs = requests.answerTo(knock, now, running);
        if (!theirs)
            return theirs.error();
        return requests.reveal(knock, theirs->nonce, nonce, now);
    }
    Result<Waiting> ask(Requests &requests, WallTime now) { return ask(requests, now, when(now)); }
    Identity identity = Identity::generate();
    QByteArray nonce = randomBytes(numberNonce);
    Knock knock;
};

} // namespace

class TestRequests : public QObject {
    Q_OBJECT

private slots:
    void init();

    void numberIsTheSameOnBothSides();
    void staysOverARestartAndKeepsItsNumber();
    void idsAreNeverUsedTwice();
    void sameKeyIsOneRequest();
    void anotherNonceThanCommittedIsRefused();
    void anotherCommitmentUnderTheSameIdIsRefused();
    void whoAsksAgainSaysWhatTheySaidAtFirst();
    void whoDoesNotRevealSeesOneNonceAndNoMore();
    void whoIsToldANonceHasItAfterARestart();
    void atMostEightWait();
    void atMostThreeOfAnAddressInTenMinutes();
    void aSetCalendarChangesNothing(); // P10
    void goesAfterSevenDays();
    void blockedByKeyAndAddressForATime();

private:
    void open();

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Database> m_database;
    std::unique_ptr<Requests> m_requests;
    PublicKey m_own = Identity::generate().key();
};

void TestRequests::init()
{
    m_requests.reset();
    m_database.reset();
    m_folder = std::make_unique<QTemporaryDir>();
    open();
}

void TestRequests::open()
{
    m_requests.reset();
    m_database.reset();
    auto database = Database::open(m_folder->filePath(QStringLiteral("db")), databaseSteps());
    QVERIFY(database);
    m_database = std::move(*database);
    m_requests = std::make_unique<Requests>(*m_database, m_own);
    QVERIFY(m_requests->load());
}

void TestRequests::numberIsTheSameOnBothSides()
{
    Asker bea(m_own);
    const Result<Requests::Answer> theirs = m_requests->answerTo(bea.knock, 0, when(0));
    QVERIFY(theirs);
    const Result<Waiting> request = m_requests->reveal(bea.knock, theirs->nonce, bea.nonce, 0);
    QVERIFY(request);
    QCOMPARE(request->id, QStringLiteral("r1"));
    QCOMPARE(request->number, compareNumber(bea.knock.key, m_own, bea.nonce, theirs->nonce));
    QCOMPARE(m_requests->find(bea.knock.key.hex())->id, QStringLiteral("r1"));
}

void TestRequests::staysOverARestartAndKeepsItsNumber()
{
    Asker bea(m_own);
    bea.knock.commands = QStringList { QStringLiteral("a"), QStringLiteral("b") };
    const Result<Waiting> before = bea.ask(*m_requests, 1000);
    QVERIFY(before);
    open();
    QCOMPARE(m_requests->all().size(), 1);
    QCOMPARE(m_requests->all().first().number, before->number);
    QCOMPARE(m_requests->all().first().knock.commands, bea.knock.commands);
    QSignalSpy closed(m_requests.get(), &Requests::closed);
    const Result<Waiting> again = bea.ask(*m_requests, 2000);
    QVERIFY(again);
    QCOMPARE(again->id, before->id);
    QCOMPARE(again->number, before->number);
    QCOMPARE(again->since, WallTime(1000));
    QCOMPARE(closed.size(), 0);
}

void TestRequests::idsAreNeverUsedTwice()
{
    Asker bea(m_own);
    QCOMPARE(bea.ask(*m_requests, 0)->id, QStringLiteral("r1"));
    QVERIFY(m_requests->close(bea.knock.key, {}));
    open();
    Asker machine(m_own, QStringLiteral("192.0.2.2"));
    machine.knock.kind = AccountKind::Node;
    QCOMPARE(machine.ask(*m_requests, 0)->id, QStringLiteral("n1"));
    QCOMPARE(Asker(m_own).ask(*m_requests, 0)->id, QStringLiteral("r2"));
}

void TestRequests::sameKeyIsOneRequest()
{
    Asker bea(m_own);
    QVERIFY(bea.ask(*m_requests, 0));
    QSignalSpy closed(m_requests.get(), &Requests::closed);
    bea.knock.id = randomBytes(16); // another request of the same key
    bea.nonce = randomBytes(numberNonce);
    bea.knock.commitment = commitmentOf(bea.nonce, bea.knock.key, m_own);
    QCOMPARE(bea.ask(*m_requests, 1)->id, QStringLiteral("r2"));
    QCOMPARE(m_requests->all().size(), 1);
    QCOMPARE(closed.size(), 1);
    open();
    QCOMPARE(m_requests->all().size(), 1);
}

void TestRequests::anotherNonceThanCommittedIsRefused()
{
    Asker bea(m_own);
    const Result<Requests::Answer> theirs = m_requests->answerTo(bea.knock, 0, when(0));
    QVERIFY(theirs);
    const Result<Waiting> refused = m_requests->reveal(bea.knock, theirs->nonce, randomBytes(numberNonce), 0);
    QCOMPARE(refused.error().code, Code::InvalidArgument);
    QVERIFY(m_requests->all().isEmpty());
}

void TestRequests::whoAsksAgainSaysWhatTheySaidAtFirst()
{
    Asker bea(m_own);
    QCOMPARE(bea.ask(*m_requests, 0)->since, 0);
    bea.knock.claim = QStringLiteral("The administrator");
    const Result<Waiting> again = bea.ask(*m_requests, minute);
    QVERIFY(again);
    QCOMPARE(again->id, QStringLiteral("r1"));
    QCOMPARE(again->knock.claim, QStringLiteral("Bea"));
    QCOMPARE(m_requests->answerTo(bea.knock, minute, when(minute))->since, 0); // its two minutes go on
}

void TestRequests::anotherCommitmentUnderTheSameIdIsRefused()
{
    Asker bea(m_own);
    QVERIFY(m_requests->answerTo(bea.knock, 0, when(0)));
    const auto refusedAs = [&](Knock knock, const QByteArray &commitment) {
        knock.commitment = commitment;
        const Result<Requests::Answer> nonce = m_requests->answerTo(knock, 0, when(0));
        return nonce ? Code::Ok : nonce.error().code;
    };
    const QByteArray other = commitmentOf(randomBytes(numberNonce), bea.knock.key, m_own);
    QCOMPARE(refusedAs(bea.knock, other), Code::InvalidArgument);
    Asker mallory(m_own);
    mallory.knock.id = bea.knock.id;
    QCOMPARE(refusedAs(mallory.knock, mallory.knock.commitment), Code::InvalidArgument);
    QVERIFY(bea.ask(*m_requests, 0));
    QCOMPARE(refusedAs(bea.knock, other), Code::InvalidArgument);
}

/// Otherwise it could knock until the number is the one that it wants, and only then reveal.
void TestRequests::whoDoesNotRevealSeesOneNonceAndNoMore()
{
    Asker mallory(m_own);
    const Result<Requests::Answer> first = m_requests->answerTo(mallory.knock, 0, when(0));
    QVERIFY(first);
    QCOMPARE(*m_requests->answerTo(mallory.knock, 1, when(1)), *first); // with the time it was asked first
    QCOMPARE(*m_requests->answerTo(mallory.knock, 11 * minute, when(9 * minute)), *first);
    int told = 1;
    for (int i = 0; i < 100; ++i)
        told += bool(m_requests->answerTo(Asker(m_own).knock, 0, when(9 * minute)));
    QCOMPARE(told, 3); // of one address in ten minutes
    for (int i = 0; i < 1000; ++i)
        told += bool(m_requests->answerTo(Asker(m_own, QString::number(i)).knock, 0, when(9 * minute)));
    QCOMPARE(told, 256);
}

/// Who is blocked never gets further than this, and must not see that the broker has forgotten.
void TestRequests::whoIsToldANonceHasItAfterARestart()
{
    const Asker bea(m_own);
    const Requests::Answer before = *m_requests->answerTo(bea.knock, minute, when(minute));
    open();
    QCOMPARE(*m_requests->answerTo(bea.knock, 2 * minute, when(2 * minute)), before);
    Asker other(m_own);
    other.knock.id = bea.knock.id;
    QVERIFY(!m_requests->answerTo(other.knock, 2 * minute, when(2 * minute))); // it is hers
    open(); // on whatever date: nothing goes before it is sure
    QCOMPARE(*m_requests->answerTo(bea.knock, 8 * day, when(8 * day)), before);
    m_requests->expire(8 * day);
    QVERIFY(m_requests->answerTo(bea.knock, 8 * day, when(8 * day))->nonce != before.nonce);
}

void TestRequests::atMostEightWait()
{
    for (int i = 0; i < 8; ++i)
        QVERIFY(Asker(m_own, QString::number(i)).ask(*m_requests, 0));
    QCOMPARE(Asker(m_own, QStringLiteral("x")).ask(*m_requests, 0).error().code, Code::ResourceExhausted);
    QCOMPARE(m_requests->all().size(), 8);
    QVERIFY(m_requests->close(m_requests->all().first().knock.key, {}));
    QVERIFY(Asker(m_own, QStringLiteral("x")).ask(*m_requests, 0));
}

void TestRequests::atMostThreeOfAnAddressInTenMinutes()
{
    for (int i = 0; i < 3; ++i) {
        Asker asker(m_own);
        QVERIFY(asker.ask(*m_requests, 0));
        QVERIFY(m_requests->close(asker.knock.key, {}));
    }
    QCOMPARE(Asker(m_own).ask(*m_requests, 10 * minute - 1).error().code, Code::ResourceExhausted);
    QVERIFY(Asker(m_own, QStringLiteral("192.0.2.9")).ask(*m_requests, 10 * minute - 1));
    QVERIFY(Asker(m_own).ask(*m_requests, 10 * minute));
}

/// Who asked too often waits by a clock that nobody sets; and nothing is forgotten at the first sight of another year.
void TestRequests::aSetCalendarChangesNothing()
{
    constexpr WallTime fiftyYears = 50 * 365 * day;
    Asker bea(m_own);
    Asker carl(m_own);
    const Requests::Answer before = *m_requests->answerTo(bea.knock, minute, when(minute));
    QVERIFY(m_requests->answerTo(carl.knock, minute + fiftyYears, when(minute)));
    QCOMPARE(*m_requests->answerTo(bea.knock, minute + fiftyYears, when(minute)), before);
    QVERIFY(m_requests->answerTo(Asker(m_own).knock, minute, when(minute)));
    for (const WallTime now : { minute, minute + fiftyYears, minute - day })
        QCOMPARE(Asker(m_own).ask(*m_requests, now, when(11 * minute - 1)).error().code, Code::ResourceExhausted);
    QVERIFY(Asker(m_own).ask(*m_requests, 12 * minute, when(11 * minute)));

    // what was asked on a date that never came holds up nothing else
    Asker dora(m_own);
    const Requests::Answer hers = *m_requests->answerTo(dora.knock, 12 * minute, when(11 * minute));
    m_requests->expire(12 * minute + 7 * day);
    QVERIFY(m_requests->answerTo(dora.knock, 8 * day, when(8 * day))->nonce != hers.nonce);
}

void TestRequests::goesAfterSevenDays()
{
    Asker bea(m_own);
    QVERIFY(bea.ask(*m_requests, 1000));
    m_requests->expire(1000 + 7 * day - 1);
    QCOMPARE(m_requests->all().size(), 1);
    m_requests->expire(1000 + 7 * day);
    QCOMPARE(m_requests->all().size(), 0);
    open();
    QCOMPARE(m_requests->all().size(), 0);
}

void TestRequests::blockedByKeyAndAddressForATime()
{
    Asker bea(m_own);
    const QString address = bea.knock.address;
    QVERIFY(m_requests->block(bea.knock.key.hex(), minute));
    QVERIFY(m_requests->isBlocked(bea.knock.key, QStringLiteral("elsewhere"), minute - 1));
    QVERIFY(!m_requests->isBlocked(bea.knock.key, address, minute));
    QVERIFY(!m_requests->isBlocked(m_own, address, 0));
    QVERIFY(m_requests->block(address, minute));
    open();
    QVERIFY(m_requests->isBlocked(m_own, address, minute - 1));
    m_requests->expire(minute);
    QVERIFY(!m_requests->isBlocked(m_own, address, 0));
}

QTEST_GUILESS_MAIN(TestRequests)
#include "tst_requests.moc"
