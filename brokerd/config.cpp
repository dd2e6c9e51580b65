#include "brokerd/config.h"

#include "core/toml_table.h"
#include "core/topics.h"

namespace hawser::broker {

namespace {

constexpr int longestName = 64;
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
    if (const auto read = readLimits(reader, describe(config)); !read)
        return read.error();
    config.mailbox.keptMs = config.mailboxDays * day;
    if (const auto read = readTopics(reader, config.topics); !read)
        return read.error();
    if (const auto read = reader.nothingElse(); !read)
        return read.error();
    return config;
}

Result<Config> loadConfig(const QString &path)
{
    return TomlTable::load(path, parseConfig);
}

Result<Config> loadConfigOrDefault(const QString &chosen)
{
    return TomlTable::loadOr(chosen, QStringLiteral("/etc/hawser/brokerd.toml"), parseConfig);
}

} // namespace hawser::broker
