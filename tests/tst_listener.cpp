#include "core/certificate.h"
#include "core/listener.h"
#include "support/framesink.h"

#include <QElapsedTimer>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>
#include <QSslSocket>
#include <QTest>
#include <QTimer>
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace hawser;
using namespace std::chrono_literals;

namespace {

QByteArray helloFrame()
{
    Hello hello;
    hello.name = QStringLiteral("someone");
    hello.program = QStringLiteral("test");
    hello.device = QByteArray(8, 'd');
    hello.session = QByteArray(8, 's');
    hello.link = QByteArray(16, 'l');
    QByteArray frame;
    appendFrame(frame, FrameType::Hello, 0, 0, encodeHello(hello));
    return frame;
}

/// A plain TCP connection from 127.0.SOURCE.1 that does not wait.
int knock(quint16 port, int source = 0)
{
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in from {};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(0x7F000001u + (quint32(source) << 8));
    (void)::bind(descriptor, reinterpret_cast<sockaddr *>(&from), sizeof from);
    sockaddr_in to {};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)::connect(descriptor, reinterpret_cast<sockaddr *>(&to), sizeof to);
    return descriptor;
}

/// Closes with RST, as an aborting peer does.
void slam(int descriptor)
{
    const linger now { 1, 0 };
    (void)::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(descriptor);
}

/// What the other side said before it closed; nullopt while it has not.
std::optional<QByteArray> closedAfter(int descriptor)
{
    char bytes[4096];
    const ssize_t got = ::recv(descriptor, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN)
        return {};
    return QByteArray(bytes, std::max<ssize_t>(0, got));
}

int openDescriptors()
{
    DIR *folder = ::opendir("/proc/self/fd");
    int count = 0;
    while (::readdir(folder))
        ++count;
    ::closedir(folder);
    return count;
}

/// Somebody who dials and greets as it should be.
struct Honest {
    explicit Honest(const Address &address, const PublicKey &expected, const Identity &identity = Identity::generate())
        : connection(Connection::dial(address, identity, expected))
    {
        connection->setSink(&sink);
        sink.out.push_back(helloFrame());
    }
    ~Honest() { connection->setSink(nullptr); }

    RecordingSink sink;
    std::unique_ptr<Connection> connection;

    bool isIn() const { return !sink.frames.empty() && sink.frames[0].type == FrameType::Welcome; }
};

/// A listener that lets everybody in, or as it is told.
struct House {
    House()
    {
        listener.setAdmission([this](const Hello &, const PublicKey &, const QHostAddress &) {
            Admission admission;
            admission.welcome.standing = standing;
            admission.welcome.name = QStringLiteral("house");
            admission.welcome.program = QStringLiteral("test");
            admission.welcome.device = QByteArray(8, 'd');
            admission.welcome.session = QByteArray(8, 's');
            admission.refusal = refusal;
            return admission;
        });
        QObject::connect(&listener, &Listener::arrived, &listener,
            [this](Arrival &arrival) { moorings.push_back(std::move(arrival.mooring)); });
        address = *listener.listen({ QStringLiteral("127.0.0.1"), 0 });
    }
    quint64 counted(const char *reason) const { return listener.counters().value(reason); }

    Identity identity = Identity::generate();
    std::vector<LaterPointer<Mooring>> moorings;
    Standing standing = Standing::Member;
    std::optional<GoAway> refusal;
    Listener listener { identity };
    Address address;
};

} // namespace

class TestListener : public QObject {
    Q_OBJECT

private slots:
    void greetsAMember()
    {
        House house;
        Honest honest(house.address, house.identity.key());
        QTRY_VERIFY(honest.isIn());
        const auto welcome = decodeWelcome(honest.sink.frames[0].payload);
        QVERIFY(welcome);
        QCOMPARE(welcome->standing, Standing::Member);
        QVERIFY(!welcome->resumed);
        QCOMPARE(welcome->features, QStringList({ "resume", "lanes" }));
        QCOMPARE(house.moorings.size(), 1u);
        QCOMPARE(house.moorings[0]->link()->settings().peerParty.device, QByteArray(8, 'd'));
        QVERIFY(!house.moorings[0]->link()->settings().dialler);
        QTRY_COMPARE(house.listener.strangers(), 0);
    }

    void whatFollowsHelloInTheSameBytesReachesTheLink()
    {
        House house;
        Honest honest(house.address, house.identity.key());
        QByteArray &bytes = honest.sink.out.back();
        appendFrame(bytes, FrameType::Ping, 0, 0, "eight888");
        QTRY_VERIFY(honest.isIn());
        QTRY_COMPARE(honest.sink.frames.size(), 2u);
        QCOMPARE(honest.sink.frames[1].type, FrameType::Pong);
        QCOMPARE(honest.sink.frames[1].payload, "eight888");
    }

