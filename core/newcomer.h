#pragma once

#include "core/connection.h"
#include "core/greeting.h"

class QSocketNotifier;
class QSslConfiguration;

namespace hawser {

/// Somebody between accept and the end of the greeting: waits for the first byte of a TLS handshake before anything is
/// spent on it, then for the proof of its key, then for HELLO. Emits `gaveUp` or `greeted`, once.
class Newcomer : public QObject, private FrameSink {
    Q_OBJECT

public:
    /// Owns `descriptor`. \param configuration  outlives it  \param deadline  for the encryption to stand
    Newcomer(
        qintptr descriptor, const QHostAddress &address, const QSslConfiguration &configuration, milliseconds deadline);
    ~Newcomer() override;

    const QHostAddress &address() const { return m_address; }
    /// Bytes kept for it.
    qint64 held() const { return m_connection ? m_connection->held() : 0; }
    /// Its time is over: says why, if it can understand it.
    void dismiss(const GoAway &goAway);
    /// The connection, without a sink. \pre greeted
    std::unique_ptr<Connection> takeConnection();
    /// Says and hears nothing more, and goes in a later turn: it may be in the middle of a signal of its own.
    void retire();

signals:
    void gaveUp(const char *reason, hawser::milliseconds penalty);
    void greeted(const hawser::Hello &hello, const hawser::PublicKey &key);

private:
    void peek();
    void connectionClosed(const Error &why);
    void end(const char *reason, milliseconds penalty);

    Result<void> read(FrameReader &reader, Instant now) override;
    Result<void> takeHello(const FrameView &frame);
    QByteArray nextChunk(Instant) override { return {}; }
    Result<void> tick(Instant) override { return {}; }
    Instant deadline() const override { return Instant::max(); }
    void lost(const Error &, Instant) override { }

    qintptr m_descriptor; // -1 once the connection has it
    QHostAddress m_address;
    const QSslConfiguration &m_configuration;
    milliseconds m_deadline;
    QSocketNotifier *m_notifier;
    std::unique_ptr<Connection> m_connection;
    bool m_over = false;
};

struct Retire {
    void operator()(Newcomer *newcomer) const { newcomer->retire(); }
};
using NewcomerPointer = std::unique_ptr<Newcomer, Retire>;

/// The frame that says why a connection ends (docs/protocol.md §5.4).
QByteArray goAwayFrame(const GoAway &goAway);

} // namespace hawser
