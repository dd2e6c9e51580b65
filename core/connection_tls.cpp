#include "core/byte_pipe.h"
#include "core/certificate.h"
#include "core/limits.h"

#include <QNetworkProxy>
#include <QSslConfiguration>
#include <QSslSocket>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>

namespace hawser {
namespace {

/// Whether TLS may go on in spite of `error`: names, dates and signatures of a certificate say nothing, only its key.
bool isAboutTheCertificateOnly(const QSslError &error)
{
    switch (error.error()) {
    case QSslError::SelfSignedCertificate:
    case QSslError::HostNameMismatch:
    case QSslError::CertificateExpired:
    case QSslError::CertificateNotYetValid:
        return true;
    default:
        return false;
    }
}

void giveUpAfter(qintptr descriptor, milliseconds time)
{
    const unsigned timeout = unsigned(time.count());
    (void)setsockopt(int(descriptor), IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
}

void tune(qintptr descriptor)
{
    const int on = 1;
    const int lowat = limits::notSentLowat;
    const int fd = int(descriptor);
    // What the kernel refuses costs speed only.
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &lowat, sizeof lowat);
    giveUpAfter(descriptor, limits::deadUnacknowledged);
}

/// docs/protocol.md §2. QSslSocket reads OpenSSL's error queue of the thread: what somebody else left there would end
/// this session, so it is emptied before each call.
class TlsPipe : public BytePipe {
    Q_OBJECT

public:
    TlsPipe();
    ~TlsPipe() override { disconnect(&m_socket, nullptr, this, nullptr); }

    void dial(const Address &address, const QSslConfiguration &configuration, const std::optional<PublicKey> &expected);
    void accept(qintptr descriptor, const QSslConfiguration &configuration);

    qint64 read(char *to, qint64 most) override;
    qint64 available() const override { return m_socket.bytesAvailable(); }
    void write(const QByteArray &bytes) override;
    void flush() override;
    qint64 backlog() const override { return m_socket.bytesToWrite() + m_socket.encryptedBytesToWrite(); }
    void setReadBuffer(qint64 bytes) override { m_socket.setReadBufferSize(bytes); }
    void setUnacknowledged(milliseconds time) override { giveUpAfter(m_socket.socketDescriptor(), time); }
    bool peerTookAll() const override;
    void finish() override;
    void abort() override;
    PublicKey peerKey() const override { return m_key; }
    QHostAddress peerAddress() const override { return m_socket.peerAddress(); }
    quint16 peerPort() const override { return m_socket.peerPort(); }
    QHostAddress localAddress() const override { return m_socket.localAddress(); }
    bool canMove() const override { return true; }
    QString pendingStep() const override;

private:
    void judgeErrors(const QList<QSslError> &errors);
    void judge();
    Result<PublicKey> judgedKey() const;
    void socketFailed();
    Error explain() const;
    void end(const Error &why);

