#pragma once

#include "core/fields.h"
#include "core/stream.h"

#include <QPointer>
#include <memory>

namespace hawser {

/// The body of an OPEN or a CLOSE of a command: parameters (msgpack map) and an optional bulk (docs/protocol.md §8.1).
struct Payload {
    Value parameters; ///< a map; null reads and writes as an empty one
    QByteArray bulk; ///< bytes, untouched; at most limits::message
};

/// A payload as bytes for one frame.
struct PackedPayload {
    QByteArray body;
    bool bulkFollows = false; ///< the whole bulk goes as DATA with flag::bulk
};
/// \param room  bytes the body may have
/// \retval ResourceExhausted  the parameters alone are larger than `room`, or the bulk larger than limits::message
/// \retval InvalidArgument    the parameters are no map
Result<PackedPayload> packPayload(const Payload &payload, qsizetype room);

/// A body taken apart.
struct UnpackedPayload {
    Payload payload;
    qsizetype missing = 0; ///< bytes of bulk that come (OPEN) or came (CLOSE) as DATA with flag::bulk
};
/// \retval InvalidArgument    the body is not laid out as §8.1 says
/// \retval ResourceExhausted  it announces a bulk larger than limits::message
Result<UnpackedPayload> unpackPayload(QByteArrayView body);

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
    template <typename T>
    void send(const T &message); ///< a described struct
    void sendValue(const Value &message);
    /// A message over limits::message ends the call with ResourceExhausted on both sides.
    void sendBytes(QByteArrayView message);
    void sendEnd();
    qint64 room() const;
    bool isFinished() const { return m_stream.isNull(); }
    Stream *stream() const { return m_stream; } ///< null once finished

signals:
    void received(const hawser::ChannelMessage &message);
    void peerEnded();
    void roomAvailable();

protected:
    explicit Channel(Stream *stream, QObject *parent = nullptr);
    /// Lets go of the stream, which the link still owns; null when it had been let go before.
    Stream *release();
    void sendBulk(QByteArrayView bulk);
    /// Ends the call from this side.
    virtual void giveUp(const Error &why) = 0;
    virtual void takeBulk(QByteArrayView piece) = 0;
    virtual void wereClosed(const Closing &closing) = 0;
    virtual void takePeerEnd();

private:
    void take(std::span<const MessageView> messages);

    QPointer<Stream> m_stream;
};

struct CallOptions {
    milliseconds timeout { 0 }; ///< 0: none; travels with the call
    QByteArray bulk = {};
    StreamClass streamClass = StreamClass::Command; ///< typed commands say their own
    bool background = false;
    bool keepOpen = false; ///< a channel: my direction stays open after the OPEN
};

/// A call of mine. Child of its Client; it deletes itself after `finished` unless it is given another parent in that
/// signal. Destroying it earlier cancels it and nothing is emitted.
class Call : public Channel {
    Q_OBJECT

public:
    /// Takes over a stream opened with a command.
    /// \param timeout  0: none; then `finished` with DeadlineExceeded, and the other end is told
    explicit Call(Stream *stream, QObject *parent, milliseconds timeout = {});
    /// A call that never left: `finished` in a later turn of the event loop.
    static Call *refused(const Error &why, QObject *parent);
    ~Call() override;

    /// I do not want it any more: `finished` comes at once with Cancelled; the other end is told.
    void cancel();
    /// After `finished`.
    const Result<Payload> &result() const { return m_result; }

signals:
    void finished(const hawser::Result<hawser::Payload> &result);

protected:
    void timerEvent(QTimerEvent *event) override;
    void giveUp(const Error &why) override;
    void takeBulk(QByteArrayView piece) override;
    void wereClosed(const Closing &closing) override;

private:
    friend Call *startCall(Link *, const Party &, const QString &, const Value &, const CallOptions &, QObject *);
    Result<Payload> read(const Closing &closing);
    void finish(Result<Payload> result);

    Result<Payload> m_result { Error { Code::Unavailable, {} } };
    QByteArray m_bulk; // pieces that came before the CLOSE
    bool m_done = false;
};

/// A call of somebody else. Shared by those who work on it, on its Commands' thread; when the last lets go unanswered,
/// the caller is told `internal`. The first answer counts, further ones are dropped.
class IncomingCall : public Channel {
    Q_OBJECT

public:
    static std::shared_ptr<IncomingCall> share(Stream *stream, const Caller &caller);
    ~IncomingCall() override;

    const Caller &caller() const { return m_caller; }
    /// The link it came by: whoever wants to call the caller back does it there. Null once finished.
    Link *link() const;
    const QByteArray &bulk() const { return m_bulk; }
    /// How long the caller still waits; nullopt: for ever. Counted from the arrival, monotonic.
    std::optional<milliseconds> timeLeft() const;

    void finish(const Value &result, QByteArrayView bulk = {});
    /// Any described struct.
    template <detail::Described T>
    void finish(const T &result, QByteArrayView bulk = {})
    {
        finish(toValue(result), bulk);
    }
    void fail(const Error &error);

    /// Waits for the bytes of bulk that follow the OPEN, then calls `whole` once; never when the call ends before.
    void gather(qsizetype missing, std::function<void()> whole);
    void setBulk(QByteArray bulk) { m_bulk = std::move(bulk); }
    /// Holds something for as long as this lives.
    void keep(std::shared_ptr<void> ticket) { m_kept = std::move(ticket); }

signals:
    /// The caller went, wished to cancel, or its deadline passed: stop. Already answered for you.
    void stopped(const hawser::Error &why);

protected:
    void timerEvent(QTimerEvent *event) override;
    void giveUp(const Error &why) override;
    void takeBulk(QByteArrayView piece) override;
    void wereClosed(const Closing &closing) override;
    void takePeerEnd() override;

private:
    IncomingCall(Stream *stream, const Caller &caller);
    void answer(const Closing &closing);
    void stop(const Error &why);

    Caller m_caller;
    QByteArray m_bulk;
    qsizetype m_missing = 0;
    std::function<void()> m_whole;
    std::shared_ptr<void> m_kept;
    std::optional<Instant> m_deadline;
};

/// Letters, digits, '.', '-', '_', '/', 1 to limits::commandName of them.
bool isCommandName(QStringView name);

/// Opens a command on a link. Whatever is wrong with it comes by `finished`, never at once.
Call *startCall(Link *link, const Party &to, const QString &name, const Value &parameters, const CallOptions &options,
    QObject *parent);
/// Its bulk must fit the same frame.
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
