#include "core/contracts/talk.h"
#include "core/when.h"
#include "tests/support/brokerguest.h"
#include "tests/support/code_of.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSignalSpy>
#include <QTcpSocket>
#include <csignal>

using namespace hawser;
using namespace hawser::contracts;
using test::BrokerProcess;
using test::codeOf;
using test::Guest;

namespace {

QJsonObject json(const QByteArray &text)
{
    return QJsonDocument::fromJson(text).object();
}

struct Move {
    static constexpr const char *name = "move";
    static constexpr StreamClass streamClass = StreamClass::File;
    using Request = Nothing;
    using Reply = Nothing;
};

struct Greet {
    static constexpr const char *name = "greet";
    static constexpr StreamClass streamClass = StreamClass::Talk;
    using Request = Nothing;
    using Reply = Nothing;
};

} // namespace

/// The real hawser-brokerd over loopback TLS, with real clients and its own verbs.
class TestBrokerd : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();

    void firstAdministratorComesByTheLinkOnce();
    void strangerIsLetInByItsNumber();
    void wrongNumberLetsNobodyIn();
    void denyIsTold();
    void restartKeepsTheRequest();
    void letInWhileAwayCountsAtTheNextKnock();
    void administratorDecidesFromItsDesktop();
    void revokeEndsTheLiveSession();
    void onceEndsWithTheSession();
    void strangerMayOnlyAsk();
    void userCallsNode();
    void nodeCallsNobody();
    void membersTalkAndFirstSessionToAnswerHasIt();
    void filesTravelOnLanesOfTheirOwn();
    void nodeReplacedIsTold();
    void whatADeadNodeOfferedIsKnown();
    void invitationsRace();
    void junkDisturbsNobody();
    void secondOwnerIsRefused();
    void drainTellsAndExitsWithZero();

private:
    QJsonArray pending();
    std::unique_ptr<Guest> administrator(const QString &name = QStringLiteral("Ana"));
    std::unique_ptr<Guest> node(const QString &name, const Identity &identity = Identity::generate());
    std::unique_ptr<Guest> user(const QString &name, const Identity &identity = Identity::generate());
    QString invitation(const QStringList &more = {});

    std::unique_ptr<BrokerProcess> m_broker;
};

void TestBrokerd::init()
{
    m_broker = std::make_unique<BrokerProcess>();
    QVERIFY(m_broker->start());
}

void TestBrokerd::cleanup()
{
    m_broker.reset();
}

QJsonArray TestBrokerd::pending()
{
    QByteArray said;
    if (m_broker->verb({ QStringLiteral("pending"), QStringLiteral("--json") }, &said) != 0)
        return {};
    return json(said)[QStringLiteral("requests")].toArray();
}

QString TestBrokerd::invitation(const QStringList &more)
{
    QByteArray said;
    m_broker->verb(QStringList { QStringLiteral("invite") } << more, &said);
    return QString::fromUtf8(said).trimmed();
}

std::unique_ptr<Guest> TestBrokerd::administrator(const QString &name)
{
    auto guest = std::make_unique<Guest>(name);
    return guest->join(*m_broker, m_broker->firstLink()) ? std::move(guest) : nullptr;
}

std::unique_ptr<Guest> TestBrokerd::node(const QString &name, const Identity &identity)
{
    auto guest = std::make_unique<Guest>(name, Role::Node, identity);
    const QString link = invitation({ QStringLiteral("--kind"), QStringLiteral("node") });
    return guest->join(*m_broker, link) ? std::move(guest) : nullptr;
}

std::unique_ptr<Guest> TestBrokerd::user(const QString &name, const Identity &identity)
{
    auto guest = std::make_unique<Guest>(name, Role::Person, identity);
    return guest->join(*m_broker, invitation()) ? std::move(guest) : nullptr;
}

