#include "core/limit.h"

#include "core/toml_table.h"
#include "core/value.h"

#include <string_view>

namespace hawser {

namespace {

/// One table of the file, which holds nothing else.
Result<void> readTable(TomlTable &file, const char *name, const Limits &limits)
{
    const toml::node *node = file.take(name);
    if (!node)
        return {};
    const toml::table *table = node->as_table();
    if (!table)
        return file.wrong(*node, QStringLiteral("%1 must be a table").arg(QLatin1String(name)));
    TomlTable inner(*table, file.file(), QStringLiteral("%1: ").arg(QLatin1String(name)));
    for (const Limit &limit : limits)
        if (std::string_view(limit.table) == name)
            if (const auto read = inner.number(limit.name, *limit.value, limit.least, limit.most); !read)
                return read;
    return inner.nothingElse();
}

} // namespace

QString statusName(const Limit &limit)
{
    const std::string_view table = limit.table;
    const QString name = QLatin1String(limit.name);
    return table.empty() || table == "limits" ? name : QLatin1String(limit.table) + u'_' + name;
}

Result<void> readLimits(TomlTable &file, const Limits &limits)
{
    std::vector<std::string_view> done;
    for (const Limit &limit : limits) {
        const std::string_view table = limit.table;
        if (std::find(done.begin(), done.end(), table) != done.end())
            continue;
        const Result<void> read = table.empty() ? file.number(limit.name, *limit.value, limit.least, limit.most)
                                                : readTable(file, limit.table, limits);
        if (!read)
            return read;
        if (!table.empty())
            done.push_back(table);
    }
    return {};
}

void report(const Limits &limits, Value &map)
{
    for (const Limit &limit : limits)
        map.insert(statusName(limit), *limit.value);
}

QString documented(const Limit &limit)
{
    return QStringLiteral("| `%1` | %2 to %3 | %4 | %5 |")
        .arg(QLatin1String(limit.name), QString::number(limit.least), QString::number(limit.most),
            QString::number(*limit.value), QString::fromUtf8(limit.what));
}

} // namespace hawser
