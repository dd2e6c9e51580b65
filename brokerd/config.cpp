#include "brokerd/config.h"

#include "core/folders.h"

#include <QFileInfo>
#include <cstdint>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace hawser::broker {

namespace {

constexpr qint64 largestFile = 1024 * 1024; // bytes
constexpr int longestName = 64;
constexpr int mostSessions = 4096;
constexpr int mostResumeSeconds = 3600;
constexpr int mostMegabytes = 65536;
constexpr int mostRequests = 10000;

Error errorAt(const QString &file, quint32 line, const QString &what)
{
    return { Code::InvalidArgument, QStringLiteral("%1:%2: %3").arg(file, QString::number(line), what) };
}

/// Takes the known keys of one table; whatever is left over is an error.
class TableReader {
public:
    TableReader(const toml::table &table, QString file, QString path)
        : m_table(table), m_file(std::move(file)), m_path(std::move(path))
    {
    }

    Error wrong(const toml::node &node, const QString &what) const { return wrongAt(node.source(), what); }
    Error wrongAt(const toml::source_region &where, const QString &what) const
    {
        return errorAt(m_file, where.begin.line, what);
    }
    const toml::node *take(const char *key)
    {
        m_known << QString::fromLatin1(key);
        return m_table.get(key);
    }
    Result<void> text(const char *key, QString &into)
    {
        const toml::node *node = take(key);
        if (!node)
            return {};
        const toml::value<std::string> *value = node->as_string();
        if (!value)
            return wrong(*node, QStringLiteral("%1%2 must be a text").arg(m_path, QLatin1String(key)));
        into = QString::fromStdString(value->get());
        return {};
    }
    Result<void> number(const char *key, int &into, int least, int most)
    {
        const toml::node *node = take(key);
        if (!node)
            return {};
        const toml::value<int64_t> *value = node->as_integer();
        if (!value || value->get() < least || value->get() > most)
            return wrong(*node,
                QStringLiteral("%1%2 must be a number from %3 to %4")
                    .arg(m_path, QLatin1String(key), QString::number(least), QString::number(most)));
        into = int(value->get());
        return {};
    }
    Result<void> nothingElse() const
    {
        for (const auto &[key, node] : m_table) {
            const QString name = QString::fromUtf8(key.data(), qsizetype(key.length()));
            if (!m_known.contains(name))
                return wrongAt(key.source(), QStringLiteral("unknown key \"%1%2\"").arg(m_path, name));
        }
        return {};
    }

private:
    const toml::table &m_table;
    QString m_file;
    QString m_path;
    QStringList m_known;
};

Result<Address> readAddress(
    const TableReader &reader, const toml::node &node, const QString &what, decltype(Address::parse) parse)
{
    const toml::value<std::string> *text = node.as_string();
    if (!text)
        return reader.wrong(node, QStringLiteral("%1 must be a text like \"0.0.0.0:4780\"").arg(what));
    const Result<Address> address = parse(QString::fromStdString(text->get()), Address().port);
    if (!address)
        return reader.wrong(node, QStringLiteral("%1: %2").arg(what, address.error().sentence));
    return *address;
}

Result<void> readListen(TableReader &reader, Config &config)
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

Result<void> readLimits(TableReader &reader, const QString &file, Config &config)
{
    const toml::node *node = reader.take("limits");
    if (!node)
        return {};
    const toml::table *table = node->as_table();
    if (!table)
        return reader.wrong(*node, QStringLiteral("limits must be a table"));
    TableReader inner(*table, file, QStringLiteral("limits."));
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
    return inner.nothingElse();
}

Result<void> readName(TableReader &reader, Config &config)
{
    if (const auto read = reader.text("name", config.name); !read)
        return read;
    if (config.name.size() > longestName)
        return reader.wrong(
            *reader.take("name"), QStringLiteral("name must have at most %1 characters").arg(longestName));
    return {};
}

} // namespace

Result<Config> parseConfig(const QByteArray &text, const QString &file)
{
    if (text.contains('\0'))
        return errorAt(file, quint32(text.left(text.indexOf('\0')).count('\n') + 1), QStringLiteral("a NUL character"));
    const toml::parse_result parsed =
        toml::parse(std::string_view(text.constData(), size_t(text.size())), file.toStdString());
    if (!parsed) {
        const toml::parse_error &error = parsed.error();
        const std::string_view sentence = error.description();
        return errorAt(file, error.source().begin.line, QString::fromUtf8(sentence.data(), qsizetype(sentence.size())));
    }
    Config config;
    TableReader reader(parsed.table(), file, {});
    if (const auto read = readName(reader, config); !read)
        return read.error();
    if (const auto read = readListen(reader, config); !read)
        return read.error();
    if (const toml::node *node = reader.take("address")) {
        const Result<Address> address = readAddress(reader, *node, QStringLiteral("address"), Address::parse);
        if (!address)
            return address.error();
        config.address = *address;
    }
    if (const auto read = readLimits(reader, file, config); !read)
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
