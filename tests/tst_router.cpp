#include "brokerd/router.h"
#include "core/identity.h"
#include "core/stream.h"

#include <QTest>
#include <map>

using namespace hawser;
using namespace hawser::broker;

namespace {

const PublicKey brokerKey = Identity::generate().key();

/// Keeps what one stream brings.
struct Heard : QObject {
    explicit Heard(Stream *of) : stream(of)
    {
        connect(of, &Stream::received, this, [this](std::span<const MessageView> batch) {
            for (const MessageView &message : batch)
                text += message.bytes.toByteArray();
        });
        connect(of, &Stream::peerEnded, this, [this] { ended = true; });
        connect(of, &Stream::cancelled, this, [this] { cancelled = true; });
        connect(of, &Stream::closed, this, [this](const Closing &with) { closing = with; });
    }
    Stream *stream;
    QByteArray text;
    bool ended = false;
    bool cancelled = false;
    std::optional<Closing> closing;
};

/// A member: its own end of a link and the broker's end, joined in memory.
struct Member {
    Member(Router &router, qint64 budget, Instant now)
    {
        LinkSettings mine;
        mine.dialler = true;
        mine.peer = brokerKey;
        mine.peerRole = Role::Broker;
        LinkSettings brokers;
        brokers.peer = brokers.peerParty.user = Identity::generate().key();
        brokers.peerParty.device = randomBytes(8);
        brokers.peerParty.session = randomBytes(8);
        brokers.retention = budget;
        party = brokers.peerParty;
        own = std::make_unique<Link>(mine, now);
        broker = std::make_unique<Link>(brokers, now);
        broker->setRouter(&router);
        QObject::connect(own.get(), &Link::opened, own.get(),
            [this](Stream *stream) { incoming.push_back(std::make_unique<Heard>(stream)); });
        QObject::connect(own.get(), &Link::oneWay, own.get(),
            [this](const OpenHead &head, QByteArrayView body) { oneWays << head.name + body.toByteArray(); });
    }
    static bool carry(Link &from, Link &to, FrameReader &reader, Error &broken, Instant now)
    {
        const QByteArray chunk = from.nextChunk(now);
        if (chunk.isEmpty() || to.isOver())
            return false;
        const std::span<char> space = reader.space();
        std::copy_n(chunk.data(), std::min<qsizetype>(chunk.size(), qsizetype(space.size())), space.data());
        reader.filled(chunk.size());
        const Result<void> taken = to.read(reader, now);
        reader.endTurn();
        if (!taken)
            broken = taken.error();
        return true;
    }
    bool step(Instant now)
    {
        const bool up = carry(*own, *broker, toBroker, broken, now);
        const bool down = !deaf && carry(*broker, *own, toOwn, broken, now);
        return up || down;
    }

    Party party;
    std::unique_ptr<Link> own;
    std::unique_ptr<Link> broker;
    FrameReader toBroker { limits::framePayload };
    FrameReader toOwn { limits::framePayload };
    std::vector<std::unique_ptr<Heard>> incoming;
    QByteArrayList oneWays;
    Error broken { Code::Ok, {}, {}, {} };
    bool deaf = false; // does not read
};

QByteArray dataFrame(quint32 stream, qsizetype size)
{
    QByteArray frame;
    appendFrame(frame, FrameType::Data, 0, stream, QByteArray(size, 'x'));
    return frame;
}

} // namespace

/// Members around a router, without sockets and event loop.
class TestRouter : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();

    void callerIsStampedOverWhatItSays();
    void dataGoesBothWaysUntouched();
    void refusalOfTheResolverIsTheBrokers();
    void nobodyElseSpeaksAsTheBroker();
    void oneWayIsPassedOnAndItsPlaceIsFree();
    void creditIsEnforced();
    void creditBeyondReasonEndsWhoGaveIt();
    void reservedIsFreedAtTheEnd();
    void openWithoutRoomIsRefused();
    void thousandCallsAreOpenAtOnce();
    void longAnswersOfThousandCallsStayWithinTheBudget();
    void grantsStayWithinTheBudget();
    void grantsGoOnWhenThereIsRoom();
    void cancelIsPassedOnOnce();
    void calledGone_data();
    void calledGone();
    void callerGoneFreesTheNumberOnlyAfterTheAnswer();
    void firstToAnswerHasIt();
    void acceptingByCloseWorksToo();
    void whatTheCallerSaidRingsEverywhere();
    void lastRefusalIsTold();
    void ringingOneGoesTheOtherStays();
    void callerOfARingGoes();

