#include "cli/durably.h"
#include "cli/parameters.h"
#include "cli/remote_output.h"
#include "cli/verbs.h"
#include "core/contracts/control.h"
#include "core/contracts/node.h"
#include "core/text.h"

namespace hawser::cli {

namespace {

using contracts::RunEnd;
using contracts::RunOnMachine;
using contracts::RunOutcome;
using contracts::RunStream;

QString endText(const RunEnd &end)
{
    const QString detail = end.detail.isEmpty() ? QString() : QStringLiteral(": ") + visible(end.detail);
    switch (end.outcome) {
    case RunOutcome::Finished:
        return {};
    case RunOutcome::Killed:
        return QStringLiteral("the remote program was killed by signal %1").arg(end.signal);
    case RunOutcome::Stopped:
        return QStringLiteral("the remote program was stopped") + detail;
    case RunOutcome::TimeLimit:
        return QStringLiteral("the remote program was ended by its time limit");
    case RunOutcome::FailedToStart:
        return QStringLiteral("the remote program could not be started") + detail;
    }
    return {};
}

int exitCodeOf(const RunEnd &end)
{
    switch (end.outcome) {
    case RunOutcome::Finished:
        return int(end.exitStatus);
    case RunOutcome::Killed:
        return exitSignal + int(end.signal);
    case RunOutcome::Stopped:
        return exitInterrupted;
    case RunOutcome::TimeLimit:
        return exitTimeLimit;
    case RunOutcome::FailedToStart:
        break;
    }
    return exitRunRefused;
}

class RunVerb : public Verb {
public:
    explicit RunVerb(const Desk &desk) : Verb(desk), m_out(desk.printer.out()), m_err(desk.printer.err()) { }

    Result<void> check() override
    {
        const Result<Value> parameters = readParameters(typed().all("name=value"));
        if (!parameters)
            return parameters.error();
        if (typed().has("--within"))
            return Error { Code::InvalidArgument, QStringLiteral("--within goes with --durable") };
        m_request = { typed().one("NODE"), typed().one("COMMAND"), *parameters, 0 };
        return {};
    }

    void start() override
    {
        CallOptions options;
        options.keepOpen = true;
        m_call = session().owner().call({}, QLatin1String(RunOnMachine::name), toValue(m_request), options);
        connect(m_call, &Channel::received, this, [this](const ChannelMessage &message) { take(message.bytes); });
        connect(m_call, &Call::finished, this, &RunVerb::over);
        for (RemoteOutput *output : { &m_out, &m_err })
            connect(output, &RemoteOutput::roomAgain, this, &RunVerb::goOn);
    }

    /// The remote program is stopped; its end is awaited.
    void interrupt() override
    {
        if (!m_call || m_call->isFinished())
            return;
        m_interrupted = true;
        printer().talk(QStringLiteral("stopping … (once more to leave at once)"));
        m_call->send(contracts::RunControl { QStringLiteral("stop") });
    }

private:
    void take(QByteArrayView message)
    {
        if (message.isEmpty())
            return;
        const QByteArray output = message.sliced(1).toByteArray();
        switch (RunStream(message.front())) {
        case RunStream::Out:
            show(m_out, "out", output);
            break;
        case RunStream::Err:
            show(m_err, "err", output);
            break;
        case RunStream::Started:
            if (typed().json)
                printer().object(Value::Map { { QStringLiteral("started"), Value(QString::fromLatin1(output)) } });
            break;
        }
        if (m_call && m_call->stream() && (m_out.isFull() || m_err.isFull()))
            m_call->stream()->hold();
    }

    void show(RemoteOutput &to, const char *stream, const QByteArray &output)
    {
        if (!typed().json)
            return to.write(output);
        printer().object(outputObject(stream, output));
    }

    void goOn()
    {
        if (m_call && m_call->stream() && !m_out.isFull() && !m_err.isFull())
            m_call->stream()->resume();
    }

    void over(const Result<Payload> &result)
    {
        m_out.end();
        m_err.end();
        const auto end = result ? fromValue<RunEnd>(result->parameters) : Result<RunEnd>(result.error());
        if (!end) {
            printer().error(withDoubt(end.error()));
            const bool isOurs = m_interrupted && end.error().code == Code::Cancelled;
            emit finished(isOurs ? exitInterrupted : runExitCodeOf(end.error()));
            return;
        }
        if (typed().json)
            printer().object(Value::Map { { QStringLiteral("end"), toValue(*end) } });
        if (const QString text = endText(*end); !text.isEmpty())
            printer().talk(QStringLiteral("hawser: ") + text);
        emit finished(exitCodeOf(*end));
    }

    RunOnMachine::Request m_request;
    RemoteOutput m_out;
    RemoteOutput m_err;
    QPointer<Call> m_call;
    bool m_interrupted = false;
};

} // namespace

VerbEntry runVerb()
{
    return { { "run", "a command on a machine: its output, its exit code",
                 "  hawser run render-2 disk.usage path=/srv\n"
                 "  hawser run render-2 backup > backup.tar   bytes arrive as they were written\n"
                 "  hawser run render-2 index --durable       it may be away now: hawser results\n",
                 withDurable({ { "NODE", "the machine", Word::Kind::Required },
                     { "COMMAND", "one of its offers", Word::Kind::Required },
                     { "name=value", "its parameters", Word::Kind::Many } }),
                 true, true },
        makeNowOrDurably<RunVerb> };
}

} // namespace hawser::cli
