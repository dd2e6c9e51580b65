#include "core/certificate.h"
#include "core/connection.h"
#include "support/framesink.h"
#include "support/own_host.h"

#include <QDir>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>
#include <sys/socket.h>

using namespace hawser;
using namespace std::chrono_literals;

namespace {

/// Accepts with TLS, without any admission.
class Door : public QTcpServer {
public:
    explicit Door(const Identity &identity) : m_identity(identity) { listen(QHostAddress::LocalHost); }

    Address address() const { return { QStringLiteral("127.0.0.1"), serverPort() }; }

    std::unique_ptr<Connection> connection;
    int socket = -1; // the connection's
    int closed = 0;

protected:
    void incomingConnection(qintptr descriptor) override
    {
        socket = int(descriptor);
        connection = Connection::accept(descriptor, m_identity);
        connect(connection.get(), &Connection::closed, this, [this] { ++closed; });
    }

private:
    Identity m_identity;
};

/// Says a frame of 64 KiB as often as it is asked.
class Endless : public RecordingSink {
public:
    QByteArray nextChunk(Instant) override
    {
        if (given >= most)
            return {};
        given += m_chunk.size();
        return m_chunk;
    }

    qint64 given = 0;
    qint64 most = 200 * 1024 * 1024;

private:
    static QByteArray makeChunk()
    {
        QByteArray frame;
        appendFrame(frame, FrameType::Data, 0, 1, QByteArray(limits::framePayload, 'x'));
        return frame;
    }
    QByteArray m_chunk = makeChunk();
};

/// Two ends over TLS on loopback, each with a sink.
struct Ends {
    explicit Ends(bool bulk = false) { serverSink.movesBulk = clientSink.movesBulk = bulk; }

    Identity serverId = Identity::generate();
    Identity clientId = Identity::generate();
    RecordingSink serverSink;
    RecordingSink clientSink;
    Door door { serverId };
    std::unique_ptr<Connection> client = Connection::dial(door.address(), clientId, serverId.key());

    Connection *server() const { return door.connection.get(); }
    bool open()
    {
        if (!QTest::qWaitFor(
                [this] { return server() && !server()->peerKey().isNull() && !client->peerKey().isNull(); }))
            return false;
        for (Connection *end : { server(), client.get() })
            end->setMaxPayload(limits::framePayload);
        server()->setSink(&serverSink);
        client->setSink(&clientSink);
        return true;
    }
    ~Ends()
    {
        if (server())
            server()->setSink(nullptr);
        if (client)
            client->setSink(nullptr);
    }
};

QList<QByteArray> threadNames()
{
    QList<QByteArray> names;
    for (const QString &task : QDir(QStringLiteral("/proc/self/task")).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        QFile name(QStringLiteral("/proc/self/task/%1/comm").arg(task));
        if (name.open(QIODevice::ReadOnly))
            names << name.readAll().trimmed();
    }
    return names;
}

void talkAndBulk()
{
    QTest::addColumn<bool>("bulk");
    QTest::newRow("talk") << false;
    QTest::newRow("bulk") << true;
}

Error closedWith(Connection *connection)
{
    QSignalSpy closed(connection, &Connection::closed);
    return closed.wait(5000) ? closed.first().first().value<Error>() : Error {};
}

} // namespace

Q_DECLARE_METATYPE(hawser::Error)

class TestConnection : public QObject {
    Q_OBJECT

private slots:
    void init() { QTest::failOnWarning(QRegularExpression(QStringLiteral("device not open"))); }

    void aPairInMemoryDelivers()
    {
        const Identity one = Identity::generate(), other = Identity::generate();
        auto [first, second] = Connection::pair(one.key(), other.key());
        QSignalSpy ready(first.get(), &Connection::encrypted);
        RecordingSink firstSink, secondSink;
        first->setSink(&firstSink);
        second->setSink(&secondSink);
        QVERIFY(ready.wait());
        QCOMPARE(first->peerKey(), other.key());
        firstSink.sayFrame("ping");
        secondSink.sayFrame("pong", 7);
        QTRY_COMPARE(secondSink.frames.size(), 1u);
        QTRY_COMPARE(firstSink.frames.size(), 1u);
        QCOMPARE(firstSink.frames[0].payload, "pong");
        QCOMPARE(firstSink.frames[0].stream, 7u);
        first->close({ Code::Cancelled, QStringLiteral("enough") });
        QTRY_COMPARE(firstSink.losses.size(), 1u);
        QCOMPARE(firstSink.losses[0].sentence, QStringLiteral("enough"));
        QTRY_COMPARE(secondSink.losses.size(), 1u);
        QCOMPARE(secondSink.losses[0].code, Code::Unavailable);
    }

