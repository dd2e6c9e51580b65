#pragma once

#include "core/identity.h"
#include "core/instant.h"
#include "core/location.h"
#include "core/result.h"

#include <QHostAddress>
#include <QObject>
#include <memory>

class QLocalSocket;
class QSslConfiguration;

namespace hawser {

/// What a connection stands on: bytes both ways, in order. Its signals may come from the depths of a socket: whoever
/// owns a pipe lets it go with deleteLater().
class BytePipe : public QObject {
    Q_OBJECT

public:
    /// Bytes that have come, at most `most`; 0 when there are none now.
    virtual qint64 read(char *to, qint64 most) = 0;
    virtual qint64 available() const = 0;
    /// Keeps `bytes` (shared, not copied) until flush().
    virtual void write(const QByteArray &bytes) = 0;
    virtual void flush() = 0;
    /// Bytes written and not yet handed to the kernel.
    virtual qint64 backlog() const = 0;
    /// What may wait here unread before the peer is slowed down.
    virtual void setReadBuffer(qint64) { }
    /// How long what was sent may stay unacknowledged by the far kernel before the pipe ends.
    virtual void setUnacknowledged(milliseconds) { }
    /// The far kernel has taken all that it has room for: if nothing comes from there, it is the program that does not read.
    virtual bool peerTookAll() const { return false; }
    /// Ends the pipe after what was written has gone out; `ended` follows, unless the peer does not read.
    virtual void finish() = 0;
    /// Ends it now; `ended` may follow.
    virtual void abort() = 0;

    virtual PublicKey peerKey() const { return {}; }
    virtual QHostAddress peerAddress() const { return {}; }
    virtual quint16 peerPort() const { return 0; }
    virtual QHostAddress localAddress() const { return {}; }
    /// May be handed to inBulkThread() once it is open.
    virtual bool canMove() const { return false; }
    /// For a dial that takes too long: what has not happened, as the beginning of "… in 10 seconds".
    virtual QString pendingStep() const { return {}; }

signals:
    void opened(); ///< once: the peer is known
    void readable();
    void written(); ///< the kernel took something
    void ended(const hawser::Error &why); ///< what has come may still be read
};

std::unique_ptr<BytePipe> dialTls(
    const Address &address, const Identity &identity, const std::optional<PublicKey> &expected);
std::unique_ptr<BytePipe> acceptTls(qintptr descriptor, const QSslConfiguration &configuration);
std::unique_ptr<BytePipe> dialLocalPipe(const QString &path);
std::unique_ptr<BytePipe> acceptLocalPipe(QLocalSocket *socket);
/// The same pipe with its reading, writing and encrypting in the program's thread for bulk, which comes after those that
/// answer people (core/give_way.h). \pre pipe->canMove(), it is open, and nothing of it is on the stack
std::unique_ptr<BytePipe> inBulkThread(std::unique_ptr<BytePipe> pipe);
/// Two ends in memory; each is told the other's key.
std::pair<std::unique_ptr<BytePipe>, std::unique_ptr<BytePipe>> memoryPipes(
    const PublicKey &first, const PublicKey &second);

} // namespace hawser
