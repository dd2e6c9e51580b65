#include "core/server.h"
#include "support/own_host.h"

#include <QSignalSpy>
#include <QTest>

using namespace hawser;

namespace {

struct Greet {
    static constexpr const char *name = "greet";
    struct Request {
        QString who;
        static void describe(auto &field) { field("who", &Request::who, { .required = true }); }
    };
    struct Reply {
        QString text;
        static void describe(auto &field) { field("text", &Reply::text, {}); }
    };
};

struct Never {
    static constexpr const char *name = "never";
    using Request = Nothing;
    using Reply = Nothing;
};

struct Echo {
    static constexpr const char *name = "echo";
    using Request = Nothing;
    using Reply = Nothing;
};

struct Move {
    static constexpr const char *name = "move";
    static constexpr StreamClass streamClass = StreamClass::File;
    using Request = Nothing;
    struct Reply {
        quint64 lane = 0; // it came by
        static void describe(auto &field) { field("lane", &Reply::lane, {}); }
    };
};

struct Tell {
    static constexpr const char *name = "tell";
    using Request = Greet::Request;
};

Profile person(const QString &name)
{
    return { Role::Person, name, QStringLiteral("test"), {}, {}, {} };
}

const Address loopback { test::ownHost(), 0 };

} // namespace

/// A Client and a Server over real TLS on loopback.
class TestClient : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();

    void connectsAndCalls();
    void futureAndCallback();
    void serverCallsItsClient();
    void withoutLinkCallsFailInALaterTurn();
    void callbackNeverAfterItsContext();
    void wrongKeyStops();
    void refusedStops();
    void closedDoorByDefault();
    void nobodyThereIsTriedAgain();
    void comesBackByItself();
    void waitsAsLongAsItIsTold();
    void replacedStops();
    void strangerIsTold();
    void goodbyeIsHeard();
    void diesInsideItsOwnSignals_data();
    void diesInsideItsOwnSignals();
    void dyingKeepsItsPromises();
    void whoIsToBeDeletedLaterDoesNothingMore_data();
    void whoIsToBeDeletedLaterDoesNothingMore();
    void aLinkThatEndedHereIsNotNamedAgain();
    void brokenConnectionIsResumed();
    void renewsWithoutAnybodyNoticing();
    void unknownLinkEndsTheOldOne();
    void windowPasses();
    void awayIsSaidAndTakenBack();
    void goingWhileSuspended();
    void newestLinkOfADeviceStays();
    void filesHaveALaneOfTheirOwn();
    void aLaneIsResumed();
    void aLaneEndsWithItsLink();
    void theListenerAsksForALane();
    void largeBulkOverTls();
    void backoffDoublesAndForgets();

private:
    void listen();
    void connectClient();
    void breakConnection();
    static void serveMove(Commands &commands);
    std::optional<quint64> move();

    const Identity m_serverIdentity = Identity::generate();
    std::unique_ptr<Commands> m_commands;
    std::unique_ptr<Server> m_server;
    std::unique_ptr<Client> m_client;
    Address m_address;
    QStringList m_told;
    QPointer<Mooring> m_mooring; // the newest at the server
    QList<Hello> m_hellos;
    std::vector<Reply<Never>> m_unanswered;
};

void TestClient::init()
{
    m_told.clear();
    m_address = loopback;
    m_commands = std::make_unique<Commands>();
    m_commands->serve<Greet>([](const Greet::Request &request, const Caller &) -> Result<Greet::Reply> {
        if (request.who.isEmpty())
            return Error { Code::NotFound, QStringLiteral("nobody to greet") };
        return Greet::Reply { QStringLiteral("hello ") + request.who };
    });
    m_commands->serveLater<Never>(
        [this](const Nothing &, const Caller &, Reply<Never> reply) { m_unanswered.push_back(std::move(reply)); });
    serveMove(*m_commands);
    m_commands->serveOneWay<Tell>(
        [this](const Greet::Request &request, const Caller &) { m_told.append(request.who); });
    listen();
    m_client = std::make_unique<Client>(Identity::generate(), person(QStringLiteral("client")));
}