void TestBrokerd::firstAdministratorComesByTheLinkOnce()
{
    const auto ana = administrator();
    QVERIFY(ana);
    QVERIFY(ana->answer && *ana->answer);
    QVERIFY((*ana->answer)->administrator);

    Guest second(QStringLiteral("Mallory"));
    second.connectTo(*m_broker);
    QVERIFY(second.waitFor(Client::State::Stranger));
    second.ask(Invitation::parse(m_broker->firstLink())->secret);
    QTRY_VERIFY(second.answer);
    QVERIFY(!*second.answer);
    QCOMPARE(second.answer->error().code, Code::FailedPrecondition);
    QCOMPARE(second.client.state(), Client::State::Stranger);
}

void TestBrokerd::strangerIsLetInByItsNumber()
{
    Guest bea(QStringLiteral("Bea"));
    bea.connectTo(*m_broker);
    QVERIFY(bea.waitFor(Client::State::Stranger));
    bea.ask();
    QTRY_VERIFY(!bea.number.isEmpty());
    QTRY_COMPARE(pending().size(), 1);
    const QJsonObject request = pending().first().toObject();
    QCOMPARE(request[QStringLiteral("id")].toString(), QStringLiteral("r1"));
    QCOMPARE(request[QStringLiteral("number")].toString(), bea.number);
    QCOMPARE(request[QStringLiteral("key")].toString(), bea.key().hex());
    QCOMPARE(request[QStringLiteral("claim")].toString(), QStringLiteral("Bea"));

    QList<Client::State> sinceYes;
    connect(bea.call, &Call::finished, &bea,
        [&] { connect(&bea.client, &Client::stateChanged, &bea, [&](Client::State state) { sinceYes += state; }); });
    QCOMPARE(m_broker->verb({ QStringLiteral("approve"), QStringLiteral("r1"), QStringLiteral("--number"),
                 showNumber(bea.number) }),
        0);
    QVERIFY(bea.waitFor(Client::State::Ready));
    QVERIFY(sinceYes.contains(Client::State::Ready));
    QVERIFY(!sinceYes.contains(Client::State::Waiting)); // it comes again at once, not after a back-off
    QCOMPARE(pending().size(), 0);
}

void TestBrokerd::wrongNumberLetsNobodyIn()
{
    Guest bea(QStringLiteral("Bea"));
    bea.connectTo(*m_broker);
    QVERIFY(bea.waitFor(Client::State::Stranger));
    bea.ask();
    QTRY_VERIFY(!bea.number.isEmpty());
    QTRY_COMPARE(pending().size(), 1);
    const QString wrong = bea.number == QStringLiteral("000000") ? QStringLiteral("000001") : QStringLiteral("000000");
    QByteArray ignored;
    QCOMPARE(m_broker->verb(
                 { QStringLiteral("approve"), QStringLiteral("r1"), QStringLiteral("--number"), wrong }, &ignored),
        65);
    QCOMPARE(m_broker->verb({ QStringLiteral("approve"), QStringLiteral("r1") }, &ignored), 64);
    QCOMPARE(m_broker->verb(
                 { QStringLiteral("approve"), QStringLiteral("r9"), QStringLiteral("--number"), wrong }, &ignored),
        66);
    QCOMPARE(pending().size(), 1);
    QVERIFY(!bea.answer);
    QCOMPARE(bea.client.state(), Client::State::Stranger);
}

void TestBrokerd::denyIsTold()
{
    Guest bea(QStringLiteral("Bea"));
    bea.connectTo(*m_broker);
    QVERIFY(bea.waitFor(Client::State::Stranger));
    bea.ask();
    QTRY_COMPARE(pending().size(), 1);
    QCOMPARE(m_broker->verb({ QStringLiteral("deny"), QStringLiteral("r1") }), 0);
    QTRY_VERIFY(bea.answer);
    QVERIFY(!*bea.answer);
    QCOMPARE(bea.answer->error().code, Code::PermissionDenied);
    QCOMPARE(pending().size(), 0);
}

