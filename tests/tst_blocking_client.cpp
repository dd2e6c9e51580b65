#include "core/blocking_client.h"
#include "core/server.h"
#include "support/own_host.h"

#include <QSemaphore>
#include <QTest>
#include <thread>

using namespace hawser;

namespace {

struct Double {
    static constexpr const char *name = "double";
    struct Request {
        int number = 0;
        static void describe(auto &field) { field("number", &Request::number, { .required = true }); }
    };
    using Reply = Request;
};

struct Never {
    static constexpr const char *name = "never";
    using Request = Nothing;
    using Reply = Nothing;
};

/// A server in a thread of its own: the one of the tests only waits.
class ServerThread : public QThread {
public:
    ServerThread()
    {
        start();
        m_ready.acquire();
    }
    ~ServerThread() override
    {
        quit();
        wait();
    }

    const Identity identity = Identity::generate();
    Address address;

protected:
    void run() override
    {
        Commands commands;
        commands.serve<Double>([](const Double::Request &request, const Caller &) -> Result<Double::Reply> {
            if (request.number < 0)
                return Error { Code::OutOfRange, QStringLiteral("too small") };
            return Double::Reply { 2 * request.number };
        });
        std::vector<Reply<Never>> kept;
        commands.serveLater<Never>([&](const Nothing &, const Caller &, Reply<Never> reply) { kept.push_back(reply); });
        Server server(identity, {});
        server.setDoor(Server::anybody);
        server.setCommands(&commands);
        address = *server.listen({ QStringLiteral("127.0.0.1"), 0 });
        m_ready.release();
        exec();
        kept.clear();
    }

private:
    QSemaphore m_ready;
};

} // namespace

/// Callers that wait, in threads that own no link.
class TestBlockingClient : public QObject {
    Q_OBJECT

private slots:
    void callsAndWaits();
    void deadlineEndsTheWait();
    void connectingFailsInTime();
    void wrongKeyIsSaidAtOnce();
    void manyThreadsShareOne();
    void refusesAThreadThatOwnsAClient();

private:
    ServerThread m_server;
};

void TestBlockingClient::callsAndWaits()
{
    BlockingClient client(Identity::generate(), {});
    const Result<void> connected = client.connectTo(m_server.address, m_server.identity.key());
    QVERIFY2(connected, connected ? "" : qPrintable(connected.error().sentence));
    const auto doubled = client.call<Double>({}, { 21 });
    QVERIFY(doubled);
    QCOMPARE(doubled->number, 42);
    const auto refused = client.call<Double>({}, { -1 });
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, Code::OutOfRange);
    QCOMPARE(refused.error().sentence, QStringLiteral("too small"));
    QCOMPARE(client.call({}, QStringLiteral("nothing")).error().code, Code::Unimplemented);
    QVERIFY(client.send<Double>({}, { 1 }));
}

void TestBlockingClient::deadlineEndsTheWait()
{
    BlockingClient client(Identity::generate(), {});
    QVERIFY(client.connectTo(m_server.address, m_server.identity.key()));
    CallOptions options;
    options.timeout = milliseconds(20);
    const auto never = client.call<Never>({}, {}, options);
    QVERIFY(!never);
    QCOMPARE(never.error().code, Code::DeadlineExceeded);
}

void TestBlockingClient::connectingFailsInTime()
{
    Address nowhere;
    {
        Listener gone(m_server.identity);
        nowhere = *gone.listen({ test::ownHost(), 0 });
    }
    BlockingClient client(Identity::generate(), {});
    const Result<void> connected = client.connectTo(nowhere, m_server.identity.key(), milliseconds(100));
    QVERIFY(!connected);
    QCOMPARE(connected.error().code, Code::DeadlineExceeded);
    QVERIFY2(
        connected.error().sentence.contains(QStringLiteral("nobody listens")), qPrintable(connected.error().sentence));
    QCOMPARE(client.call<Double>({}, { 1 }).error().code, Code::Unavailable);
}

void TestBlockingClient::wrongKeyIsSaidAtOnce()
{
    BlockingClient client(Identity::generate(), {});
    const Result<void> connected =
        client.connectTo(m_server.address, Identity::generate().key(), std::chrono::minutes(5));
    QVERIFY(!connected);
    QCOMPARE(connected.error().code, Code::Unauthenticated);
}

void TestBlockingClient::manyThreadsShareOne()
{
    BlockingClient client(Identity::generate(), {});
    QVERIFY(client.connectTo(m_server.address, m_server.identity.key()));
    std::atomic<int> right = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&client, &right, t] {
            for (int i = 0; i < 50; ++i) {
                const auto doubled = client.call<Double>({}, { 100 * t + i });
                right += doubled && doubled->number == 2 * (100 * t + i);
            }
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    QCOMPARE(right, 200);
}

void TestBlockingClient::refusesAThreadThatOwnsAClient()
{
#ifndef QT_NO_DEBUG
    QSKIP("it asserts in builds with assertions");
#endif
    BlockingClient client(Identity::generate(), {});
    QVERIFY(client.connectTo(m_server.address, m_server.identity.key()));
    {
        Client own(Identity::generate(), {});
        QCOMPARE(client.call<Double>({}, { 1 }).error().code, Code::FailedPrecondition);
        QVERIFY(!client.connectTo(m_server.address, m_server.identity.key()));
    }
    QVERIFY(client.call<Double>({}, { 1 }));
}

QTEST_GUILESS_MAIN(TestBlockingClient)
#include "tst_blocking_client.moc"
