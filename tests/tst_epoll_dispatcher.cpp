#include "core/certificate.h"
#include "core/connection.h"
#include "core/epoll_dispatcher.h"
#include "support/framesink.h"

#include <QElapsedTimer>
#include <QLocalServer>
#include <QLocalSocket>
#include <QProcess>
#include <QSignalSpy>
#include <QSocketNotifier>
#include <QSslConfiguration>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>
#include <QThread>
#include <QTimer>
#include <sys/socket.h>
#include <unistd.h>

using namespace hawser;
using namespace std::chrono_literals;

namespace {

class Door : public QTcpServer {
public:
    std::function<void(qintptr)> taken;

protected:
    void incomingConnection(qintptr descriptor) override { taken(descriptor); }
};

struct SocketPair {
    SocketPair() { (void)::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends); }
    ~SocketPair()
    {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    int ends[2] = { -1, -1 };
};

} // namespace

/// Everything here runs on the dispatcher: main() has set it.
class TestEpollDispatcher : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QVERIFY(qobject_cast<EpollDispatcher *>(QAbstractEventDispatcher::instance())); }

    void tlsRuns()
    {
        const Identity serverId = Identity::generate();
        Door door;
        std::unique_ptr<Connection> server;
        RecordingSink serverSink, clientSink;
        door.taken = [&](qintptr descriptor) {
            server = Connection::accept(descriptor, serverId);
            connect(server.get(), &Connection::encrypted, this, [&] { server->setSink(&serverSink); });
        };
        QVERIFY(door.listen(QHostAddress::LocalHost));
        auto client = Connection::dial({ "127.0.0.1", door.serverPort() }, Identity::generate(), serverId.key());
        client->setSink(&clientSink);
        for (int i = 0; i < 1000; ++i)
            clientSink.sayFrame(QByteArray(4000, char(i)));
        QTRY_COMPARE(serverSink.frames.size(), 1000u);
        QCOMPARE(serverSink.frames[999].payload, QByteArray(4000, char(999)));
        server.reset();
        QTRY_COMPARE(clientSink.losses.size(), 1u);
    }

    void localSocketsRun()
    {
        QLocalServer server;
        const QString name = QStringLiteral("hawser-epoll-%1").arg(QCoreApplication::applicationPid());
        QVERIFY(server.listen(name));
        QLocalSocket client;
        client.connectToServer(name);
        QTRY_VERIFY(server.hasPendingConnections());
        QLocalSocket *there = server.nextPendingConnection();
        client.write("hello");
        QTRY_COMPARE(there->bytesAvailable(), 5);
        there->disconnectFromServer();
        QTRY_COMPARE(client.state(), QLocalSocket::UnconnectedState);
    }

    void aRefusedConnectionIsHeardOf()
    {
        QTcpServer gone;
        QVERIFY(gone.listen(QHostAddress::LocalHost));
        const quint16 port = gone.serverPort();
        gone.close();
        QTcpSocket socket;
        socket.connectToHost(QHostAddress::LocalHost, port);
        QTRY_COMPARE(socket.error(), QAbstractSocket::ConnectionRefusedError);
    }

    void childrenRun()
    {
        QProcess child;
        child.start(QStringLiteral("echo"), { QStringLiteral("hi") });
        QTRY_COMPARE(child.state(), QProcess::NotRunning);
        QCOMPARE(child.readAllStandardOutput(), "hi\n");
    }

    void readWriteAndCloseAreTold()
    {
        SocketPair pair;
        QSocketNotifier reads(pair.ends[0], QSocketNotifier::Read), writes(pair.ends[0], QSocketNotifier::Write);
        writes.setEnabled(false);
        int read = 0, wrote = 0;
        connect(&reads, &QSocketNotifier::activated, &reads, [&] {
            char byte = 0;
            read += int(::read(pair.ends[0], &byte, 1));
        });
        connect(&writes, &QSocketNotifier::activated, &writes, [&] {
            ++wrote;
            writes.setEnabled(false);
        });
        QCOMPARE(::write(pair.ends[1], "abc", 3), 3);
        QTRY_COMPARE(read, 3); // level-triggered: one byte a time
        QCOMPARE(wrote, 0);
        writes.setEnabled(true);
        QTRY_COMPARE(wrote, 1);
        QCOMPARE(read, 3);
    }

    void aReusedDescriptorIsNotConfused()
    {
        for (int round = 0; round < 3; ++round) {
            SocketPair first;
            QSocketNotifier stale(first.ends[0], QSocketNotifier::Read);
            ::close(first.ends[0]); // behind the notifier's back
            SocketPair second; // its first end has the same number now
            QCOMPARE(second.ends[0], first.ends[0]);
            int heard = 0;
            {
                QSocketNotifier fresh(second.ends[0], QSocketNotifier::Read);
                connect(&fresh, &QSocketNotifier::activated, &fresh, [&] {
                    char byte = 0;
                    heard += int(::read(second.ends[0], &byte, 1));
                });
                QCOMPARE(::write(second.ends[1], "a", 1), 1);
                QTRY_COMPARE(heard, 1);
            }
            first.ends[0] = -1;
        }
    }

    void aNotifierMayDieInItsSlotAndTakeOthersAlong()
    {
        std::vector<std::unique_ptr<SocketPair>> pairs;
        std::vector<std::unique_ptr<QSocketNotifier>> notifiers;
        int activations = 0;
        for (int i = 0; i < 20; ++i) {
            pairs.push_back(std::make_unique<SocketPair>());
            QCOMPARE(::write(pairs.back()->ends[1], "x", 1), 1);
            notifiers.push_back(std::make_unique<QSocketNotifier>(pairs.back()->ends[0], QSocketNotifier::Read));
            connect(notifiers.back().get(), &QSocketNotifier::activated, this, [&] {
                ++activations;
                for (auto &notifier : notifiers) {
                    notifier->setEnabled(false);
                    notifier.release()->deleteLater();
                }
                notifiers.clear();
                pairs.clear();
            });
        }
        QTRY_VERIFY(pairs.empty());
        QCOMPARE(activations, 1);
    }

    void timersKeepTimeAndOrder()
    {
        QList<int> order;
        QElapsedTimer clock;
        clock.start();
        QTimer::singleShot(30ms, Qt::PreciseTimer, this, [&] { order.append(30); });
        QTimer::singleShot(10ms, Qt::PreciseTimer, this, [&] { order.append(10); });
        QTimer::singleShot(0ms, this, [&] { order.append(0); });
        QTimer coarse;
        connect(&coarse, &QTimer::timeout, this, [&] { order.append(50); });
        coarse.setSingleShot(true);
        coarse.start(50ms);
        QVERIFY(coarse.remainingTime() > 0 && coarse.remainingTime() <= 53);
        QTRY_COMPARE(order, (QList<int> { 0, 10, 30, 50 }));
        QVERIFY(clock.elapsed() >= 50);
        QCOMPARE(coarse.remainingTime(), -1);
    }

    void aTimerRepeatsAndStopsInItsSlot()
    {
        QTimer timer;
        int fired = 0;
        connect(&timer, &QTimer::timeout, this, [&] {
            if (++fired == 5)
                timer.stop();
        });
        timer.start(2ms);
        QTRY_COMPARE(fired, 5);
        QTimer later;
        QSignalSpy spy(&later, &QTimer::timeout);
        later.start(20ms);
        QTRY_VERIFY(!spy.isEmpty());
        QCOMPARE(fired, 5);
    }

    void zeroTimersDoNotStarveSockets()
    {
        SocketPair pair;
        QTimer busy;
        int turns = 0;
        connect(&busy, &QTimer::timeout, this, [&] { ++turns; });
        busy.start(0ms);
        QSocketNotifier notifier(pair.ends[0], QSocketNotifier::Read);
        QSignalSpy activated(&notifier, &QSocketNotifier::activated);
        connect(&notifier, &QSocketNotifier::activated, this, [&] { notifier.setEnabled(false); });
        QTRY_VERIFY(turns > 10);
        QCOMPARE(::write(pair.ends[1], "x", 1), 1);
        QTRY_COMPARE(activated.size(), 1);
    }

    void queuedCallsAndDeleteLaterComeFromOtherThreads()
    {
        QThread thread;
        QObject there;
        there.moveToThread(&thread);
        thread.setEventDispatcher(new EpollDispatcher);
        thread.start();
        std::atomic<int> calls { 0 };
        int answers = 0;
        for (int i = 0; i < 1000; ++i) {
            QMetaObject::invokeMethod(&there, [&] {
                ++calls;
                QMetaObject::invokeMethod(this, [&] { ++answers; });
            });
        }
        QTRY_COMPARE(answers, 1000);
        QCOMPARE(calls.load(), 1000);
        QPointer<QObject> mortal = new QObject;
        mortal->deleteLater();
        QTRY_VERIFY(!mortal);
        thread.quit();
        QVERIFY(thread.wait(5000));
    }

    void hundredsOfSocketsAreHeard()
    {
        std::vector<std::unique_ptr<SocketPair>> pairs;
        std::vector<std::unique_ptr<QSocketNotifier>> notifiers;
        int heard = 0;
        for (int i = 0; i < 400; ++i) {
            pairs.push_back(std::make_unique<SocketPair>());
            notifiers.push_back(std::make_unique<QSocketNotifier>(pairs.back()->ends[0], QSocketNotifier::Read));
            connect(notifiers.back().get(), &QSocketNotifier::activated, this, [&heard, end = pairs.back()->ends[0]] {
                char byte = 0;
                heard += int(::read(end, &byte, 1));
            });
        }
        for (int i = 0; i < 50; ++i)
            QCOMPARE(::write(pairs[size_t(i) * 7]->ends[1], "x", 1), 1);
        QTRY_COMPARE(heard, 50);
    }
};

int main(int argc, char **argv)
{
    QCoreApplication::setEventDispatcher(new EpollDispatcher);
    QCoreApplication application(argc, argv);
    TestEpollDispatcher test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_epoll_dispatcher.moc"