void TestClient::cleanup()
{
    m_client.reset();
    m_server.reset();
    m_unanswered.clear();
    m_commands.reset();
}

void TestClient::listen()
{
    m_server = std::make_unique<Server>(m_serverIdentity, person(QStringLiteral("server")));
    m_hellos.clear();
    m_server->setDoor([this](const PublicKey &, const Hello &hello) -> Result<void> {
        m_hellos.append(hello);
        return {};
    });
    connect(m_server.get(), &Server::came, this, [this](const Party &who) { m_mooring = m_server->mooring(who); });
    m_server->setCommands(m_commands.get());
    const auto address = m_server->listen(m_address);
    QVERIFY2(address, address ? "" : qPrintable(address.error().sentence));
    m_address = *address;
}

void TestClient::connectClient()
{
    m_client->connectTo(m_address, m_serverIdentity.key());
    QTRY_COMPARE(m_client->state(), Client::State::Ready);
}

void TestClient::connectsAndCalls()
{
    QSignalSpy states(m_client.get(), &Client::stateChanged);
    QSignalSpy ready(m_client.get(), &Client::ready);
    QSignalSpy came(m_server.get(), &Server::came);
    connectClient();
    QCOMPARE(states.size(), 2);
    QCOMPARE(states[0][0].value<Client::State>(), Client::State::Connecting);
    QCOMPARE(ready.size(), 1);
    QCOMPARE(came.size(), 1);
    QCOMPARE(m_client->peerKey(), m_serverIdentity.key());
    QCOMPARE(m_client->welcome().name, QStringLiteral("server"));
    QCOMPARE(m_server->present().size(), 1);
    QCOMPARE(m_server->present()[0].user, m_client->identity().key());

    std::optional<Result<Greet::Reply>> answer;
    m_client->call<Greet>(
        {}, { QStringLiteral("you") }, this, [&](const Result<Greet::Reply> &reply) { answer = reply; });
    QTRY_VERIFY(answer);
    QVERIFY(*answer);
    QCOMPARE((*answer)->text, QStringLiteral("hello you"));

    QVERIFY(m_client->send<Tell>({}, { QStringLiteral("one way") }));
    QTRY_COMPARE(m_told, QStringList { QStringLiteral("one way") });
}

void TestClient::futureAndCallback()
{
    connectClient();
    const QFuture<Result<Greet::Reply>> future = m_client->call<Greet>({}, { QString() });
    QTRY_VERIFY(future.isFinished());
    QCOMPARE(future.result().error().code, Code::NotFound);
    QCOMPARE(future.result().error().sentence, QStringLiteral("nobody to greet"));
    int times = 0;
    when(m_client->call<Greet>({}, { QStringLiteral("x") }), this, [&](const Result<Greet::Reply> &reply) {
        ++times;
        QCOMPARE(reply->text, QStringLiteral("hello x"));
    });
    QTRY_COMPARE(times, 1);
}

void TestClient::serverCallsItsClient()
{
    Commands ours;
    ours.serve<Greet>([](const Greet::Request &, const Caller &caller) -> Result<Greet::Reply> {
        return Greet::Reply { caller.user.hex() };
    });
    m_client->setCommands(&ours);
    connectClient();
    std::optional<Result<Greet::Reply>> answer;
    const Party to { m_client->identity().key(), {}, {} };
    m_server->call<Greet>(
        to, { QStringLiteral("x") }, this, [&](const Result<Greet::Reply> &reply) { answer = reply; });
    QTRY_VERIFY(answer);
    QCOMPARE((*answer)->text, m_serverIdentity.key().hex());
    m_client->setCommands(nullptr);
    answer.reset();
    m_server->call<Greet>(
        to, { QStringLiteral("x") }, this, [&](const Result<Greet::Reply> &reply) { answer = reply; });
    QTRY_VERIFY(answer);
    QCOMPARE(answer->error().code, Code::Unimplemented);
    answer.reset();
    m_server->call<Greet>(
        {}, { QStringLiteral("x") }, this, [&](const Result<Greet::Reply> &reply) { answer = reply; });
    QTRY_VERIFY(answer);
    QCOMPARE(answer->error().code, Code::Unavailable);
    m_client.reset();
}

