#pragma once

#include "core/connection.h"
#include "core/link.h"

#include <QObject>
#include <map>
#include <memory>

class QLocalServer;

namespace hawser {

/// The control socket of a data folder's owner: whoever may open it is the owner, so there is no greeting. Each
/// connection is a link; all are owned here and end with the server.
class ControlServer : public QObject {
    Q_OBJECT

public:
    explicit ControlServer(QObject *parent = nullptr);
    ~ControlServer() override;

    /// Listens at `path` with mode 0600. A socket that nobody answers on is replaced.
    /// \retval AlreadyExists       somebody listens there
    /// \retval FailedPrecondition  something that is no socket stands there: it is left untouched
    /// \retval InvalidArgument     the path is too long for a socket (107 bytes)
    /// \retval Unavailable         the folder is missing or may not be written
    Result<void> listen(const QString &path);
    QString path() const { return m_path; }
    int connections() const { return int(m_guests.size()); }
    /// How many connections there may be at once; 256 at first. One more is closed, and counted.
    void setMost(qint64 connections) { m_most = connections; }
    quint64 refused() const { return m_refused; }

signals:
    /// The link runs; it belongs to the server and is deleted after `ended`.
    void arrived(hawser::Link *link);

private:
    struct Guest {
        std::unique_ptr<Link> link;
        std::unique_ptr<Connection> connection; // goes first
    };

    void accept();
    void admit(Connection *connection);
    void part(Connection *connection);

    std::unique_ptr<QLocalServer> m_server;
    QString m_path;
    std::map<Connection *, Guest> m_guests;
    qint64 m_most = limits::controlConnections;
    quint64 m_refused = 0;
};

} // namespace hawser
