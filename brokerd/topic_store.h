#pragma once

#include "brokerd/topic_block.h"
#include "brokerd/topic_last_store.h"
#include "core/limit_use.h"
#include "core/store/store_trouble.h"
#include "core/topics.h"
#include "core/value.h"

#include <unordered_map>

namespace hawser::broker {

class DurableReader;

/// One durable subscription as it stands in memory. Its numbers grow by one a message; a number without a row is a message
/// that is missing: over the quota, too old, or never written because the disk was full.
struct KeptSubscription {
    qint64 id = 0;
    PublicKey who;
    QByteArray name;
    QByteArray pattern;
    quint64 written = 0; ///< the last number that is on disk, or missing
    quint64 acknowledged = 0;
    qint64 messages = 0; ///< that wait
    qint64 bytes = 0;
    QPointer<DurableReader> reader; ///< who has it now

    bool operator==(const KeptSubscription &) const = delete;
};

/// Messages for subscriptions that outlive their subscribers, and last values: on disk before the publisher hears that
/// they were taken (docs/protocol.md §16.3, §16.6). What the database cannot do is refused, the rest of the broker goes on:
/// who asks hears only that it cannot, the log says why.
class TopicStore : public QObject {
    Q_OBJECT

public:
    struct Limits {
        int ofOne = 16; ///< subscriptions of one account
        int inAll = 1000;
        qint64 messages = 100000; ///< that wait for one subscription
        qint64 bytes = 64 * 1024 * 1024; ///< of them
        int days = 7; ///< a message waits
        int unusedDays = 30; ///< until a subscription is forgotten
    };
    struct Row {
        quint64 number;
        PublicKey publisher;
        QByteArray topic;
        QByteArray body;
    };
    using MayRead = std::function<bool(const PublicKey &who, QByteArrayView topic)>;
    using Opened = std::function<void(const Result<KeptSubscription *> &)>;
    using Done = std::function<void(const Result<void> &)>;

    /// \param path  of the database
    TopicStore(const QString &path, MayRead mayRead, QObject *parent = nullptr);
    ~TopicStore() override;
    /// Reads what subscriptions there are and gives back the last values. A file that cannot be read is told by open().
    std::vector<LastValueStore::Row> load();
    Limits limits;

    /// A message for all who subscribe durably and may read it. \returns whether there are any
    bool keep(const TopicSource &source, QByteArrayView body);
    LastValueStore &lastValues() { return m_last; }
    /// `done` when all that was kept so far is on disk, last values too, or why not; at once if nothing is on its way.
    void whenWritten(QObject *context, const Done &done);

    /// The subscription of this name; made if there is none.
    /// \retval Conflict           there is one with another pattern
    /// \retval ResourceExhausted  too many
    void open(const PublicKey &who, const QByteArray &name, const QByteArray &pattern, QObject *context, Opened opened);
    /// \retval NotFound
    /// \retval Unavailable  nobody can know: there is no database
    void forget(const PublicKey &who, const QByteArray &name, QObject *context, const Done &done);
    void forgetOf(const PublicKey &who);
    void acknowledge(KeptSubscription &kept, quint64 number, QObject *context, const Done &done);
    /// The next rows after a number, up to another: so many that they are not much at once.
    void read(const KeptSubscription &kept, quint64 after, quint64 upTo, QObject *context,
        const std::function<void(const Result<std::vector<Row>> &)> &done);

    /// Takes out what has waited too long, once an hour. \param wall  ms since 1970, of a calendar that runs
    /// \param running  as runningTime()
    void keepHouse(qint64 wall, milliseconds running);
    void report(Value &counters, LimitUse &use) const;
    QString trouble() const { return m_trouble.sentence(); }

private:
    struct Target {
        qint64 id;
        bool kept; // false: over the quota, its number stays empty
    };
    struct Message {
        PublicKey publisher;
        QByteArray topic;
        QByteArray body;
        std::vector<Target> targets;
    };
    using Messages = std::vector<Message>;
    using Numbers = std::unordered_map<qint64, quint64>; // of a subscription's last message
    /// A subscription on its way to the disk.
    struct Creating {
        struct Asker {
            QPointer<QObject> context;
            QByteArray pattern;
            Opened opened;
        };
        PublicKey who;
        QByteArray name;
        QByteArray pattern;
        std::vector<Asker> askers; // several may ask for one name at once
        bool isForgotten = false;
    };

    void whenMessagesWritten(QObject *context, const Done &done);
    static Result<Numbers> write(Database &database, const Messages &messages, qint64 wall);
    void written(const Messages &messages, const Result<Numbers> &outcome);
    KeptSubscription *find(const PublicKey &who, const QByteArray &name);
    KeptSubscription *add(std::unique_ptr<KeptSubscription> kept);
    Creating *findCreating(const PublicKey &who, const QByteArray &name);
    void create(const std::shared_ptr<Creating> &one);
    void created(Creating &one, const Result<qint64> &id);
    void drop(Creating &one, const Done &done);
    void drop(qint64 id, const Done &done);
    Result<void> readAll(Database &database);
    void expire(qint64 wall);
    void recount();
    Error failed(const Error &why);

    QString m_path;
    MayRead m_mayRead;
    StoreThread m_store;
    LastValueStore m_last { m_store };
    std::optional<Error> m_broken; // there is no database; as members hear it
    std::unordered_map<qint64, std::unique_ptr<KeptSubscription>> m_kept;
    TopicMatcher m_matcher;
    Messages m_messages; // not yet handed to the store
    int m_writing = 0; // batches
    std::vector<std::shared_ptr<Creating>> m_creating;
    std::optional<milliseconds> m_lookNext; // what has waited too long, as runningTime()
    LimitHits m_hits;
    StoreTrouble m_trouble { m_store, "topics" };
    quint64 m_lost = 0; // messages that were over a quota or too old
};

} // namespace hawser::broker
