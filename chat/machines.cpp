#include "chat/machines.h"

#include "chat/brokers.h"
#include "chat/me.h"
#include "core/text.h"

namespace hawser::chat {

namespace {

constexpr int shortestPrefix = 4; // digits of a key

} // namespace

Machines::Machines(const Brokers &brokers) : m_brokers(brokers)
{
    connect(&brokers, &Brokers::ready, this, &Machines::watch);
    connect(&brokers, &Brokers::backAgain, this, &Machines::watch);
    connect(&brokers, &Brokers::changed, this, [this](const PublicKey &key) {
        const auto broker = m_brokers.find(key);
        if (broker && broker->state != Broker::State::Ready)
            lostBroker(key);
    });
    connect(&brokers, &Brokers::removed, this, [this](const PublicKey &broker) {
        for (const Machine &machine : all())
            if (machine.broker == broker) {
                m_machines.remove(machine.key);
                emit removed(machine.key);
            }
    });
}

Machines::~Machines() = default;

void Machines::watch(const PublicKey &broker)
{
    delete m_watches.value(broker);
    Call *call = m_brokers.client(broker)->start<contracts::WatchOffers>({}, {});
    m_watches.insert(broker, call);
    connect(call, &Channel::received, this, [this, broker](const ChannelMessage &message) {
        if (const auto in = message.as<contracts::WatchOffers::In>(); in)
            take(broker, *in);
    });
}

void Machines::take(const PublicKey &broker, const contracts::WatchOffers::In &in)
{
    const bool isNew = !m_machines.contains(in.node);
    if (in.removed) {
        if (m_machines.remove(in.node) > 0)
            emit removed(in.node);
        return;
    }
    Machine &machine = m_machines[in.node];
    machine.broker = broker;
    machine.key = in.node;
    if (const auto known = m_brokers.find(broker); known)
        machine.brokerName = known->name;
    machine.name = claimedName(in.name);
    machine.host = claimedName(in.host);
    machine.online = in.online;
    machine.goneSince = in.online ? 0 : wallClock() - qint64(std::min<quint64>(in.goneMs, quint64(wallClock())));
    if (in.online || !in.commands.empty())
        machine.commands.clear();
    for (const Value &command : in.commands)
        if (const Result<CommandSpec> spec = specFromValue(command); spec)
            machine.commands.append(*spec);
    if (isNew)
        emit added(in.node);
    else
        emit changed(in.node);
}

void Machines::lostBroker(const PublicKey &broker)
{
    QList<PublicKey> gone;
    for (Machine &machine : m_machines) {
        if (machine.broker != broker || !std::exchange(machine.online, false))
            continue;
        machine.goneSince = wallClock();
        gone.append(machine.key);
    }
    for (const PublicKey &key : gone)
        emit changed(key);
}

QList<Machine> Machines::all() const
{
    QList<Machine> list = m_machines.values();
    std::sort(list.begin(), list.end(),
        [](const Machine &a, const Machine &b) { return std::tie(a.name, a.key) < std::tie(b.name, b.key); });
    return list;
}

std::optional<Machine> Machines::find(const PublicKey &key) const
{
    const auto found = m_machines.find(key);
    return found == m_machines.end() ? std::nullopt : std::optional(*found);
}

Result<Machine> Machines::resolve(const QString &who) const
{
    QList<Machine> found;
    for (const Machine &machine : all()) {
        if (machine.key.hex() == who.toLower())
            return machine;
        const bool prefix = who.size() >= shortestPrefix && machine.key.hex().startsWith(who, Qt::CaseInsensitive);
        if (prefix || machine.name == who)
            found.append(machine);
    }
    if (found.size() == 1)
        return found.first();
    if (found.isEmpty())
        return Error { Code::NotFound, QStringLiteral("no machine is called “%1”").arg(visible(who)) };
    return Error { Code::InvalidArgument,
        QStringLiteral("“%1” may be several machines; say which by the key").arg(visible(who)) };
}

Run *Machines::run(const PublicKey &node, const QString &command, const Value &parameters, milliseconds timeLimit)
{
    const std::optional<Machine> machine = find(node);
    Client *client = machine ? m_brokers.client(machine->broker) : nullptr;
    if (client == nullptr)
        return nullptr;
    CommandSpec spec;
    spec.name = command;
    spec.kind = CommandKind::Channel;
    for (const CommandSpec &offered : machine->commands)
        if (offered.name == command)
            spec = offered;
    const quint64 id = m_nextRun++;
    LaterPointer<Run> &run = m_runs[id];
    run.reset(new Run(id, client, node, machine->name, spec, parameters, timeLimit));
    Run *started = run.get();
    connect(started, &Run::stateChanged, this, [this, started] { noteLastRun(*started); });
    noteLastRun(*started);
    return started;
}

void Machines::noteLastRun(const Run &run)
{
    const auto machine = m_machines.find(run.node());
    if (machine == m_machines.end())
        return;
    machine->lastRun = QStringLiteral("%1 – %2").arg(visible(run.command()), run.stateText());
    emit changed(run.node());
}

Run *Machines::findRun(quint64 id) const
{
    const auto found = m_runs.find(id);
    return found == m_runs.end() ? nullptr : found->second.get();
}

QList<Run *> Machines::runs() const
{
    QList<Run *> list;
    for (const auto &[id, run] : m_runs)
        list.append(run.get());
    return list;
}

void Machines::forgetRun(quint64 id)
{
    Run *run = findRun(id);
    if (run == nullptr)
        return;
    if (run->isOver()) {
        m_runs.erase(id);
        return;
    }
    connect(run, &Run::over, this, [this, id] { m_runs.erase(id); });
}

} // namespace hawser::chat