void TestClient::withoutLinkCallsFailInALaterTurn()
{
    std::optional<Result<Greet::Reply>> answer;
    m_client->call<Greet>(
        {}, { QStringLiteral("x") }, this, [&](const Result<Greet::Reply> &reply) { answer = reply; });
    QVERIFY(!answer);
    QTRY_VERIFY(answer);
    QCOMPARE(answer->error().code, Code::Unavailable);
    QCOMPARE(answer->error().begun, Begun::No);
    QVERIFY(!m_client->send<Tell>({}, { QStringLiteral("x") }));
}

void TestClient::callbackNeverAfterItsContext()
{
    connectClient();
    bool called = false;
    auto context = std::make_unique<QObject>();
    Call *call =
        m_client->call<Greet>({}, { QStringLiteral("x") }, context.get(), [&](const auto &) { called = true; });
    QSignalSpy finished(call, &Call::finished);
    context.reset();
    QTRY_COMPARE(finished.size(), 1);
    QVERIFY(!called);
}

void TestClient::wrongKeyStops()
{
    QSignalSpy failed(m_client.get(), &Client::failed);
    m_client->connectTo(m_address, Identity::generate().key());
    QTRY_COMPARE(m_client->state(), Client::State::Stopped);
    QCOMPARE(failed.size(), 1);
    QCOMPARE(m_client->lastError().code, Code::Unauthenticated);
    QVERIFY(m_client->lastError().sentence.contains(QStringLiteral("another key")));
    QCOMPARE(m_server->present().size(), 0);
}

void TestClient::refusedStops()
{
    m_server->setDoor([](const PublicKey &, const Hello &) -> Result<void> {
        return Error { Code::PermissionDenied, QStringLiteral("not you") };
    });
    m_client->connectTo(m_address, m_serverIdentity.key());
    QTRY_COMPARE(m_client->state(), Client::State::Stopped);
    QCOMPARE(m_client->lastError().code, Code::PermissionDenied);
    QCOMPARE(m_client->lastError().sentence, QStringLiteral("not you"));
}

void TestClient::closedDoorByDefault()
{
    m_server->setDoor({});
    m_client->connectTo(m_address, m_serverIdentity.key());
    QTRY_COMPARE(m_client->state(), Client::State::Stopped);
    QCOMPARE(m_client->lastError().code, Code::PermissionDenied);
}

void TestClient::nobodyThereIsTriedAgain()
{
    m_server.reset();
    QSignalSpy failed(m_client.get(), &Client::failed);
    m_client->connectTo(m_address, m_serverIdentity.key());
    QTRY_COMPARE(m_client->state(), Client::State::Waiting);
    QCOMPARE(failed.size(), 1);
    QVERIFY(m_client->retryIn() <= limits::backoffFirst);
    QVERIFY2(m_client->lastError().sentence.contains(QStringLiteral("nobody listens")),
        qPrintable(m_client->lastError().sentence));
    m_client->retryNow();
    QCOMPARE(m_client->state(), Client::State::Connecting);
    QTRY_COMPARE(failed.size(), 2);
    m_client->disconnectFromPeer();
    QCOMPARE(m_client->state(), Client::State::Idle);
}

void TestClient::comesBackByItself()
{
    connectClient();
    QSignalSpy lost(m_client.get(), &Client::lost);
    QList<Client::State> states;
    connect(m_client.get(), &Client::stateChanged, this, [&] { states << m_client->state(); });
    std::optional<Result<Nothing>> answer;
    m_client->call<Never>({}, {}, this, [&](const Result<Nothing> &reply) { answer = reply; });
    QTRY_COMPARE(m_client->link()->streams(), 1);
    m_server.reset(); // says leaving
    QTRY_COMPARE(lost.size(), 1);
    QVERIFY(answer);
    QCOMPARE(answer->error().code, Code::Unavailable);
    QCOMPARE(answer->error().begun, Begun::Maybe);
    QCOMPARE(m_client->link(), nullptr);
    QCOMPARE(states.value(0), Client::State::Waiting);
    listen();
    QTRY_COMPARE_WITH_TIMEOUT(m_client->state(), Client::State::Ready, 10000);
}

