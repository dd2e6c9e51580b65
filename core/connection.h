#pragma once

#include "core/frame.h"
#include "core/identity.h"
#include "core/location.h"

#include <QHostAddress>
#include <QObject>
#include <memory>

class QLocalSocket;
class QSslConfiguration;

namespace hawser {

class BytePipe;

/// One byte stream as frames: a TLS socket, a local socket, or a pair in memory for tests. It alone owns the socket and
/// feeds the sink on top of it: reads at most readTurn a turn, writes while at most inSocket lies in the socket
/// (Qt's encrypted backlog counted), calls tick() in time. Lives in one thread.
class Connection : public QObject {
    Q_OBJECT

public:
    /// Dials. `encrypted` follows, or `closed`. The peer's key is checked against `expected` before anything is sent.
    static std::unique_ptr<Connection> dial(
        const Address &address, const Identity &identity, const std::optional<PublicKey> &expected);
    /// Dials a control socket; there is no TLS and no key.
    static std::unique_ptr<Connection> dialLocal(const QString &path);
    /// Takes over an accepted socket whose handshake is still to come (QSslSocket in server mode, started here).
    static std::unique_ptr<Connection> accept(qintptr descriptor, const Identity &identity);
    /// The same for who accepts many: tlsConfiguration(identity) is made once.
    static std::unique_ptr<Connection> accept(qintptr descriptor, const QSslConfiguration &configuration);
    static std::unique_ptr<Connection> acceptLocal(QLocalSocket *socket);
    /// Two ends in memory, for tests: what one writes the other reads in a later turn.
    static std::pair<std::unique_ptr<Connection>, std::unique_ptr<Connection>> pair(
        const PublicKey &first, const PublicKey &second);
    ~Connection() override;

    /// What gets the frames from now on; not owned, must outlive the connection or be replaced by nullptr. The old sink
    /// is not told. Bytes that already arrived are read again for the new one.
    void setSink(FrameSink *sink);
    /// Frames above this are refused at their header; limits::greetingPayload at first.
    void setMaxPayload(quint32 bytes);
    /// How long it may take, from now on, until it is open; limits::connectDeadline at first.
    void setConnectDeadline(milliseconds time);

    /// Writes `bytes` before anything the sink gives later; for greetings.
    void write(const QByteArray &bytes);
    /// Bytes that have come and are not yet taken by the sink.
    qint64 held() const;

    /// The peer's TLS key; null before `encrypted` and on local sockets.
    const PublicKey &peerKey() const { return m_peerKey; }
    QHostAddress peerAddress() const;
    quint16 peerPort() const;
    QHostAddress localAddress() const;
    /// Bytes written by us and not yet handed to the kernel.
    qint64 backlog() const;
    quint64 bytesRead() const { return m_bytesRead; }
    quint64 bytesWritten() const { return m_bytesWritten; }

    /// Sends what the sink still has, then closes; by force after 2 s. Closing a closed one does nothing. The sink's
    /// lost() is called with `why` (once), then `closed` is emitted, both in a later turn. One that is deleted while open
    /// still sends what it has written, without telling anybody.
    void close(const Error &why);

    /// Where no event loop will run any more: hands to the kernel what the closing connections of this thread have left to
    /// say, as far as it takes that at once.
    static void sayLastWords();

signals:
    void encrypted(); ///< the peer's key is known (local sockets: connected)
    void closed(const hawser::Error &why);

private:
    class Private;
    explicit Connection(std::unique_ptr<BytePipe> pipe);

    PublicKey m_peerKey;
    quint64 m_bytesRead = 0;
    quint64 m_bytesWritten = 0;
    std::unique_ptr<Private> d;
};

} // namespace hawser
