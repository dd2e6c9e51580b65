#include "core/call.h"

#include "core/wire.h"

#include <QMetaMethod>
#include <QTimerEvent>

namespace hawser {

namespace {

// What an OPEN's block and name, or a CLOSE's code and sentence, take of a frame (docs/protocol.md §6.1, §9).
constexpr qsizetype headRoom = 64;
constexpr qsizetype sentenceRoom = 1024;

int timerInterval(milliseconds time)
{
    return int(std::clamp<qint64>(time.count(), 0, std::numeric_limits<int>::max()));
}

/// What one frame leaves for a body and its name.
qsizetype roomOn(const Link *link)
{
    return qsizetype(link->settings().maxPayload) - headRoom;
}

Error noConnection()
{
    return Error { Code::Unavailable, QStringLiteral("there is no connection"), Begun::No };
}

} // namespace

bool isCommandName(QStringView name)
{
    const auto allowed = [](QChar c) {
        return (c >= u'a' && c <= u'z') || (c >= u'A' && c <= u'Z') || (c >= u'0' && c <= u'9') || c == u'.'
            || c == u'-' || c == u'_' || c == u'/';
    };
    return !name.isEmpty() && name.size() <= limits::commandName && std::all_of(name.begin(), name.end(), allowed);
}

Result<Value> ChannelMessage::value() const
{
    return decode(bytes);
}

// --- Channel

Channel::Channel(Stream *stream, QObject *parent) : QObject(parent), m_stream(stream)
{
    if (stream == nullptr)
        return;
    connect(stream, &Stream::received, this, &Channel::take);
    connect(stream, &Stream::peerEnded, this, &Channel::takePeerEnd);
    connect(stream, &Stream::roomAvailable, this, &Channel::roomAvailable);
    connect(stream, &Stream::closed, this, &Channel::wereClosed);
}

Stream *Channel::release()
{
    Stream *stream = m_stream;
    m_stream = nullptr;
    if (stream != nullptr)
        disconnect(stream, nullptr, this, nullptr);
    return stream;
}

void Channel::sendValue(const Value &message)
{
    sendBytes(encode(message));
}

void Channel::sendBytes(QByteArrayView message)
{
    if (m_stream.isNull())
        return;
    if (message.size() > limits::message)
        return giveUp({ Code::ResourceExhausted, QStringLiteral("a message was larger than 16 MiB") });
    m_stream->send(message);
}

void Channel::sendEnd()
{
    if (!m_stream.isNull())
        m_stream->sendEnd();
}

void Channel::sendBulk(QByteArrayView bulk)
{
    for (; !bulk.isEmpty(); bulk = bulk.sliced(std::min<qsizetype>(bulk.size(), limits::framePayload)))
        m_stream->send(bulk.first(std::min<qsizetype>(bulk.size(), limits::framePayload)), true);
}

qint64 Channel::room() const
{
    return m_stream.isNull() ? 0 : m_stream->room();
}

void Channel::take(std::span<const MessageView> messages)
{
    const QPointer<Channel> alive(this);
    const bool heard = isSignalConnected(QMetaMethod::fromSignal(&Channel::received));
    for (const MessageView &message : messages) {
        if (message.bulk)
            takeBulk(message.bytes);
        else if (heard)
            emit received({ message.bytes });
        if (alive.isNull() || m_stream.isNull())
            return;
    }
}

void Channel::takePeerEnd()
{
    emit peerEnded();
}

// --- Call

Call::Call(Stream *stream, QObject *parent, milliseconds timeout) : Channel(stream, parent)
{
    if (stream != nullptr)
        connect(stream, &QObject::destroyed, this, [this] { finish(noConnection()); });
    if (timeout.count() > 0)
        startTimer(timerInterval(timeout), Qt::PreciseTimer);
}

Call *Call::refused(const Error &why, QObject *parent)
{
    auto *call = new Call(nullptr, parent);
    QMetaObject::invokeMethod(
        call, [call, why] { call->finish(why); }, Qt::QueuedConnection);
    return call;
}

Call::~Call()
{
    if (Stream *stream = release())
        stream->cancel();
}

void Call::cancel()
{
    giveUp({ Code::Cancelled, QStringLiteral("the call was cancelled") });
}

void Call::timerEvent(QTimerEvent *event)
{
    killTimer(event->timerId());
    giveUp({ Code::DeadlineExceeded, QStringLiteral("no answer came in time"), Begun::Maybe });
}

void Call::giveUp(const Error &why)
{
    if (Stream *stream = release())
        stream->cancel();
    finish(why);
}

void Call::takeBulk(QByteArrayView piece)
{
    if (m_bulk.size() + piece.size() > limits::message)
        return giveUp(
            { Code::ResourceExhausted, QStringLiteral("the answer's bulk is larger than 16 MiB"), Begun::Maybe });
    m_bulk.append(piece);
}

void Call::wereClosed(const Closing &closing)
{
    release();
    finish(read(closing));
}

Result<Payload> Call::read(const Closing &closing)
{
    if (!closing.ok())
        return closing.error;
    Result<UnpackedPayload> unpacked = unpackPayload(closing.body);
    if (!unpacked)
        return Error { Code::DataLoss, QStringLiteral("the answer cannot be read: %1").arg(unpacked.error().sentence),
            Begun::Maybe };
    if (unpacked->missing != m_bulk.size())
        return Error { Code::DataLoss, QStringLiteral("the answer's bulk did not come whole"), Begun::Maybe };
    if (unpacked->missing > 0)
        unpacked->payload.bulk = std::move(m_bulk);
    return std::move(unpacked->payload);
}

void Call::finish(Result<Payload> result)
{
    if (std::exchange(m_done, true))
        return;
    m_result = std::move(result);
    const QObject *owner = parent();
    const QPointer<Call> alive(this);
    emit finished(m_result);
    if (!alive.isNull() && parent() == owner)
        deleteLater();
}

// --- IncomingCall

std::shared_ptr<IncomingCall> IncomingCall::share(Stream *stream, const Caller &caller)
{
    return { new IncomingCall(stream, caller), [](IncomingCall *call) {
                call->fail({ Code::Internal, QStringLiteral("the program gave no answer") });
                call->disconnect();
                call->deleteLater(); // it may be inside its own signal
            } };
}

IncomingCall::IncomingCall(Stream *stream, const Caller &caller) : Channel(stream), m_caller(caller)
{
    connect(stream, &Stream::cancelled, this, [this] {
        stop({ Code::Cancelled, QStringLiteral("the caller cancelled") });
    });
    const milliseconds timeLeft = stream->head().timeLeft;
    if (timeLeft.count() <= 0)
        return;
    m_deadline = now() + timeLeft;
    startTimer(timerInterval(timeLeft), Qt::PreciseTimer);
}

IncomingCall::~IncomingCall() = default;

Link *IncomingCall::link() const
{
    return isFinished() ? nullptr : stream()->link();
}

std::optional<milliseconds> IncomingCall::timeLeft() const
{
    if (!m_deadline)
        return std::nullopt;
    return std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(*m_deadline - now()));
}