void TestClient::waitsAsLongAsItIsTold()
{
    connectClient();
    m_mooring->link()->leave({ Leave::Busy, std::chrono::minutes(10), QStringLiteral("later") });
    QTRY_COMPARE(m_client->state(), Client::State::Waiting);
    QVERIFY(m_client->retryIn() > std::chrono::minutes(9));
    QCOMPARE(m_client->lastError().sentence, QStringLiteral("later"));
}

void TestClient::replacedStops()
{
    connectClient();
    m_mooring->link()->leave({ Leave::Replaced, milliseconds(0), {} });
    QTRY_COMPARE(m_client->state(), Client::State::Stopped);
    QCOMPARE(m_client->lastError().code, Code::Aborted);
}

void TestClient::strangerIsTold()
{
    Listener listener(m_serverIdentity);
    std::vector<Arrival> in;
    Standing standing = Standing::Stranger;
    listener.setAdmission([&](const Hello &, const PublicKey &, const QHostAddress &) {
        Admission admission;
        admission.welcome.device = admission.welcome.session = QByteArray(8, 'd');
        admission.welcome.standing = standing;
        return admission;
    });
    connect(&listener, &Listener::arrived, this, [&](Arrival &arrival) { in.push_back(std::move(arrival)); });
    const auto address = listener.listen(loopback);
    QVERIFY(address);
    QSignalSpy stranger(m_client.get(), &Client::stranger);
    QSignalSpy ready(m_client.get(), &Client::ready);
    m_client->connectTo(*address, m_serverIdentity.key());
    QTRY_COMPARE(m_client->state(), Client::State::Stranger);
    QCOMPARE(stranger.size(), 1);
    QVERIFY(m_client->link());
    QTRY_COMPARE(in.size(), 1u);
    standing = Standing::Member; // approved: it comes again
    m_client->retryNow();
    QTRY_COMPARE(m_client->state(), Client::State::Ready);
    QCOMPARE(ready.size(), 1);
    m_client.reset();
    in.clear();
}

void TestClient::goodbyeIsHeard()
{
    connectClient();
    QSignalSpy left(m_server.get(), &Server::left);
    m_client->disconnectFromPeer();
    QTRY_COMPARE(left.size(), 1);
    QCOMPARE(m_client->state(), Client::State::Idle);
    QCOMPARE(m_server->present().size(), 0);
    connectClient();
    m_client.reset();
    QTRY_COMPARE(left.size(), 2);
}

void TestClient::diesInsideItsOwnSignals_data()
{
    QTest::addColumn<QString>("when");
    for (const char *when : { "connecting", "ready", "lost", "failed", "waiting", "answer", "idle" })
        QTest::newRow(when) << QString::fromLatin1(when);
}

void TestClient::diesInsideItsOwnSignals()
{
    QFETCH(QString, when);
    const auto dieIf = [&](const char *name) {
        if (when == QLatin1String(name))
            m_client.reset();
    };
    connect(m_client.get(), &Client::ready, this, [&] { dieIf("ready"); });
    connect(m_client.get(), &Client::lost, this, [&] { dieIf("lost"); });
    connect(m_client.get(), &Client::failed, this, [&] { dieIf("failed"); });
    connect(m_client.get(), &Client::stateChanged, this, [&](Client::State state) {
        if (state == Client::State::Connecting)
            dieIf("connecting");
        if (state == Client::State::Waiting)
            dieIf("waiting");
        if (state == Client::State::Idle)
            dieIf("idle");
    });
    m_client->connectTo(m_address, m_serverIdentity.key());
    QTRY_VERIFY(!m_client || m_client->state() == Client::State::Ready);
    if (m_client) {
        m_client->call<Greet>({}, { QStringLiteral("x") }, this, [&](const auto &) { dieIf("answer"); });
        QCoreApplication::processEvents();
    }
    if (m_client && when == QStringLiteral("idle"))
        m_client->disconnectFromPeer();
    if (m_client && when != QStringLiteral("answer"))
        m_server.reset();
    QTRY_VERIFY(!m_client);
}

