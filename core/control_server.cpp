#include "core/control_server.h"

#include <QFile>
#include <QLocalServer>
#include <QLocalSocket>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace hawser {
namespace {

sockaddr_un socketAddress(const QByteArray &path)
{
    sockaddr_un address {};
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path.constData(), size_t(path.size()));
    return address;
}

bool somebodyListens(const QByteArray &path)
{
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const sockaddr_un address = socketAddress(path);
    // A full backlog (EAGAIN) is somebody, too; only a refusal is nobody.
    const bool refused =
        ::connect(probe, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0 && errno == ECONNREFUSED;
    ::close(probe);
    return !refused;
}

/// Clears the way for a socket at `path`, removing nothing but a socket that nobody listens at.
Result<void> clear(const QByteArray &path)
{
    struct stat found { };
    if (::lstat(path.constData(), &found) != 0) {
        if (errno == ENOENT)
            return {};
        return Error { Code::Unavailable,
            QStringLiteral("%1: %2").arg(QFile::decodeName(path), QString::fromLocal8Bit(strerror(errno))) };
    }
    if (!S_ISSOCK(found.st_mode))
        return Error {
            Code::FailedPrecondition,
            QStringLiteral("%1 is in the way of the control socket, and it is no socket").arg(QFile::decodeName(path))
        };
    if (somebodyListens(path))
        return Error { Code::AlreadyExists,
            QStringLiteral("another program listens at %1 already").arg(QFile::decodeName(path)) };
    ::unlink(path.constData());
    return {};
}

/// A listening socket at `path` that never was open to others, not even between bind and chmod.
Result<int> listenPrivately(const QByteArray &path)
{
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    // The file is made with the mode of the descriptor, whatever the umask is.
    ::fchmod(descriptor, 0600);
    const sockaddr_un address = socketAddress(path);
    if (::bind(descriptor, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0
        && ::chmod(path.constData(), 0600) == 0 && ::listen(descriptor, SOMAXCONN) == 0)
        return descriptor;
    const Error error {
        Code::Unavailable,
        QStringLiteral("cannot listen at %1: %2").arg(QFile::decodeName(path), QString::fromLocal8Bit(strerror(errno)))
    };
    ::close(descriptor);
    return error;
}

} // namespace

ControlServer::ControlServer(QObject *parent) : QObject(parent), m_server(std::make_unique<QLocalServer>())
{
    m_server->setMaxPendingConnections(1 << 20);
    connect(m_server.get(), &QLocalServer::newConnection, this, &ControlServer::accept);
}

ControlServer::~ControlServer()
{
    if (!m_path.isEmpty()) {
        m_server->close();
        ::unlink(QFile::encodeName(m_path).constData());
    }
}

Result<void> ControlServer::listen(const QString &path)
{
    const QByteArray name = QFile::encodeName(path);
    if (name.size() > qsizetype(sizeof(sockaddr_un::sun_path)) - 1)
        return Error { Code::InvalidArgument,
            QStringLiteral("the path of the control socket is longer than %1 bytes: %2")
                .arg(QString::number(sizeof(sockaddr_un::sun_path) - 1), path) };
    if (const Result<void> free = clear(name); !free)
        return free;
    const Result<int> descriptor = listenPrivately(name);
    if (!descriptor)
        return descriptor.error();
    if (!m_server->listen(*descriptor)) {
        ::close(*descriptor);
        return Error { Code::Unavailable,
            QStringLiteral("cannot listen at %1: %2").arg(path, m_server->errorString()) };
    }
    m_path = path;
    return {};
}

void ControlServer::accept()
{
    while (QLocalSocket *socket = m_server->nextPendingConnection()) {
        if (qint64(m_guests.size()) >= m_most) {
            ++m_refused;
            socket->abort();
            socket->deleteLater();
            continue;
        }
        std::unique_ptr<Connection> connection = Connection::acceptLocal(socket);
        Connection *raw = connection.get();
        connect(raw, &Connection::encrypted, this, [this, raw] { admit(raw); });
        connect(raw, &Connection::closed, this, [this, raw] { part(raw); });
        m_guests[raw].connection = std::move(connection);
    }
}

/// The kernel has said that it is the owner.
void ControlServer::admit(Connection *connection)
{
    LinkSettings settings;
    settings.local = true;
    Guest &guest = m_guests[connection];
    guest.link = std::make_unique<Link>(settings, now());
    connection->setMaxPayload(limits::framePayload);
    connection->setSink(guest.link.get());
    emit arrived(guest.link.get());
}

/// The link has heard of it and ended; both go in a later turn, for this is a signal of the connection.
void ControlServer::part(Connection *connection)
{
    const auto found = m_guests.find(connection);
    if (found == m_guests.end())
        return;
    found->second.connection.release()->deleteLater();
    if (Link *link = found->second.link.release())
        link->deleteLater();
    m_guests.erase(found);
}

} // namespace hawser