    void aStrangerCountsUntilItsLinkIsGone()
    {
        House house;
        house.standing = Standing::Stranger;
        Honest honest(house.address, house.identity.key());
        QTRY_VERIFY(honest.isIn());
        QCOMPARE(house.listener.strangers(), 1);
        const auto welcome = decodeWelcome(honest.sink.frames[0].payload);
        QVERIFY(welcome);
        QCOMPARE(welcome->opens, quint64(limits::strangerStreams));
        house.moorings.clear();
        QTRY_COMPARE(house.listener.strangers(), 0);
    }

    void theOwnersRefusalIsSaid()
    {
        House house;
        house.refusal = GoAway { Leave::Refused, 5s, QStringLiteral("not today") };
        Honest honest(house.address, house.identity.key());
        QTRY_COMPARE(honest.sink.frames.size(), 1u);
        QCOMPARE(honest.sink.frames[0].type, FrameType::GoAway);
        const auto said = decodeGoAway(honest.sink.frames[0].payload);
        QVERIFY(said);
        QCOMPARE(said->sentence, QStringLiteral("not today"));
        QTRY_COMPARE(honest.sink.losses.size(), 1u);
        QVERIFY(house.moorings.empty());
        QCOMPARE(house.counted("refused"), 1u);
    }

    void oneselfIsRefused()
    {
        House house;
        Honest mirror(house.address, house.identity.key(), house.identity);
        QTRY_COMPARE(mirror.sink.frames.size(), 1u);
        QCOMPARE(mirror.sink.frames[0].type, FrameType::GoAway);
        QCOMPARE(house.counted("own_key"), 1u);
    }

    void withoutACertificateNobodyComesIn() // T01
    {
        House house;
        QSslSocket socket;
        QSslConfiguration configuration = tlsConfiguration(Identity::generate());
        configuration.setLocalCertificate(QSslCertificate());
        configuration.setPrivateKey(QSslKey());
        socket.setSslConfiguration(configuration);
        // A peer that ignores everything, to reach as far as it can.
        connect(
            &socket, &QSslSocket::sslErrors, &socket, [&](const QList<QSslError> &e) { socket.ignoreSslErrors(e); });
        connect(&socket, &QSslSocket::encrypted, &socket, [&] { socket.write(helloFrame()); });
        socket.connectToHostEncrypted(house.address.host, house.address.port);
        QTRY_COMPARE(house.counted("tls"), 1u);
        QTRY_COMPARE(socket.state(), QAbstractSocket::UnconnectedState);
        QCOMPARE(socket.bytesAvailable(), 0);
        QVERIFY(house.moorings.empty());
    }

    /// A program that ends in the middle of it, as any short one may, is no attack.
    void whoGoesAwayDuringTlsIsNoFailureOfTls()
    {
        House house;
        const int socket = knock(house.address.port);
        const QByteArray begun = QByteArray::fromHex("1603010200010001fc0303"); // a ClientHello's first bytes
        QCOMPARE(::send(socket, begun.constData(), size_t(begun.size()), MSG_NOSIGNAL), begun.size());
        QTRY_COMPARE(house.counted("accepted"), 1u);
        ::close(socket);
        QTRY_COMPARE(house.counted("closed"), 1u);
        QCOMPARE(house.counted("tls"), 0u);
    }

