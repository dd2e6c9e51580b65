#include "core/durable_server.h"

#include "core/contracts/broker.h"
#include "core/contracts/node.h"
#include "core/log.h"

#include <QTimer>

namespace hawser {

using contracts::DurableResult;
using contracts::RunEnd;
using contracts::RunStream;

namespace {

constexpr milliseconds againFirst { 500 };
constexpr milliseconds againMost { 60000 };
constexpr milliseconds againStore { 2000 };
constexpr milliseconds askAgain { 1000 };

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

DurableServer::DurableServer(
    const PublicKey &me, Commands &commands, const QString &path, std::function<qint64()> calendar, QObject *parent)
    : QObject(parent), m_me(me), m_commands(commands), m_calendar(std::move(calendar)),
      m_store(path, CallQueue::steps())
{
    (void)m_clock.look(runningTime(), m_calendar());
    connect(&m_trouble, &StoreTrouble::over, this, [this] { m_isOpen ? look() : load(); });
    load();
}

DurableServer::~DurableServer()
{
    m_work.clear();
}

DurableServer::State DurableServer::state() const
{
    const auto running =
        std::count_if(m_work.begin(), m_work.end(), [](const auto &entry) { return bool(entry.second.own); });
    return { m_waiting, running, m_answered, m_trouble.sentence() };
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
        this, [limits = m_limits](Database &database) { return CallQueue(database, limits).count(); },
        [this](const Result<qint64> &waiting) {
            if (!waiting)
                return m_trouble.failed(waiting.error());
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
        way.poster->setChoice([ours = MailSource::ofBroker(broker)](
                                  const MailSequence &sequence) { return sequence.conversation == ours; });
        connect(way.poster.get(), &MailPoster::kept, this, &DurableServer::look); // room for answers
        connect(way.poster.get(), &MailPoster::refused, this,
            [this, broker](const MailSequence &sequence, quint64, const Error &why) {
                if (why.code == Code::NotFound)
                    forget({ broker, sequence.recipient });
            });
        way.taker = std::make_unique<MailTaker>(
            m_me, [this, broker](const MailTaken &taken, const MailTaker::Done &done) { take(broker, taken, done); });
        connect(way.taker.get(), &MailTaker::storeFailed, &m_trouble, &StoreTrouble::failed);
    }
    way.poster->start(link);
    way.taker->start(link);
}

void DurableServer::take(const PublicKey &broker, const MailTaken &taken, const MailTaker::Done &done)
{
    write(
        taken.inTurn([taken, broker, now = m_calendar()](CallQueue &queue) { return queue.take(taken, broker, now); }),
        [this, done](const Result<void> &kept) {
            done(kept);
            look();
        });
}

Client *DurableServer::ready(const PublicKey &broker) const
{
    const auto way = m_ways.find(broker);
    Client *client = way == m_ways.end() ? nullptr : way->second.client.data();
    return client && client->state() == Client::State::Ready ? client : nullptr;
}

// --- what waits

void DurableServer::look()
{
    for (const auto &[broker, way] : m_ways)
        if (way.poster)
            way.poster->look();
    QList<User> unsure; // what runs, and whose link ended
    for (const auto &[who, work] : m_work)
        if (work.own && !m_rights.contains(who.first) && ready(who.first.via))
            unsure << who.first;
    for (const User &user : unsure)
        ask(user);
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
                return m_trouble.failed(seen.error());
            m_waiting = seen->count;
            for (const CallQueue::Waiting &call : seen->heads)
                consider(call);
            if (std::exchange(m_lookAgain, false))
                look();
        });
}

DurableServer::Work *DurableServer::find(const Caller &who, quint64 turn)
{
    const auto work = m_work.find(who);
    return work != m_work.end() && work->second.turn == turn ? &work->second : nullptr;
}

void DurableServer::consider(const CallQueue::Waiting &call)
{
    const Caller who { { call.via, call.source.sender }, call.source.device };
    if (m_isStopping || m_work.contains(who) || m_forgetting.contains(who.first) || !call.hasRoom)
        return;
    const quint64 turn = ++m_turn;
    const bool isSteady = m_clock.look(runningTime(), m_calendar()).steady;
    const std::optional<Error> why = refusal(call);
    m_work[who] = { call, turn, !why };
    if (isLate(call) && !isSteady)
        return tryLater(who, turn); // the calendar was set: perhaps it will be set right
    if (why)
        return answer(who, turn, resultFor(call, *why));
    ask(who.first);
}

