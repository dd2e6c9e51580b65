#pragma once

#include "core/limit.h"
#include "core/toml_table.h"

#include <QFile>

namespace hawser::test {

/// What docs/limits.md says below "## program", without what it should not say there.
inline QString limitsDocument(const QString &program)
{
    QFile file(QStringLiteral(HAWSER_TESTS "/../docs/limits.md"));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const QString all = QString::fromUtf8(file.readAll());
    const qsizetype begin = all.indexOf(QStringLiteral("\n## %1\n").arg(program));
    return begin < 0 ? QString() : all.mid(begin, all.indexOf(QLatin1String("\n## "), begin + 1) - begin);
}

/// Lines of "key, range, default, what" that docs/limits.md lacks below "## program", or should not have; empty: it is right.
inline QString wrongDocument(const QString &program, const Limits &limits)
{
    QStringList there;
    QString table;
    const QStringList lines = limitsDocument(program).split(QLatin1Char('\n'));
    for (const QString &line : lines) {
        if (line.startsWith(QLatin1String("`[")))
            table = line.mid(2, line.size() - 4);
        if (line.startsWith(QLatin1String("| `")))
            there << table + line;
    }
    QStringList wrong;
    for (const Limit &limit : limits)
        if (const QString line = QLatin1String(limit.table) + documented(limit); !there.removeOne(line))
            wrong << QStringLiteral("missing: ") + line;
    for (const QString &line : std::as_const(there))
        wrong << QStringLiteral("too much: ") + line;
    return wrong.join(QLatin1Char('\n'));
}

/// The file that sets one limit.
inline QByteArray fileWith(const Limit &limit, const QByteArray &value)
{
    const QByteArray table = *limit.table ? '[' + QByteArray(limit.table) + "]\n" : QByteArray("\n");
    return table + limit.name + " = " + value + '\n';
}

/// Sets each limit to its least and its most, and beyond: what is allowed is there and nothing else changed, what is not is
/// refused with the line, the key and the range. \return what is wrong; empty: nothing
template <typename Config>
QString wrongLimits(Result<Config> (*parse)(const QByteArray &, const QString &))
{
    Config plain;
    const Limits defaults = describe(plain);
    for (size_t i = 0; i < defaults.size(); ++i) {
        const Limit &limit = defaults[i];
        const QString name = statusName(limit);
        if (*limit.value < limit.least || *limit.value > limit.most)
            return name + QStringLiteral(": the default is out of range");
        for (const qint64 value : { limit.least, limit.most }) {
            Result<Config> config = parse(fileWith(limit, QByteArray::number(value)), QStringLiteral("f"));
            if (!config)
                return name + QStringLiteral(": ") + config.error().sentence;
            const Limits read = describe(*config);
            for (size_t j = 0; j < read.size(); ++j)
                if (*read[j].value != (i == j ? value : *defaults[j].value))
                    return QStringLiteral("%1: set, and %2 is %3")
                        .arg(name, statusName(read[j]), QString::number(*read[j].value));
        }
        for (const QByteArray &value : { QByteArray::number(limit.least - 1), QByteArray::number(limit.most + 1),
                 QByteArray("'x'"), QByteArray("1.5") }) {
            const Result<Config> config = parse(fileWith(limit, value), QStringLiteral("f"));
            const QString range =
                QStringLiteral("%1 must be a whole number from %2 to %3")
                    .arg(QLatin1String(limit.name), QString::number(limit.least), QString::number(limit.most));
            if (config)
                return QStringLiteral("%1 may be %2").arg(name, QString::fromLatin1(value));
            if (!config.error().sentence.startsWith(QLatin1String("f:2: ")) || !config.error().sentence.endsWith(range))
                return config.error().sentence;
        }
    }
    return {};
}

} // namespace hawser::test
