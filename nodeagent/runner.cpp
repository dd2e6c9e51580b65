#include "nodeagent/runner.h"

#include "core/log.h"
#include "nodeagent/argv.h"

#include <QDir>

namespace hawser::node {

namespace {

CommandSpec specOf(const OwnCommand &command)
{
    CommandSpec spec;
    spec.name = command.name;
    spec.description = command.description;
    spec.kind = CommandKind::Channel;
    spec.parameters = command.schema();
    spec.reply = schemaOf<contracts::RunEnd>();
    spec.idempotent = command.idempotent;
    return spec;
}

/// All that a program sees of the environment: nothing of ours, of the caller's only the key of this call.
QStringList environmentFor(const OwnCommand &command, const Caller &caller)
{
    QMap<QString, QString> variables { { QStringLiteral("PATH"), QStringLiteral("/usr/local/bin:/usr/bin:/bin") },
        { QStringLiteral("LANG"), QStringLiteral("C.UTF-8") }, { QStringLiteral("HOME"), QDir::homePath() } };
    for (const QString &listed : command.environment)
        variables[listed.section(u'=', 0, 0)] = listed.section(u'=', 1);
    if (command.idempotent && !caller.idempotencyKey.isEmpty())
        variables[QStringLiteral("HAWSER_IDEMPOTENCY_KEY")] = QString::fromLatin1(caller.idempotencyKey);
    QStringList environment;
    for (auto variable = variables.cbegin(); variable != variables.cend(); ++variable)
        environment << variable.key() + u'=' + variable.value();
    return environment;
}

} // namespace

Runner::Runner(Commands &commands, QObject *parent) : QObject(parent), m_commands(commands)
{
}

Runner::~Runner()
{
    for (auto &[run, owned] : m_runs)
        delete owned.release(); // at once: what still runs is killed, event loop or not
}

void Runner::setConfig(const Config &config)
{
    for (const QString &name : qAsConst(m_offered))
        m_commands.remove(name);
    m_offered.clear();
    m_mostAtOnce = config.runsAtOnce;
    for (const OwnCommand &command : config.commands) {
        m_offered << command.name;
        m_commands.serveDynamic(
            specOf(command), [this, command](const Value &values, const std::shared_ptr<IncomingCall> &call) {
                run(command, values, call);
            });
    }
}

Result<void> Runner::mayRun(const OwnCommand &command) const
{
    if (m_stopping)
        return Error { Code::Unavailable, QStringLiteral("the node is being shut down"), Begun::No };
    if (qint64(m_runs.size()) >= m_mostAtOnce) {
        ++m_refused;
        return Error { Code::ResourceExhausted,
            QStringLiteral("the node runs %1 commands already, and no more at once").arg(m_mostAtOnce), Begun::No };
    }
    const auto same = std::count_if(
        m_runs.begin(), m_runs.end(), [&](const auto &entry) { return entry.first->command() == command.name; });
    if (same >= command.atOnce)
        return Error { Code::ResourceExhausted,
            QStringLiteral("%1 runs %2 times already, and no more at once").arg(command.name, QString::number(same)),
            Begun::No };
    return {};
}

void Runner::run(const OwnCommand &command, const Value &values, const std::shared_ptr<IncomingCall> &call)
{
    if (const Result<void> may = mayRun(command); !may)
        return call->fail(may.error());
    const Result<QStringList> argv = argvFor(command, values);
    if (!argv)
        return call->fail(argv.error());
    log(Level::Info, "run.started", { { "command", command.name }, { "caller", call->caller().user.hex() } });
    LaterPointer<Run> run(new Run(command, call, nullptr));
    Run *started = run.get();
    m_runs.emplace(started, std::move(run));
    connect(started, &Run::over, this, [this, started] { forget(started); });
    started->start({ *argv, environmentFor(command, call->caller()), command.workingFolder });
}

void Runner::forget(Run *run)
{
    m_runs.erase(run);
    if (m_runs.empty())
        emit idle();
}

void Runner::stopAll(const QString &who)
{
    m_stopping = true;
    for (const auto &[run, owned] : m_runs)
        run->stop(who);
}

QList<const Run *> Runner::runs() const
{
    QList<const Run *> runs;
    for (const auto &[run, owned] : m_runs)
        runs << run;
    return runs;
}

} // namespace hawser::node