void TestBrokerd::restartKeepsTheRequest()
{
    Guest bea(QStringLiteral("Bea"));
    bea.connectTo(*m_broker);
    QVERIFY(bea.waitFor(Client::State::Stranger));
    bea.ask();
    QTRY_COMPARE(pending().size(), 1);
    const QString number = bea.number;
    QCOMPARE(m_broker->stop(), 0);
    QVERIFY(m_broker->start());
    QCOMPARE(pending().size(), 1);
    QCOMPARE(pending().first().toObject()[QStringLiteral("number")].toString(), number);
    bea.client.retryNow();
    QVERIFY(bea.waitFor(Client::State::Stranger));
    bea.number.clear();
    bea.ask();
    QTRY_COMPARE(bea.number, number);
    QCOMPARE(pending().size(), 1);
    QCOMPARE(pending().first().toObject()[QStringLiteral("id")].toString(), QStringLiteral("r1"));
    QCOMPARE(
        m_broker->verb({ QStringLiteral("approve"), QStringLiteral("r1"), QStringLiteral("--number"), number }), 0);
    QVERIFY(bea.waitFor(Client::State::Ready));
}

void TestBrokerd::letInWhileAwayCountsAtTheNextKnock()
{
    Guest bea(QStringLiteral("Bea"));
    bea.connectTo(*m_broker);
    QVERIFY(bea.waitFor(Client::State::Stranger));
    bea.ask();
    QTRY_COMPARE(pending().size(), 1);
    bea.client.disconnectFromPeer();
    QCOMPARE(m_broker->verb({ QStringLiteral("approve"), QStringLiteral("r1"), QStringLiteral("--key"), bea.key().hex(),
                 QStringLiteral("--for"), QStringLiteral("30d") }),
        0);
    bea.connectTo(*m_broker);
    QVERIFY(bea.waitFor(Client::State::Ready));
}

void TestBrokerd::administratorDecidesFromItsDesktop()
{
    const auto ana = administrator();
    QVERIFY(ana);
    QList<WatchRequests::In> heard;
    Call *watch = ana->client.start<WatchRequests>({}, {});
    connect(watch, &Channel::received, this,
        [&](const ChannelMessage &message) { heard << message.as<WatchRequests::In>().value(); });
    Guest bea(QStringLiteral("Bea"));
    bea.connectTo(*m_broker);
    QVERIFY(bea.waitFor(Client::State::Stranger));
    bea.ask();
    QTRY_COMPARE(heard.size(), 1);
    QCOMPARE(heard[0].number, bea.number);
    QCOMPARE(heard[0].address, QStringLiteral("127.0.0.1"));

    DecideRequest::Request yes;
    yes.id = heard[0].id;
    yes.allow = true;
    yes.number = bea.number;
    yes.key = bea.key();
    const auto decided = ana->client.call<DecideRequest>({}, yes);
    QVERIFY(bea.waitFor(Client::State::Ready));
    QTRY_COMPARE(heard.size(), 2);
    QVERIFY(heard[1].closed);
    QCOMPARE(heard[1].by, QStringLiteral("Ana"));
    QTRY_VERIFY(decided.isFinished());
    QCOMPARE(decided.result()->name, QStringLiteral("Bea"));

    const auto refused = bea.client.call<DecideRequest>({}, yes); // Bea is no administrator
    QTRY_VERIFY(refused.isFinished());
    QCOMPARE(refused.result().error().code, Code::PermissionDenied);
}

void TestBrokerd::revokeEndsTheLiveSession()
{
    const auto bea = user(QStringLiteral("Bea"));
    QVERIFY(bea);
    QElapsedTimer time;
    time.start();
    QCOMPARE(m_broker->verb({ QStringLiteral("revoke"), QStringLiteral("Bea") }), 0);
    QVERIFY(bea->waitFor(Client::State::Stopped, 1000));
    QVERIFY(time.elapsed() < 1000);
    QVERIFY(!bea->client.lastError().sentence.isEmpty());
    bea->client.retryNow();
    QVERIFY(bea->waitFor(Client::State::Stranger));
}