/// Why it will never be called; whether it was before is resultFor()'s to say.
std::optional<Error> DurableServer::refusal(const CallQueue::Waiting &call) const
{
    if (isLate(call))
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

bool DurableServer::isLate(const CallQueue::Waiting &call) const
{
    return m_calendar() > call.call.until;
}

// --- who may

/// As for a call that passes through it now: who may is the broker's to say, and until when.
void DurableServer::ask(const User &user)
{
    Right &right = m_rights[user];
    if (right.isGiven)
        return mayNow(user);
    if (right.call)
        return;
    Client *client = ready(user.via);
    if (client == nullptr)
        return wasAsked(user, { Code::Unavailable, {} });
    right.call = client->start<contracts::MayCall>({}, { user.key });
    connect(right.call, &Channel::received, this, [this, user] { mayNow(user); });
    connect(right.call, &Call::finished, this, [this, user](const Result<Payload> &result) {
        wasAsked(user, result ? Error { Code::Unavailable, {} } : result.error());
    });
}

void DurableServer::mayNow(const User &user)
{
    m_rights[user].isGiven = true;
    for (auto &[who, work] : m_work)
        if (who.first == user && std::exchange(work.asks, false))
            beginCall(who, work.turn);
}

/// What runs goes on until it is known that he may not: look() asks again.
void DurableServer::wasAsked(const User &user, const Error &why)
{
    m_rights.erase(user);
    if (why.code == Code::NotFound)
        return forget(user);
    const bool isThere = ready(user.via) != nullptr;
    QList<std::pair<Caller, quint64>> asking;
    for (const auto &[who, work] : m_work)
        if (who.first == user && work.asks)
            asking << std::pair(who, work.turn);
    for (const auto &[who, turn] : asking)
        isThere ? tryLater(who, turn) : end(who); // again when it is ready
    if (isThere)
        QTimer::singleShot(askAgain, this, &DurableServer::look);
}

/// What was there when his right ended goes; what comes after he was let in again stays. Nothing of his begins meanwhile.
void DurableServer::forget(const User &user)
{
    log(Level::Notice, "durable.forgotten", { { "caller", user.key.hex() }, { "broker", user.via.hex() } });
    const auto isTheirs = [&](const auto &entry) { return entry.first.first == user; };
    for (auto &[who, work] : m_work)
        if (Call *call = who.first == user && work.own ? work.own->call() : nullptr) {
            call->disconnect(this);
            call->cancel();
        }
    std::erase_if(m_work, isTheirs);
    std::erase_if(m_pauses, isTheirs);
    askNoMore(user);
    const quint64 turn = m_forgetting[user] = ++m_turn;
    m_store.read(
        this,
        [limits = m_limits, user](Database &database) { return CallQueue(database, limits).mark(user.key, user.via); },
        [this, user, turn](const Result<CallQueue::Mark> &upto) {
            if (upto)
                return forget(user, turn, *upto);
            m_trouble.failed(upto.error());
            forgetLater(user, turn, [this, user] { forget(user); });
        });
}

void DurableServer::forget(const User &user, quint64 turn, const CallQueue::Mark &upto)
{
    write([user, upto](CallQueue &queue) { return queue.forget(user.key, user.via, upto); },
        [this, user, turn, upto](const Result<void> &gone) {
            if (!gone) {
                m_trouble.failed(gone.error());
                return forgetLater(user, turn, [=, this] { forget(user, turn, upto); });
            }
            if (const auto known = m_forgetting.find(user); known != m_forgetting.end() && known->second == turn)
                m_forgetting.erase(known);
            look();
        });
}

/// Unless his right ended once more meanwhile.
void DurableServer::forgetLater(const User &user, quint64 turn, const std::function<void()> &again)
{
    QTimer::singleShot(againStore, this, [this, user, turn, again] {
        if (const auto known = m_forgetting.find(user); known != m_forgetting.end() && known->second == turn)
            again();
    });
}

void DurableServer::beginCall(const Caller &who, quint64 turn)
{
    write([id = m_work[who].call.id](CallQueue &queue) { return queue.begin(id); },
        [this, who, turn](const Result<void> &begun) {
            if (!begun)
                m_trouble.failed(begun.error());
            Work *work = find(who, turn);
            if (work == nullptr || m_isStopping)
                return;
            if (!begun)
                return end(who); // again when the trouble is over
            run(who, *work);
        });
}

// --- what runs

void DurableServer::run(const Caller &who, Work &work)
{
    const CallQueue::Waiting &call = work.call;
    hawser::Caller caller;
    caller.user = caller.connection = call.source.sender;
    caller.device = call.source.device;
    caller.via = call.via;
    caller.idempotencyKey = CallQueue::keyOf(call.source, call.number);
    work.own.reset(new OwnCall(m_commands, caller, call.call.command, call.call.parameters));
    connect(work.own->call(), &Channel::received, this, [this, who, turn = work.turn](const ChannelMessage &message) {
        if (Work *work = find(who, turn))
            collect(*work, message.bytes);
    });
    connect(work.own->call(), &Call::finished, this,
        [this, who, turn = work.turn](const Result<Payload> &result) { over(who, turn, result); });
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

void DurableServer::over(const Caller &who, quint64 turn, const Result<Payload> &result)
{
    Work *work = find(who, turn);
    if (work == nullptr)
        return;
    work->own.reset();
    const Code code = result ? Code::Ok : result.error().code;
    const bool noRoom =
        !result && result.error().begun == Begun::No && (code == Code::ResourceExhausted || code == Code::Unavailable);
    if (wasStopped(result))
        return; // begun, as after a kill: it is begun again with the same key
    if (noRoom)
        return putBack(who, turn);
    if (!result)
        return answer(who, turn, resultFor(work->call, result.error()));
    DurableResult told = resultFor(work->call, { Code::Ok, {} });
    told.result = result->parameters;
    told.output = std::move(work->output);
    told.leftOut = work->leftOut + quint64(result->bulk.size());
    answer(who, turn, told);
}

void DurableServer::answer(const Caller &who, quint64 turn, const DurableResult &result)
{
    write([call = m_work[who].call, result](CallQueue &queue) { return queue.answer(call, result); },
        [this, who, turn, result](const Result<void> &kept) {
            if (!find(who, turn))
                return;
            if (!kept) { // it has run: its answer is kept as soon as there is room on the disk
                m_trouble.failed(kept.error());
                QTimer::singleShot(againStore, this, [this, who, turn, result] {
                    if (find(who, turn))
                        answer(who, turn, result);
                });
                return;
            }
            ++m_answered;
            m_pauses.erase(who);
            end(who);
            look();
        });
}

void DurableServer::putBack(const Caller &who, quint64 turn)
{
    write([id = m_work[who].call.id](CallQueue &queue) { return queue.putBack(id); },
        [this, who, turn](const Result<void> &) { tryLater(who, turn); });
}

void DurableServer::tryLater(const Caller &who, quint64 turn)
{
    if (m_isStopping || !find(who, turn))
        return;
    milliseconds &pause = m_pauses.try_emplace(who, againFirst).first->second;
    QTimer::singleShot(pause, this, [this, who, turn] {
        if (!find(who, turn))
            return;
        end(who);
        look();
    });
    pause = std::min(pause * 2, againMost);
}

/// Nobody is asked about who has nothing to do here.
void DurableServer::end(const Caller &who)
{
    m_work.erase(who);
    const bool isLast =
        std::none_of(m_work.begin(), m_work.end(), [&](const auto &entry) { return entry.first.first == who.first; });
    if (isLast)
        askNoMore(who.first);
}

void DurableServer::askNoMore(const User &user)
{
    const auto right = m_rights.find(user);
    if (right == m_rights.end())
        return;
    if (Call *call = right->second.call) {
        call->disconnect(this);
        call->cancel();
    }
    m_rights.erase(right);
}

} // namespace hawser
