#include "nodeagent/run.h"

#include "core/log.h"

#include <signal.h>

namespace hawser::node {

using contracts::RunControl;
using contracts::RunEnd;
using contracts::RunStream;

namespace {

constexpr qint64 leastRoom = 4 * 1024; // bytes: below it a program waits
constexpr qint64 mostAtOnce = 32 * 1024; // bytes read in one turn, so that others have theirs
constexpr qint64 pipeHolds = 64 * 1024; // bytes that the kernel keeps in a pipe
constexpr milliseconds lingers { 1000 }; // for a pipe that somebody holds open after its program has ended

} // namespace

Run::Run(const OwnCommand &command, std::shared_ptr<IncomingCall> call, QObject *parent)
    : QObject(parent), m_command(command), m_call(std::move(call)), m_caller(m_call->caller().user), m_started(now())
{
    for (QTimer *timer : { &m_limit, &m_kill, &m_linger })
        timer->setSingleShot(true);
    connect(&m_limit, &QTimer::timeout, this, [this] {
        terminate(Outcome::TimeLimit, QStringLiteral("its time limit is %1 s").arg(m_command.timeLimit.count() / 1e3));
    });
    connect(&m_kill, &QTimer::timeout, this, [this] {
        m_child->signalGroup(SIGKILL);
        if (m_leaderEnded)
            conclude();
    });
    connect(&m_linger, &QTimer::timeout, this, &Run::conclude);
}

Run::~Run() = default;

void Run::start(const Launch &launch)
{
    Result<std::unique_ptr<Child>> child = Child::start(launch);
    if (!child) {
        RunEnd end;
        end.outcome = Outcome::FailedToStart;
        end.detail = child.error().sentence;
        QMetaObject::invokeMethod(
            this, [this, end] { finish(end); }, Qt::QueuedConnection);
        return;
    }
    m_child = std::move(*child);
    m_out = std::make_unique<Output>(m_child->takeOut(), nullptr);
    m_error = std::make_unique<Output>(m_child->takeError(), nullptr);
    connect(m_child.get(), &Child::ended, this, &Run::leaderEnded);
    connect(m_out.get(), &Output::readable, this, [this] { forward(*m_out, RunStream::Out); });
    connect(m_error.get(), &Output::readable, this, [this] { forward(*m_error, RunStream::Err); });
    watchCaller();
    if (m_command.timeLimit.count() > 0)
        m_limit.start(m_command.timeLimit);
    m_call->sendBytes(QByteArray(1, char(RunStream::Started)) + QByteArray::number(m_child->pid()));
}

void Run::watchCaller()
{
    connect(m_call.get(), &Channel::received, this, &Run::controlled);
    connect(m_call.get(), &Channel::roomAvailable, this, &Run::forwardAll);
    connect(m_call.get(), &IncomingCall::stopped, this, &Run::callerGone);
}

void Run::controlled(const ChannelMessage &message)
{
    const Result<RunControl> control = message.as<RunControl>();
    if (control && control->wish == u"stop")
        stop(m_caller.hex());
}

/// A deadline is the caller's wish.
void Run::callerGone(const Error &why)
{
    if (m_command.callerGone == CallerGone::Stop || why.code == Code::DeadlineExceeded)
        return terminate(Outcome::Stopped, QStringLiteral("the caller went"));
    forwardAll(); // from now on nobody slows it
}

void Run::stop(const QString &who)
{
    if (m_child)
        terminate(Outcome::Stopped, who);
}

void Run::terminate(Outcome reason, const QString &detail)
{
    if (m_over)
        return;
    if (m_leaderEnded && !m_reason) // it has ended by itself: only its pipes are still held
        return conclude();
    if (m_reason)
        return;
    m_reason = reason;
    m_detail = detail;
    m_child->signalGroup(SIGTERM);
    m_child->signalGroup(SIGCONT); // a stopped one hears nothing else
    m_kill.start(m_command.killAfter);
}

milliseconds Run::ranFor() const
{
    return std::chrono::duration_cast<milliseconds>(now() - m_started);
}

// --- output

/// Without a caller everything is taken and dropped.
qint64 Run::roomNow() const
{
    return m_call->isFinished() ? mostAtOnce + 1 : m_call->room();
}

void Run::forward(Output &output, RunStream stream)
{
    const qint64 room = roomNow();
    if (room < leastRoom) // the kernel's pipe fills and the program waits; roomAvailable goes on
        return output.setWanted(false);
    char buffer[1 + mostAtOnce];
    buffer[0] = char(stream);
    const qint64 got = output.read(buffer + 1, std::min(mostAtOnce, room - 1));
    if (got > 0) {
        m_bytesRead += quint64(got);
        m_call->sendBytes(QByteArrayView(buffer, got + 1));
    }
    if (m_leaderEnded)
        settle();
}

void Run::forwardAll()
{
    if (m_over || !m_child)
        return;
    m_out->setWanted(true);
    m_error->setWanted(true);
}

/// What the kernel still holds, whatever the caller's room: it waits in the stream.
void Run::drain(Output &output, RunStream stream)
{
    QByteArray rest(1, char(stream));
    while (rest.size() <= pipeHolds) {
        char buffer[mostAtOnce];
        const qint64 got = output.read(buffer, std::min(mostAtOnce, pipeHolds + 1 - rest.size()));
        if (got == 0)
            break;
        rest.append(buffer, got);
    }
    m_bytesRead += quint64(rest.size() - 1);
    if (rest.size() > 1)
        m_call->sendBytes(rest);
}

// --- the end

void Run::leaderEnded()
{
    m_leaderEnded = true;
    m_limit.stop();
    if (!m_kill.isActive())
        m_linger.start(lingers);
    forwardAll();
    settle();
}

void Run::settle()
{
    if (m_out->isAtEnd() && m_error->isAtEnd())
        conclude();
}

/// The leader is dead: what is left of its group goes, what the pipes hold is told, and its number is free again.
void Run::conclude()
{
    if (m_over)
        return;
    m_child->signalGroup(SIGKILL);
    drain(*m_out, RunStream::Out);
    drain(*m_error, RunStream::Err);
    const Child::End ended = m_child->reap();
    RunEnd end;
    end.outcome = m_reason.value_or(ended.signalled ? Outcome::Killed : Outcome::Finished);
    end.detail = m_detail;
    (ended.signalled ? end.signal : end.exitStatus) = ended.number;
    finish(end);
}

void Run::finish(const RunEnd &result)
{
    m_over = true;
    for (QTimer *timer : { &m_limit, &m_kill, &m_linger })
        timer->stop();
    RunEnd end = result;
    end.ranMs = quint64(ranFor().count());
    log(Level::Info, "run.ended",
        { { "command", m_command.name }, { "caller", m_caller.hex() }, { "outcome", qint64(end.outcome) },
            { "exit", end.exitStatus }, { "signal", end.signal }, { "detail", end.detail },
            { "ms", qint64(end.ranMs) } });
    m_call->disconnect(this);
    m_call->finish(end);
    if (m_out)
        m_out->setWanted(false);
    if (m_error)
        m_error->setWanted(false);
    emit over();
}

} // namespace hawser::node