private:
    Member &add(qint64 budget = limits::sessionBudget);
    void settle();
    std::unique_ptr<Heard> open(Member &from, const Party &to, const QByteArray &body = "body", bool end = false);
    std::vector<std::unique_ptr<Heard>> openMany(Member &from, const Party &to, int count);
    void ring(Member &a, Member &b) { m_ringing[a.party.user] = { a.broker.get(), b.broker.get() }; }

    Instant m_now { seconds(1000) };
    std::unique_ptr<SpliceRouter> m_router;
    std::vector<std::unique_ptr<Member>> m_members;
    std::map<PublicKey, std::vector<Link *>> m_ringing;
};

void TestRouter::init()
{
    m_ringing.clear();
    m_router = std::make_unique<SpliceRouter>([this](Link &, const OpenHead &head) -> Result<std::vector<Link *>> {
        const auto found = m_ringing.find(head.party.user);
        if (found == m_ringing.end())
            return Error { Code::NotFound, QStringLiteral("nobody") };
        return found->second;
    });
}

void TestRouter::cleanup()
{
    for (const auto &member : m_members) {
        member->own->disconnect();
        member->broker->setRouter(nullptr);
    }
    m_members.clear();
    m_router.reset();
}

Member &TestRouter::add(qint64 budget)
{
    m_members.push_back(std::make_unique<Member>(*m_router, budget, m_now));
    Member &member = *m_members.back();
    m_ringing[member.party.user] = { member.broker.get() };
    return member;
}

void TestRouter::settle()
{
    for (bool moved = true; moved;) {
        moved = false;
        for (const auto &member : m_members)
            moved = member->step(m_now) || moved;
    }
}

std::unique_ptr<Heard> TestRouter::open(Member &from, const Party &to, const QByteArray &body, bool end)
{
    OpenHead head;
    head.party = to;
    head.name = "test/1";
    head.end = end;
    auto heard = std::make_unique<Heard>(from.own->open(head, body));
    settle();
    return heard;
}

/// Calls: nothing follows the OPEN.
std::vector<std::unique_ptr<Heard>> TestRouter::openMany(Member &from, const Party &to, int count)
{
    std::vector<std::unique_ptr<Heard>> calls;
    for (int i = 0; i < count; ++i)
        calls.push_back(open(from, to, "body", true));
    return calls;
}

void TestRouter::callerIsStampedOverWhatItSays()
{
    Member &ana = add();
    Member &bea = add();
    open(ana, { bea.party.user, {}, {} });
    QCOMPARE(bea.incoming.size(), size_t(1));
    QCOMPARE(bea.incoming[0]->stream->head().party, ana.party);
    QCOMPARE(bea.incoming[0]->stream->head().name, QByteArray("test/1"));
    QCOMPARE(bea.incoming[0]->stream->body(), QByteArray("body"));
    QCOMPARE(bea.incoming[0]->stream->caller().via, brokerKey);
}

void TestRouter::dataGoesBothWaysUntouched()
{
    Member &ana = add();
    Member &bea = add();
    const auto callHeard = open(ana, bea.party);
    Heard &call = *callHeard;
    Heard &answer = *bea.incoming[0];
    const QByteArray large(300 * 1024, 'L');
    call.stream->send("up");
    call.stream->send(large);
    call.stream->sendEnd();
    settle();
    QCOMPARE(answer.text, "up" + large);
    QVERIFY(answer.ended);
    answer.stream->send("down");
    answer.stream->close({ { Code::Ok, {}, {}, {} }, "result" });
    settle();
    QCOMPARE(call.text, QByteArray("down"));
    QVERIFY(call.closing && call.closing->ok());
    QCOMPARE(call.closing->body, QByteArray("result"));
    QCOMPARE(m_router->active(), 0);
}