    QSslSocket m_socket; // a child of this: moves with it
    QString m_where; // "host:port", when dialled
    std::optional<PublicKey> m_expected;
    std::optional<Error> m_verdict; // why the certificate was refused
    PublicKey m_key;
    bool m_open = false;
    bool m_ended = false;
};

/// While the window there is closed, nothing is on the way either.
bool TlsPipe::peerTookAll() const
{
    tcp_info info {};
    socklen_t size = sizeof info;
    return getsockopt(int(m_socket.socketDescriptor()), IPPROTO_TCP, TCP_INFO, &info, &size) == 0
        && info.tcpi_unacked == 0;
}

TlsPipe::TlsPipe() : m_socket(this)
{
    m_socket.setProxy(QNetworkProxy::NoProxy);
    connect(&m_socket, &QSslSocket::connected, this, [this] { tune(m_socket.socketDescriptor()); });
    connect(&m_socket, &QSslSocket::sslErrors, this, &TlsPipe::judgeErrors, Qt::DirectConnection);
    connect(&m_socket, &QSslSocket::encrypted, this, &TlsPipe::judge);
    connect(&m_socket, &QSslSocket::readyRead, this, [this] {
        if (m_open)
            emit readable();
    });
    connect(&m_socket, &QSslSocket::encryptedBytesWritten, this, [this] { emit written(); });
    connect(&m_socket, &QSslSocket::errorOccurred, this, &TlsPipe::socketFailed);
    connect(&m_socket, &QSslSocket::disconnected, this, &TlsPipe::socketFailed);
}

void TlsPipe::dial(
    const Address &address, const QSslConfiguration &configuration, const std::optional<PublicKey> &expected)
{
    m_where = address.text();
    m_expected = expected;
    m_socket.setSslConfiguration(configuration);
    ERR_clear_error();
    m_socket.connectToHostEncrypted(address.host, address.port);
}

void TlsPipe::accept(qintptr descriptor, const QSslConfiguration &configuration)
{
    m_socket.setSocketDescriptor(descriptor);
    tune(descriptor);
    m_socket.setSslConfiguration(configuration);
    ERR_clear_error();
    m_socket.startServerEncryption();
}

qint64 TlsPipe::read(char *to, qint64 most)
{
    ERR_clear_error();
    return std::max<qint64>(0, m_socket.read(to, most));
}

void TlsPipe::write(const QByteArray &bytes)
{
    m_socket.write(bytes);
}

void TlsPipe::flush()
{
    ERR_clear_error();
    m_socket.flush();
}

void TlsPipe::finish()
{
    ERR_clear_error();
    m_socket.disconnectFromHost();
}

void TlsPipe::abort()
{
    m_ended = true;
    ERR_clear_error();
    m_socket.abort();
}

QString TlsPipe::pendingStep() const
{
    switch (m_socket.state()) {
    case QAbstractSocket::HostLookupState:
        return QStringLiteral("the name of %1 was not found").arg(m_where);
    case QAbstractSocket::ConnectingState:
        return QStringLiteral("nobody answered at %1").arg(m_where);
    default:
        return QStringLiteral("%1 answered, but no encrypted connection came about").arg(m_where);
    }
}

/// In TLS 1.3 this comes before `encrypted`, and only when there are errors: judge() looks at the key again.
void TlsPipe::judgeErrors(const QList<QSslError> &errors)
{
    for (const QSslError &error : errors) {
        if (!isAboutTheCertificateOnly(error)) {
            m_verdict = Error { Code::Unauthenticated,
                QStringLiteral("no encrypted connection: the certificate is refused (%1)").arg(error.errorString()) };
            return;
        }
    }
    const Result<PublicKey> key = judgedKey();
    if (!key) {
        m_verdict = key.error();
        return;
    }
    m_socket.ignoreSslErrors(errors);
}

void TlsPipe::judge()
{
    if (m_socket.sessionProtocol() != QSsl::TlsV1_3)
        return end(
            { Code::Unauthenticated, QStringLiteral("no encrypted connection: the other side is not at TLS 1.3") });
    const Result<PublicKey> key = judgedKey();
    if (!key)
        return end(key.error());
    m_key = *key;
    m_open = true;
    emit opened();
    if (m_socket.bytesAvailable() > 0)
        emit readable();
}

Result<PublicKey> TlsPipe::judgedKey() const
{
    const Result<PublicKey> key = keyOf(m_socket.peerCertificate());
    if (!key || !m_expected || *key == *m_expected)
        return key;
    return Error { Code::Unauthenticated,
        QStringLiteral("%1 has another key than expected: it is %2, it should be %3")
            .arg(m_where, key->words(), m_expected->words()) };
}

void TlsPipe::socketFailed()
{
    end(m_verdict ? *m_verdict : explain());
}

Error TlsPipe::explain() const
{
    if (m_open)
        return { Code::Unavailable,
            m_socket.error() == QAbstractSocket::RemoteHostClosedError
                ? QStringLiteral("the other side closed the connection")
                : QStringLiteral("the connection broke: %1").arg(m_socket.errorString()) };
    if (m_where.isEmpty() && m_socket.error() == QAbstractSocket::RemoteHostClosedError)
        return { Code::Unavailable, QStringLiteral("the other side went away before the connection was encrypted") };
    if (m_where.isEmpty())
        return { Code::Unauthenticated, QStringLiteral("no encrypted connection: %1").arg(m_socket.errorString()) };
    switch (m_socket.error()) {
    case QAbstractSocket::HostNotFoundError:
        return { Code::NotFound, QStringLiteral("%1: there is no host of that name").arg(m_where) };
    case QAbstractSocket::ConnectionRefusedError:
        return { Code::Unavailable, QStringLiteral("nobody listens at %1").arg(m_where) };
    case QAbstractSocket::SocketTimeoutError:
        return { Code::Unavailable, QStringLiteral("nobody answered at %1").arg(m_where) };
    case QAbstractSocket::NetworkError:
        return { Code::Unavailable, QStringLiteral("%1 cannot be reached: %2").arg(m_where, m_socket.errorString()) };
    default:
        return { Code::Unavailable,
            QStringLiteral("%1 answered, but no encrypted connection came about: %2")
                .arg(m_where, m_socket.errorString()) };
    }
}

void TlsPipe::end(const Error &why)
{
    if (m_ended)
        return;
    m_ended = true;
    emit ended(why);
}

} // namespace

std::unique_ptr<BytePipe> dialTls(
    const Address &address, const Identity &identity, const std::optional<PublicKey> &expected)
{
    auto pipe = std::make_unique<TlsPipe>();
    pipe->dial(address, tlsConfiguration(identity), expected);
    return pipe;
}

std::unique_ptr<BytePipe> acceptTls(qintptr descriptor, const QSslConfiguration &configuration)
{
    auto pipe = std::make_unique<TlsPipe>();
    pipe->accept(descriptor, configuration);
    return pipe;
}

} // namespace hawser

#include "connection_tls.moc"