    void junkGetsNoAnswer_data() // T03
    {
        QTest::addColumn<QByteArray>("junk");
        QTest::newRow("http") << QByteArray("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        QTest::newRow("ssh") << QByteArray("SSH-2.0-OpenSSH_9.2\r\n");
        QTest::newRow("proxy") << QByteArray("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n");
        QTest::newRow("one byte") << QByteArray("x");
        QTest::newRow("our frames without TLS") << helloFrame();
    }
    void junkGetsNoAnswer()
    {
        QFETCH(QByteArray, junk);
        House house;
        const int socket = knock(house.address.port);
        QTRY_COMPARE(house.counted("accepted"), 1u);
        QCOMPARE(::send(socket, junk.constData(), size_t(junk.size()), MSG_NOSIGNAL), junk.size());
        std::optional<QByteArray> said;
        QTRY_VERIFY((said = closedAfter(socket)));
        QCOMPARE(*said, QByteArray());
        QCOMPARE(house.counted("not_tls"), 1u);
        ::close(socket);
    }

    void olderTlsIsRefused() // T05
    {
        House house;
        QSslSocket socket;
        QSslConfiguration configuration = tlsConfiguration(Identity::generate());
        configuration.setProtocol(QSsl::TlsV1_2);
        socket.setSslConfiguration(configuration);
        socket.connectToHostEncrypted(house.address.host, house.address.port);
        QTRY_COMPARE(house.counted("tls"), 1u);
        QVERIFY(!socket.isEncrypted());
    }

    void whoSaysNothingIsCutAtTheDeadline() // T09
    {
        House house;
        house.listener.setGreetingDeadline(300ms);
        const int silent = knock(house.address.port);
        const int dripping = knock(house.address.port);
        QTRY_COMPARE(house.counted("accepted"), 2u);
        QByteArray rest = QByteArray::fromHex("16030100ff010000fb0303") + QByteArray(100, 'r');
        QTimer drip;
        connect(&drip, &QTimer::timeout, &drip, [&] {
            (void)::send(dripping, rest.constData(), 1, MSG_NOSIGNAL);
            rest.remove(0, 1);
        });
        drip.start(20ms);
        QTRY_COMPARE(house.counted("deadline"), 2u);
        QTRY_COMPARE(house.listener.strangers(), 0);
        ::close(silent);
        ::close(dripping);
    }

    void fiveHundredDrippingKeepNobodyOut() // T09
    {
        House house;
        std::vector<int> drips;
        for (int i = 0; i < 500; ++i) {
            drips.push_back(knock(house.address.port, 1 + i % 100));
            (void)::send(drips.back(), "\x16", 1, MSG_NOSIGNAL);
        }
        QTRY_VERIFY(house.counted("accepted") + house.counted("crowded") + house.counted("source") >= 500);
        QVERIFY(house.listener.strangers() <= limits::strangersFull);
        const Instant quiet = now() + limits::strangersPatience;
        QTRY_VERIFY(now() > quiet);
        QElapsedTimer clock;
        clock.start();
        Honest honest(house.address, house.identity.key());
        QTRY_VERIFY(honest.isIn());
        QVERIFY2(clock.elapsed() < 1000, QByteArray::number(clock.elapsed()).constData());
        for (const int drip : drips)
            ::close(drip);
        QTRY_COMPARE(house.listener.strangers(), 0);
    }

    void deafToNoJunk() // fact 2: QSslServer never accepts again after this
    {
        House house;
        for (int round = 0; round < 3; ++round) {
            std::vector<int> sockets;
            for (int i = 0; i < 60; ++i)
                sockets.push_back(knock(house.address.port, 1 + i));
            for (size_t i = 0; i < sockets.size(); ++i) {
                if (i % 2)
                    (void)::send(sockets[i], "x", 1, MSG_NOSIGNAL);
                ::close(sockets[i]);
            }
            QTRY_COMPARE(house.counted("accepted"), quint64(60 * (round + 1)));
            QTRY_COMPARE(house.listener.strangers(), 0);
        }
        Honest honest(house.address, house.identity.key());
        QTRY_VERIFY(honest.isIn());
    }

    void slammedDoorsLeaveNothingBehind() // T12, small
    {
        House house;
        const QByteArray hello = QByteArray::fromHex("16030100ff010000fb0303"); // the begin of a ClientHello
        const auto slamMany = [&](int count) {
            for (int i = 0; i < count; ++i) {
                const int socket = knock(house.address.port, 1 + i);
                if (i % 3)
                    (void)::send(socket, hello.constData(), i % 3 == 1 ? 1 : size_t(hello.size()), MSG_NOSIGNAL);
                slam(socket);
            }
        };
        slamMany(50);
        QTRY_COMPARE(house.listener.strangers(), 0);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        const int before = openDescriptors();
        for (int round = 0; round < 10; ++round) {
            slamMany(50);
            QTRY_COMPARE(house.listener.strangers(), 0);
        }
        QTRY_COMPARE(openDescriptors(), before);
    }

    void anOversizeHeaderIsRefusedAtTheHeader_data() // F01
    {
        QTest::addColumn<quint32>("length");
        for (const quint32 length : { 4097u, 65536u, 0x80000000u, 0xffffffffu })
            QTest::newRow(QByteArray::number(length).constData()) << length;
    }
    void anOversizeHeaderIsRefusedAtTheHeader()
    {
        QFETCH(quint32, length);
        House house;
        Honest liar(house.address, house.identity.key());
        char header[limits::frameHeader];
        writeHeader(header, length, FrameType::Hello, 0, 0);
        liar.sink.out = { QByteArray(header, sizeof header) };
        QTRY_COMPARE(liar.sink.losses.size(), 1u);
        QCOMPARE(house.counted("protocol"), 1u);
        QCOMPARE(liar.sink.frames.size(), 1u);
        QCOMPARE(liar.sink.frames[0].type, FrameType::GoAway);
    }

    void anotherFirstFrameIsRefused() // F03
    {
        House house;
        Honest liar(house.address, house.identity.key());
        QByteArray ping;
        appendFrame(ping, FrameType::Ping, 0, 0, "eight888");
        liar.sink.out = { ping };
        QTRY_COMPARE(liar.sink.losses.size(), 1u);
        QCOMPARE(house.counted("protocol"), 1u);
        QVERIFY(house.moorings.empty());
    }

    void sentencesSayWhyItCannotListen()
    {
        House house;
        const auto twice = house.listener.listen(house.address);
        QVERIFY(!twice);
        QCOMPARE(twice.error().code, Code::Unavailable);
        const auto nowhere = house.listener.listen({ QStringLiteral("no-such-interface"), 0 });
        QVERIFY(!nowhere);
        QCOMPARE(nowhere.error().code, Code::InvalidArgument);
    }
};

QTEST_GUILESS_MAIN(TestListener)
#include "tst_listener.moc"
