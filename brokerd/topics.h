#pragma once

#include "brokerd/topic_last.h"
#include "brokerd/topic_publisher.h"
#include "brokerd/topic_reader.h"
#include "brokerd/topic_rights.h"
#include "brokerd/topic_subscriber.h"
#include "core/commands.h"
#include "core/contracts/topics.h"
#include "core/later.h"
#include "core/topics.h"

#include <QTimer>

namespace hawser::broker {

/// Topics: who publishes, who subscribes, and each message to all it is for (docs/protocol.md §16).
class Topics : public QObject {
    Q_OBJECT

public:
    /// Both outlive this.
    Topics(const Accounts &accounts, Database &database, QObject *parent = nullptr);
    ~Topics() override;
    /// \param folder  where the messages of durable subscriptions are kept
    Result<void> load(const QString &folder);
    void apply(const Config &config);
    void serve(Commands &commands);
    /// Adds what is counted, and what its limits did, to the maps of `status`.
    void report(Value &counters, LimitUse &use) const;
    /// Why nothing is kept now; empty: all is well.
    QString trouble() const { return m_store->trouble(); }
    /// As TopicStore's. \pre loaded
    void keepHouse(qint64 wall, milliseconds running) { m_store->keepHouse(wall, running); }
    qint64 publisherHeldBytes() const { return m_config.publisherHeldBytes; }

    // --- for publishers
    /// \pre isTopicName(name)
    SourcePointer makeSource(const PublicKey &publisher, const QByteArray &name);
    /// Another one when somebody's rights or subscriptions may have changed.
    quint64 version() const { return m_version; }
    /// \retval PermissionDenied
    Result<void> mayPublish(const TopicSource &source) const;
    /// \retval ResourceExhausted  a quota: then it should not be delivered either
    Result<void> keepLast(const SourcePointer &source, QByteArrayView body);
    void deliver(const BlockPointer &block);
    /// For subscriptions that outlive their subscribers. \returns whether there are any
    bool keepDurably(const TopicSource &source, QByteArrayView body);
    /// `done` when all that was kept so far is on disk; at once if it is. Never when context is gone.
    void whenDurable(QObject *context, const std::function<void(const Result<void> &)> &done);
    void countRefused() { ++m_refused; }

private:
    using Id = TopicMatcher::Id;
    using Subscribe = contracts::SubscribeTopics;
    using Grant = contracts::GrantTopics;

    struct Subscription {
        std::shared_ptr<IncomingCall> call;
        const Link *link = nullptr;
        PublicKey who;
        QByteArray pattern;
        LaterPointer<TopicSubscriber> live; // or …
        LaterPointer<DurableReader> durable;
    };
    /// What one link has.
    struct Session {
        int subscriptions = 0;
        double allowance = 0; // changes it may make now
        Instant counted {};
    };

    void publish(const std::shared_ptr<IncomingCall> &call);
    void subscribe(const Subscribe::Request &request, const std::shared_ptr<IncomingCall> &call);
    Result<void> maySubscribe(const QByteArray &pattern, const IncomingCall &call);
    Result<void> countChange(Link *link);
    Result<void> enter(Link *link);
    Id add(const QByteArray &pattern, const std::shared_ptr<IncomingCall> &call);
    void addLive(const QByteArray &pattern, bool last, const std::shared_ptr<IncomingCall> &call);
    void addDurable(const Subscribe::Request &request, const std::shared_ptr<IncomingCall> &call);
    Result<void> attach(Subscription &mine, const Result<KeptSubscription *> &kept, std::optional<quint64> after);
    void remove(Id id);
    void restoreLast(const std::vector<LastValueStore::Row> &rows);
    void forgetLastOf(const PublicKey &publisher);
    TopicSubscriber::NextKept keptFor(const PublicKey &who, const QByteArray &pattern) const;
    void shareSockets();
    const std::vector<TopicSubscriber *> &targetsOf(const TopicSource &source);
    bool mayRead(const PublicKey &who, QByteArrayView topic) const;
    /// The same, and whoever published it may still do so.
    bool mayHear(const PublicKey &who, const PublicKey &publisher, QByteArrayView topic) const;
    void rightsChanged(const PublicKey &who);
    void tick();
    Result<Grant::Reply> grant(const Grant::Request &request);

    const Accounts &m_accounts;
    TopicRights m_rights;
    LastValues m_last;
    LastValueLimits m_lastLimits;
    TopicStore::Limits m_storeLimits;
    Config m_config;
    LimitHits m_hits;
    std::unordered_map<const TopicPublisher *, LaterPointer<TopicPublisher>> m_publishers;
    std::unordered_map<Id, Subscription> m_subscriptions;
    QHash<Link *, Session> m_sessions;
    TopicMatcher m_matcher;
    std::unique_ptr<TopicStore> m_store; // after load()
    SubscriberCounters m_counters;
    QTimer m_tick;
    Id m_lastId = 0;
    quint32 m_lastSource = 0;
    quint64 m_version = 1;
    quint64 m_published = 0;
    quint64 m_refused = 0;
};

} // namespace hawser::broker
