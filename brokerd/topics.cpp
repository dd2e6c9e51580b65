#include "brokerd/topics.h"

#include "core/topic_messages.h"

#include <QDir>

namespace hawser::broker {

namespace {

constexpr auto tickEvery = milliseconds(200); // how late somebody is skipped at the latest
constexpr int shareOfOne = 10; // of the last values one publisher may have a tenth
constexpr int mostChanges = 2; // of last values that wait for the disk, for each that may be kept

} // namespace

Topics::Topics(const Accounts &accounts, Database &database, QObject *parent)
    : QObject(parent), m_accounts(accounts), m_rights(accounts, database)
{
    apply({});
    m_tick.setInterval(tickEvery);
    connect(&m_tick, &QTimer::timeout, this, &Topics::tick);
    connect(&m_rights, &TopicRights::changed, this, &Topics::rightsChanged);
    connect(&accounts, &Accounts::removed, this, [this](const Account &account) {
        forgetLastOf(account.key);
        m_store->forgetOf(account.key);
    });
}

Topics::~Topics()
{
    const Error over { Code::Unavailable, QStringLiteral("the broker stops"), Begun::Maybe };
    for (auto &[id, subscription] : m_subscriptions)
        subscription.call->fail(over);
    const auto publishers = std::exchange(m_publishers, {}); // they leave it while they stop
    for (auto &[id, publisher] : publishers)
        publisher->stop(over);
}

Result<void> Topics::load(const QString &folder)
{
    m_store = std::make_unique<TopicStore>(QDir(folder).filePath(QStringLiteral("topics.sqlite")),
        [this](const PublicKey &who, QByteArrayView topic) { return mayRead(who, topic); });
    m_store->limits = m_storeLimits;
    const Result<void> loaded = m_rights.load();
    if (loaded)
        restoreLast(m_store->load());
    return loaded;
}

/// What was on disk, as far as it fits what holds now; the rest is forgotten there too.
void Topics::restoreLast(const std::vector<LastValueStore::Row> &rows)
{
    for (const LastValueStore::Row &row : rows) {
        const bool known = isTopicName(row.topic) && m_accounts.find(row.publisher);
        if (!known || !m_last.keep(makeSource(row.publisher, row.topic), row.body, m_lastLimits))
            m_store->lastValues().change({ row.topic, row.publisher, {} });
    }
    m_store->lastValues().whenWritten(this, [](const Result<void> &) {});
}

void Topics::forgetLastOf(const PublicKey &publisher)
{
    for (const QByteArray &topic : m_last.forgetOf(publisher))
        m_store->lastValues().change({ topic, publisher, {} });
    m_store->lastValues().whenWritten(this, [](const Result<void> &) {});
}

void Topics::apply(const Config &config)
{
    m_config = config;
    m_lastLimits.topics = int(config.lastValues);
    m_lastLimits.topicsOfOne = int((config.lastValues + shareOfOne - 1) / shareOfOne);
    m_lastLimits.bytes = config.lastValuesMegabytes * 1024 * 1024;
    m_storeLimits.inAll = int(config.durableSubscriptions);
    m_storeLimits.ofOne = int(config.durablePerUser);
    m_storeLimits.messages = config.durableMessages;
    m_storeLimits.bytes = config.durableMegabytes * 1024 * 1024;
    m_storeLimits.days = int(config.durableDays);
    m_storeLimits.unusedDays = int(config.durableUnusedDays);
    if (m_store)
        m_store->limits = m_storeLimits;
    m_rights.apply(config.topics, config.topicRightsPerAccount);
}

void Topics::serve(Commands &commands)
{
    commands.serveChannel<contracts::PublishTopics>(
        [this](const contracts::PublishTopics::Request &, std::shared_ptr<IncomingCall> call) { publish(call); });
    commands.serveChannel<Subscribe>(
        [this](const Subscribe::Request &request, std::shared_ptr<IncomingCall> call) { subscribe(request, call); });
    using Forget = contracts::ForgetSubscription;
    commands.serveLater<Forget>(
        [this](const Forget::Request &request, const Caller &caller, const Reply<Forget> &reply) {
            m_store->forget(caller.user, request.durable.toUtf8(), this, [reply](const Result<void> &done) {
                reply(done ? Result<Forget::Reply>(Forget::Reply {}) : done.error());
            });
        });
    commands.serve<Grant>([this](const Grant::Request &request, const Caller &) { return grant(request); });
}

void Topics::report(Value &counters, LimitUse &use) const
{
    const auto count = [&counters](const char *name, quint64 value) { counters.insert(QLatin1String(name), value); };
    count("topic_messages", m_published);
    count("topic_refused", m_refused);
    count("topic_delivered", m_counters.delivered);
    count("topic_missed", m_counters.missed);
    count("topic_skipped", m_counters.skipped);
    count("topic_publishers_now", m_publishers.size());
    count("topic_subscriptions_now", m_subscriptions.size());
    count("last_values_now", quint64(m_last.topics()));
    count("last_value_bytes_now", quint64(m_last.bytes()));
    use.used("subscriptions", qint64(m_subscriptions.size()));
    use.used("last_values", m_last.topics());
    use.used("last_values_megabytes", m_last.bytes() >> 20);
    use.hit("subscriber_patience_seconds", m_counters.skipped);
    m_hits.report(use);
    m_store->report(counters, use);
}

// --- publishing

void Topics::publish(const std::shared_ptr<IncomingCall> &call)
{
    auto *publisher = new TopicPublisher(*this, call);
    m_publishers[publisher].reset(publisher);
    connect(publisher, &TopicPublisher::over, this, [this, publisher] { m_publishers.erase(publisher); });
}

SourcePointer Topics::makeSource(const PublicKey &publisher, const QByteArray &name)
{
    if (++m_lastSource == 0) // after four thousand million: 0 is the broker's own word
        ++m_lastSource;
    const QByteArray announcement = encode(topic::Source { m_lastSource, publisher, name });
    return std::make_shared<const TopicSource>(TopicSource { m_lastSource, publisher, name, announcement });
}

Result<void> Topics::mayPublish(const TopicSource &source) const
{
    if (m_rights.allows(source.publisher, TopicRights::Doing::Publish, source.name))
        return {};
    return Error { Code::PermissionDenied,
        QStringLiteral("you may not publish to %1").arg(QString::fromLatin1(source.name)), Begun::No };
}

Result<void> Topics::keepLast(const SourcePointer &source, QByteArrayView body)
{
    LastValueStore &store = m_store->lastValues();
    if (!store.hasRoom(source->name, qsizetype(m_lastLimits.topics) * mostChanges))
        return Error { Code::ResourceExhausted, QStringLiteral("the disk is too slow for so many last values") };
    if (const Result<void> kept = body.isEmpty() ? Result<void>() : m_last.keep(source, body, m_lastLimits); !kept)
        return kept;
    if (!body.isEmpty() || m_last.forget(source->name))
        store.change({ source->name, source->publisher, body.toByteArray() });
    return {};
}

void Topics::deliver(const BlockPointer &block)
{
    const Instant at = now();
    m_published += block->messages();
    for (TopicSubscriber *target : targetsOf(block->source()))
        target->offer(block, at);
    if (!m_tick.isActive())
        m_tick.start();
}

const std::vector<TopicSubscriber *> &Topics::targetsOf(const TopicSource &source)
{
    if (source.targetsAt == m_version)
        return source.targets;
    source.targets.clear();
    source.targetsAt = m_version;
    for (const Id id : m_matcher.match(source.name)) {
        const Subscription &subscription = m_subscriptions.at(id);
        if (subscription.live && mayRead(subscription.who, source.name))
            source.targets.push_back(subscription.live.get());
    }
    return source.targets;
}

bool Topics::keepDurably(const TopicSource &source, QByteArrayView body)
{
    return m_store->keep(source, body);
}

void Topics::whenDurable(QObject *context, const std::function<void(const Result<void> &)> &done)
{
    m_store->whenWritten(context, done);
}

void Topics::tick()
{
    const Instant at = now();
    bool waiting = false;
    for (auto &[id, subscription] : m_subscriptions) {
        if (!subscription.live)
            continue;
        subscription.live->tick(at);
        waiting = waiting || subscription.live->isWaiting();
    }
    if (!waiting)
        m_tick.stop();
}

// --- who may

bool Topics::mayRead(const PublicKey &who, QByteArrayView topic) const
{
    return m_rights.allows(who, TopicRights::Doing::Subscribe, topic);
}

bool Topics::mayHear(const PublicKey &who, const PublicKey &publisher, QByteArrayView topic) const
{
    return mayRead(who, topic) && m_rights.allows(publisher, TopicRights::Doing::Publish, topic);
}

/// What was allowed is looked at again: a right that is gone ends what it had let in.
void Topics::rightsChanged(const PublicKey &who)
{
    ++m_version;
    std::vector<Id> over;
    for (auto &[id, subscription] : m_subscriptions) {
        const bool mine = who.isNull() || subscription.who == who;
        if (mine && !m_rights.allowsSome(subscription.who, TopicRights::Doing::Subscribe, subscription.pattern))
            over.push_back(id);
        else if (subscription.live)
            subscription.live->keepOnly([this, &reader = subscription.who](const TopicSource &source) {
                return mayHear(reader, source.publisher, source.name);
            });
    }
    for (const Id id : over) {
        const std::shared_ptr<IncomingCall> call = m_subscriptions.at(id).call;
        remove(id);
        call->fail({ Code::PermissionDenied, QStringLiteral("your right to read this has ended") });
    }
}

Result<Topics::Grant::Reply> Topics::grant(const Grant::Request &request)
{
    const Result<Account> account = m_accounts.findByText(request.who);
    if (!account)
        return account.error();
    const auto change = [&](TopicRights::Doing doing, const QStringList &texts) -> Result<void> {
        QByteArrayList patterns;
        for (const QString &text : texts) {
            patterns << text.toUtf8();
            if (!isTopicPattern(patterns.last()) || isReservedTopic(patterns.last()))
                return Error { Code::InvalidArgument, QStringLiteral("\"%1\" is no pattern to grant").arg(text) };
        }
        return patterns.isEmpty() ? Result<void>() : m_rights.change(account->key, doing, patterns, request.remove);
    };
    if (const Result<void> done = change(TopicRights::Doing::Publish, request.publish); !done)
        return done.error();
    if (const Result<void> done = change(TopicRights::Doing::Subscribe, request.subscribe); !done)
        return done.error();
    Grant::Reply reply;
    reply.key = account->key;
    reply.name = account->name;
    for (const QByteArray &pattern : m_rights.patterns(account->key, TopicRights::Doing::Publish))
        reply.publish << QString::fromLatin1(pattern);
    for (const QByteArray &pattern : m_rights.patterns(account->key, TopicRights::Doing::Subscribe))
        reply.subscribe << QString::fromLatin1(pattern);
    return reply;
}

} // namespace hawser::broker