    void tlsProvesBothKeys()
    {
        Ends ends;
        QVERIFY(ends.open());
        QCOMPARE(ends.server()->peerKey(), ends.clientId.key());
        QCOMPARE(ends.client->peerKey(), ends.serverId.key());
        QCOMPARE(ends.server()->peerAddress(), QHostAddress(QHostAddress::LocalHost));
        ends.clientSink.sayFrame(QByteArray(50'000, 'a'));
        ends.serverSink.sayFrame("b");
        QTRY_COMPARE(ends.serverSink.frames.size(), 1u);
        QCOMPARE(ends.serverSink.frames[0].payload, QByteArray(50'000, 'a'));
        QTRY_COMPARE(ends.clientSink.frames.size(), 1u);
        QTRY_COMPARE(ends.client->backlog(), 0);
    }

    void anotherKeyThanExpectedIsRefusedBeforeAByteIsSent()
    {
        const Identity server = Identity::generate(), client = Identity::generate(), wanted = Identity::generate();
        Door door(server);
        RecordingSink said;
        said.sayFrame("secret");
        const auto connection = Connection::dial(door.address(), client, wanted.key());
        connection->setSink(&said);
        const Error why = closedWith(connection.get());
        QCOMPARE(why.code, Code::Unauthenticated);
        QVERIFY2(why.sentence.contains(server.key().words()), qUtf8Printable(why.sentence));
        QVERIFY2(why.sentence.contains(wanted.key().words()), qUtf8Printable(why.sentence));
        QCOMPARE(said.losses.size(), 1u);
        QCOMPARE(said.out.size(), 1u);
        QCOMPARE(connection->bytesWritten(), 0u);
        QVERIFY(connection->peerKey().isNull());
    }

    void theSentenceSaysWhichStepFailed_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("name") << "no..such"
                              << "there is no host of that name";
        QTest::newRow("port") << test::ownHost() << "nobody listens at " + test::ownHost() + ':';
    }
    void theSentenceSaysWhichStepFailed()
    {
        QFETCH(QString, host);
        QFETCH(QString, sentence);
        QTcpServer gone;
        QVERIFY(gone.listen(QHostAddress(test::ownHost())));
        const quint16 port = gone.serverPort();
        gone.close();
        const auto connection = Connection::dial({ host, port }, Identity::generate(), std::nullopt);
        const Error why = closedWith(connection.get());
        QVERIFY2(why.sentence.contains(sentence), qUtf8Printable(why.sentence));
    }

    void aServerWithoutTlsIsNoConnection()
    {
        QTcpServer plain;
        QVERIFY(plain.listen(QHostAddress::LocalHost));
        connect(
            &plain, &QTcpServer::newConnection, &plain, [&] { plain.nextPendingConnection()->write("220 hello\r\n"); });
        const auto connection = Connection::dial({ "127.0.0.1", plain.serverPort() }, Identity::generate(), {});
        const Error why = closedWith(connection.get());
        QCOMPARE(why.code, Code::Unavailable);
        QVERIFY2(why.sentence.contains("no encrypted connection"), qUtf8Printable(why.sentence));
    }

    void refusesAtTheHeader()
    {
        Ends ends;
        QVERIFY(ends.open());
        char header[limits::frameHeader];
        writeHeader(header, limits::framePayload + 1, FrameType::Data, 0, 1);
        ends.clientSink.say(QByteArray(header, sizeof header));
        const Error why = closedWith(ends.server());
        QCOMPARE(why.code, Code::ResourceExhausted);
        QVERIFY(ends.serverSink.frames.empty());
    }

    void aFrameCutByTheEndIsNotSeen()
    {
        Ends ends;
        QVERIFY(ends.open());
        QByteArray bytes;
        appendFrame(bytes, FrameType::Data, 0, 1, "whole");
        appendFrame(bytes, FrameType::Data, 0, 1, "cut");
        bytes.chop(1);
        ends.clientSink.say(bytes);
        QTRY_COMPARE(ends.client->bytesWritten(), quint64(bytes.size()));
        ends.client->close({ Code::Cancelled, {} });
        QTRY_COMPARE(ends.serverSink.losses.size(), 1u);
        QCOMPARE(ends.serverSink.frames.size(), 1u);
        QCOMPARE(ends.serverSink.frames[0].payload, "whole");
    }

    void aWriteThatFailsIsTheEnd()
    {
        Ends ends;
        QVERIFY(ends.open());
        ::shutdown(ends.door.socket, SHUT_RDWR);
        ends.serverSink.sayFrame("nobody reads this");
        QTRY_COMPARE(ends.serverSink.losses.size(), 1u);
    }

    /// Wherever a frame of full size is cut: what is missing still comes.
    void aLargestFrameArrivesWhereverItIsCut()
    {
        QByteArray frame;
        appendFrame(frame, FrameType::Data, 0, 1, QByteArray(limits::framePayload, 'x'));
        for (qsizetype missing = 1; missing <= 2 * qsizetype(limits::frameHeader); ++missing) {
            auto [first, second] = Connection::pair(Identity::generate().key(), Identity::generate().key());
            RecordingSink firstSink, secondSink;
            first->setSink(&firstSink);
            second->setSink(&secondSink);
            for (Connection *end : { first.get(), second.get() })
                end->setMaxPayload(limits::framePayload);
            firstSink.say(frame.chopped(missing));
            QTRY_COMPARE(second->bytesRead(), quint64(frame.size() - missing));
            QVERIFY(secondSink.frames.empty());
            firstSink.say(frame.last(missing));
            QTRY_COMPARE(secondSink.frames.size(), 1u);
            QCOMPARE(secondSink.frames[0].payload.size(), qsizetype(limits::framePayload));
            first->setSink(nullptr);
            second->setSink(nullptr);
        }
    }

    void lastWordsArrive_data()
    {
        QTest::addColumn<bool>("deleted");
        QTest::addColumn<bool>("bulk");
        QTest::newRow("closed") << false << false;
        QTest::newRow("deleted") << true << false;
        QTest::newRow("bulk, closed") << false << true;
        QTest::newRow("bulk, deleted") << true << true;
    }
    void lastWordsArrive()
    {
        QFETCH(bool, deleted);
        QFETCH(bool, bulk);
        Ends ends(bulk);
        QVERIFY(ends.open());
        ends.serverSink.sayFrame("unread");
        const int frames = deleted ? 3 : 60; // what a deleted one has not written yet is not its any more
        for (int i = 0; i < frames; ++i)
            ends.clientSink.sayFrame(QByteArray(limits::framePayload, 'w'));
        if (deleted) {
            QTRY_VERIFY(ends.clientSink.out.empty());
            ends.client.reset();
        } else {
            ends.client->close({ Code::Cancelled, QStringLiteral("bye") });
        }
        QTRY_COMPARE(ends.serverSink.losses.size(), 1u);
        QCOMPARE(int(ends.serverSink.frames.size()), frames);
    }

    void aPeerThatDoesNotReadCostsNoMemory_data() { talkAndBulk(); }
    void aPeerThatDoesNotReadCostsNoMemory()
    {
        QFETCH(bool, bulk);
        Ends ends(bulk);
        QVERIFY(ends.open());
        if (bulk) { // it must be there before nobody reads
            ends.serverSink.sayFrame("there");
            QTRY_COMPARE(ends.clientSink.frames.size(), 1u);
        }
        ends.server()->setSink(nullptr); // nobody reads
        Endless endless;
        endless.movesBulk = bulk;
        ends.client->setSink(&endless);
        QTRY_VERIFY(endless.given > 1024 * 1024); // kernel buffers are full
        qint64 before = -1;
        QVERIFY(QTest::qWaitFor([&] { return std::exchange(before, endless.given) == endless.given; }, 5000));
        QVERIFY2(ends.client->backlog() <= 1024 * 1024, QByteArray::number(ends.client->backlog()).constData());
        QVERIFY2(ends.server()->held() <= 1024 * 1024, QByteArray::number(ends.server()->held()).constData());
        QVERIFY2(endless.given < 40 * 1024 * 1024, QByteArray::number(endless.given).constData());
        endless.most = endless.given;
        ends.server()->setSink(&ends.serverSink); // and now somebody does
        QTRY_COMPARE(
            qint64(ends.serverSink.frames.size()), endless.given / (limits::framePayload + limits::frameHeader));
        ends.client->setSink(nullptr);
    }

    /// It changes threads while frames are on their way in both directions.
    void bulkGoesBothWaysInAThreadOfItsOwn()
    {
        Ends ends;
        QVERIFY(ends.open());
        constexpr int frames = 300;
        for (int i = 0; i < frames; ++i) {
            ends.clientSink.sayFrame(QByteArray(limits::framePayload - i, char('a' + i % 26)));
            ends.serverSink.sayFrame(QByteArray(limits::framePayload - 2 * i, char('A' + i % 26)));
        }
        QTRY_VERIFY(ends.serverSink.frames.size() > frames / 10 && ends.clientSink.frames.size() > frames / 10);
        QVERIFY(ends.serverSink.frames.size() < frames);
        for (Connection *end : { ends.server(), ends.client.get() }) {
            RecordingSink &sink = end == ends.client.get() ? ends.clientSink : ends.serverSink;
            sink.movesBulk = true;
            end->setSink(&sink);
        }
        QTRY_COMPARE(int(ends.serverSink.frames.size()), frames);
        QTRY_COMPARE(int(ends.clientSink.frames.size()), frames);
        for (int i = 0; i < frames; ++i) {
            QCOMPARE(
                ends.serverSink.frames[size_t(i)].payload, QByteArray(limits::framePayload - i, char('a' + i % 26)));
            QCOMPARE(ends.clientSink.frames[size_t(i)].payload,
                QByteArray(limits::framePayload - 2 * i, char('A' + i % 26)));
        }
        QVERIFY(threadNames().contains("bulk"));
        QTRY_COMPARE(ends.client->backlog(), 0);
    }

    void mayDieInEachOfItsCallbacks_data()
    {
        QTest::addColumn<QString>("where");
        QTest::addColumn<bool>("bulk");
        for (const char *where : { "encrypted", "read", "lost", "closed" }) {
            QTest::newRow(where) << where << false;
            QTest::addRow("bulk, %s", where) << where << true;
        }
    }
    void mayDieInEachOfItsCallbacks()
    {
        QFETCH(QString, where);
        QFETCH(bool, bulk);
        const Identity serverId = Identity::generate();
        Door door(serverId);
        RecordingSink sink, peer; // outlive the connections, so that each is asked at its end
        sink.movesBulk = peer.movesBulk = bulk;
        auto client = Connection::dial(door.address(), Identity::generate(), serverId.key());
        const QPointer<Connection> watched = client.get();
        const auto kill = [&](const char *here) {
            if (where == here)
                client.reset();
        };
        sink.onFrame = [&](const auto &) { kill("read"); };
        sink.onLost = [&] { kill("lost"); };
        connect(watched, &Connection::encrypted, this, [&] {
            client->setSink(&sink);
            kill("encrypted");
        });
        connect(watched, &Connection::closed, this, [&] { kill("closed"); });
        QTRY_VERIFY(door.connection && (!watched || !door.connection->peerKey().isNull()));
        if (where != "encrypted") {
            door.connection->setSink(&peer);
            peer.sayFrame("one");
            peer.sayFrame("two");
            QTRY_VERIFY(!sink.frames.empty());
        }
        if (where == "lost" || where == "closed")
            door.connection.reset();
        QTRY_VERIFY(!watched);
        QVERIFY(!sink.wake);
        if (door.connection)
            QTRY_COMPARE(door.closed, 1);
    }

    void brokenCertificatesInMessagesDoNotEndTheSession()
    {
        Ends ends;
        QVERIFY(ends.open());
        ends.serverSink.onFrame = [](const auto &frame) {
            QVERIFY(QSslCertificate::fromData(frame.payload, QSsl::Der).isEmpty());
        };
        for (int i = 0; i < 20; ++i) {
            ends.clientSink.sayFrame(QByteArray::fromHex("308201223082"));
            QTRY_COMPARE(int(ends.serverSink.frames.size()), i + 1);
            ends.serverSink.sayFrame("still here");
            QTRY_COMPARE(int(ends.clientSink.frames.size()), i + 1);
        }
        QVERIFY(ends.serverSink.losses.empty());
    }

    void theNextSinkReadsWhatTheFirstLeft_data() { talkAndBulk(); }
    void theNextSinkReadsWhatTheFirstLeft()
    {
        QFETCH(bool, bulk);
        class First : public RecordingSink {
        public:
            Result<void> read(FrameReader &reader, Instant) override
            {
                if (reader.next())
                    onFrame({});
                return {};
            }
        };
        Ends ends(bulk);
        QVERIFY(ends.open());
        First first;
        first.onFrame = [&](const auto &) { ends.server()->setSink(&ends.serverSink); };
        ends.server()->setSink(&first);
        QByteArray bytes;
        for (int i = 0; i < 20; ++i)
            appendFrame(bytes, FrameType::Data, 0, 1, QByteArray(limits::framePayload, char('a' + i)));
        ends.clientSink.say(bytes);
        QTRY_COMPARE(ends.serverSink.frames.size(), 19u);
        QCOMPARE(ends.serverSink.frames[0].payload.at(0), 'b');
    }

    void ticksWhenTheSinkWantsTo()
    {
        const PublicKey nobody;
        auto [first, second] = Connection::pair(nobody, nobody);
        RecordingSink sink;
        sink.due = now() + 20ms;
        first->setSink(&sink);
        QTRY_COMPARE(sink.ticks, 1);
        sink.due = now() + 5ms;
        sink.wake();
        QTRY_COMPARE(sink.ticks, 2);
        first->setSink(nullptr);
    }
};

QTEST_GUILESS_MAIN(TestConnection)
#include "tst_connection.moc"
