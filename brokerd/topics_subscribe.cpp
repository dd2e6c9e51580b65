// Topics: who subscribes.
#include "brokerd/topics.h"

namespace hawser::broker {

namespace {

constexpr double secondsAtOnce = 10; // so many seconds' changes after a rest
constexpr qsizetype manyLinks = 64; // with more subscribers than these each holds less in its socket

double secondsBetween(Instant from, Instant to)
{
    return std::chrono::duration<double>(to - from).count();
}

} // namespace

void Topics::subscribe(const Subscribe::Request &request, const std::shared_ptr<IncomingCall> &call)
{
    const QByteArray pattern = request.pattern.toUtf8();
    Result<void> may = maySubscribe(pattern, *call);
    if (may)
        may = enter(call->link());
    if (!may) {
        ++m_refused;
        return call->fail(may.error());
    }
    if (request.durable.isEmpty())
        addLive(pattern, request.last, call);
    else
        addDurable(request, call);
}

Result<void> Topics::maySubscribe(const QByteArray &pattern, const IncomingCall &call)
{
    if (const Result<void> counted = countChange(call.link()); !counted)
        return counted;
    if (!isTopicPattern(pattern))
        return Error { Code::InvalidArgument, QStringLiteral("this is no pattern of topics"), Begun::No };
    if (!m_rights.allowsSome(call.caller().user, TopicRights::Doing::Subscribe, pattern))
        return Error { Code::PermissionDenied, QStringLiteral("you may not read %1").arg(QString::fromLatin1(pattern)),
            Begun::No };
    return {};
}

/// A link may change its subscriptions only so often.
Result<void> Topics::countChange(Link *link)
{
    const Instant at = now();
    const double perSecond = double(m_config.subscriptionChangesPerSecond);
    const double changesAtOnce = perSecond * secondsAtOnce;
    if (!m_sessions.contains(link)) {
        m_sessions.insert(link, { 0, changesAtOnce, at });
        connect(link, &Link::ended, this, [this, link] { m_sessions.remove(link); });
    }
    Session &session = m_sessions[link];
    session.allowance = qMin(changesAtOnce, session.allowance + secondsBetween(session.counted, at) * perSecond);
    session.counted = at;
    if (session.allowance < 1) {
        m_hits.count("subscription_changes_per_second");
        return Error { Code::ResourceExhausted, QStringLiteral("subscriptions change too often"), Begun::No };
    }
    session.allowance -= 1;
    return {};
}

Result<void> Topics::enter(Link *link)
{
    Session &session = m_sessions[link];
    const bool isFull = session.subscriptions >= m_config.subscriptionsPerSession;
    if (isFull || qint64(m_subscriptions.size()) >= m_config.subscriptions) {
        m_hits.count(isFull ? "subscriptions_per_session" : "subscriptions");
        return Error { Code::ResourceExhausted,
            QStringLiteral("a session may have %1 subscriptions, all together %2")
                .arg(QString::number(m_config.subscriptionsPerSession), QString::number(m_config.subscriptions)),
            Begun::No };
    }
    ++session.subscriptions;
    return {};
}

Topics::Id Topics::add(const QByteArray &pattern, const std::shared_ptr<IncomingCall> &call)
{
    const Id id = ++m_lastId;
    Subscription &mine = m_subscriptions[id];
    mine.call = call;
    mine.link = call->link();
    mine.who = call->caller().user;
    mine.pattern = pattern;
    connect(call.get(), &IncomingCall::stopped, this, [this, id] { remove(id); });
    return id;
}

void Topics::addLive(const QByteArray &pattern, bool last, const std::shared_ptr<IncomingCall> &call)
{
    const Id id = add(pattern, call);
    Subscription &mine = m_subscriptions.at(id);
    TopicSubscriber::NextKept none = [] { return std::vector<BlockPointer>(); };
    mine.live.reset(
        new TopicSubscriber(call->stream(), m_config, m_counters, last ? keptFor(mine.who, pattern) : std::move(none)));
    m_matcher.add(pattern, id);
    ++m_version;
    shareSockets();
}

void Topics::addDurable(const Subscribe::Request &request, const std::shared_ptr<IncomingCall> &call)
{
    const QByteArray name = request.durable.toUtf8();
    const Id id = add(request.pattern.toUtf8(), call);
    const auto after = request.after ? std::optional<quint64>(quint64(*request.after)) : std::nullopt;
    const auto opened = [this, id, after](const Result<KeptSubscription *> &kept) {
        const auto found = m_subscriptions.find(id);
        if (found == m_subscriptions.end())
            return;
        const Result<void> attached = attach(found->second, kept, after);
        if (attached)
            return void(connect(found->second.durable.get(), &DurableReader::over, this, [this, id] { remove(id); }));
        ++m_refused;
        const std::shared_ptr<IncomingCall> refused = found->second.call;
        remove(id);
        refused->fail(attached.error());
    };
    if (!isTopicName(name) || name.contains('.'))
        return opened(Error { Code::InvalidArgument, QStringLiteral("this is no name for a durable subscription") });
    m_store->open(call->caller().user, name, request.pattern.toUtf8(), call.get(), opened);
}

Result<void> Topics::attach(Subscription &mine, const Result<KeptSubscription *> &kept, std::optional<quint64> after)
{
    if (!kept)
        return kept.error();
    KeptSubscription &known = **kept;
    if (after.value_or(0) > known.written)
        return Error { Code::OutOfRange, QStringLiteral("no message had the number %1 yet").arg(*after) };
    mine.durable.reset(new DurableReader(*m_store, known, mine.call, after.value_or(known.acknowledged),
        [this](const PublicKey &who, const PublicKey &publisher, QByteArrayView topic) {
            return mayHear(who, publisher, topic);
        }));
    return {};
}

void Topics::remove(Id id)
{
    const auto found = m_subscriptions.find(id);
    if (found == m_subscriptions.end())
        return;
    const Subscription gone = std::move(found->second);
    m_subscriptions.erase(found);
    m_matcher.remove(gone.pattern, id);
    ++m_version;
    const auto session = m_sessions.find(const_cast<Link *>(gone.link));
    if (session == m_sessions.end())
        return;
    if (--session->subscriptions == 0)
        session.key()->mostInSocket = limits::inSocket;
}

TopicSubscriber::NextKept Topics::keptFor(const PublicKey &who, const QByteArray &pattern) const
{
    return [this, who, cursor = m_last.cursor(pattern)]() mutable {
        return m_last.next(
            cursor, [this, &who](const TopicSource &source) { return mayHear(who, source.publisher, source.name); });
    };
}

/// Many subscribers that are told the same share little memory but their sockets: those stay small.
void Topics::shareSockets()
{
    if (m_sessions.size() <= manyLinks)
        return;
    for (auto session = m_sessions.begin(); session != m_sessions.end(); ++session)
        if (session->subscriptions > 0)
            session.key()->mostInSocket = limits::inSubscriberSocket;
}

} // namespace hawser::broker
