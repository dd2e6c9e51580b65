// TopicStore: subscriptions, from their first asking to their end, and how far each has been read.
#include "brokerd/topic_reader.h"
#include "core/wall_clock.h"

namespace hawser::broker {

namespace {

/// Runs several statements, each with its own values; the first that fails is the outcome.
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

Error wasForgotten()
{
    return { Code::NotFound, QStringLiteral("the subscription was forgotten") };
}

/// For who asks for it by its name.
Result<KeptSubscription *> asFor(KeptSubscription &kept, const QByteArray &pattern)
{
    if (kept.pattern == pattern)
        return &kept;
    return Error { Code::Conflict,
        QStringLiteral("%1 has another pattern: forget it first").arg(QString::fromLatin1(kept.name)), Begun::No };
}

} // namespace

KeptSubscription *TopicStore::find(const PublicKey &who, const QByteArray &name)
{
    for (const auto &[id, kept] : m_kept)
        if (kept->who == who && kept->name == name)
            return kept.get();
    return nullptr;
}

void TopicStore::open(
    const PublicKey &who, const QByteArray &name, const QByteArray &pattern, QObject *context, Opened opened)
{
    if (m_broken)
        return opened(*m_broken);
    if (KeptSubscription *kept = find(who, name))
        return opened(asFor(*kept, pattern));
    if (Creating *one = findCreating(who, name))
        return one->askers.push_back({ context, pattern, std::move(opened) });
    const auto ofOne = [&who](const auto &all, auto keyOf) {
        return std::count_if(all.begin(), all.end(), [&](const auto &each) { return keyOf(each) == who; });
    };
    const auto mine = ofOne(m_kept, [](const auto &entry) { return entry.second->who; })
        + ofOne(m_creating, [](const auto &one) { return one->who; });
    if (mine >= limits.ofOne || int(m_kept.size() + m_creating.size()) >= limits.inAll) {
        m_hits.count(mine >= limits.ofOne ? "durable_subscriptions_per_user" : "durable_subscriptions");
        return opened(
            Error { Code::ResourceExhausted, QStringLiteral("there are too many durable subscriptions"), Begun::No });
    }
    const auto one = std::make_shared<Creating>();
    one->who = who;
    one->name = name;
    one->pattern = pattern;
    one->askers.push_back({ context, pattern, std::move(opened) });
    create(one);
}

TopicStore::Creating *TopicStore::findCreating(const PublicKey &who, const QByteArray &name)
{
    for (const auto &one : m_creating)
        if (one->who == who && one->name == name && !one->isForgotten)
            return one.get();
    return nullptr;
}

void TopicStore::create(const std::shared_ptr<Creating> &one)
{
    m_creating.push_back(one);
    const auto work = [who = one->who, name = one->name, pattern = one->pattern](Database &database) -> Result<qint64> {
        const auto row =
            database.run(QStringLiteral("INSERT INTO subscriptions (key, name, pattern, next, acknowledged, used)"
                                        " VALUES (?, ?, ?, 1, 0, ?)"),
                { who.bytes(), QString::fromLatin1(name), QString::fromLatin1(pattern), wallClock() });
        return row ? Result<qint64>(row->lastInsertId().toLongLong()) : row.error();
    };
    m_store.write(this, work, [this, one](const Result<qint64> &id) {
        std::erase(m_creating, one);
        created(*one, id);
    });
}

void TopicStore::created(Creating &one, const Result<qint64> &id)
{
    KeptSubscription *added = nullptr;
    const Error failure = id ? wasForgotten() : failed(id.error());
    if (id && !one.isForgotten) {
        auto kept = std::make_unique<KeptSubscription>();
        kept->id = *id;
        kept->who = one.who;
        kept->name = one.name;
        kept->pattern = one.pattern;
        added = add(std::move(kept));
    }
    for (const Creating::Asker &asker : one.askers)
        if (asker.context)
            asker.opened(added ? asFor(*added, asker.pattern) : failure);
}

void TopicStore::forget(const PublicKey &who, const QByteArray &name, QObject *context, const Done &done)
{
    if (m_broken)
        return done(Error { Code::Unavailable, m_broken->sentence, Begun::No });
    const auto forgotten = [this, context = QPointer<QObject>(context), done](const Result<void> &outcome) {
        const Result<void> told = outcome ? outcome : failed(outcome.error());
        if (context)
            done(told);
    };
    if (const KeptSubscription *kept = find(who, name))
        return drop(kept->id, forgotten);
    if (Creating *one = findCreating(who, name))
        return drop(*one, forgotten);
    done(Error { Code::NotFound, QStringLiteral("there is no durable subscription of this name") });
}

void TopicStore::forgetOf(const PublicKey &who)
{
    std::vector<qint64> over;
    for (const auto &[id, kept] : m_kept)
        if (kept->who == who)
            over.push_back(id);
    for (const qint64 id : over)
        drop(id, [](const Result<void> &) {});
    for (const auto &one : m_creating)
        if (one->who == who && !one->isForgotten)
            drop(*one, [](const Result<void> &) {});
}

/// Its row is taken out right behind the work that puts it in; no message waits for it yet.
void TopicStore::drop(Creating &one, const Done &done)
{
    one.isForgotten = true;
    const auto work = [who = one.who, name = one.name](Database &database) {
        return runAll(database,
            { { QStringLiteral("DELETE FROM subscriptions WHERE key = ? AND name = ?"),
                { who.bytes(), QString::fromLatin1(name) } } });
    };
    m_store.write(this, work, done);
}

void TopicStore::drop(qint64 id, const Done &done)
{
    const std::unique_ptr<KeptSubscription> kept = std::move(m_kept.at(id));
    m_kept.erase(id);
    m_matcher.remove(kept->pattern, TopicMatcher::Id(id));
    if (kept->reader)
        kept->reader->stop(wasForgotten());
    const auto work = [id](Database &database) {
        return runAll(database,
            { { dropUnused, { id, allNumbers, id } }, { dropWaiting, { id, allNumbers } },
                { QStringLiteral("DELETE FROM subscriptions WHERE id = ?"), { id } } });
    };
    m_store.write(this, work, done);
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
            const Result<void> told = freed ? Result<void>() : failed(freed.error());
            if (context)
                done(told);
        });
}

} // namespace hawser::broker
