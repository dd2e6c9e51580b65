#include "chat/run.h"

#include "chat/me.h"
#include "core/text.h"

namespace hawser::chat {

namespace {

using contracts::RunEnd;
using contracts::RunOutcome;
using contracts::RunStream;

/// Output begins with a stream's number; a msgpack map never does (its first byte is 0x80 or more).
bool isOutput(QByteArrayView bytes)
{
    return !bytes.isEmpty() && bytes[0] >= char(RunStream::Out) && bytes[0] <= char(RunStream::Started);
}

QString lineOf(const Value &value)
{
    switch (value.kind()) {
    case Value::Kind::Null:
        return QStringLiteral("–");
    case Value::Kind::Bool:
        return value.toBool() ? QStringLiteral("true") : QStringLiteral("false");
    case Value::Kind::Int:
        return QString::number(value.toInt());
    case Value::Kind::Unsigned:
        return QString::number(value.toUnsigned());
    case Value::Kind::Float:
        return QString::number(value.toFloat(), 'g', 15);
    case Value::Kind::Text:
        return value.toText();
    case Value::Kind::Bytes:
        return QString::fromLatin1(value.toBytes().toHex());
    case Value::Kind::List:
    case Value::Kind::Map:
        break;
    }
    QStringList parts;
    for (const Value &item : value.list())
        parts << lineOf(item);
    for (const auto &[name, member] : value.map())
        parts << QStringLiteral("%1 %2").arg(name, lineOf(member));
    return parts.join(QStringLiteral(", "));
}

} // namespace

Run::Run(quint64 id, Client *client, const PublicKey &node, const QString &machine, const CommandSpec &spec,
    const Value &parameters, milliseconds timeLimit)
    : m_id(id), m_node(node), m_broker(client->peerKey()), m_machine(machine), m_command(spec.name),
      m_parameters(parameters), m_since(now())
{
    CallOptions options;
    options.timeout = timeLimit;
    options.streamClass = spec.streamClass;
    options.keepOpen = spec.kind == CommandKind::Channel;
    m_call = client->call({ node, {}, {} }, spec.name, parameters, options);
    m_state = State::Sent;
    connect(m_call, &Channel::received, this, &Run::take);
    connect(m_call, &Call::finished, this, &Run::finish);
}

bool Run::isOver() const
{
    return m_state >= State::Finished || m_state == State::Refused;
}

QString Run::stateText() const
{
    switch (m_state) {
    case State::Queued:
        return QStringLiteral("queued");
    case State::Sent:
        return QStringLiteral("sent");
    case State::Refused:
        return QStringLiteral("refused by policy");
    case State::Starting:
        return QStringLiteral("starting");
    case State::Running:
        return QStringLiteral("running");
    case State::Finished:
        return QStringLiteral("finished (exit %1)").arg(m_end ? m_end->exitStatus : 0);
    case State::Killed:
        return QStringLiteral("killed (signal %1)").arg(m_end ? m_end->signal : 0);
    case State::Stopped:
        return m_end && !m_end->detail.isEmpty() ? QStringLiteral("stopped by %1").arg(visible(m_end->detail))
                                                 : QStringLiteral("stopped by me");
    case State::TimeLimit:
        return QStringLiteral("time limit");
    case State::FailedToStart:
        return QStringLiteral("failed to start (%1)").arg(visible(m_end ? m_end->detail : m_error.sentence));
    case State::Unknown:
        return QStringLiteral("unknown – link lost after start");
    case State::Unavailable:
        return QStringLiteral("not begun (%1)").arg(visible(m_error.sentence));
    }
    return {};
}

milliseconds Run::ranFor() const
{
    return isOver() ? m_ran : std::chrono::duration_cast<milliseconds>(now() - m_since);
}

void Run::setState(State state)
{
    if (std::exchange(m_state, state) != state)
        emit stateChanged(state);
}

void Run::began()
{
    if (m_startedAt != 0)
        return;
    m_startedAt = wallClock();
    m_since = now();
    setState(State::Running);
}

void Run::take(const ChannelMessage &message)
{
    began();
    if (!isOutput(message.bytes)) {
        if (const Result<Value> value = message.value(); value)
            say(*value);
        return;
    }
    const RunStream stream = RunStream(message.bytes[0]);
    const QByteArrayView rest = message.bytes.sliced(1);
    if (stream == RunStream::Started) {
        m_pid = rest.toByteArray().toLongLong();
        emit stateChanged(m_state);
    } else {
        emit output(stream, rest);
    }
}

/// What is no process says values: a line each.
void Run::say(const Value &value)
{
    QString text;
    for (const auto &[name, member] : value.map())
        text += QStringLiteral("%1: %2\n").arg(name, lineOf(member));
    if (value.kind() != Value::Kind::Map)
        text = lineOf(value) + QLatin1Char('\n');
    const QByteArray bytes = text.toUtf8();
    emit output(RunStream::Out, bytes);
}

void Run::stop()
{
    if (m_call.isNull() || isOver())
        return;
    m_stopWished = true;
    if (m_startedAt != 0)
        m_call->send(contracts::RunControl { QStringLiteral("stop") });
    else
        m_call->cancel();
}

void Run::hold()
{
    if (m_call && m_call->stream())
        m_call->stream()->hold();
}

void Run::resume()
{
    if (m_call && m_call->stream())
        m_call->stream()->resume();
}

void Run::finish(const Result<Payload> &result)
{
    m_call.clear();
    m_ran = std::chrono::duration_cast<milliseconds>(now() - m_since);
    State state = State::Finished;
    if (result) {
        const auto end = fromValue<RunEnd>(result->parameters);
        if (end) {
            m_end = *end;
            state = State(int(State::Finished) + int(end->outcome) - 1);
        } else {
            began();
            if (!result->parameters.map().empty())
                say(result->parameters);
        }
    } else {
        m_error = result.error();
        const bool maybeBegun = m_startedAt != 0 || m_error.begun == Begun::Maybe;
        switch (m_error.code) {
        case Code::PermissionDenied:
            state = State::Refused;
            break;
        case Code::Cancelled:
            state = State::Stopped;
            break;
        case Code::DeadlineExceeded:
            state = State::TimeLimit;
            break;
        case Code::Unavailable:
        case Code::Unknown:
        case Code::DataLoss:
            state = maybeBegun ? State::Unknown : State::Unavailable;
            break;
        default:
            state = State::FailedToStart;
        }
    }
    setState(state);
    emit over();
}

} // namespace hawser::chat
