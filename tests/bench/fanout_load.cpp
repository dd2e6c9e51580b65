// Many bare subscribers in one process: epoll, OpenSSL and a counter, the same for both sides of fanout_1k.
// fanout_load hawser LINK COUNT MESSAGES | nats HOST PORT COUNT MESSAGES
// Each message begins with its number, u64: a hole or a gap ends the program with an error.
#include "core/contracts/topics.h"
#include "core/identity.h"
#include "core/topic_messages.h"
#include "tests/bench/joined.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QSslCertificate>
#include <QSslKey>
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace hawser;
using bench::say;

namespace {

constexpr int perAccount = 50; // sessions; a broker allows 64
constexpr quint64 window = 4 * 1024 * 1024;

int connected(const QByteArray &host, quint16 port)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (inet_pton(AF_INET, host.constData(), &address.sin_addr) != 1
        || connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0)
        qFatal("no connection");
    return fd;
}

/// One connection and what it has counted.
class Peer {
public:
    Peer(int fd, SSL_CTX *context) : m_fd(fd), m_ssl(SSL_new(context))
    {
        SSL_set_fd(m_ssl, fd);
        if (SSL_connect(m_ssl) != 1)
            qFatal("no TLS");
    }
    virtual ~Peer() { SSL_free(m_ssl); }

    int fd() const { return m_fd; }
    quint64 got() const { return m_next; }
    bool isReady() const { return m_ready; }
    void write(const QByteArray &bytes)
    {
        if (SSL_write(m_ssl, bytes.constData(), int(bytes.size())) != bytes.size())
            qFatal("nothing could be written");
    }
    /// Reads what is there. \param once  blocking: one read
    void read(bool once)
    {
        static char buffer[64 * 1024];
        for (int got = 1; got > 0;) {
            got = SSL_read(m_ssl, buffer, sizeof buffer);
            if (got > 0)
                m_rest.append(buffer, got);
            else if (SSL_get_error(m_ssl, got) != SSL_ERROR_WANT_READ)
                qFatal("the server closed a connection");
            if (once)
                break;
        }
        m_rest.remove(0, take(m_rest));
    }

protected:
    /// Returns how many bytes were whole.
    virtual qsizetype take(QByteArrayView bytes) = 0;
    void count(QByteArrayView body)
    {
        if (body.size() < 8 || qFromBigEndian<quint64>(body.data()) != m_next)
            qFatal("a message is missing");
        ++m_next;
    }
    bool m_ready = false;

private:
    int m_fd;
    SSL *m_ssl;
    QByteArray m_rest;
    quint64 m_next = 0;
};

class HawserPeer : public Peer {
public:
    HawserPeer(int fd, SSL_CTX *context) : Peer(fd, context)
    {
        Hello hello;
        hello.device = randomBytes(8);
        hello.session = randomBytes(8);
        hello.link = randomBytes(16);
        QByteArray out;
        appendFrame(out, FrameType::Hello, 0, 0, encodeHello(hello));
        write(out);
    }

private:
    qsizetype take(QByteArrayView bytes) override
    {
        qsizetype at = 0;
        while (bytes.size() - at >= qsizetype(limits::frameHeader)) {
            const char *head = bytes.data() + at;
            const qsizetype length = qFromBigEndian<quint32>(head);
            if (bytes.size() - at < qsizetype(limits::frameHeader) + length)
                break;
            frame(FrameType(quint8(head[4])), qFromBigEndian<quint32>(head + 8),
                QByteArrayView(head + limits::frameHeader, length));
            at += qsizetype(limits::frameHeader) + length;
        }
        answer();
        return at;
    }

    void frame(FrameType type, quint32 stream, QByteArrayView payload)
    {
        if (type == FrameType::Welcome)
            return open();
        if (type == FrameType::GoAway || type == FrameType::Close)
            qFatal("the broker ended it");
        if (stream == 0)
            return;
        ++m_taken;
        m_owed += limits::frameHeader + quint64(payload.size());
        if (type != FrameType::Data)
            return;
        m_used += quint64(payload.size()) + limits::frameCost;
        if (qFromBigEndian<quint32>(payload.data()) != 0)
            return count(payload.sliced(4));
        const auto word = topic::decodeWord(payload);
        if (!word || std::holds_alternative<topic::Gap>(*word))
            qFatal("a gap");
        m_ready = m_ready || std::holds_alternative<topic::Begin>(*word);
        m_owed = limits::ackEvery; // nothing may follow within the second that an acknowledgement may take
    }

    void open()
    {
        OpenHead head;
        head.streamClass = StreamClass::Topic;
        head.name = contracts::SubscribeTopics::name;
        head.end = true;
        const auto body = packPayload({ Value(Value::Map { { "pattern", Value("load") } }), {} }, limits::framePayload);
        QByteArray out;
        appendFrame(out, FrameType::Open, flag::end, 1, encodeOpen(head, body->body));
        write(out);
        m_granted = limits::firstCredit;
    }

