#include "cli/transfer_text.h"

#include "cli/exit_codes.h"
#include "core/text.h"

namespace hawser::cli {

namespace {

using contracts::TransferItem;

QString amountText(const TransferItem &item)
{
    return QStringLiteral("%1 of %2, %3 of %4 files")
        .arg(bytesText(item.done), bytesText(item.bytes), QString::number(item.filesDone), QString::number(item.files));
}

} // namespace

QString bytesText(quint64 bytes)
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
    double amount = double(bytes);
    size_t unit = 0;
    while (amount >= 1000 && unit + 1 < std::size(units)) {
        amount /= 1000;
        ++unit;
    }
    return QStringLiteral("%1 %2").arg(QString::number(amount, 'f', unit == 0 ? 0 : 1), QLatin1String(units[unit]));
}

QString transferText(const TransferItem &item)
{
    QString text = QStringLiteral("%1  %2 %3  “%4”  %5  %6")
                       .arg(QString::fromLatin1(item.id.toHex().left(8)),
                           item.incoming ? QStringLiteral("from") : QStringLiteral("to"), visible(item.name),
                           visible(item.title), item.state, amountText(item));
    if (!item.saveTo.isEmpty())
        text += QStringLiteral("  → ") + visible(item.saveTo);
    if (!item.sentence.isEmpty())
        text += QStringLiteral(" – ") + visible(item.sentence);
    return text;
}

QString progressText(const TransferItem &item)
{
    if (item.state == QLatin1String("counting"))
        return QStringLiteral("counting …");
    if (!item.offer.isEmpty() && !item.sentence.isEmpty() && item.state != QLatin1String("going"))
        return visible(item.sentence);
    if (item.state == QLatin1String("offered") || item.state == QLatin1String("waiting"))
        return QStringLiteral("offered “%1” (%2 files, %3): waiting for %4")
            .arg(visible(item.title), QString::number(item.files), bytesText(item.bytes), visible(item.name));
    if (item.state == QLatin1String("going"))
        return QStringLiteral("%1, %2/s").arg(amountText(item), bytesText(item.speed));
    return visible(item.sentence);
}

bool isOver(const TransferItem &item)
{
    return item.state == QLatin1String("done") || item.state == QLatin1String("cancelled")
        || item.state == QLatin1String("failed");
}

int exitCodeOf(const TransferItem &item)
{
    if (item.state == QLatin1String("done"))
        return item.failed.isEmpty() ? exitOk : exitSomeFailed;
    if (item.state == QLatin1String("cancelled"))
        return exitRefused;
    return item.state == QLatin1String("failed") ? exitUnavailable : exitPending;
}

} // namespace hawser::cli