void TestBrokerd::onceEndsWithTheSession()
{
    const auto ana = administrator();
    QVERIFY(ana);
    Guest bea(QStringLiteral("Bea"));
    bea.connectTo(*m_broker);
    QVERIFY(bea.waitFor(Client::State::Stranger));
    bea.ask();
    QTRY_COMPARE(pending().size(), 1);
    DecideRequest::Request yes;
    yes.id = QStringLiteral("r1");
    yes.allow = true;
    yes.once = true;
    const auto decided = ana->client.call<DecideRequest>({}, yes);
    QVERIFY(bea.waitFor(Client::State::Ready));
    QVERIFY((*bea.answer)->once);
    bea.client.disconnectFromPeer();
    QTRY_VERIFY([&] {
        const auto status = ana->client.call<BrokerStatus>({}, {});
        return QTest::qWaitFor([&] { return status.isFinished(); }) && status.result()->users == 1;
    }());
    bea.connectTo(*m_broker);
    QVERIFY(bea.waitFor(Client::State::Stranger));
}

void TestBrokerd::strangerMayOnlyAsk()
{
    const auto bea = user(QStringLiteral("Bea"));
    QVERIFY(bea);
    Guest stranger(QStringLiteral("Mallory"));
    stranger.connectTo(*m_broker);
    QVERIFY(stranger.waitFor(Client::State::Stranger));
    for (const PublicKey &target : { PublicKey(), bea->key() }) {
        for (const char *command : { "broker.status", "people.watch", "request.decide", "chat/1", "no.such" }) {
            Call *call = stranger.client.call({ target, {}, {} }, QString::fromLatin1(command));
            QCOMPARE(codeOf(call), Code::Unauthenticated);
        }
    }
}

void TestBrokerd::userCallsNode()
{
    const auto machine = node(QStringLiteral("render"));
    QVERIFY(machine);
    std::optional<Caller> caller;
    machine->commands.serve<Ping>([&](const Ping::Request &, const Caller &who) -> Result<Ping::Reply> {
        caller = who;
        return Ping::Reply { QStringLiteral("node") };
    });
    const auto bea = user(QStringLiteral("Bea"));
    QVERIFY(bea);
    const auto pong = bea->client.call<Ping>({ machine->key(), {}, {} }, {});
    QTRY_VERIFY(pong.isFinished());
    QVERIFY(pong.result());
    QCOMPARE(pong.result()->program, QStringLiteral("node"));
    QVERIFY(caller);
    QCOMPARE(caller->user, bea->key());
    QCOMPARE(caller->device, bea->client.profile().device);
    QCOMPARE(caller->session, bea->client.profile().session);
    QCOMPARE(caller->via, m_broker->key());

    const auto nobody = bea->client.call<Ping>({ Identity::generate().key(), {}, {} }, {});
    QTRY_VERIFY(nobody.isFinished());
    QCOMPARE(nobody.result().error().code, Code::NotFound);
    machine->client.disconnectFromPeer();
    QTRY_VERIFY([&] {
        const auto away = bea->client.call<Ping>({ machine->key(), {}, {} }, {});
        return QTest::qWaitFor([&] { return away.isFinished(); }) && away.result().error().code == Code::Unavailable
            && away.result().error().begun == Begun::No && away.result().error().origin == Origin::Broker;
    }());
}

void TestBrokerd::nodeCallsNobody()
{
    const auto machine = node(QStringLiteral("render"));
    const auto bea = user(QStringLiteral("Bea"));
    QVERIFY(machine && bea);
    const auto refused = machine->client.call<Ping>({ bea->key(), {}, {} }, {});
    QTRY_VERIFY(refused.isFinished());
    QCOMPARE(refused.result().error().code, Code::NotFound);
    QCOMPARE(codeOf(machine->client.call(Party(), QStringLiteral("people.watch"))), Code::PermissionDenied);
}

