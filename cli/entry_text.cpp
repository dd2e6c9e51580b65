#include "cli/entry_text.h"

#include "core/text.h"

#include <QDateTime>

namespace hawser::cli {

namespace {

constexpr int leastColumns = 10; ///< of text in a row, however narrow the window is
constexpr qsizetype mostShown = 16 * 1024; ///< characters of one entry

QString stateText(const contracts::WatchMessages::In &entry)
{
    if (entry.state.isEmpty() || entry.state == QLatin1String("delivered"))
        return {};
    if (entry.state == QLatin1String("at-broker"))
        return QStringLiteral("  [at %1]")
            .arg(entry.sentence.isEmpty() ? QStringLiteral("the broker") : visible(entry.sentence));
    const QString state = entry.state == QLatin1String("not-sent") ? QStringLiteral("not sent") : entry.state;
    const QString why = entry.sentence.isEmpty() ? QString() : QStringLiteral(": ") + visible(entry.sentence);
    return QStringLiteral("  [%1%2]").arg(state, why);
}

QStringList cut(const QString &row, qsizetype most)
{
    QStringList pieces;
    for (qsizetype i = 0; i < row.size();) {
        qsizetype size = std::min(most, row.size() - i);
        if (i + size < row.size() && row[i + size].isLowSurrogate() && size > 1)
            --size;
        pieces << row.mid(i, size);
        i += size;
    }
    return pieces.isEmpty() ? QStringList(QString()) : pieces;
}

} // namespace

QString behindPrefix(const QString &prefix, const QString &text, int width)
{
    const bool isCut = text.size() > mostShown;
    const QString shown = visibleText(isCut ? text.left(mostShown) + QStringLiteral(" …[cut]") : text);
    const qsizetype most = width > 0 ? std::max<qsizetype>(leastColumns, width - prefix.size() - 1) : shown.size() + 1;
    QStringList rows;
    for (const QString &row : shown.split(QLatin1Char('\n')))
        for (const QString &piece : cut(row, most))
            rows << prefix + piece;
    return rows.join(QLatin1Char('\n'));
}

QString entryText(const contracts::WatchMessages::In &entry, int width)
{
    const QString time = QDateTime::fromMSecsSinceEpoch(entry.at).toString(QStringLiteral("HH:mm"));
    const QString name = claimedName(entry.name);
    if (entry.kind == QLatin1String("message")) {
        const QString who = entry.mine ? QStringLiteral("me → ") + name : name;
        return behindPrefix(QStringLiteral("%1 %2| ").arg(time, who), entry.text + stateText(entry), width);
    }
    return behindPrefix(QStringLiteral("%1 %2* ").arg(time, name), entry.text, width);
}

} // namespace hawser::cli