void TestClient::dyingKeepsItsPromises()
{
    connectClient();
    const QFuture<Result<Nothing>> future = m_client->call<Never>({}, {});
    bool called = false;
    m_client->call<Never>({}, {}, this, [&](const auto &) { called = true; });
    m_client.reset();
    QVERIFY(future.isFinished());
    QCOMPARE(future.result().error().code, Code::Unavailable);
    QVERIFY(!called);
}

void TestClient::whoIsToBeDeletedLaterDoesNothingMore_data()
{
    QTest::addColumn<bool>("connected");
    QTest::newRow("in the middle of a greeting") << false;
    QTest::newRow("connected, with a call") << true;
}

/// What it served may be gone before the event loop deletes it.
void TestClient::whoIsToBeDeletedLaterDoesNothingMore()
{
    QFETCH(bool, connected);
    auto served = std::make_unique<Commands>();
    m_client->setCommands(served.get());
    const QPointer<Client> client(m_client.get());
    bool isIdle = false;
    const auto letGo = [&] {
        LaterPointer<Client>(m_client.release()).reset();
        served.reset();
        isIdle = client && !client->link() && client->state() == Client::State::Idle;
    };
    QSignalSpy left(m_server.get(), &Server::left);
    bool called = false;
    if (connected) {
        connectClient();
        const QFuture<Result<Nothing>> future = m_client->call<Never>({}, {});
        m_client->call<Never>({}, {}, this, [&](const auto &) { called = true; });
        letGo();
        QVERIFY(future.isFinished());
        QTRY_COMPARE(left.size(), 1); // it was told
    } else {
        m_server->setDoor([&](const PublicKey &, const Hello &) -> Result<void> {
            letGo();
            return {};
        });
        m_client->connectTo(m_address, m_serverIdentity.key());
        QTRY_VERIFY(!m_client);
    }
    QVERIFY(isIdle);
    QTRY_VERIFY(!client);
    QVERIFY(!called);
}

void TestClient::aLinkThatEndedHereIsNotNamedAgain()
{
    connectClient();
    m_client->connectTo(m_address, m_serverIdentity.key());
    QTRY_COMPARE(m_hellos.size(), 2);
    QTRY_COMPARE(m_client->state(), Client::State::Ready);
    QCOMPARE(m_hellos[0].link.size(), 16);
    QVERIFY(m_hellos[1].link != m_hellos[0].link);
    QCOMPARE(m_hellos[1].connection, 1u);
    QCOMPARE(m_hellos[1].session, m_hellos[0].session);
}

/// As the network does it: neither side says anything.
void TestClient::breakConnection()
{
    QVERIFY(m_mooring && m_mooring->connection());
    m_mooring->connection()->close({ Code::Unavailable, QStringLiteral("broken by the test") });
}

void TestClient::brokenConnectionIsResumed()
{
    connectClient();
    const Link *link = m_client->link();
    const Link *served = m_mooring->link();
    QSignalSpy ready(m_client.get(), &Client::ready);
    QSignalSpy lost(m_client.get(), &Client::lost);
    QSignalSpy suspended(m_client.get(), &Client::suspended);
    QSignalSpy resumed(m_client.get(), &Client::resumed);
    QSignalSpy left(m_server.get(), &Server::left);
    m_client->call<Never>({}, {});
    QTRY_COMPARE(m_mooring->link()->streams(), 1);
    breakConnection();
    QTRY_COMPARE(suspended.size(), 1);
    QCOMPARE(m_client->state(), Client::State::Suspended);
    std::optional<Result<Greet::Reply>> answer;
    m_client->call<Greet>(
        {}, { QStringLiteral("you") }, this, [&](const Result<Greet::Reply> &reply) { answer = reply; });
    QVERIFY(m_client->send<Tell>({}, { QStringLiteral("meanwhile") }));
    QTRY_COMPARE(resumed.size(), 1);
    QCOMPARE(m_client->state(), Client::State::Ready);
    QTRY_VERIFY(answer);
    QVERIFY(*answer);
    QTRY_COMPARE(m_told, QStringList { QStringLiteral("meanwhile") });
    QCOMPARE(m_client->link(), link);
    QCOMPARE(m_mooring->link(), served);
    QCOMPARE(m_client->link()->streams(), 1); // Never is still asked
    QCOMPARE(ready.size() + lost.size() + left.size(), 0);
    QCOMPARE(m_hellos.last().link, m_hellos.first().link);
    QVERIFY(m_hellos.last().connection >= 2);
    QVERIFY(m_hellos.last().features.contains(feature::resume));
    QCOMPARE(m_server->listener().counters().value("resumed"), 1u);
}