void TestRouter::refusalOfTheResolverIsTheBrokers()
{
    Member &ana = add();
    const auto callHeard = open(ana, { Identity::generate().key(), {}, {} });
    Heard &call = *callHeard;
    QVERIFY(call.closing);
    QCOMPARE(call.closing->error.code, Code::NotFound);
    QCOMPARE(call.closing->error.begun, Begun::No);
    QCOMPARE(call.closing->error.origin, Origin::Broker);
}

void TestRouter::nobodyElseSpeaksAsTheBroker()
{
    Member &ana = add();
    Member &bea = add();
    const auto callHeard = open(ana, bea.party);
    Heard &call = *callHeard;
    bea.incoming[0]->stream->close({ { Code::Unavailable, {}, Begun::No, Origin::Broker }, {} });
    settle();
    QVERIFY(call.closing);
    QCOMPARE(call.closing->error.origin, Origin::Peer);
}

void TestRouter::oneWayIsPassedOnAndItsPlaceIsFree()
{
    Member &ana = add();
    Member &bea = add();
    OpenHead head;
    head.party = bea.party;
    head.name = "tell/1";
    for (quint32 i = 0; i < 3 * limits::openStreams; ++i) { // more than may be open: each frees its place
        QVERIFY(ana.own->send(head, "x"));
        settle();
    }
    QCOMPARE(bea.oneWays.size(), qsizetype(3 * limits::openStreams));
    QCOMPARE(bea.oneWays.last(), QByteArray("tell/1x"));
    QCOMPARE(m_router->counters().oneWay, quint64(3 * limits::openStreams));
}

void TestRouter::creditIsEnforced()
{
    Member &mallory = add();
    Member &bea = add();
    OpenHead head;
    head.party = bea.party;
    head.name = "test/1";
    QByteArray bytes;
    appendFrame(bytes, FrameType::Open, 0, 1, encodeOpen(head, {}));
    const qsizetype most = limits::firstCredit - limits::frameCost;
    bytes += dataFrame(1, most);
    bea.deaf = true; // grants nothing
    const auto feed = [&](const QByteArray &what) {
        FrameReader &reader = mallory.toBroker;
        std::copy_n(what.data(), what.size(), reader.space().data());
        reader.filled(what.size());
        const Result<void> taken = mallory.broker->read(reader, m_now);
        reader.endTurn();
        return taken;
    };
    QVERIFY(feed(bytes));
    const Result<void> tooMuch = feed(dataFrame(1, 0));
    QVERIFY(!tooMuch);
    QCOMPARE(tooMuch.error().code, Code::Protocol);
    QVERIFY(mallory.broker->isOver());
    QVERIFY(!bea.broker->isOver());
}

void TestRouter::creditBeyondReasonEndsWhoGaveIt()
{
    Member &ana = add();
    Member &mallory = add();
    const std::unique_ptr<Heard> heard = open(ana, mallory.party);
    settle();
    QCOMPARE(mallory.incoming.size(), 1u);
    QByteArray credit;
    appendFrame(credit, FrameType::Credit, 0, 2, QByteArray(1, '\x7f') + QByteArray(7, '\0'));
    FrameReader &reader = mallory.toBroker;
    std::copy_n(credit.data(), credit.size(), reader.space().data());
    reader.filled(credit.size());
    const Result<void> refused = mallory.broker->read(reader, m_now);
    reader.endTurn();
    QCOMPARE(refused.error().code, Code::Protocol);
    QVERIFY(mallory.broker->isOver());
    QVERIFY(!ana.broker->isOver());
    settle();
    QCOMPARE(heard->closing->error.code, Code::Unavailable);
}

void TestRouter::reservedIsFreedAtTheEnd()
{
    Member &ana = add();
    Member &bea = add();
    for (const bool end : { false, true }) {
        const auto callHeard = open(ana, bea.party, "body", end);
        Heard &call = *callHeard;
        QCOMPARE(m_router->reserved(*bea.broker), end ? 0 : qint64(limits::firstCredit));
        QCOMPARE(m_router->reserved(*ana.broker), qint64(limits::firstCredit));
        if (!end)
            call.stream->send(QByteArray(1000, 'x'));
        settle();
        bea.incoming.back()->stream->send("back");
        bea.incoming.back()->stream->close({});
        settle();
        QVERIFY(call.closing);
        QCOMPARE(m_router->reserved(*bea.broker), 0);
        QCOMPARE(m_router->reserved(*ana.broker), 0);
    }
}