void IncomingCall::finish(const Value &result, QByteArrayView bulk)
{
    if (isFinished())
        return;
    const Payload payload { result, QByteArray::fromRawData(bulk.data(), bulk.size()) };
    Result<PackedPayload> packed = packPayload(payload, roomOn(link()));
    if (!packed)
        return fail(
            { packed.error().code, QStringLiteral("the answer cannot be sent: %1").arg(packed.error().sentence) });
    if (packed->bulkFollows)
        sendBulk(bulk);
    answer({ Error { Code::Ok, {} }, std::move(packed->body) });
}

void IncomingCall::fail(const Error &error)
{
    Error said = error;
    if (said.code == Code::Ok)
        said = { Code::Internal, QStringLiteral("the program failed without saying why") };
    said.sentence.truncate(sentenceRoom);
    answer({ said, {} });
}

void IncomingCall::answer(const Closing &closing)
{
    const std::function<void()> dropped = std::move(m_whole);
    m_whole = nullptr;
    if (Stream *stream = release())
        stream->close(closing);
}

void IncomingCall::stop(const Error &why)
{
    if (isFinished())
        return;
    const std::function<void()> dropped = std::move(m_whole); // may hold the last share of this
    answer({ why, {} });
    emit stopped(why);
}

void IncomingCall::gather(qsizetype missing, std::function<void()> whole)
{
    m_missing = missing;
    m_whole = std::move(whole);
    m_bulk.reserve(std::min<qsizetype>(missing, limits::firstCredit)); // nothing is allocated on a length's word
}

