#include "nodeagent/agent.h"

#include "core/limit_use.h"
#include "core/log.h"
#include "nodeagent/commands/disk_usage.h"
#include "nodeagent/commands/divide.h"
#include "nodeagent/commands/echo.h"
#include "nodeagent/commands/system_info.h"

#include <QTimer>

namespace hawser::node {

namespace {

constexpr qsizetype offerBytes = limits::framePayload - 1024;
constexpr milliseconds lookAgain { 5 };
constexpr milliseconds lastTurns { 50 };

Value::List specsOf(const Commands &commands)
{
    Value::List specs;
    const QList<CommandSpec> all = commands.specs();
    for (const CommandSpec &spec : all)
        specs.push_back(specToValue(spec));
    return specs;
}

} // namespace

void serveBuiltIns(Commands &commands)
{
    serveDiskUsage(commands);
    serveDivide(commands);
    serveEcho(commands);
    serveSystemInfo(commands);
    serveSystemWatch(commands);
}

Result<void> checkOffer(const Config &config)
{
    Commands commands;
    serveBuiltIns(commands);
    Runner runner(commands);
    runner.setConfig(config);
    const QByteArray bytes = encode(Value(specsOf(commands)));
    if (bytes.size() > offerBytes || !decode(bytes))
        return Error { Code::ResourceExhausted,
            QStringLiteral("all commands together are too much for one offer: shorten descriptions") };
    return {};
}

Agent::Agent(const Self &self, const Config &config, QObject *parent)
    : QObject(parent), m_self(self), m_started(now()), m_runner(m_commands),
      m_durable(self.identity.key(), m_commands, self.folder + QStringLiteral("/calls.sqlite"))
{
    serveBuiltIns(m_commands);
    setConfig(config);
    serveControl();
    connect(&m_control, &ControlServer::arrived, &m_controlCommands, &Commands::attach);
    connect(&m_runner, &Runner::idle, this, [this] {
        if (m_stopping)
            allEnded();
    });
}

Agent::~Agent() = default;

Result<void> Agent::start(const QString &controlPath)
{
    if (const Result<void> listening = m_control.listen(controlPath); !listening)
        return listening;
    const QList<Location> locations = Locations(m_self.folder).all();
    for (const Location &location : locations)
        addUplink(location);
    return {};
}

void Agent::addUplink(const Location &location)
{
    std::erase_if(m_uplinks, [&](const auto &uplink) { return uplink->location().name == location.name; });
    m_uplinks.emplace_back(new Uplink(m_self, location, m_commands));
    m_uplinks.back()->setLimits(m_config.links, m_config.dials);
    m_uplinks.back()->setOffer(offer());
    m_durable.add(m_uplinks.back()->client());
    m_uplinks.back()->start();
}

void Agent::setConfig(const Config &config)
{
    m_config = config;
    m_runner.setConfig(config);
    m_commands.setMostBulk(config.links.callBulkBytes);
    m_control.setMost(config.controlConnections);
    m_durable.setLimits(config.durable);
    if (!config.name.isEmpty())
        m_self.profile.name = config.name;
    for (const auto &uplink : m_uplinks) {
        uplink->setProfile(m_self.profile);
        uplink->setLimits(config.links, config.dials);
        uplink->setOffer(offer());
    }
}

Uplink::Offer Agent::offer() const
{
    return { m_self.profile.name, m_self.profile.host, specsOf(m_commands) };
}

void Agent::stop()
{
    if (std::exchange(m_stopping, true))
        return;
    m_durable.stop();
    m_runner.stopAll(QStringLiteral("the node, which is shut down"));
    if (m_runner.runs().isEmpty())
        allEnded();
}

void Agent::allEnded()
{
    m_leaveBy = now() + limits::lastWords;
    leaveWhenSaid();
}

/// The ends of the runs go first: a GOAWAY overtakes everything that still waits in a lane.
void Agent::leaveWhenSaid()
{
    const bool unsent =
        std::any_of(m_uplinks.begin(), m_uplinks.end(), [](const auto &uplink) { return uplink->hasUnsent(); });
    if (!unsent || now() > m_leaveBy)
        return leave();
    QTimer::singleShot(lookAgain, this, &Agent::leaveWhenSaid);
}

/// `stopped` comes after the sockets have had their turns.
void Agent::leave()
{
    for (const auto &uplink : m_uplinks)
        uplink->leave();
    QTimer::singleShot(lastTurns, this, &Agent::stopped);
}

NodeStatus::Reply Agent::status() const
{
    NodeStatus::Reply status;
    status.key = m_self.identity.key();
    status.name = m_self.profile.name;
    status.version = m_self.profile.program;
    status.uptimeMs = quint64(std::chrono::duration_cast<milliseconds>(now() - m_started).count());
    for (const auto &uplink : m_uplinks) {
        const Location &location = uplink->location();
        status.brokers << BrokerState { location.name, location.address.text(), location.broker,
            nameOf(uplink->state()), uplink->sentence() };
    }
    const QList<CommandSpec> specs = m_commands.specs();
    for (const CommandSpec &spec : specs)
        status.commands << spec.name;
    const QList<const Run *> runs = m_runner.runs();
    for (const Run *run : runs)
        status.runs << RunState { run->command(), run->caller(), run->pid(), quint64(run->ranFor().count()),
            run->bytesRead() };
    const DurableServer::State durable = m_durable.state();
    status.durableWaiting = durable.waiting;
    status.durableRunning = durable.running;
    status.durableAnswered = durable.answered;
    status.durableSentence = durable.trouble;
    reportLimits(status);
    return status;
}

void Agent::reportLimits(NodeStatus::Reply &status) const
{
    Config config = m_config;
    report(describe(config), status.limits);
    LimitUse use;
    quint64 dropped = 0;
    quint64 timesFull = 0;
    qint64 fullest = 0;
    for (const auto &uplink : m_uplinks) {
        const Client &client = uplink->client();
        dropped += client.droppedFrames();
        for (const Link *link : { client.link(), client.presentBulk() }) {
            if (!link)
                continue;
            status.links << contracts::linkState(*link, QStringLiteral("broker"), uplink->location().name);
            fullest = qMax(fullest, link->lane().kept());
            timesFull += link->lane().timesFull();
        }
    }
    use.used("runs_at_once", m_runner.runs().size());
    use.hit("runs_at_once", m_runner.refused());
    use.used("durable_calls", m_durable.state().waiting);
    use.used("control_connections", m_control.connections());
    use.hit("control_connections", m_control.refused());
    use.used("links_unacknowledged_bytes", fullest);
    use.hit("links_unacknowledged_bytes", timesFull);
    use.used("links_call_bulk_bytes", m_commands.heldBulk());
    use.hit("links_call_bulk_bytes", m_commands.bulkRefused());
    status.used = use.now;
    status.hits = use.hits;
    status.counters.insert(QStringLiteral("answers_dropped"), dropped);
    status.counters.insert(QStringLiteral("commands_refused"), m_commands.refused());
}

// --- the control socket

void Agent::serveControl()
{
    m_controlCommands.serve<NodeStatus>(
        [this](const Nothing &, const Caller &) -> Result<NodeStatus::Reply> { return status(); });
    m_controlCommands.serveChannel<NodeJoin>(
        [this](const NodeJoin::Request &request, const std::shared_ptr<IncomingCall> &call) { join(request, call); });
}

void Agent::join(const NodeJoin::Request &request, const std::shared_ptr<IncomingCall> &call)
{
    QStringList names;
    const QList<CommandSpec> specs = m_commands.specs();
    for (const CommandSpec &spec : specs)
        names << spec.name;
    auto *joiner = new Joiner(m_self, names, this);
    connect(joiner, &Joiner::waiting, call.get(),
        [call = call.get()](const QString &number) { call->send(NodeJoin::In { number }); });
    connect(joiner, &Joiner::ended, this, [this, joiner, call](const Result<Location> &result) {
        joiner->deleteLater();
        if (!result)
            return call->fail(result.error());
        call->finish(NodeJoin::Reply { result->name, result->address.text(), result->broker });
        addUplink(*result);
    });
    if (const Result<void> started = joiner->start(request.text); !started) {
        joiner->deleteLater();
        call->fail(started.error());
    }
}

} // namespace hawser::node
