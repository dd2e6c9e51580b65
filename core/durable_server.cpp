#include "core/durable_server.h"

#include "core/contracts/broker.h"
#include "core/contracts/node.h"
#include "core/log.h"

#include <QDateTime>
#include <QTimer>

namespace hawser {

using contracts::DurableResult;
using contracts::RunEnd;
using contracts::RunStream;

namespace {

constexpr milliseconds againFirst { 500 };
constexpr milliseconds againMost { 60000 };
constexpr milliseconds againStore { 2000 };
constexpr milliseconds askPatience { 30000 };

DurableResult resultFor(const CallQueue::Waiting &call, const Error &why)
{
    DurableResult result;
    result.device = call.source.device;
    result.number = call.number;
    result.code = quint8(why.code);
    result.sentence = why.sentence;
    result.begun = quint8(why.begun == Begun::No && call.tries > 0 ? Begun::Maybe : why.begun);
    return result;
}

} // namespace

DurableServer::DurableServer(const PublicKey &me, Commands &commands, const QString &path, QObject *parent)
    : QObject(parent), m_me(me), m_commands(commands), m_store(path, CallQueue::steps())
{
    load();
}

DurableServer::~DurableServer()
{
    m_work.clear();
}

DurableServer::State DurableServer::state() const
{
    State state { m_waiting, qint64(m_work.size()), m_answered, m_trouble ? m_trouble->sentence : QString() };
    return state;
}

template <typename Change>
void DurableServer::write(Change change, std::function<void(const Result<void> &)> done)
{
    m_store.write(
        this,
        [limits = m_limits, change = std::move(change)](Database &database) {
            CallQueue queue(database, limits);
            return change(queue);
        },
        std::move(done));
}

// --- brokers

void DurableServer::load()
{
    m_store.read(
        this, [limits = m_limits](Database &database) { return CallQueue(database, limits).ways(); },
        [this](const Result<QHash<PublicKey, PublicKey>> &ways) {
            if (!ways)
                return failed(ways.error());
            m_trouble.reset();
            m_brokerOf = *ways;
            m_isOpen = true;
            for (const auto &[broker, way] : m_ways)
                begin(broker);
            look();
        });
}

void DurableServer::add(Client &client)
{
    const auto ready = [this, client = &client] {
        m_ways[client->peerKey()].client = client;
        if (m_isOpen)
            begin(client->peerKey());
        else
            load();
        look();
    };
    connect(&client, &Client::ready, this, ready);
    connect(&client, &Client::resumed, this, &DurableServer::look);
    if (client.state() == Client::State::Ready)
        ready();
}

void DurableServer::begin(const PublicKey &broker)
{
    Way &way = m_ways[broker];
    Link *link = way.client ? way.client->link() : nullptr;
    if (link == nullptr || link->isOver())
        return;
    if (!way.poster) {
        way.poster = std::make_unique<MailPoster>(m_store);
        way.poster->setChoice(
            [this, broker](const MailSequence &sequence) { return m_brokerOf.value(sequence.recipient) == broker; });
        connect(way.poster.get(), &MailPoster::kept, this, &DurableServer::look); // room for answers
        way.taker = std::make_unique<MailTaker>(
            m_me, [this, broker](const MailTaken &taken, const MailTaker::Done &done) { take(broker, taken, done); });
    }
    way.poster->start(link);
    way.taker->start(link);
}

void DurableServer::take(const PublicKey &broker, const MailTaken &taken, const MailTaker::Done &done)
{
    write([taken, broker](CallQueue &queue) { return queue.take(taken, broker); },
        [this, caller = taken.source.sender, broker, done](const Result<void> &kept) {
            if (kept)
                m_brokerOf.insert(caller, broker);
            else
                failed(kept.error());
            done(kept);
            look();
        });
}

void DurableServer::failed(const Error &why)
{
    if (m_trouble && m_trouble->code == why.code)
        return;
    m_trouble = why;
    log(Level::Error, "durable", { { "why", why.sentence } });
}

// --- what waits

void DurableServer::look()
{
    for (const auto &[broker, way] : m_ways)
        if (way.poster)
            way.poster->look();
    if (!m_isOpen || std::exchange(m_lookAgain, m_isLooking) || m_isLooking)
        return;
    m_isLooking = true;
    struct Seen {
        QList<CallQueue::Waiting> heads;
        qint64 count;
    };
    m_store.read(
        this,
        [limits = m_limits](Database &database) -> Result<Seen> {
            CallQueue queue(database, limits);
            const Result<QList<CallQueue::Waiting>> heads = queue.heads();
            if (!heads)
                return heads.error();
            const Result<qint64> count = queue.count();
            return count ? Result<Seen>(Seen { *heads, *count }) : count.error();
        },
        [this](const Result<Seen> &seen) {
            m_isLooking = false;
            if (!seen)
                return failed(seen.error());
            m_waiting = seen->count;
            for (const CallQueue::Waiting &call : seen->heads)
                consider(call);
            if (std::exchange(m_lookAgain, false))
                look();
        });
}

void DurableServer::consider(const CallQueue::Waiting &call)
{
    const Caller who { call.source.sender, call.source.device };
    if (m_isStopping || m_work.contains(who) || !call.hasRoom)
        return;
    m_work[who].call = call;
    if (const std::optional<Error> why = refusal(call))
        return refuse(who, *why);
    askBroker(who);
}

/// Why it will never be called; whether it was before is resultFor()'s to say.
std::optional<Error> DurableServer::refusal(const CallQueue::Waiting &call) const
{
    if (QDateTime::currentMSecsSinceEpoch() > call.call.until)
        return Error { Code::DeadlineExceeded, QStringLiteral("its time was over before it could begin"), Begun::No };
    if (call.tries >= limits::durableTries)
        return Error { Code::Internal,
            QStringLiteral("the program that worked on it ended %1 times: it is not tried again").arg(call.tries),
            Begun::No };
    const std::optional<CommandSpec> spec = m_commands.spec(call.call.command);
    if (spec && !spec->idempotent)
        return Error { Code::FailedPrecondition,
            QStringLiteral("“%1” takes no idempotency key: it cannot be called durably").arg(spec->name), Begun::No };
    return std::nullopt;
}

/// As for a call that passes through it now: who may is the broker's to say.
void DurableServer::askBroker(const Caller &who)
{
    const CallQueue::Waiting &call = m_work[who].call;
    const auto way = m_ways.find(call.via);
    Client *client = way == m_ways.end() ? nullptr : way->second.client.data();
    if (client == nullptr || client->state() != Client::State::Ready) {
        m_work.erase(who); // again when it is ready
        return;
    }
    CallOptions options;
    options.timeout = askPatience;
    client->call<contracts::MayCall>(
        {}, { call.source.sender }, this,
        [this, who](const Result<contracts::MayCall::Reply> &may) {
            if (m_isStopping || !m_work.contains(who))
                return;
            if (!may && may.error().code == Code::NotFound)
                return refuse(who,
                    { Code::PermissionDenied, QStringLiteral("you may not call this machine any more"), Begun::No });
            if (!may)
                return tryLater(who);
            write([id = m_work[who].call.id](CallQueue &queue) { return queue.begin(id); },
                [this, who](const Result<void> &begun) {
                    if (!begun)
                        failed(begun.error());
                    if (m_isStopping || !begun)
                        return tryLater(who);
                    run(who);
                });
        },
        options);
}

// --- what runs

void DurableServer::run(const Caller &who)
{
    Work &work = m_work[who];
    const CallQueue::Waiting &call = work.call;
    hawser::Caller caller;
    caller.user = caller.connection = call.source.sender;
    caller.device = call.source.device;
    caller.via = call.via;
    caller.idempotencyKey = CallQueue::keyOf(call.source, call.number);
    work.own.reset(new OwnCall(m_commands, caller, call.call.command, call.call.parameters));
    connect(work.own->call(), &Channel::received, this,
        [this, &work](const ChannelMessage &message) { collect(work, message.bytes); });
    connect(work.own->call(), &Call::finished, this, [this, who](const Result<Payload> &result) { over(who, result); });
}

/// The beginning is kept, and how much more there was is told.
void DurableServer::collect(Work &work, QByteArrayView message) const
{
    const bool isOutput =
        message.size() > 1 && (message[0] == char(RunStream::Out) || message[0] == char(RunStream::Err));
    if (!isOutput)
        return;
    const QByteArrayView bytes = message.sliced(1);
    qint64 fits = work.leftOut > 0 ? 0 : std::min<qint64>(bytes.size(), m_limits.output - work.kept);
    const bool joins = !work.output.empty() && work.output.back().toBytes().startsWith(message[0]);
    if (!joins && work.output.size() >= size_t(limits::durablePieces))
        fits = 0;
    if (fits > 0) {
        QByteArray piece = joins ? work.output.back().toBytes() : QByteArray(1, message[0]);
        piece.append(bytes.data(), fits);
        if (joins)
            work.output.pop_back();
        work.output.emplace_back(std::move(piece));
        work.kept += fits;
    }
    work.leftOut += quint64(bytes.size() - fits);
}

/// The program was stopped because this one ends.
bool DurableServer::wasStopped(const Result<Payload> &result) const
{
    if (!m_isStopping)
        return false;
    if (!result)
        return result.error().code == Code::Unavailable || result.error().code == Code::Cancelled;
    return result->parameters[u"outcome"].toInt() == qint64(contracts::RunOutcome::Stopped);
}

void DurableServer::over(const Caller &who, const Result<Payload> &result)
{
    const auto found = m_work.find(who);
    if (found == m_work.end())
        return;
    Work &work = found->second;
    work.own.reset();
    const Code code = result ? Code::Ok : result.error().code;
    const bool noRoom =
        !result && result.error().begun == Begun::No && (code == Code::ResourceExhausted || code == Code::Unavailable);
    if (wasStopped(result))
        return; // begun, as after a kill: it is begun again with the same key
    if (noRoom)
        return putBack(who);
    if (!result)
        return answer(who, resultFor(work.call, result.error()));
    DurableResult told = resultFor(work.call, { Code::Ok, {} });
    told.result = result->parameters;
    told.output = std::move(work.output);
    told.leftOut = work.leftOut + quint64(result->bulk.size());
    answer(who, told);
}

void DurableServer::refuse(const Caller &who, const Error &why)
{
    answer(who, resultFor(m_work[who].call, why));
}

void DurableServer::answer(const Caller &who, const DurableResult &result)
{
    write([call = m_work[who].call, result](CallQueue &queue) { return queue.answer(call, result); },
        [this, who, result](const Result<void> &kept) {
            if (!kept) { // it has run: its answer is kept as soon as there is room on the disk
                failed(kept.error());
                QTimer::singleShot(againStore, this, [this, who, result] { answer(who, result); });
                return;
            }
            m_trouble.reset();
            ++m_answered;
            m_pauses.erase(who);
            m_work.erase(who);
            look();
        });
}

void DurableServer::putBack(const Caller &who)
{
    write([id = m_work[who].call.id](CallQueue &queue) { return queue.putBack(id); },
        [this, who](const Result<void> &) { tryLater(who); });
}

void DurableServer::tryLater(const Caller &who)
{
    if (m_isStopping)
        return;
    milliseconds &pause = m_pauses.try_emplace(who, againFirst).first->second;
    QTimer::singleShot(pause, this, [this, who] {
        m_work.erase(who);
        look();
    });
    pause = std::min(pause * 2, againMost);
}

} // namespace hawser
