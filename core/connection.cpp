#include "core/connection.h"
#include "core/byte_pipe.h"
#include "core/certificate.h"

#include <QBasicTimer>
#include <QCoreApplication>
#include <QEvent>
#include <QSslConfiguration>
#include <QTimerEvent>
#include <openssl/err.h>

namespace hawser {

/// Outlives its Connection: whoever deletes that from inside a callback finds everything here still standing, and what
/// was written last still goes out.
class Connection::Private : public QObject {
public:
    Private(Connection *connection, std::unique_ptr<BytePipe> bytes);

    void setSink(FrameSink *next);
    void write(const QByteArray &bytes);
    void close(const Error &error);
    void abandon();
    void post();
    void openWithin(milliseconds time);
    void pump();

    static thread_local std::vector<Private *> closing; // those that have last words to say

    Connection *q; // null once abandoned
    std::unique_ptr<BytePipe> pipe;
    FrameReader reader { limits::greetingPayload };
    QHostAddress peerAddress;
    quint16 peerPort = 0;
    QHostAddress localAddress;

protected:
    bool event(QEvent *event) override;
    void timerEvent(QTimerEvent *event) override;

private:
    enum class State { Opening, Open, Closing, Ended };

    void opened();
    void readable();
    void written();
    void ended(const Error &error);
    void listen();
    FrameSink *letSinkGo();
    void moveToBulk();
    void readTurn();
    void feed(qint64 got);
    void discard();
    bool fill();
    void runOut();
    void tick(Instant at);
    void stop(const Error &error);
    void report();
    Instant due() const;
    milliseconds noProgress() const { return m_sink ? m_sink->noProgress : milliseconds(limits::noProgress); }
    void arm();

