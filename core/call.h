#pragma once

#include "core/fields.h"
#include "core/stream.h"

#include <QFuture>
#include <QPromise>

namespace hawser {

/// The body of an OPEN or a CLOSE of a command: parameters (msgpack map) and an optional bulk (docs/protocol.md §8).
struct Payload {
    Value parameters;
    QByteArray bulk;
};

QByteArray encodePayload(const Payload &payload);
Result<Payload> decodePayload(QByteArrayView bytes);

/// One message of a channel, valid during the signal.
struct ChannelMessage {
    QByteArrayView bytes;

    /// \retval InvalidArgument  it is no such struct
    template <typename T>
    Result<T> as() const;
    Result<Value> value() const;
};

/// What both ends of a call share: messages both ways while it lasts.
class Channel : public QObject {
    Q_OBJECT

public:
    ~Channel() override;

    template <typename T>
    void send(const T &message); ///< a described struct
    void sendValue(const Value &message);
    void sendBytes(QByteArrayView message);
    void sendEnd();
    qint64 room() const;
    bool isFinished() const { return m_stream == nullptr; }
    Stream *stream() const { return m_stream; } ///< null once finished

signals:
    void received(const hawser::ChannelMessage &message);
    void peerEnded();
    void roomAvailable();

protected:
    explicit Channel(Stream *stream);
    void forget();

    Stream *m_stream;
};

/// A call of mine. Child of its Client; goes after `finished` unless it is given another parent in that signal.
class Call : public Channel {
    Q_OBJECT

public:
    /// Takes over a stream opened with a command.
    explicit Call(Stream *stream, QObject *parent);

    /// I do not want it any more: `finished` comes at once with Cancelled; the other end is told.
    void cancel();
    /// After `finished`.
    const Result<Payload> &result() const { return m_result; }

signals:
    void finished(const hawser::Result<hawser::Payload> &result);

private:
    void finish(const Closing &closing);
    Result<Payload> m_result { Error { Code::Unavailable, {} } };
    bool m_done = false;
};

/// A call of somebody else. Shared by those who work on it; when the last lets go unanswered, the caller is told
/// `internal`.
class IncomingCall : public Channel {
    Q_OBJECT

public:
    IncomingCall(Stream *stream, const Caller &caller);
    ~IncomingCall() override;

    const Caller &caller() const { return m_caller; }
    const QByteArray &bulk() const { return m_bulk; }
    void setBulk(QByteArray bulk) { m_bulk = std::move(bulk); }
    /// How long the caller still waits; nullopt: for ever. Counted from the arrival, monotonic.
    std::optional<milliseconds> timeLeft() const;

    void finish(const Value &result, QByteArrayView bulk = {});
    void fail(const Error &error);

signals:
    /// The caller went, wished to cancel, or its deadline passed: stop. Already answered for you.
    void stopped(const hawser::Error &why);

private:
    Caller m_caller;
    QByteArray m_bulk;
    std::optional<Instant> m_deadline;
};

struct CallOptions {
    milliseconds timeout { 0 }; ///< 0: none; travels with the call
    QByteArray bulk;
    StreamClass streamClass = StreamClass::Command; ///< typed commands say their own
    bool background = false;
    bool keepOpen = false; ///< a channel: my direction stays open after the OPEN
};

/// Opens a command on a link.
Call *startCall(Link *link, const Party &to, const QString &name, const Value &parameters, const CallOptions &options,
    QObject *parent);
/// \retval ResourceExhausted, Unavailable  as Link::send
Result<void> sendOneWay(
    Link *link, const Party &to, const QString &name, const Value &parameters, const CallOptions &options);

template <typename T>
Result<T> ChannelMessage::as() const
{
    const Result<Value> decoded = value();
    if (!decoded)
        return decoded.error();
    return fromValue<T>(*decoded);
}

template <typename T>
void Channel::send(const T &message)
{
    sendValue(toValue(message));
}

} // namespace hawser