void IncomingCall::timerEvent(QTimerEvent *event)
{
    killTimer(event->timerId());
    stop({ Code::DeadlineExceeded, QStringLiteral("the caller's deadline passed") });
}

void IncomingCall::giveUp(const Error &why)
{
    stop(why);
}

void IncomingCall::takeBulk(QByteArrayView piece)
{
    if (piece.size() > m_missing)
        return stop({ Code::InvalidArgument, QStringLiteral("the bulk is longer than announced") });
    m_bulk.append(piece);
    m_missing -= piece.size();
    if (m_missing > 0 || !m_whole)
        return;
    const std::function<void()> whole = std::move(m_whole);
    m_whole = nullptr;
    whole();
}

void IncomingCall::wereClosed(const Closing &closing)
{
    const std::function<void()> dropped = std::move(m_whole);
    m_whole = nullptr;
    release();
    emit stopped(closing.error);
}

void IncomingCall::takePeerEnd()
{
    if (m_whole)
        return stop({ Code::InvalidArgument, QStringLiteral("the bulk ended before it was whole") });
    emit peerEnded();
}

// --- opening

Call *startCall(Link *link, const Party &to, const QString &name, const Value &parameters, const CallOptions &options,
    QObject *parent)
{
    if (link == nullptr || link->isOver())
        return Call::refused(noConnection(), parent);
    if (options.streamClass == StreamClass::File)
        link = link->bulk();
    if (!isCommandName(name))
        return Call::refused(
            { Code::InvalidArgument, QStringLiteral("“%1” is no name of a command").arg(name) }, parent);
    const Result<PackedPayload> packed = packPayload({ parameters, options.bulk }, roomOn(link) - name.size());
    if (!packed)
        return Call::refused({ packed.error().code, packed.error().sentence, Begun::No }, parent);

    OpenHead head;
    head.party = to;
    head.streamClass = options.streamClass;
    head.timeLeft = options.timeout;
    head.name = name.toLatin1();
    head.end = !options.keepOpen && !packed->bulkFollows;
    head.background = options.background;
    auto *call = new Call(link->open(head, packed->body), parent, options.timeout);
    if (packed->bulkFollows)
        call->sendBulk(options.bulk);
    if (packed->bulkFollows && !options.keepOpen)
        call->sendEnd();
    return call;
}

Result<void> sendOneWay(
    Link *link, const Party &to, const QString &name, const Value &parameters, const CallOptions &options)
{
    if (link == nullptr || link->isOver())
        return noConnection();
    if (!isCommandName(name))
        return Error { Code::InvalidArgument, QStringLiteral("“%1” is no name of a command").arg(name), Begun::No };
    const Result<PackedPayload> packed = packPayload({ parameters, options.bulk }, roomOn(link) - name.size());
    if (!packed)
        return packed.error();
    if (packed->bulkFollows)
        return Error { Code::ResourceExhausted, QStringLiteral("the bulk of a one-way command fits one frame"),
            Begun::No };
    OpenHead head;
    head.party = to;
    head.streamClass = options.streamClass;
    head.timeLeft = options.timeout;
    head.name = name.toLatin1();
    head.end = true;
    head.oneWay = true;
    head.background = options.background;
    return link->send(head, packed->body);
}

} // namespace hawser