    FrameSink *m_sink = nullptr;
    State m_state = State::Opening;
    Error m_why;
    Instant m_opening; // when it gives up
    Instant m_closing {};
    Instant m_progress {}; // when the kernel last took something
    QBasicTimer m_timer;
    Instant m_armedFor {};
    milliseconds m_mayOpen { limits::connectDeadline };
    bool m_posted = false;
    bool m_readAgain = false; // bytes wait here or in the pipe
    bool m_reading = false;
    bool m_pumping = false;
    bool m_toBulk = false; // the pipe belongs into the thread for bulk
    bool m_unflushed = false; // write() was called
    bool m_finishing = false; // the pipe was told
    bool m_gone = false; // the pipe has ended; what has come is still read
    bool m_reported = false;
};

thread_local std::vector<Connection::Private *> Connection::Private::closing;

Connection::Private::Private(Connection *connection, std::unique_ptr<BytePipe> bytes)
    : q(connection), pipe(std::move(bytes)), m_opening(now() + limits::connectDeadline)
{
    connect(pipe.get(), &BytePipe::opened, this, &Private::opened);
    listen();
    pipe->setReadBuffer(4 * limits::greetingPayload);
    peerAddress = pipe->peerAddress();
    peerPort = pipe->peerPort();
    localAddress = pipe->localAddress();
    arm();
}

void Connection::Private::listen()
{
    connect(pipe.get(), &BytePipe::readable, this, &Private::readable);
    connect(pipe.get(), &BytePipe::written, this, &Private::written);
    connect(pipe.get(), &BytePipe::ended, this, &Private::ended);
}

/// From an event of ours, so nothing of the pipe is on the stack.
void Connection::Private::moveToBulk()
{
    m_toBulk = false;
    if (m_state != State::Open || m_gone)
        return;
    pipe->disconnect(this);
    pipe = inBulkThread(std::move(pipe));
    listen();
}

/// \return the sink there was, which knows us no more; null for none
FrameSink *Connection::Private::letSinkGo()
{
    FrameSink *sink = std::exchange(m_sink, nullptr);
    if (sink) {
        sink->wake = nullptr;
        sink->peerTookAll = nullptr;
    }
    return sink;
}

void Connection::Private::setSink(FrameSink *next)
{
    letSinkGo();
    m_sink = next;
    if (!next)
        return;
    m_toBulk = next->movesBulk && pipe->canMove();
    next->wake = [this] { post(); };
    next->peerTookAll = [this] { return pipe->peerTookAll(); };
    if (next->unacknowledged != milliseconds(limits::deadUnacknowledged))
        pipe->setUnacknowledged(next->unacknowledged);
    m_readAgain = true;
    post();
}

void Connection::Private::write(const QByteArray &bytes)
{
    if (m_state == State::Ended || m_gone)
        return;
    if (pipe->backlog() == 0)
        m_progress = now();
    pipe->write(bytes);
    q->m_bytesWritten += quint64(bytes.size());
    m_unflushed = true;
    post();
}

void Connection::Private::openWithin(milliseconds time)
{
    m_mayOpen = time;
    m_opening = now() + time;
    arm();
}

/// One event until it is handled, however often somebody wakes us.
void Connection::Private::post()
{
    if (m_posted)
        return;
    m_posted = true;
    QCoreApplication::postEvent(this, new QEvent(QEvent::User));
}

bool Connection::Private::event(QEvent *event)
{
    if (event->type() != QEvent::User)
        return QObject::event(event);
    m_posted = false;
    if (m_state == State::Ended) {
        report();
        return true;
    }
    if (m_toBulk)
        moveToBulk();
    if (m_readAgain)
        readTurn();
    pump();
    arm();
    return true;
}

void Connection::Private::opened()
{
    if (m_state != State::Opening)
        return;
    m_state = State::Open;
    peerAddress = pipe->peerAddress();
    peerPort = pipe->peerPort();
    localAddress = pipe->localAddress();
    q->m_peerKey = pipe->peerKey();
    emit q->encrypted();
    post();
}

void Connection::Private::readable()
{
    m_readAgain = true;
    if (m_reading || m_pumping || m_state == State::Opening)
        return post();
    readTurn();
    pump();
    arm();
}

void Connection::Private::written()
{
    m_progress = now();
    if (m_pumping || m_reading)
        return;
    pump();
    arm();
}

/// The peer has gone or everything is sent: what came before is read first.
void Connection::Private::ended(const Error &error)
{
    if (m_state == State::Opening || m_state == State::Closing)
        return stop(m_state == State::Closing ? m_why : error);
    if (m_state == State::Ended)
        return;
    m_gone = true;
    m_why = error;
    m_readAgain = true;
    post();
}

/// Reads once, at most limits::readTurn; what is left waits for a turn of its own, so nobody starves.
void Connection::Private::readTurn()
{
    if (m_state == State::Closing)
        return discard();
    if (m_state != State::Open)
        return;
    if (!m_sink) {
        if (m_gone)
            stop(m_why);
        return;
    }
    // Only a sink that stopped at a frame, as a greeting does, leaves more than a cut one: the next sink has that first.
    const qsizetype kept = reader.kept();
    const bool full = kept >= qsizetype(limits::frameHeader + limits::framePayload);
    m_readAgain = false;
    m_reading = true;
    const std::span<char> space = reader.space();
    const qint64 most = full ? 0 : space.size();
    const qint64 got = full ? 0 : pipe->read(space.data(), most);
    const bool more = got == most || pipe->available() > 0;
    feed(got);
    m_reading = false;
    if (more && !(full && reader.kept() == kept))
        m_readAgain = true;
    if (m_readAgain)
        post();
    else if (m_gone && m_state == State::Open)
        stop(m_why);
}

/// Ends the turn that space() has begun. The sink may close or delete us, or set another sink.
void Connection::Private::feed(qint64 got)
{
    reader.filled(got);
    q->m_bytesRead += quint64(got);
    const Result<void> outcome = m_sink->read(reader, now());
    reader.endTurn();
    ERR_clear_error();
    if (!outcome && q)
        close(outcome.error());
}

/// Unread bytes at a close would make the kernel reset the connection and lose our last words.
void Connection::Private::discard()
{
    char nowhere[16 * 1024];
    m_readAgain = pipe->read(nowhere, sizeof nowhere) > 0;
    if (m_readAgain)
        post();
}

void Connection::Private::pump()
{
    if (m_pumping || m_reading || m_gone || (m_state != State::Open && m_state != State::Closing))
        return;
    m_pumping = true;
    const bool emptied = fill();
    m_pumping = false;
    if (!emptied) {
        if (!m_sink || pipe->backlog() < m_sink->mostInSocket)
            post();
        return;
    }
    if (m_state == State::Closing)
        runOut();
}

/// Fills the socket from the sink and flushes once.
/// \retval true  the sink has nothing more
bool Connection::Private::fill()
{
    bool emptied = !m_sink;
    bool wrote = std::exchange(m_unflushed, false);
    const Instant at = now();
    const bool idle = pipe->backlog() == 0;
    while (m_sink && pipe->backlog() < m_sink->mostInSocket) {
        const QByteArray chunk = m_sink->nextChunk(at);
        emptied = chunk.isEmpty();
        if (emptied)
            break;
        pipe->write(chunk);
        if (q)
            q->m_bytesWritten += quint64(chunk.size());
        wrote = true;
    }
    if (!wrote)
        return emptied;
    if (idle)
        m_progress = at;
    pipe->flush();
    return emptied;
}

/// Everything is written: the pipe ends when it is sent.
void Connection::Private::runOut()
{
    if (m_finishing)
        return;
    m_finishing = true;
    pipe->finish();
}

void Connection::Private::timerEvent(QTimerEvent *)
{
    m_timer.stop();
    const Instant at = now();
    if (at >= due())
        tick(at);
    pump();
    arm();
}

void Connection::Private::tick(Instant at)
{
    switch (m_state) {
    case State::Opening:
        return stop({ Code::Unavailable,
            QStringLiteral("%1 in %2 seconds").arg(pipe->pendingStep(), QString::number(m_mayOpen.count() / 1000)) });
    case State::Closing:
        return stop(m_why);
    case State::Ended:
        return;
    case State::Open:
        break;
    }
    if (pipe->backlog() > 0 && at >= m_progress + noProgress())
        return close({ Code::ResourceExhausted, QStringLiteral("slow consumer: it does not read what lies ready") });
    if (!m_sink || m_sink->deadline() > at)
        return;
    const Result<void> outcome = m_sink->tick(at);
    ERR_clear_error();
    if (!outcome && q)
        close(outcome.error());
}

Instant Connection::Private::due() const
{
    switch (m_state) {
    case State::Opening:
        return m_opening;
    case State::Closing:
        return m_closing;
    case State::Ended:
        return Instant::max();
    case State::Open:
        break;
    }
    const Instant wanted = m_sink ? m_sink->deadline() : Instant::max();
    return pipe->backlog() > 0 ? std::min<Instant>(wanted, m_progress + noProgress()) : wanted;
}

/// Only ever makes the timer earlier: one that fires too early looks again. So a deadline that moves with each frame
/// costs a comparison.
void Connection::Private::arm()
{
    const Instant at = due();
    if (at == Instant::max() || (m_timer.isActive() && m_armedFor <= at))
        return;
    m_armedFor = at;
    const auto wait = std::chrono::ceil<milliseconds>(at - now());
    m_timer.start(int(std::clamp<qint64>(wait.count(), 1, 3'600'000)), Qt::CoarseTimer, this);
}

void Connection::Private::close(const Error &error)
{
    if (m_state == State::Closing || m_state == State::Ended)
        return;
    if (m_state == State::Opening || m_gone)
        return stop(error);
    m_why = error;
    m_state = State::Closing;
    closing.push_back(this);
    m_closing = now() + limits::lastWords;
    m_readAgain = true;
    post();
    arm();
}

/// Nothing more goes in or out; the owner hears of it in a later turn.
void Connection::Private::stop(const Error &error)
{
    if (m_state == State::Ended)
        return;
    m_why = error;
    m_state = State::Ended;
    std::erase(closing, this);
    m_timer.stop();
    post();
}

void Connection::Private::report()
{
    if (m_reported)
        return;
    m_reported = true;
    pipe->abort();
    if (FrameSink *sink = letSinkGo())
        sink->lost(m_why, now());
    if (q)
        emit q->closed(m_why);
    else
        deleteLater();
}

/// The Connection is being deleted. What was written still goes out, within the time that close() has.
void Connection::Private::abandon()
{
    letSinkGo();
    q = nullptr;
    if (m_reported) {
        deleteLater();
        return;
    }
    if (m_state == State::Open || m_state == State::Opening)
        close({ Code::Cancelled, {} });
}

Connection::Connection(std::unique_ptr<BytePipe> pipe) : d(new Private(this, std::move(pipe)))
{
}

Connection::~Connection()
{
    d.release()->abandon();
}

std::unique_ptr<Connection> Connection::dial(
    const Address &address, const Identity &identity, const std::optional<PublicKey> &expected)
{
    return std::unique_ptr<Connection>(new Connection(dialTls(address, identity, expected)));
}

std::unique_ptr<Connection> Connection::dialLocal(const QString &path)
{
    return std::unique_ptr<Connection>(new Connection(dialLocalPipe(path)));
}

std::unique_ptr<Connection> Connection::accept(qintptr descriptor, const Identity &identity)
{
    return accept(descriptor, tlsConfiguration(identity));
}

std::unique_ptr<Connection> Connection::accept(qintptr descriptor, const QSslConfiguration &configuration)
{
    return std::unique_ptr<Connection>(new Connection(acceptTls(descriptor, configuration)));
}

std::unique_ptr<Connection> Connection::acceptLocal(QLocalSocket *socket)
{
    return std::unique_ptr<Connection>(new Connection(acceptLocalPipe(socket)));
}

std::pair<std::unique_ptr<Connection>, std::unique_ptr<Connection>> Connection::pair(
    const PublicKey &first, const PublicKey &second)
{
    auto pipes = memoryPipes(first, second);
    return { std::unique_ptr<Connection>(new Connection(std::move(pipes.first))),
        std::unique_ptr<Connection>(new Connection(std::move(pipes.second))) };
}

void Connection::sayLastWords()
{
    const std::vector<Private *> closing = Private::closing;
    for (Private *each : closing)
        each->pump();
}

void Connection::setSink(FrameSink *sink)
{
    d->setSink(sink);
}

void Connection::setMaxPayload(quint32 bytes)
{
    d->reader.setMaxPayload(bytes);
    d->pipe->setReadBuffer(bytes > limits::greetingPayload ? limits::readTurn : 4 * limits::greetingPayload);
}

void Connection::setConnectDeadline(milliseconds time)
{
    d->openWithin(time);
}

void Connection::write(const QByteArray &bytes)
{
    d->write(bytes);
}

qint64 Connection::held() const
{
    return d->reader.kept() + d->pipe->available();
}

QHostAddress Connection::peerAddress() const
{
    return d->peerAddress;
}

quint16 Connection::peerPort() const
{
    return d->peerPort;
}

QHostAddress Connection::localAddress() const
{
    return d->localAddress;
}

qint64 Connection::backlog() const
{
    return d->pipe->backlog();
}

void Connection::close(const Error &why)
{
    d->close(why);
}

} // namespace hawser
