#include "core/toml_table.h"

#include "core/folders.h"

#include <QFileInfo>

namespace hawser {

namespace {

constexpr qint64 largestFile = 1024 * 1024; // bytes

QString textOf(std::string_view text)
{
    return QString::fromUtf8(text.data(), qsizetype(text.size()));
}

} // namespace

Result<toml::table> TomlTable::parse(const QByteArray &text, const QString &file)
{
    if (text.contains('\0')) {
        const QString line = QString::number(text.left(text.indexOf('\0')).count('\n') + 1);
        return Error { Code::InvalidArgument, QStringLiteral("%1:%2: a NUL character").arg(file, line) };
    }
    toml::parse_result parsed =
        toml::parse(std::string_view(text.constData(), size_t(text.size())), file.toStdString());
    if (!parsed) {
        const toml::parse_error &error = parsed.error();
        const QString line = QString::number(error.source().begin.line);
        return Error { Code::InvalidArgument,
            QStringLiteral("%1:%2: %3").arg(file, line, textOf(error.description())) };
    }
    return std::move(parsed).table();
}

Result<QByteArray> TomlTable::readText(const QString &path)
{
    return readFile(path, largestFile);
}

QString TomlTable::fileOr(const QString &chosen, const QString &path)
{
    return chosen.isEmpty() && QFileInfo::exists(path) ? path : chosen;
}

Error TomlTable::wrongAt(const toml::source_region &where, const QString &what) const
{
    const QString line = QString::number(where.begin.line);
    return { Code::InvalidArgument, QStringLiteral("%1:%2: %3%4").arg(m_file, line, m_where, what) };
}

const toml::node *TomlTable::take(const char *key)
{
    m_known << QString::fromLatin1(key);
    return m_table.get(key);
}

Result<void> TomlTable::text(const char *key, QString &into, qsizetype most)
{
    const toml::node *node = take(key);
    if (!node)
        return {};
    const toml::value<std::string> *value = node->as_string();
    if (!value)
        return wrong(*node, QStringLiteral("%1 must be a text").arg(QLatin1String(key)));
    into = QString::fromStdString(value->get());
    if (into.contains(QChar(0)))
        return wrong(*node, QStringLiteral("%1 holds a NUL character").arg(QLatin1String(key)));
    if (into.size() > most)
        return wrong(
            *node, QStringLiteral("%1 must have at most %2 characters").arg(QLatin1String(key), QString::number(most)));
    return {};
}

Result<void> TomlTable::flag(const char *key, bool &into)
{
    const toml::node *node = take(key);
    if (!node)
        return {};
    const toml::value<bool> *value = node->as_boolean();
    if (!value)
        return wrong(*node, QStringLiteral("%1 must be true or false").arg(QLatin1String(key)));
    into = value->get();
    return {};
}

Result<void> TomlTable::number(const char *key, qint64 &into, qint64 least, qint64 most)
{
    const toml::node *node = take(key);
    if (!node)
        return {};
    const toml::value<int64_t> *value = node->as_integer();
    if (!value || value->get() < least || value->get() > most) {
        const QString range = QStringLiteral("%1 to %2").arg(QString::number(least), QString::number(most));
        return wrong(*node, QStringLiteral("%1 must be a whole number from %2").arg(QLatin1String(key), range));
    }
    into = value->get();
    return {};
}

Result<void> TomlTable::number(const char *key, int &into, int least, int most)
{
    qint64 wide = into;
    const Result<void> read = number(key, wide, least, most);
    into = int(wide);
    return read;
}

Result<void> TomlTable::real(const char *key, std::optional<double> &into)
{
    const toml::node *node = take(key);
    if (!node)
        return {};
    const std::optional<double> value = node->value<double>();
    if (!node->is_number() || !value)
        return wrong(*node, QStringLiteral("%1 must be a number").arg(QLatin1String(key)));
    into = *value;
    return {};
}

Result<void> TomlTable::texts(const char *key, QStringList &into)
{
    const toml::node *node = take(key);
    if (!node)
        return {};
    const auto mustBe = QStringLiteral("%1 must be a list of texts").arg(QLatin1String(key));
    const toml::array *list = node->as_array();
    if (!list)
        return wrong(*node, mustBe);
    into.clear();
    for (const toml::node &item : *list) {
        const toml::value<std::string> *value = item.as_string();
        if (!value)
            return wrong(item, mustBe);
        into << QString::fromStdString(value->get());
        if (into.last().contains(QChar(0)))
            return wrong(item, QStringLiteral("%1 holds a NUL character").arg(QLatin1String(key)));
    }
    return {};
}

Result<void> TomlTable::tables(const char *key, const std::function<Result<void>(const toml::table &)> &read)
{
    const toml::node *node = take(key);
    if (!node)
        return {};
    const auto mustBe = QStringLiteral("write [[%1]] before each").arg(QLatin1String(key));
    const toml::array *list = node->as_array();
    if (!list)
        return wrong(*node, mustBe);
    for (const toml::node &item : *list) {
        const toml::table *table = item.as_table();
        if (!table)
            return wrong(item, mustBe);
        if (const Result<void> done = read(*table); !done)
            return done;
    }
    return {};
}

Result<void> TomlTable::nothingElse() const
{
    for (const auto &[key, node] : m_table) {
        const QString name = textOf(key.str());
        if (!m_known.contains(name))
            return wrongAt(key.source(), QStringLiteral("unknown key \"%1\"").arg(name));
    }
    return {};
}

} // namespace hawser