void TestBrokerd::membersTalkAndFirstSessionToAnswerHasIt()
{
    const Identity both = Identity::generate();
    const auto desktop = user(QStringLiteral("Bea"), both);
    Guest laptop(QStringLiteral("Bea"), Role::Person, both);
    laptop.connectTo(*m_broker);
    QVERIFY(desktop && laptop.waitFor(Client::State::Ready));
    std::shared_ptr<IncomingCall> ringing;
    QStringList stopped;
    desktop->commands.serveChannel<Greet>([&](const Nothing &, std::shared_ptr<IncomingCall> call) {
        connect(call.get(), &IncomingCall::stopped, this, [&](const Error &why) { stopped << why.sentence; });
        ringing = call;
    });
    laptop.commands.serve<Greet>([](const Nothing &, const Caller &) -> Result<Nothing> { return Nothing {}; });
    const auto ana = user(QStringLiteral("Ana"));
    QVERIFY(ana);
    const auto said = ana->client.call<Greet>({ both.key(), {}, {} }, {});
    QTRY_VERIFY(said.isFinished());
    QVERIFY(said.result());
    QTRY_COMPARE(stopped.size(), 1); // the other one hears that it is over
    const Party onlyDesktop { both.key(), desktop->client.profile().device, desktop->client.profile().session };
    const auto waits = ana->client.call<Greet>(onlyDesktop, {});
    ringing.reset();
    QTRY_VERIFY(ringing);
    ringing->finish(Nothing {});
    QTRY_VERIFY(waits.isFinished());
    QVERIFY(waits.result());
}

void TestBrokerd::filesTravelOnLanesOfTheirOwn()
{
    const auto bea = user(QStringLiteral("Bea"));
    const auto ana = user(QStringLiteral("Ana"));
    QVERIFY(ana && bea);
    quint32 lane = 0;
    bea->commands.serve<Greet>([](const Nothing &, const Caller &) -> Result<Nothing> { return Nothing {}; });
    bea->commands.serveLater<Move>([&](const Nothing &, const Caller &caller, Reply<Move> reply) {
        lane = reply.call().link()->settings().lane;
        reply(caller.user == ana->key() ? Result<Nothing>(Nothing {}) : Error { Code::Internal, {} });
    });
    const auto moved = ana->client.call<Move>({ bea->key(), {}, {} }, {}); // both lanes are made for it
    const auto said = ana->client.call<Greet>({ bea->key(), {}, {} }, {});
    QTRY_VERIFY(moved.isFinished() && said.isFinished());
    QVERIFY2(moved.result(), moved.result() ? "" : qPrintable(moved.result().error().sentence));
    QVERIFY(said.result());
    QCOMPARE(lane, 1u);
    QCOMPARE(ana->client.link()->bulk()->settings().lane, 1u);
}

void TestBrokerd::nodeReplacedIsTold()
{
    const Identity same = Identity::generate();
    const auto older = node(QStringLiteral("render"), same);
    QVERIFY(older);
    Guest newer(QStringLiteral("render"), Role::Node, same);
    newer.connectTo(*m_broker);
    QVERIFY(newer.waitFor(Client::State::Ready));
    QVERIFY(older->waitFor(Client::State::Stopped));
    QCOMPARE(newer.client.state(), Client::State::Ready);
}

/// Over a restart of the broker too: something may be sent durably to a machine that is away.
void TestBrokerd::whatADeadNodeOfferedIsKnown()
{
    const auto bea = user(QStringLiteral("Bea"));
    QVERIFY(bea);
    QList<WatchOffers::In> heard;
    const auto watch = [&] {
        connect(bea->client.start<WatchOffers>({}, {}), &Channel::received, this,
            [&](const ChannelMessage &message) { heard << message.as<WatchOffers::In>().value(); });
    };
    watch();
    auto machine = node(QStringLiteral("render"));
    QVERIFY(machine);
    machine->commands.serve<Ping>(
        [](const Ping::Request &, const Caller &) -> Result<Ping::Reply> { return Ping::Reply {}; });
    AnnounceOffer::Request offer { QStringLiteral("render"), QStringLiteral("host"), {} };
    offer.commands.push_back(specToValue(machine->commands.specs().first()));
    const auto announced = machine->client.call<AnnounceOffer>({}, offer);
    QTRY_VERIFY(!heard.isEmpty() && heard.last().online);
    QCOMPARE(heard.last().node, machine->key());
    QCOMPARE(heard.last().commands.size(), size_t(1));
    machine.reset();
    QTRY_VERIFY(!heard.last().online);
    QCOMPARE(heard.last().commands.size(), size_t(1));
    QVERIFY(!heard.last().removed);

    const QString key = heard.last().node.hex();
    QCOMPARE(m_broker->stop(), 0);
    QVERIFY(m_broker->start());
    QVERIFY(bea->waitFor(Client::State::Ready, 20000));
    heard.clear();
    watch();
    QTRY_COMPARE(heard.size(), 1);
    QVERIFY(!heard.last().online);
    QCOMPARE(heard.last().commands.size(), size_t(1));
    QCOMPARE(m_broker->verb({ QStringLiteral("revoke"), key }), 0);
    QTRY_VERIFY(heard.last().removed);
}

