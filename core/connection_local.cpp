#include "core/byte_pipe.h"

#include <QLocalSocket>
#include <algorithm>
#include <sys/socket.h>
#include <unistd.h>

namespace hawser {
namespace {

/// A control socket's connection: who is there is said by the kernel, so there is no TLS and no key.
class LocalPipe : public BytePipe {
    Q_OBJECT

public:
    explicit LocalPipe(QLocalSocket *socket);
    ~LocalPipe() override { disconnect(m_socket, nullptr, this, nullptr); }

    void dial(const QString &path);
    /// The socket is connected already: judges it in a later turn.
    void begin();

    /// QLocalSocket stays open when a write that fails closes the socket within it: isValid() knows that one.
    qint64 read(char *to, qint64 most) override
    {
        return m_socket->isOpen() && m_socket->isValid() ? std::max<qint64>(0, m_socket->read(to, most)) : 0;
    }
    qint64 available() const override { return m_socket->bytesAvailable(); }
    void write(const QByteArray &bytes) override { m_socket->write(bytes); }
    void flush() override { m_socket->flush(); }
    qint64 backlog() const override { return m_socket->bytesToWrite(); }
    void setReadBuffer(qint64 bytes) override { m_socket->setReadBufferSize(bytes); }
    void finish() override { m_socket->disconnectFromServer(); }
    void abort() override;
    QString pendingStep() const override { return QStringLiteral("nobody answered at %1").arg(m_path); }

private:
    void judge();
    void socketFailed();
    void end(const Error &why);

    QLocalSocket *m_socket;
    QString m_path;
    bool m_open = false;
    bool m_ended = false;
};

LocalPipe::LocalPipe(QLocalSocket *socket) : m_socket(socket)
{
    m_socket->setParent(this);
    connect(m_socket, &QLocalSocket::connected, this, &LocalPipe::judge);
    connect(m_socket, &QLocalSocket::readyRead, this, [this] {
        if (m_open)
            emit readable();
    });
    connect(m_socket, &QLocalSocket::bytesWritten, this, [this] { emit written(); });
    connect(m_socket, &QLocalSocket::errorOccurred, this, &LocalPipe::socketFailed);
    connect(m_socket, &QLocalSocket::disconnected, this, &LocalPipe::socketFailed);
}

void LocalPipe::dial(const QString &path)
{
    m_path = path;
    // From a later turn: QLocalSocket connects and fails at once, before anybody listens to our signals.
    QMetaObject::invokeMethod(
        this,
        [this] {
            if (!m_ended)
                m_socket->connectToServer(m_path);
        },
        Qt::QueuedConnection);
}

void LocalPipe::begin()
{
    QMetaObject::invokeMethod(
        this,
        [this] {
            if (m_socket->state() == QLocalSocket::ConnectedState)
                judge();
            else
                socketFailed();
        },
        Qt::QueuedConnection);
}

void LocalPipe::abort()
{
    m_ended = true;
    m_socket->abort();
}

/// Only the owner of this process, or root who could be anybody, may be at the other end.
void LocalPipe::judge()
{
    ucred peer {};
    socklen_t size = sizeof peer;
    if (getsockopt(int(m_socket->socketDescriptor()), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return end({ Code::Unauthenticated, QStringLiteral("the control socket does not say who is there") });
    if (peer.uid != geteuid() && peer.uid != 0)
        return end({ Code::Unauthenticated,
            QStringLiteral("the other end of the control socket is run by another user (uid %1)").arg(peer.uid) });
    m_open = true;
    emit opened();
    if (available() > 0)
        emit readable();
}

void LocalPipe::socketFailed()
{
    if (m_open)
        return end({ Code::Unavailable, QStringLiteral("the other side closed the connection") });
    switch (m_socket->error()) {
    case QLocalSocket::ServerNotFoundError:
    case QLocalSocket::ConnectionRefusedError:
        return end({ Code::Unavailable, QStringLiteral("nothing runs that listens at %1").arg(m_path) });
    case QLocalSocket::SocketAccessError:
        return end({ Code::PermissionDenied, QStringLiteral("%1 belongs to another user").arg(m_path) });
    default:
        return end(
            { Code::Unavailable, QStringLiteral("%1 cannot be reached: %2").arg(m_path, m_socket->errorString()) });
    }
}

void LocalPipe::end(const Error &why)
{
    if (m_ended)
        return;
    m_ended = true;
    emit ended(why);
}

} // namespace

std::unique_ptr<BytePipe> dialLocalPipe(const QString &path)
{
    auto pipe = std::make_unique<LocalPipe>(new QLocalSocket);
    pipe->dial(path);
    return pipe;
}

std::unique_ptr<BytePipe> acceptLocalPipe(QLocalSocket *socket)
{
    auto pipe = std::make_unique<LocalPipe>(socket);
    pipe->begin();
    return pipe;
}

} // namespace hawser

#include "connection_local.moc"
