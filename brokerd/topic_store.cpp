#include "brokerd/topic_store.h"

#include "brokerd/topic_reader.h"
#include "core/wall_clock.h"

namespace hawser::broker {

namespace {

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

} // namespace

TopicStore::TopicStore(const QString &path, MayRead mayRead, QObject *parent)
    : QObject(parent), m_path(path), m_mayRead(std::move(mayRead)), m_store(path, steps())
{
}

TopicStore::~TopicStore() = default;

std::vector<LastValueStore::Row> TopicStore::load()
{
    const auto database = Database::open(m_path, steps());
    const Result<void> read = database ? readAll(**database) : Result<void>(database.error());
    auto last = read ? LastValueStore::readAll(**database) : read.error();
    if (!last) {
        m_broken = failed(last.error());
        m_last.giveUp(*m_broken);
        return {};
    }
    recount();
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
        kept->written = rows->value(4).toULongLong() - 1;
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

// --- messages

bool TopicStore::keep(const TopicSource &source, QByteArrayView body)
{
    if (m_kept.empty())
        return false;
    Message message { source.publisher, source.name, {}, {} };
    for (const TopicMatcher::Id id : m_matcher.match(source.name)) {
        KeptSubscription &kept = *m_kept.at(qint64(id));
        if (!m_mayRead(kept.who, source.name))
            continue;
        const bool fits = kept.messages < limits.messages && kept.bytes + body.size() <= limits.bytes;
        message.targets.push_back({ kept.id, fits });
        kept.messages += fits;
        kept.bytes += fits ? body.size() : 0;
        m_lost += !fits;
    }
    if (message.targets.empty())
        return false;
    message.body = body.toByteArray();
    m_messages.push_back(std::move(message));
    return true;
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
    m_last.whenWritten(
        context, [this, one](const Result<void> &outcome) { one(outcome ? outcome : failed(outcome.error())); });
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
        [this, messages, context = QPointer<QObject>(context), done](const Result<Numbers> &outcome) {
            --m_writing;
            written(*messages, outcome);
            const Result<void> told = outcome ? Result<void>() : failed(outcome.error());
            if (context)
                done(told);
        });
}

/// Numbers are given here: what is not kept has none, and nobody misses it.
Result<TopicStore::Numbers> TopicStore::write(Database &database, const Messages &messages, qint64 wall)
{
    Numbers numbers;
    const auto nextOf = [&](qint64 subscription) -> Result<quint64> {
        if (const auto known = numbers.find(subscription); known != numbers.end())
            return known->second == 0 ? 0 : ++known->second;
        const Result<qint64> next =
            database.number(QStringLiteral("SELECT next FROM subscriptions WHERE id = ?"), { subscription });
        return next ? Result<quint64>(numbers[subscription] = quint64(*next)) : next.error();
    };
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
            const Result<quint64> number = nextOf(target.id);
            if (!number)
                return number.error();
            if (!target.kept || *number == 0) // 0: it was forgotten meanwhile
                continue;
            const auto row =
                database.again(QStringLiteral("INSERT INTO waiting VALUES (?, ?, ?)"), { target.id, *number, id });
            if (!row)
                return row.error();
        }
    }
    std::erase_if(numbers, [](const auto &entry) { return entry.second == 0; });
    for (const auto &[id, number] : numbers)
        if (const auto row =
                database.again(QStringLiteral("UPDATE subscriptions SET next = ? WHERE id = ?"), { number + 1, id });
            !row)
            return row.error();
    return numbers;
}

void TopicStore::written(const Messages &messages, const Result<Numbers> &outcome)
{
    if (!outcome)
        for (const Message &message : messages)
            for (const Target &target : message.targets)
                if (const auto found = m_kept.find(target.id); found != m_kept.end() && target.kept) {
                    --found->second->messages;
                    found->second->bytes -= message.body.size();
                }
    for (const auto &[id, number] : outcome ? *outcome : Numbers()) {
        const auto found = m_kept.find(id);
        if (found == m_kept.end())
            continue;
        found->second->written = number;
        if (found->second->reader)
            found->second->reader->look();
    }
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
    m_store.read(context, work,
        [this, done](const Result<std::vector<Row>> &page) { page ? done(page) : done(failed(page.error())); });
}

/// Notes what the database says. \returns what somebody else may know of it
Error TopicStore::failed(const Error &why)
{
    m_trouble.failed(why);
    return { why.code,
        why.code == Code::ResourceExhausted ? QStringLiteral("the disk there is full: nothing was kept")
                                            : QStringLiteral("what waits in topics cannot be kept there at the moment"),
        why.begun };
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
    counters.insert(QStringLiteral("topic_failures"), m_trouble.failures());
    use.used("durable_subscriptions", qint64(m_kept.size()));
    use.hit("durable_messages", m_lost);
    m_hits.report(use);
}

} // namespace hawser::broker