void TestBrokerd::invitationsRace()
{
    const QString link = invitation({ QStringLiteral("--uses"), QStringLiteral("3") });
    const Result<Invitation> invitation = Invitation::parse(link);
    QVERIFY(invitation);
    std::vector<std::unique_ptr<Guest>> guests;
    for (int i = 0; i < 10; ++i) {
        guests.push_back(std::make_unique<Guest>(QStringLiteral("g%1").arg(i)));
        guests.back()->connectTo(*m_broker);
    }
    for (const auto &guest : guests)
        QVERIFY(guest->waitFor(Client::State::Stranger));
    for (const auto &guest : guests)
        guest->ask(invitation->secret);
    int in = 0;
    for (const auto &guest : guests) {
        QTRY_VERIFY(guest->answer);
        in += bool(*guest->answer);
    }
    QCOMPARE(in, 3);
}

void TestBrokerd::junkDisturbsNobody()
{
    const auto bea = user(QStringLiteral("Bea"));
    QVERIFY(bea);
    std::vector<std::unique_ptr<QTcpSocket>> sockets;
    for (const QByteArray &junk : { QByteArray("GET / HTTP/1.1\r\n\r\n"), QByteArray("SSH-2.0-x\r\n"),
             QByteArray(4096, '\0'), QByteArray::fromHex("160301ffff"), QByteArray() }) {
        sockets.push_back(std::make_unique<QTcpSocket>());
        QTcpSocket *socket = sockets.back().get();
        connect(socket, &QTcpSocket::connected, socket, [socket, junk] { socket->write(junk); });
        socket->connectToHost(m_broker->address().host, m_broker->address().port);
    }
    QTRY_COMPARE(sockets[0]->state(), QAbstractSocket::UnconnectedState);
    QTRY_COMPARE(sockets[1]->state(), QAbstractSocket::UnconnectedState);
    QTRY_COMPARE(sockets[2]->state(), QAbstractSocket::UnconnectedState);
    QCOMPARE(bea->client.state(), Client::State::Ready);
    const auto status = bea->client.call<BrokerStatus>({}, {});
    QTRY_VERIFY(status.isFinished());
    QVERIFY(status.result());
}

void TestBrokerd::secondOwnerIsRefused()
{
    QProcess second;
    second.start(BrokerProcess::program(),
        { QStringLiteral("run"), QStringLiteral("--data"), m_broker->folder(), QStringLiteral("--listen"),
            QStringLiteral("127.0.0.1:0") });
    QTRY_COMPARE(second.state(), QProcess::NotRunning);
    QCOMPARE(second.exitCode(), 75);
    QVERIFY(second.readAllStandardError().contains("another broker"));
    QCOMPARE(m_broker->verb({ QStringLiteral("status") }), 0);
}

void TestBrokerd::drainTellsAndExitsWithZero()
{
    const auto bea = user(QStringLiteral("Bea"));
    QVERIFY(bea);
    QList<Leave> told;
    connect(bea->client.link(), &Link::goingAway, this, [&](const GoAway &goAway) { told << goAway.reason; });
    QElapsedTimer time;
    time.start();
    QCOMPARE(m_broker->stop(), 0);
    QVERIFY(time.elapsed() < 2000);
    QVERIFY(told.contains(Leave::Draining));
    QTRY_COMPARE(bea->client.state(), Client::State::Waiting);
}

QTEST_GUILESS_MAIN(TestBrokerd)
#include "tst_brokerd.moc"