void TestClient::renewsWithoutAnybodyNoticing()
{
    connectClient();
    QSignalSpy resumed(m_client.get(), &Client::resumed);
    QList<int> answers;
    for (int i = 0; i < 50; ++i) {
        m_client->call<Greet>({}, { QString::number(i) }, this, [&answers, i](const Result<Greet::Reply> &reply) {
            if (reply)
                answers += i;
        });
        if (i % 10 == 5)
            m_client->renew();
    }
    QTRY_COMPARE(answers.size(), 50);
    for (int i = 0; i < 50; ++i)
        QCOMPARE(answers[i], i);
    QVERIFY(resumed.size() >= 1);
}

void TestClient::unknownLinkEndsTheOldOne()
{
    connectClient();
    QSignalSpy ready(m_client.get(), &Client::ready);
    QSignalSpy lost(m_client.get(), &Client::lost);
    std::optional<Result<Nothing>> answer;
    m_client->call<Never>({}, {}, this, [&](const Result<Nothing> &reply) { answer = reply; });
    QTRY_COMPARE(m_mooring->link()->streams(), 1);
    Link *served = m_mooring->link();
    breakConnection();
    QTRY_COMPARE(m_client->state(), Client::State::Suspended);
    served->leave({ Leave::Leaving, {}, QStringLiteral("forgotten") }); // as a window that passed
    QTRY_COMPARE(ready.size(), 1);
    QCOMPARE(lost.size(), 1);
    QVERIFY(answer);
    QCOMPARE(answer->error().code, Code::Unavailable);
    QCOMPARE(answer->error().begun, Begun::Maybe);
    QCOMPARE(m_client->link()->streams(), 0);
    QCOMPARE(m_client->link()->lane().takenCount(), 0u);
    std::optional<Result<Greet::Reply>> greeted;
    m_client->call<Greet>({}, { QStringLiteral("x") }, this, [&](const auto &reply) { greeted = reply; });
    QTRY_VERIFY(greeted && *greeted);
}

void TestClient::windowPasses()
{
    m_client->setResumeWindow(milliseconds(80));
    connectClient();
    QSignalSpy lost(m_client.get(), &Client::lost);
    std::optional<Result<Nothing>> begun;
    m_client->call<Never>({}, {}, this, [&](const Result<Nothing> &reply) { begun = reply; });
    QTRY_COMPARE(m_mooring->link()->streams(), 1);
    m_server->listener().stop();
    breakConnection();
    QTRY_COMPARE(m_client->state(), Client::State::Suspended);
    std::optional<Result<Nothing>> never;
    m_client->call<Never>({}, {}, this, [&](const Result<Nothing> &reply) { never = reply; });
    QTRY_COMPARE(lost.size(), 1);
    QVERIFY(begun && never);
    QCOMPARE(begun->error().begun, Begun::Maybe);
    QCOMPARE(never->error().code, Code::Unavailable);
    QCOMPARE(never->error().begun, Begun::No);
    QCOMPARE(m_client->link(), nullptr);
    QTRY_VERIFY(m_client->state() == Client::State::Waiting || m_client->state() == Client::State::Connecting);
}

