#include "brokerd/config.h"

#include "core/folders.h"
#include "core/toml_table.h"
#include "core/topics.h"

#include <QFileInfo>
#include <tuple>

namespace hawser::broker {

namespace {

constexpr qint64 largestFile = 1024 * 1024; // bytes
constexpr int longestName = 64;
constexpr int mostSessions = 4096;
constexpr int mostResumeSeconds = 3600;
constexpr int mostMegabytes = 65536;
constexpr int mostRequests = 10000;
constexpr int mostSubscriptions = 1000000;
constexpr int mostDays = 3650;
constexpr qint64 mostMail = 1'000'000'000'000; // items or bytes
constexpr qint64 day = 24 * 60 * 60 * 1000; // ms

Result<Address> readAddress(
    const TomlTable &reader, const toml::node &node, const QString &what, decltype(Address::parse) parse)
{
    const toml::value<std::string> *text = node.as_string();
    if (!text)
        return reader.wrong(node, QStringLiteral("%1 must be a text like \"0.0.0.0:4780\"").arg(what));
    const Result<Address> address = parse(QString::fromStdString(text->get()), Address().port);
    if (!address)
        return reader.wrong(node, QStringLiteral("%1: %2").arg(what, address.error().sentence));
    return *address;
}

Result<void> readListen(TomlTable &reader, Config &config)
{
    const toml::node *node = reader.take("listen");
    if (!node)
        return {};
    const toml::array *list = node->as_array();
    if (!list || list->empty())
        return reader.wrong(*node, QStringLiteral("listen must be a list of addresses"));
    config.listen.clear();
    for (const toml::node &item : *list) {
        const Result<Address> address = readAddress(reader, item, QStringLiteral("listen"), Address::parseListening);
        if (!address)
            return address.error();
        config.listen << *address;
    }
    return {};
}

Result<void> readLimits(TomlTable &reader, Config &config)
{
    const toml::node *node = reader.take("limits");
    if (!node)
        return {};
    const toml::table *table = node->as_table();
    if (!table)
        return reader.wrong(*node, QStringLiteral("limits must be a table"));
    TomlTable inner(*table, reader.file(), QStringLiteral("limits: "));
    if (const auto read = inner.number("sessions_per_user", config.sessionsPerUser, 1, mostSessions); !read)
        return read;
    if (const auto read = inner.number("requests_waiting", config.requestsWaiting, 1, mostRequests); !read)
        return read;
    if (const auto read = inner.number("requests_per_address", config.requestsPerAddress, 1, mostRequests); !read)
        return read;
    if (const auto read = inner.number("resume_seconds", config.resumeSeconds, 0, mostResumeSeconds); !read)
        return read;
    if (const auto read = inner.number("away_seconds", config.awaySeconds, 1, mostResumeSeconds); !read)
        return read;
    if (const auto read = inner.number("suspended_megabytes", config.suspendedMegabytes, 1, mostMegabytes); !read)
        return read;
    const std::tuple<const char *, int *, int, int> topics[] {
        { "subscriptions_per_session", &config.subscriptionsPerSession, 1, 1000 },
        { "subscriptions", &config.subscriptions, 1, mostSubscriptions },
        { "last_values", &config.lastValues, 0, mostSubscriptions },
        { "last_values_megabytes", &config.lastValuesMegabytes, 0, mostMegabytes },
        { "durable_subscriptions", &config.durableSubscriptions, 0, mostSubscriptions },
        { "durable_subscriptions_per_user", &config.durablePerUser, 0, mostSubscriptions },
        { "durable_messages", &config.durableMessages, 0, mostSubscriptions },
        { "durable_megabytes", &config.durableMegabytes, 0, mostMegabytes },
        { "durable_message_days", &config.durableDays, 0, mostDays },
    };
    for (const auto &[key, value, least, most] : topics)
        if (const auto read = inner.number(key, *value, least, most); !read)
            return read;
    return inner.nothingElse();
}

Result<void> readPatterns(TomlTable &reader, const char *key, QByteArrayList &into)
{
    const toml::node *node = reader.take(key);
    if (!node)
        return {};
    const QString what = QStringLiteral("topics: %1").arg(QLatin1String(key));
    const toml::array *list = node->as_array();
    if (!list)
        return reader.wrong(*node, what + QStringLiteral(" must be a list of patterns"));
    into.clear();
    for (const toml::node &item : *list) {
        const toml::value<std::string> *text = item.as_string();
        const QByteArray pattern = text ? QByteArray::fromStdString(text->get()) : QByteArray();
        if (!isTopicPattern(pattern) || isReservedTopic(pattern))
            return reader.wrong(item, what + QStringLiteral(" must be patterns like \"metrics.>\""));
        into << pattern;
    }
    return {};
}

Result<void> readTopics(TomlTable &reader, TopicDefaults &topics)
{
    const toml::node *node = reader.take("topics");
    if (!node)
        return {};
    const toml::table *table = node->as_table();
    if (!table)
        return reader.wrong(*node, QStringLiteral("topics must be a table"));
    TomlTable inner(*table, reader.file(), QStringLiteral("topics: "));
    const std::pair<const char *, QByteArrayList *> lists[] { { "people_publish", &topics.peoplePublish },
        { "people_subscribe", &topics.peopleSubscribe }, { "machines_publish", &topics.machinesPublish },
        { "machines_subscribe", &topics.machinesSubscribe } };
    for (const auto &[key, list] : lists)
        if (const auto read = readPatterns(inner, key, *list); !read)
            return read;
    return inner.nothingElse();
}

Result<void> readMailbox(TomlTable &reader, Config &config)
{
    const toml::node *node = reader.take("mailbox");
    if (!node)
        return {};
    const toml::table *table = node->as_table();
    if (!table)
        return reader.wrong(*node, QStringLiteral("mailbox must be a table"));
    TomlTable inner(*table, reader.file(), QStringLiteral("mailbox: "));
    MailboxLimits &mailbox = config.mailbox;
    qint64 days = mailbox.keptMs / day;
    struct Entry {
        const char *key;
        qint64 &into;
        qint64 most;
    };
    for (const Entry &entry : { Entry { "items", mailbox.items, mostMail }, { "bytes", mailbox.bytes, mostMail },
             { "sender_items", mailbox.senderItems, mostMail }, { "sender_bytes", mailbox.senderBytes, mostMail },
             { "item_bytes", mailbox.itemBytes, limits::mailItem }, { "days", days, 365 },
             { "tries", mailbox.tries, 1000 } })
        if (const auto read = inner.number(entry.key, entry.into, 1, entry.most); !read)
            return read;
    mailbox.keptMs = days * day;
    return inner.nothingElse();
}

} // namespace

Result<Config> parseConfig(const QByteArray &text, const QString &file)
{
    const Result<toml::table> parsed = TomlTable::parse(text, file);
    if (!parsed)
        return parsed.error();
    Config config;
    TomlTable reader(*parsed, file);
    if (const auto read = reader.text("name", config.name, longestName); !read)
        return read.error();
    if (const auto read = readListen(reader, config); !read)
        return read.error();
    if (const toml::node *node = reader.take("address")) {
        const Result<Address> address = readAddress(reader, *node, QStringLiteral("address"), Address::parse);
        if (!address)
            return address.error();
        config.address = *address;
    }
    if (const auto read = readLimits(reader, config); !read)
        return read.error();
    if (const auto read = readMailbox(reader, config); !read)
        return read.error();
    if (const auto read = readTopics(reader, config.topics); !read)
        return read.error();
    if (const auto read = reader.nothingElse(); !read)
        return read.error();
    return config;
}

Result<Config> loadConfig(const QString &path)
{
    const Result<QByteArray> text = readFile(path, largestFile);
    if (!text)
        return text.error();
    return parseConfig(*text, path);
}

Result<Config> loadConfigOrDefault(const QString &chosen)
{
    const QString system = QStringLiteral("/etc/hawser/brokerd.toml");
    if (!chosen.isEmpty())
        return loadConfig(chosen);
    if (QFileInfo::exists(system))
        return loadConfig(system);
    return Config {};
}

} // namespace hawser::broker