void TestRouter::openWithoutRoomIsRefused()
{
    Member &ana = add();
    Member &bea = add(2 * limits::firstCredit + 4096);
    bea.deaf = true;
    const auto firstHeard = open(ana, bea.party);
    Heard &first = *firstHeard;
    const auto secondHeard = open(ana, bea.party);
    Heard &second = *secondHeard;
    const auto thirdHeard = open(ana, bea.party);
    Heard &third = *thirdHeard;
    QVERIFY(!first.closing && !second.closing);
    QVERIFY(third.closing);
    QCOMPARE(third.closing->error.code, Code::ResourceExhausted);
    QCOMPARE(third.closing->error.begun, Begun::No);
}

void TestRouter::thousandCallsAreOpenAtOnce()
{
    Member &ana = add();
    Member &bea = add();
    const auto calls = openMany(ana, bea.party, 1000);
    QCOMPARE(bea.incoming.size(), size_t(1000));
    QVERIFY(m_router->reserved(*ana.broker) <= limits::sessionBudget);
    for (const auto &answer : bea.incoming) {
        answer->stream->send(QByteArray(1000, 'x'));
        answer->stream->close({ { Code::Ok, {}, {}, {} }, "result" });
    }
    settle();
    for (const auto &call : calls) {
        QVERIFY(call->closing && call->closing->ok());
        QCOMPARE(call->text.size(), 1000);
    }
    QCOMPARE(m_router->reserved(*ana.broker), 0);
    QCOMPARE(m_router->active(), 0);
}

void TestRouter::longAnswersOfThousandCallsStayWithinTheBudget()
{
    Member &ana = add();
    Member &bea = add();
    const auto calls = openMany(ana, bea.party, 1000);
    ana.deaf = true; // it asks and does not read
    for (const auto &answer : bea.incoming)
        answer->stream->send(QByteArray(60000, 'x'));
    settle();
    const Lane &lane = ana.broker->lane();
    QVERIFY(m_router->reserved(*ana.broker) + lane.kept() + lane.waiting() <= limits::sessionBudget + 1000 * 300);
    QVERIFY(!ana.broker->isOver() && !bea.broker->isOver());
    const auto cut =
        std::count_if(bea.incoming.begin(), bea.incoming.end(), [](const auto &answer) { return answer->cancelled; });
    QVERIFY(cut > 700 && cut < 950); // 8 MiB hold some 130 of them
    for (const auto &answer : bea.incoming)
        answer->stream->close({});
    ana.deaf = false;
    settle();
    const auto ended = std::count_if(calls.begin(), calls.end(), [](const auto &call) {
        return call->closing->error.code == Code::ResourceExhausted && call->closing->error.origin == Origin::Broker;
    });
    QCOMPARE(ended, cut);
    QCOMPARE(m_router->reserved(*ana.broker), 0);
    QCOMPARE(m_router->active(), 0);
}

void TestRouter::grantsStayWithinTheBudget()
{
    constexpr qint64 budget = 1024 * 1024;
    Member &ana = add();
    Member &bea = add(budget);
    const auto callHeard = open(ana, bea.party);
    Heard &call = *callHeard;
    settle();
    bea.deaf = true; // it does not read, and wants as much as anybody may
    const quint32 number = 2; // the broker's first number on this link
    QByteArray greedy;
    char total[8];
    qToBigEndian(quint64(1) << 40, total);
    appendFrame(greedy, FrameType::Credit, 0, number, QByteArrayView(total, 8));
    FrameReader &reader = bea.toBroker;
    std::copy_n(greedy.data(), greedy.size(), reader.space().data());
    reader.filled(greedy.size());
    QVERIFY(bea.broker->read(reader, m_now));
    reader.endTurn();
    for (int i = 0; i < 64; ++i)
        call.stream->send(QByteArray(64 * 1024, 'x'));
    settle();
    const Lane &lane = bea.broker->lane();
    QVERIFY(m_router->reserved(*bea.broker) + lane.kept() + lane.waiting() <= budget);
    QVERIFY(lane.kept() + lane.waiting() > budget / 2); // it was used
    QVERIFY(call.stream->waiting() > 0); // the rest waits where it came from
    const auto otherHeard = open(ana, bea.party, "small");
    Heard &other = *otherHeard;
    QVERIFY(!other.closing); // a quarter is left for new streams
}