void TestClient::awayIsSaidAndTakenBack()
{
    m_server->setResume(limits::resumeWindow, milliseconds(1));
    connectClient();
    const Party who = m_server->present().first();
    Link *served = m_mooring->link();
    std::optional<Result<Nothing>> answer;
    connect(served, &Link::wentAway, this, [&] { // it may be back very soon
        m_server->call<Echo>(who, {}, this, [&](const Result<Nothing> &reply) { answer = reply; });
    });
    breakConnection();
    QTRY_VERIFY(answer);
    QCOMPARE(answer->error().begun, Begun::No); // nobody waits for somebody who is away
    QTRY_VERIFY(!served->isAway());
    answer.reset();
    m_server->call<Echo>(who, {}, this, [&](const Result<Nothing> &reply) { answer = reply; });
    QTRY_VERIFY(answer);
    QCOMPARE(answer->error().code, Code::Unimplemented); // it was reached
}

void TestClient::goingWhileSuspended()
{
    connectClient();
    m_server->listener().stop();
    std::optional<Result<Nothing>> answer;
    m_client->call<Never>({}, {}, this, [&](const Result<Nothing> &reply) { answer = reply; });
    QTRY_COMPARE(m_mooring->link()->streams(), 1);
    breakConnection();
    QTRY_COMPARE(m_client->state(), Client::State::Suspended);
    m_client->retryNow(); // nobody listens
    m_client->disconnectFromPeer();
    QVERIFY(answer);
    QCOMPARE(answer->error().code, Code::Unavailable);
    QCOMPARE(m_client->state(), Client::State::Idle);
    QCOMPARE(m_client->link(), nullptr);
}

void TestClient::newestLinkOfADeviceStays()
{
    Profile profile = person(QStringLiteral("client"));
    profile.device = QByteArray(8, 'd');
    m_client->setProfile(profile);
    connectClient();
    profile.device = QByteArray(8, 'e');
    Client second(m_client->identity(), profile); // another device is another session
    second.connectTo(m_address, m_serverIdentity.key());
    QTRY_COMPARE(second.state(), Client::State::Ready);
    QCOMPARE(m_server->present().size(), 2);
    profile.device = QByteArray(8, 'd');
    Client third(m_client->identity(), profile);
    third.connectTo(m_address, m_serverIdentity.key());
    QTRY_COMPARE(third.state(), Client::State::Ready);
    QTRY_COMPARE(m_client->state(), Client::State::Stopped);
    QCOMPARE(m_client->lastError().code, Code::Aborted);
    QCOMPARE(second.state(), Client::State::Ready);
    QCOMPARE(m_server->present().size(), 2);
}

void TestClient::serveMove(Commands &commands)
{
    commands.serveLater<Move>([](const Nothing &, const Caller &, Reply<Move> reply) {
        reply(Move::Reply { reply.call().link()->settings().lane });
    });
}

/// The lane that a file of the client came by.
std::optional<quint64> TestClient::move()
{
    std::optional<Result<Move::Reply>> answer;
    m_client->call<Move>({}, {}, this, [&](const Result<Move::Reply> &reply) { answer = reply; });
    if (!QTest::qWaitFor([&] { return answer.has_value(); }) || !*answer)
        return {};
    return (*answer)->lane;
}

void TestClient::filesHaveALaneOfTheirOwn()
{
    connectClient();
    QCOMPARE(m_mooring->presentLane(), nullptr); // nobody wanted it
    const quint64 before = m_mooring->link()->lane().takenCount();
    QCOMPARE(move(), std::optional<quint64>(1));
    QCOMPARE(move(), std::optional<quint64>(1));
    QCOMPARE(m_mooring->link()->lane().takenCount(), before);
    QCOMPARE(m_mooring->presentLane()->lane().takenCount(), 2u);
    QCOMPARE(m_hellos.size(), 2);
    QCOMPARE(m_hellos[1].lane, 1u);
    QCOMPARE(m_hellos[1].link, m_hellos[0].link);
    QCOMPARE(m_server->present().size(), 1);
    std::optional<Result<Greet::Reply>> answer;
    m_client->call<Greet>({}, { QStringLiteral("x") }, this, [&](const auto &reply) { answer = reply; });
    QTRY_VERIFY(answer && *answer); // talk stays where it was
    QVERIFY(m_mooring->link()->lane().takenCount() > before);
}

