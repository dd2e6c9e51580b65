#include "core/limit_use.h"

#include "core/text.h"

namespace hawser {

namespace {

constexpr int nameWidth = 36; // characters
constexpr int numberWidth = 14;

QString row(const QString &name, const QString &limit, const QString &used, const QString &hits)
{
    return name.leftJustified(nameWidth) + limit.rightJustified(numberWidth) + used.rightJustified(numberWidth)
        + hits.rightJustified(numberWidth) + u'\n';
}

QString cell(const Value *number)
{
    return number ? QString::number(number->toInt()) : QStringLiteral("-");
}

} // namespace

QString limitLines(const Value &limits, const Value &used, const Value &hits)
{
    if (limits.map().empty())
        return {};
    QString text =
        row(QStringLiteral("LIMIT"), QStringLiteral("AT MOST"), QStringLiteral("NOW"), QStringLiteral("TIMES HIT"));
    for (const auto &[name, limit] : limits.map())
        text += row(visible(name), cell(&limit), cell(used.find(name)), cell(hits.find(name)));
    return text;
}

} // namespace hawser