void TestRouter::grantsGoOnWhenThereIsRoom()
{
    Member &ana = add();
    Member &bea = add(256 * 1024);
    const auto callHeard = open(ana, bea.party);
    Heard &call = *callHeard;
    const QByteArray much(8 * 1024 * 1024, 'x');
    call.stream->send(much);
    for (int i = 0; i < 200 && bea.incoming[0]->text.size() < much.size(); ++i) {
        settle();
        m_now += milliseconds(limits::ackAfter);
        for (const auto &member : m_members)
            QVERIFY(member->own->tick(m_now));
    }
    QCOMPARE(bea.incoming[0]->text.size(), much.size());
}

void TestRouter::cancelIsPassedOnOnce()
{
    Member &ana = add();
    Member &bea = add();
    const auto callHeard = open(ana, bea.party);
    Heard &call = *callHeard;
    call.stream->cancel();
    settle();
    QVERIFY(bea.incoming[0]->cancelled);
    bea.incoming[0]->stream->close({ { Code::Cancelled, {}, {}, {} }, {} });
    settle();
    QVERIFY(call.closing);
    QCOMPARE(call.closing->error.code, Code::Cancelled);
    QCOMPARE(m_router->active(), 0);
}

void TestRouter::calledGone_data()
{
    QTest::addColumn<bool>("deaf");
    QTest::addColumn<int>("begun");
    QTest::newRow("its OPEN was written") << false << int(Begun::Maybe);
    QTest::newRow("its OPEN never left") << true << int(Begun::No);
}

void TestRouter::calledGone()
{
    QFETCH(bool, deaf);
    QFETCH(int, begun);
    Member &ana = add();
    Member &bea = add();
    bea.deaf = deaf;
    const auto callHeard = open(ana, bea.party);
    Heard &call = *callHeard;
    bea.broker->lost({ Code::Unavailable, {}, {}, {} }, m_now);
    settle();
    QVERIFY(call.closing);
    QCOMPARE(call.closing->error.code, Code::Unavailable);
    QCOMPARE(int(call.closing->error.begun), begun);
    QCOMPARE(call.closing->error.origin, Origin::Broker);
    QCOMPARE(m_router->active(), 0);
    QCOMPARE(m_router->reserved(*ana.broker), 0);
}

void TestRouter::callerGoneFreesTheNumberOnlyAfterTheAnswer()
{
    Member &ana = add();
    Member &bea = add();
    Member &carl = add();
    open(ana, bea.party);
    ana.broker->lost({ Code::Unavailable, {}, {}, {} }, m_now);
    settle();
    QVERIFY(bea.incoming[0]->cancelled);
    QCOMPARE(m_router->reserved(*bea.broker), 0);
    open(carl, bea.party, "second"); // must not get the number of the first
    QCOMPARE(bea.broken.code, Code::Ok);
    QCOMPARE(bea.incoming.size(), size_t(2));
    bea.incoming[0]->stream->send("nobody hears this");
    bea.incoming[0]->stream->close({});
    settle();
    open(carl, bea.party, "third");
    QCOMPARE(bea.incoming.size(), size_t(3));
    QCOMPARE(bea.broken.code, Code::Ok);
}