void TestClient::aLaneIsResumed()
{
    connectClient();
    QCOMPARE(move(), std::optional<quint64>(1));
    const Link *lane = m_mooring->presentLane();
    m_mooring->lane(1)->connection()->close({ Code::Unavailable, QStringLiteral("broken by the test") });
    QTRY_VERIFY(lane->isSuspended());
    QVERIFY(!m_mooring->link()->isSuspended());
    QCOMPARE(m_client->state(), Client::State::Ready);
    QCOMPARE(move(), std::optional<quint64>(1));
    QCOMPARE(m_mooring->presentLane(), lane);
    QCOMPARE(lane->lane().takenCount(), 2u);
}

void TestClient::aLaneEndsWithItsLink()
{
    connectClient();
    QCOMPARE(move(), std::optional<quint64>(1));
    QPointer<Link> lane = m_mooring->presentLane();
    QSignalSpy ended(lane.data(), &Link::ended);
    m_mooring->link()->leave({ Leave::Leaving, {}, {} });
    QCOMPARE(ended.size(), 1);
    QTRY_COMPARE(m_client->state(), Client::State::Ready);
    QTRY_VERIFY(m_mooring && m_mooring->link() && !m_mooring->presentLane());
    QCOMPARE(move(), std::optional<quint64>(1)); // of the next link
    m_client->disconnectFromPeer();
    QTRY_VERIFY(m_mooring.isNull() || !m_mooring->presentLane());
}

void TestClient::theListenerAsksForALane()
{
    Commands ours;
    serveMove(ours);
    m_client->setCommands(&ours);
    connectClient();
    const Party to = m_server->present().first();
    for (int i = 0; i < 2; ++i) {
        std::optional<Result<Move::Reply>> answer;
        m_server->call<Move>(to, {}, this, [&](const Result<Move::Reply> &reply) { answer = reply; });
        QTRY_VERIFY(answer);
        QVERIFY2(*answer, *answer ? "" : qPrintable(answer->error().sentence));
        QCOMPARE((*answer)->lane, 1u);
    }
    QCOMPARE(move(), std::optional<quint64>(1)); // the same one
    QCOMPARE(m_hellos.size(), 2);
    m_client.reset();
}

void TestClient::largeBulkOverTls()
{
    m_commands->serveLater<Echo>(
        [](const Nothing &, const Caller &, Reply<Echo> reply) { reply(Nothing {}, reply.call().bulk()); });
    connectClient();
    CallOptions options;
    options.bulk = QByteArray(5 * 1024 * 1024, 'b');
    options.bulk[4000000] = 'c';
    Call *call = m_client->start<Echo>({}, {}, options);
    std::optional<Result<Payload>> answer;
    connect(call, &Call::finished, this, [&](const Result<Payload> &result) { answer = result; });
    QTRY_VERIFY(answer);
    QVERIFY(*answer);
    QVERIFY((*answer)->bulk == options.bulk);
}

void TestClient::backoffDoublesAndForgets()
{
    Backoff backoff;
    QCOMPARE(backoff.next(0.5), milliseconds(500));
    QCOMPARE(backoff.next(1.0), milliseconds(2000));
    QVERIFY(backoff.next(0.0) > milliseconds(1000) / 3); // not more than three in a second, whatever chance says
    QCOMPARE(Backoff().next(0.0), milliseconds(0)); // the first may be at once
    for (int i = 0; i < 10; ++i)
        QVERIFY(backoff.next(1.0) <= limits::backoffMost);
    QCOMPARE(backoff.bound(), milliseconds(limits::backoffMost));
    const Instant start {};
    backoff.connected(start);
    backoff.lost(start + limits::backoffReset - milliseconds(1));
    QCOMPARE(backoff.bound(), milliseconds(limits::backoffMost));
    backoff.connected(start);
    backoff.lost(start + limits::backoffReset);
    QCOMPARE(backoff.bound(), milliseconds(limits::backoffFirst));
}

QTEST_GUILESS_MAIN(TestClient)
#include "tst_client.moc"
