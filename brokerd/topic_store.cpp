#include "brokerd/topic_store.h"

#include "brokerd/topic_reader.h"
#include "core/log.h"
#include "core/wall_clock.h"

namespace hawser::broker {

namespace {

constexpr auto expireEvery = std::chrono::hours(1);
constexpr int pageRows = 256;
constexpr qint64 pageBytes = 256 * 1024;

QStringList subscriptionsSchema()
{
    return {
        QStringLiteral("CREATE TABLE subscriptions (id INTEGER PRIMARY KEY, key BLOB NOT NULL, name TEXT NOT NULL,"
                       " pattern TEXT NOT NULL, next INTEGER NOT NULL, acknowledged INTEGER NOT NULL,"
                       " used INTEGER NOT NULL, UNIQUE (key, name))"),
        QStringLiteral("CREATE TABLE messages (id INTEGER PRIMARY KEY, publisher BLOB NOT NULL, topic TEXT NOT NULL,"
                       " body BLOB NOT NULL, at INTEGER NOT NULL)"),
        QStringLiteral("CREATE INDEX messages_at ON messages (at)"),
        QStringLiteral("CREATE TABLE waiting (subscription INTEGER NOT NULL, number INTEGER NOT NULL,"
                       " message INTEGER NOT NULL, PRIMARY KEY (subscription, number)) WITHOUT ROWID"),
        QStringLiteral("CREATE INDEX waiting_message ON waiting (message)"),
    };
}

Database::Steps steps()
{
    return { subscriptionsSchema(), LastValueStore::schema() };
}

/// Runs several statements with the same values; the first that fails is the outcome.
Result<void> runAll(Database &database, const QList<std::pair<QString, QVariantList>> &statements)
{
    for (const auto &[statement, values] : statements)
        if (const auto row = database.run(statement, values); !row)
            return row.error();
    return {};
}

const QString dropUnused =
    QStringLiteral("DELETE FROM messages WHERE id IN (SELECT message FROM waiting WHERE"
                   " subscription = ? AND number <= ?) AND NOT EXISTS (SELECT 1 FROM waiting AS w"
                   " WHERE w.message = messages.id AND w.subscription <> ?)");
const QString dropWaiting = QStringLiteral("DELETE FROM waiting WHERE subscription = ? AND number <= ?");
constexpr qint64 allNumbers = std::numeric_limits<qint64>::max();

} // namespace

TopicStore::TopicStore(const QString &path, MayRead mayRead, QObject *parent)
    : QObject(parent), m_path(path), m_mayRead(std::move(mayRead)), m_store(path, steps())
{
    m_expiry.setInterval(expireEvery);
    connect(&m_expiry, &QTimer::timeout, this, [this] { expire(wallClock()); });
}

TopicStore::~TopicStore() = default;

std::vector<LastValueStore::Row> TopicStore::load()
{
    const auto database = Database::open(m_path, steps());
    const Result<void> read = database ? readAll(**database) : Result<void>(database.error());
    auto last = read ? LastValueStore::readAll(**database) : read.error();
    if (!last) {
        m_broken = last.error();
        m_last.giveUp(*m_broken);
        log(Level::Error, "topics-not-read", { { "why", m_broken->sentence } });
        return {};
    }
    recount();
    expire(wallClock());
    m_expiry.start();
    return std::move(*last);
}

Result<void> TopicStore::readAll(Database &database)
{
    Result<QSqlQuery> rows =
        database.run(QStringLiteral("SELECT id, key, name, pattern, next, acknowledged FROM subscriptions"));
    if (!rows)
        return rows.error();
    while (rows->next()) {
        const Result<PublicKey> key = PublicKey::fromBytes(rows->value(1).toByteArray());
        auto kept = std::make_unique<KeptSubscription>();
        kept->id = rows->value(0).toLongLong();
        kept->name = rows->value(2).toByteArray();
        kept->pattern = rows->value(3).toByteArray();
        kept->next = rows->value(4).toULongLong();
        kept->written = kept->next - 1;
        kept->acknowledged = rows->value(5).toULongLong();
        if (!key || !isTopicPattern(kept->pattern))
            return Error { Code::DataLoss, QStringLiteral("a durable subscription is damaged") };
        kept->who = *key;
        add(std::move(kept));
    }
    return {};
}

KeptSubscription *TopicStore::add(std::unique_ptr<KeptSubscription> kept)
{
    m_matcher.add(kept->pattern, TopicMatcher::Id(kept->id));
    return (m_kept[kept->id] = std::move(kept)).get();
}

KeptSubscription *TopicStore::find(const PublicKey &who, const QByteArray &name)
{
    for (const auto &[id, kept] : m_kept)
        if (kept->who == who && kept->name == name)
            return kept.get();
    return nullptr;
}

// --- messages

void TopicStore::keep(const TopicSource &source, QByteArrayView body)
{
    if (m_kept.empty())
        return;
    Message message { source.publisher, source.name, {}, {} };
    for (const TopicMatcher::Id id : m_matcher.match(source.name)) {
        KeptSubscription &kept = *m_kept.at(qint64(id));
        if (!m_mayRead(kept.who, source.name))
            continue;
        const bool fits = kept.messages < limits.messages && kept.bytes + body.size() <= limits.bytes;
        message.targets.push_back({ kept.id, kept.next++, fits });
        kept.messages += fits;
        kept.bytes += fits ? body.size() : 0;
        m_lost += !fits;
    }
    if (message.targets.empty())
        return;
    message.body = body.toByteArray();
    m_messages.push_back(std::move(message));
}

void TopicStore::whenWritten(QObject *context, const Done &done)
{
    if (m_last.isIdle())
        return whenMessagesWritten(context, done);
    struct Both {
        int left = 2;
        Result<void> outcome;
    };
    const auto one = [done, both = std::make_shared<Both>()](const Result<void> &outcome) {
        if (!outcome)
            both->outcome = outcome;
        if (--both->left == 0)
            done(both->outcome);
    };
    m_last.whenWritten(context, one);
    whenMessagesWritten(context, one);
}

void TopicStore::whenMessagesWritten(QObject *context, const Done &done)
{
    if (m_messages.empty() && m_writing == 0)
        return done({});
    ++m_writing;
    const auto messages = std::make_shared<const Messages>(std::exchange(m_messages, {}));
    m_store.write(
        this, [messages, wall = wallClock()](Database &database) { return write(database, *messages, wall); },
        [this, messages, context = QPointer<QObject>(context), done](const Result<void> &outcome) {
            --m_writing;
            written(*messages, outcome);
            if (context)
                done(outcome);
        });
}

Result<void> TopicStore::write(Database &database, const Messages &messages, qint64 wall)
{
    std::unordered_map<qint64, quint64> next;
    for (const Message &message : messages) {
        const bool wanted = std::any_of(
            message.targets.begin(), message.targets.end(), [](const Target &target) { return target.kept; });
        QVariant id;
        if (wanted) {
            const auto row =
                database.again(QStringLiteral("INSERT INTO messages (publisher, topic, body, at) VALUES (?, ?, ?, ?)"),
                    { message.publisher.bytes(), QString::fromLatin1(message.topic), message.body, wall });
            if (!row)
                return row.error();
            id = (*row)->lastInsertId();
        }
        for (const Target &target : message.targets) {
            next[target.id] = target.number + 1;
            if (!target.kept)
                continue;
            const auto row = database.again(
                QStringLiteral("INSERT INTO waiting VALUES (?, ?, ?)"), { target.id, target.number, id });
            if (!row)
                return row.error();
        }
    }
    for (const auto &[id, number] : next)
        if (const auto row = database.run(
                QStringLiteral("UPDATE subscriptions SET next = max(next, ?) WHERE id = ?"), { number, id });
            !row)
            return row.error();
    return {};
}

/// What failed stays missing: its numbers have no rows.
void TopicStore::written(const Messages &messages, const Result<void> &outcome)
{
    std::unordered_set<DurableReader *> readers;
    for (const Message &message : messages) {
        for (const Target &target : message.targets) {
            const auto found = m_kept.find(target.id);
            if (found == m_kept.end())
                continue;
            KeptSubscription &kept = *found->second;
            kept.written = qMax(kept.written, target.number);
            if (!outcome && target.kept) {
                --kept.messages;
                kept.bytes -= message.body.size();
            }
            if (kept.reader)
                readers.insert(kept.reader);
        }
    }
    for (DurableReader *reader : readers)
        reader->look();
}

void TopicStore::read(const KeptSubscription &kept, quint64 after, quint64 upTo, QObject *context,
    const std::function<void(const Result<std::vector<Row>> &)> &done)
{
    const auto work = [id = kept.id, after, upTo](Database &database) -> Result<std::vector<Row>> {
        Result<QSqlQuery> rows = database.run(
            QStringLiteral("SELECT w.number, m.publisher, m.topic, m.body FROM waiting AS w JOIN messages AS m"
                           " ON m.id = w.message WHERE w.subscription = ? AND w.number > ? AND w.number <= ?"
                           " ORDER BY w.number LIMIT ?"),
            { id, after, upTo, pageRows });
        if (!rows)
            return rows.error();
        std::vector<Row> page;
        qint64 bytes = 0;
        while (bytes < pageBytes && rows->next()) {
            const Result<PublicKey> publisher = PublicKey::fromBytes(rows->value(1).toByteArray());
            if (!publisher)
                return Error { Code::DataLoss, QStringLiteral("a kept message is damaged") };
            page.push_back({ rows->value(0).toULongLong(), *publisher, rows->value(2).toString().toLatin1(),
                rows->value(3).toByteArray() });
            bytes += page.back().body.size();
        }
        return page;
    };
    m_store.read(context, work, done);
}

void TopicStore::acknowledge(KeptSubscription &kept, quint64 number, QObject *context, const Done &done)
{
    kept.acknowledged = qMax(kept.acknowledged, number);
    struct Freed {
        qint64 messages = 0;
        qint64 bytes = 0;
    };
    const auto work = [id = kept.id, number](Database &database) -> Result<Freed> {
        Result<QSqlQuery> sum = database.run(
            QStringLiteral("SELECT count(*), coalesce(sum(length(m.body)), 0) FROM waiting AS w JOIN messages AS m"
                           " ON m.id = w.message WHERE w.subscription = ? AND w.number <= ?"),
            { id, number });
        if (!sum || !sum->next())
            return sum ? Error { Code::DataLoss, QStringLiteral("nothing was counted") } : sum.error();
        const Freed freed { sum->value(0).toLongLong(), sum->value(1).toLongLong() };
        sum->finish();
        const Result<void> done = runAll(database,
            { { dropUnused, { id, number, id } }, { dropWaiting, { id, number } },
                { QStringLiteral("UPDATE subscriptions SET acknowledged = max(acknowledged, ?), used = ? WHERE id = ?"),
                    { number, wallClock(), id } } });
        return done ? Result<Freed>(freed) : done.error();
    };
    m_store.write(
        this, work, [this, id = kept.id, context = QPointer<QObject>(context), done](const Result<Freed> &freed) {
            if (const auto found = m_kept.find(id); freed && found != m_kept.end()) {
                found->second->messages -= freed->messages;
                found->second->bytes -= freed->bytes;
            }
            if (context)
                done(freed ? Result<void>() : freed.error());
        });
}

// --- subscriptions

void TopicStore::open(
    const PublicKey &who, const QByteArray &name, const QByteArray &pattern, QObject *context, Opened opened)
{
    if (m_broken)
        return opened(*m_broken);
    if (KeptSubscription *kept = find(who, name))
        return opened(kept->pattern == pattern
                ? Result<KeptSubscription *>(kept)
                : Error { Code::Conflict,
                    QStringLiteral("%1 has another pattern: forget it first").arg(QString::fromLatin1(name)),
                    Begun::No });
    const auto mine =
        std::count_if(m_kept.begin(), m_kept.end(), [&who](const auto &entry) { return entry.second->who == who; });
    if (mine >= limits.ofOne || int(m_kept.size()) + m_creating >= limits.inAll) {
        m_hits.count(mine >= limits.ofOne ? "durable_subscriptions_per_user" : "durable_subscriptions");
        return opened(
            Error { Code::ResourceExhausted, QStringLiteral("there are too many durable subscriptions"), Begun::No });
    }
    create(who, name, pattern, context, std::move(opened));
}

void TopicStore::create(
    const PublicKey &who, const QByteArray &name, const QByteArray &pattern, QObject *context, Opened opened)
{
    ++m_creating;
    const auto work = [who, name, pattern](Database &database) -> Result<qint64> {
        const auto row =
            database.run(QStringLiteral("INSERT INTO subscriptions (key, name, pattern, next, acknowledged, used)"
                                        " VALUES (?, ?, ?, 1, 0, ?)"),
                { who.bytes(), QString::fromLatin1(name), QString::fromLatin1(pattern), wallClock() });
        return row ? Result<qint64>(row->lastInsertId().toLongLong()) : row.error();
    };
    m_store.write(this, work,
        [=, this, context = QPointer<QObject>(context), opened = std::move(opened)](const Result<qint64> &id) {
            --m_creating;
            KeptSubscription *added = find(who, name); // two may have asked at once
            if (!added && id) {
                auto kept = std::make_unique<KeptSubscription>();
                kept->id = *id;
                kept->who = who;
                kept->name = name;
                kept->pattern = pattern;
                added = add(std::move(kept));
            }
            if (context)
                opened(added ? Result<KeptSubscription *>(added) : id.error());
        });
}

void TopicStore::forget(const PublicKey &who, const QByteArray &name, QObject *context, const Done &done)
{
    const KeptSubscription *kept = find(who, name);
    if (!kept)
        return done(Error { Code::NotFound, QStringLiteral("there is no durable subscription of this name") });
    drop(kept->id, [context = QPointer<QObject>(context), done](const Result<void> &outcome) {
        if (context)
            done(outcome);
    });
}

void TopicStore::forgetOf(const PublicKey &who)
{
    std::vector<qint64> over;
    for (const auto &[id, kept] : m_kept)
        if (kept->who == who)
            over.push_back(id);
    for (const qint64 id : over)
        drop(id, [](const Result<void> &) {});
}

void TopicStore::drop(qint64 id, const Done &done)
{
    const std::unique_ptr<KeptSubscription> kept = std::move(m_kept.at(id));
    m_kept.erase(id);
    m_matcher.remove(kept->pattern, TopicMatcher::Id(id));
    if (kept->reader)
        kept->reader->stop({ Code::NotFound, QStringLiteral("the subscription was forgotten") });
    const auto work = [id](Database &database) {
        return runAll(database,
            { { dropUnused, { id, allNumbers, id } }, { dropWaiting, { id, allNumbers } },
                { QStringLiteral("DELETE FROM subscriptions WHERE id = ?"), { id } } });
    };
    m_store.write(this, work, done);
}

void TopicStore::report(Value &counters, LimitUse &use) const
{
    qint64 messages = 0;
    qint64 bytes = 0;
    for (const auto &[id, kept] : m_kept) {
        messages += kept->messages;
        bytes += kept->bytes;
    }
    counters.insert(QStringLiteral("durable_subscriptions_now"), quint64(m_kept.size()));
    counters.insert(QStringLiteral("durable_messages_now"), messages);
    counters.insert(QStringLiteral("durable_bytes_now"), bytes);
    counters.insert(QStringLiteral("durable_lost"), m_lost);
    use.used("durable_subscriptions", qint64(m_kept.size()));
    use.hit("durable_messages", m_lost);
    m_hits.report(use);
}

} // namespace hawser::broker