void TestRouter::firstToAnswerHasIt()
{
    Member &ana = add();
    Member &desktop = add();
    Member &laptop = add();
    ring(desktop, laptop);
    const auto callHeard = open(ana, { desktop.party.user, {}, {} });
    Heard &call = *callHeard;
    QCOMPARE(desktop.incoming.size(), size_t(1));
    QCOMPARE(laptop.incoming.size(), size_t(1));
    laptop.incoming[0]->stream->send("here");
    settle();
    QCOMPARE(call.text, QByteArray("here"));
    QVERIFY(desktop.incoming[0]->cancelled);
    QVERIFY(!laptop.incoming[0]->cancelled);
    desktop.incoming[0]->stream->send("too late");
    desktop.incoming[0]->stream->close({});
    call.stream->send("more");
    settle();
    QCOMPARE(call.text, QByteArray("here"));
    QVERIFY(!call.closing);
    QCOMPARE(laptop.incoming[0]->text, QByteArray("more"));
    laptop.incoming[0]->stream->close({});
    settle();
    QVERIFY(call.closing && call.closing->ok());
    for (const auto &member : m_members)
        QCOMPARE(m_router->reserved(*member->broker), 0);
}

void TestRouter::acceptingByCloseWorksToo()
{
    Member &ana = add();
    Member &desktop = add();
    Member &laptop = add();
    ring(desktop, laptop);
    const auto callHeard = open(ana, { desktop.party.user, {}, {} });
    Heard &call = *callHeard;
    desktop.incoming[0]->stream->close({ { Code::Ok, {}, {}, {} }, "done" });
    settle();
    QVERIFY(call.closing && call.closing->ok());
    QCOMPARE(call.closing->body, QByteArray("done"));
    QVERIFY(laptop.incoming[0]->cancelled);
}

void TestRouter::whatTheCallerSaidRingsEverywhere()
{
    Member &ana = add();
    Member &desktop = add();
    Member &laptop = add();
    ring(desktop, laptop);
    const auto callHeard = open(ana, { desktop.party.user, {}, {} });
    Heard &call = *callHeard;
    call.stream->send("who is there?");
    call.stream->sendEnd();
    settle();
    for (Member *member : { &desktop, &laptop }) {
        QCOMPARE(member->incoming[0]->text, QByteArray("who is there?"));
        QVERIFY(member->incoming[0]->ended);
        QCOMPARE(m_router->reserved(*member->broker), 0);
    }
}

void TestRouter::lastRefusalIsTold()
{
    Member &ana = add();
    Member &desktop = add();
    Member &laptop = add();
    ring(desktop, laptop);
    const auto callHeard = open(ana, { desktop.party.user, {}, {} });
    Heard &call = *callHeard;
    desktop.incoming[0]->stream->close({ { Code::Unimplemented, QStringLiteral("no"), {}, {} }, {} });
    settle();
    QVERIFY(!call.closing);
    laptop.incoming[0]->stream->close({ { Code::PermissionDenied, QStringLiteral("never"), {}, {} }, {} });
    settle();
    QVERIFY(call.closing);
    QCOMPARE(call.closing->error.code, Code::PermissionDenied);
    QCOMPARE(call.closing->error.sentence, QStringLiteral("never"));
    QCOMPARE(m_router->active(), 0);
    QCOMPARE(m_router->reserved(*ana.broker), 0);
}

void TestRouter::ringingOneGoesTheOtherStays()
{
    Member &ana = add();
    Member &desktop = add();
    Member &laptop = add();
    ring(desktop, laptop);
    const auto callHeard = open(ana, { desktop.party.user, {}, {} });
    Heard &call = *callHeard;
    desktop.broker->lost({ Code::Unavailable, {}, {}, {} }, m_now);
    settle();
    QVERIFY(!call.closing);
    laptop.incoming[0]->stream->close({});
    settle();
    QVERIFY(call.closing && call.closing->ok());
}

void TestRouter::callerOfARingGoes()
{
    Member &ana = add();
    Member &desktop = add();
    Member &laptop = add();
    ring(desktop, laptop);
    open(ana, { desktop.party.user, {}, {} });
    ana.broker->lost({ Code::Unavailable, {}, {}, {} }, m_now);
    settle();
    QVERIFY(desktop.incoming[0]->cancelled && laptop.incoming[0]->cancelled);
    QCOMPARE(m_router->active(), 0);
    QCOMPARE(m_router->reserved(*desktop.broker), 0);
    QCOMPARE(m_router->reserved(*laptop.broker), 0);
}

QTEST_GUILESS_MAIN(TestRouter)
#include "tst_router.moc"
