#include "chat/call_on.h"
#include "chat/control.h"
#include "chat/person.h"
#include "core/contracts/talk.h"
#include "core/ticker.h"

// Commands of machines, contacts and brokers, for whoever owns this data folder.

namespace hawser::chat {

namespace {

constexpr milliseconds callPatience = std::chrono::seconds(30);
constexpr qint64 mostWaiting = 256 * 1024; ///< bytes for a caller that does not read; then the machine waits

contracts::WatchMachines::In itemOf(const Machine &machine)
{
    contracts::WatchMachines::In in;
    in.key = machine.key;
    in.name = machine.name;
    in.host = machine.host;
    in.broker = machine.brokerName;
    in.online = machine.online;
    for (const CommandSpec &spec : machine.commands)
        in.commands.push_back(specToValue(spec));
    return in;
}

const CommandSpec *specOf(const Machine &machine, const QString &command)
{
    for (const CommandSpec &spec : machine.commands)
        if (spec.name == command)
            return &spec;
    return nullptr;
}

/// What came from a command line is text: it is read as the type the machine wants.
Result<Value> typed(const Value &parameters, const Schema &schema)
{
    Value read = Value(Value::Map {});
    for (const auto &[name, value] : parameters.map()) {
        const auto field =
            std::find_if(schema.begin(), schema.end(), [&](const Field &one) { return one.name == name; });
        if (field == schema.end() || value.kind() != Value::Kind::Text) {
            read.insert(name, value);
            continue;
        }
        const Result<Value> parsed = parseText(*field, value.toText());
        if (!parsed)
            return parsed.error();
        read.insert(name, *parsed);
    }
    return conform(read, schema);
}

} // namespace

void Control::serveMachines()
{
    m_commands.serveChannel<contracts::WatchMachines>(
        [this](const contracts::WatchMachines::Request &request, const std::shared_ptr<IncomingCall> &call) {
            Machines &machines = m_person.machines();
            if (!request.follow) {
                for (const Machine &machine : machines.all())
                    call->send(itemOf(machine));
                return call->finish(Value(Value::Map {}));
            }
            auto *to = new Ticker(keep(call));
            const auto tell = [&machines, to](const PublicKey &key) {
                if (const auto machine = machines.find(key); machine)
                    to->tell(key.hex(), itemOf(*machine));
            };
            for (const Machine &machine : machines.all())
                tell(machine.key);
            connect(&machines, &Machines::added, to, tell);
            connect(&machines, &Machines::changed, to, tell);
            connect(&machines, &Machines::removed, to, [to](const PublicKey &key) {
                contracts::WatchMachines::In in;
                in.key = key;
                in.removed = true;
                to->tell(key.hex(), in);
            });
        });
    CommandSpec run;
    run.name = QLatin1String(contracts::RunOnMachine::name);
    run.kind = CommandKind::Channel;
    run.parameters = schemaOf<contracts::RunOnMachine::Request>();
    m_commands.serveDynamic(run, [this](const Value &parameters, const std::shared_ptr<IncomingCall> &call) {
        const auto request = fromValue<contracts::RunOnMachine::Request>(parameters);
        if (!request)
            return call->fail(request.error());
        runOnMachine(*request, call);
    });
    m_commands.serveLater<contracts::CallOther>(
        [this](const contracts::CallOther::Request &request, const Caller &, const Reply<contracts::CallOther> &reply) {
            callOther(request, reply);
        });
    m_commands.serveLater<contracts::PingOther>(
        [this](const contracts::PingOther::Request &request, const Caller &, const Reply<contracts::PingOther> &reply) {
            ping(request.who, reply);
        });
}

Result<MachineCall> Control::machineCall(const QString &node, const QString &command, const Value &parameters)
{
    const Result<Machine> machine = m_person.machines().resolve(node);
    if (!machine)
        return machine.error();
    const CommandSpec *spec = specOf(*machine, command);
    if (spec == nullptr)
        return Error { Code::NotFound, QStringLiteral("%1 does not offer “%2”").arg(machine->name, command),
            Begun::No };
    const Result<Value> read = typed(parameters, spec->parameters);
    if (!read)
        return read.error();
    return MachineCall { *machine, *read };
}

void Control::runOnMachine(const contracts::RunOnMachine::Request &request, const std::shared_ptr<IncomingCall> &call)
{
    const Result<MachineCall> wish = machineCall(request.node, request.command, request.parameters);
    if (!wish)
        return call->fail(wish.error());
    Run *started = m_person.machines().run(
        wish->machine.key, request.command, wish->parameters, milliseconds(qint64(request.timeLimitMs)));
    if (started == nullptr)
        return call->fail({ Code::Unavailable, QStringLiteral("%1 is not there").arg(wish->machine.name), Begun::No });

    IncomingCall *to = keep(call);
    connect(started, &Run::output, to, [to, started](contracts::RunStream stream, QByteArrayView bytes) {
        QByteArray message(1, char(stream));
        message.append(bytes.data(), bytes.size());
        to->sendBytes(message);
        if (to->stream() != nullptr && to->stream()->waiting() > mostWaiting)
            started->hold(); // nothing is buffered for a caller that does not read
    });
    connect(to, &Channel::roomAvailable, started, &Run::resume);
    connect(started, &Run::stateChanged, to, [to, started, told = false]() mutable {
        if (started->pid() != 0 && !std::exchange(told, true))
            to->sendBytes(char(contracts::RunStream::Started) + QByteArray::number(started->pid()));
    });
    connect(to, &Channel::received, started, [started](const ChannelMessage &message) {
        const auto control = message.as<contracts::RunControl>();
        if (control && control->wish == QLatin1String("stop"))
            started->stop();
    });
    connect(to, &IncomingCall::stopped, started, &Run::stop);
    connect(started, &Run::over, to, [this, to, started] {
        if (started->end())
            return finish(to, toValue(*started->end()));
        if (started->state() == Run::State::Finished)
            return finish(to, toValue(contracts::RunEnd {}));
        finish(to, started->error());
    });
    m_person.machines().forgetRun(started->id());
}

void Control::callOther(const contracts::CallOther::Request &request, const Reply<contracts::CallOther> &reply)
{
    CallOptions options;
    options.timeout = request.timeoutMs > 0 ? milliseconds(qint64(request.timeoutMs)) : callPatience;
    Value parameters = request.parameters;
    Result<Path> path = pathTo(request.who);
    if (!path)
        return reply(path.error());
    if (const Result<Machine> machine = m_person.machines().resolve(request.who); machine) {
        if (const CommandSpec *spec = specOf(*machine, request.command)) {
            const Result<Value> read = typed(parameters, spec->parameters);
            if (!read)
                return reply(read.error());
            parameters = *read;
            options.streamClass = spec->streamClass;
        }
    }
    if (parameters.isNull())
        parameters = Value(Value::Map {});
    Call *call = startCall(path->link, path->to, request.command, parameters, options, this);
    connect(call, &Call::finished, this, [reply](const Result<Payload> &result) {
        if (result)
            reply(contracts::CallOther::Reply { result->parameters });
        else
            reply(result.error());
    });
}

/// To a machine, a contact, or a broker itself.
Result<Path> Control::pathTo(const QString &who)
{
    if (const Result<Machine> machine = m_person.machines().resolve(who); machine) {
        Client *client = m_person.brokers().client(machine->broker);
        if (client == nullptr || client->link() == nullptr || !machine->online)
            return Error { Code::Unavailable, QStringLiteral("%1 is not there").arg(machine->name), Begun::No };
        return Path { client->link(), { machine->key, {}, {} }, false, machine->broker };
    }
    for (const Broker &broker : m_person.brokers().all()) {
        if (broker.name != who && broker.key.hex() != who.toLower())
            continue;
        Client *client = m_person.brokers().client(broker.key);
        if (client->link() == nullptr)
            return Error { Code::Unavailable, QStringLiteral("%1: %2").arg(broker.name, broker.sentence), Begun::No };
        return Path { client->link(), {}, true, broker.key };
    }
    const Result<PublicKey> key = m_person.resolve(who);
    if (!key)
        return key.error();
    return m_person.route().find(*key);
}

void Control::ping(const QString &who, const Reply<contracts::PingOther> &reply)
{
    const Result<Path> path = pathTo(who);
    if (!path)
        return reply(path.error());
    const auto broker = m_person.brokers().find(path->broker);
    const Instant asked = now();
    const auto took = [asked] {
        return quint64(std::chrono::duration_cast<std::chrono::microseconds>(now() - asked).count());
    };
    if (path->direct && broker) { // a broker answers the link's own ping
        path->link->ping(asked);
        const auto answer = [reply, took](milliseconds) { reply(contracts::PingOther::Reply { took(), {}, {} }); };
        connect(path->link, &Link::pong, this, answer, Qt::SingleShotConnection);
        return;
    }
    CallOptions options;
    options.timeout = callPatience;
    const QString via = broker ? broker->name : QString();
    callOn<contracts::Ping>(
        *path, {}, this,
        [reply, took, via](const Result<contracts::Ping::Reply> &pong) {
            if (pong)
                reply(contracts::PingOther::Reply { took(), via, pong->program });
            else if (pong.error().code
                == Code::Unimplemented) // a machine has no such command, and says so: it is there
                reply(contracts::PingOther::Reply { took(), via, {} });
            else
                reply(pong.error());
        },
        options);
}

} // namespace hawser::chat