    /// Credit and acknowledgements, as the protocol wants them.
    void answer()
    {
        QByteArray out;
        const auto number = [&out](FrameType type, quint32 stream, quint64 value) {
            appendFrame(out, type, 0, stream, topic::encodeNumber(value));
        };
        if (m_granted > 0 && m_granted < m_used + window / 2)
            number(FrameType::Credit, 1, m_granted = m_used + window);
        if (m_owed >= limits::ackEvery) {
            number(FrameType::Ack, 0, m_taken);
            m_owed = 0;
        }
        if (!out.isEmpty())
            write(out);
    }

    quint64 m_taken = 0;
    quint64 m_owed = 0;
    quint64 m_used = 0;
    quint64 m_granted = 0;
};

class NatsPeer : public Peer {
public:
    NatsPeer(int fd, SSL_CTX *context) : Peer(fd, context)
    {
        write("CONNECT {\"verbose\":false,\"pedantic\":false,\"tls_required\":true,\"lang\":\"c\",\"version\":\"1\","
              "\"protocol\":1}\r\nSUB load 1\r\nPING\r\n");
    }

private:
    qsizetype take(QByteArrayView bytes) override
    {
        qsizetype at = 0;
        for (qsizetype end; (end = bytes.indexOf('\n', at)) >= 0;) {
            const QByteArrayView line = bytes.sliced(at, end - at - 1);
            if (!line.startsWith("MSG")) {
                m_ready = m_ready || line.startsWith("PONG");
                if (line.startsWith("PING"))
                    write("PONG\r\n");
                at = end + 1;
                continue;
            }
            const qsizetype size = std::atoi(line.data() + line.lastIndexOf(' ') + 1);
            if (bytes.size() < end + 1 + size + 2)
                break;
            count(bytes.sliced(end + 1, size));
            at = end + 1 + size + 2;
        }
        return at;
    }
};

using Peers = std::vector<std::unique_ptr<Peer>>;

SSL_CTX *contextOf(const Identity *identity)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    if (identity) {
        const QSslCertificate certificate = identity->certificate();
        const QSslKey key = identity->sslKey();
        SSL_CTX_use_certificate(context, static_cast<X509 *>(certificate.handle()));
        SSL_CTX_use_PrivateKey(context, static_cast<EVP_PKEY *>(key.handle()));
    }
    return context;
}

void waitUntilReady(Peer &peer)
{
    while (!peer.isReady())
        peer.read(true);
    fcntl(peer.fd(), F_SETFL, O_NONBLOCK);
}

void connectHawser(Peers &peers, const QString &link, int count)
{
    const Address address = Invitation::parse(link)->address;
    while (int(peers.size()) < count) {
        bench::Joined account(Role::Person, link);
        QObject::connect(&account, &bench::Joined::ready, [] { QCoreApplication::quit(); });
        QCoreApplication::exec();
        SSL_CTX *context = contextOf(&account.client().identity());
        for (int i = 0; i < perAccount && int(peers.size()) < count; ++i) {
            peers.push_back(std::make_unique<HawserPeer>(connected(address.host.toLatin1(), address.port), context));
            waitUntilReady(*peers.back());
        }
    }
}

void connectNats(Peers &peers, const QByteArray &host, quint16 port, int count)
{
    SSL_CTX *context = contextOf(nullptr);
    while (int(peers.size()) < count) {
        const int fd = connected(host, port);
        char letter = 0;
        while (letter != '\n' && ::read(fd, &letter, 1) == 1) { } // INFO, before TLS
        peers.push_back(std::make_unique<NatsPeer>(fd, context));
        waitUntilReady(*peers.back());
    }
}

void countAll(Peers &peers, quint64 messages)
{
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (const auto &peer : peers) {
        epoll_event wanted { EPOLLIN, { peer.get() } };
        epoll_ctl(epoll, EPOLL_CTL_ADD, peer->fd(), &wanted);
    }
    QElapsedTimer since;
    epoll_event events[256];
    for (size_t done = 0; done < peers.size();) {
        const int ready = epoll_wait(epoll, events, 256, -1);
        if (!since.isValid())
            since.start();
        for (int i = 0; i < ready; ++i) {
            auto *peer = static_cast<Peer *>(events[i].data.ptr);
            const bool before = peer->got() == messages;
            peer->read(false);
            done += !before && peer->got() == messages;
        }
    }
    const double deliveries = double(messages) * double(peers.size());
    say(QStringLiteral("rate %1").arg(deliveries * 1e9 / double(since.nsecsElapsed()), 0, 'f', 0));
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const QStringList words = application.arguments();
    rlimit files {};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    Peers peers;
    const bool ours = words.value(1) == "hawser";
    if (ours)
        connectHawser(peers, words.value(2), words.value(3).toInt());
    else
        connectNats(peers, words.value(2).toLatin1(), words.value(3).toUShort(), words.value(4).toInt());
    say("ready");
    countAll(peers, words.value(ours ? 4 : 5).toULongLong());
    return 0;
}
