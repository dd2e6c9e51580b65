#include "cli/call_text.h"

#include "core/text.h"

namespace hawser::cli {

QString sentCallText(const contracts::SentCallItem &item)
{
    const QString name = claimedName(item.name);
    const QString line = QStringLiteral("%1  %2 on %3: ").arg(QString::number(item.id), visible(item.command), name);
    const QString sentence = visible(item.sentence);
    if (item.state == QLatin1String("queued") && !sentence.isEmpty())
        return line + QStringLiteral("queued here: ") + sentence;
    if (item.state == QLatin1String("queued"))
        return line + QStringLiteral("queued here, until a program with this folder reaches the broker");
    if (item.state == QLatin1String("at-broker"))
        return line
            + (item.there ? QStringLiteral("at %1; %2 has not taken it yet")
                          : QStringLiteral("at %1, until %2 is there"))
                  .arg(sentence, name);
    if (item.state == QLatin1String("taken"))
        return line + QStringLiteral("%1 has it").arg(name);
    if (item.code == QLatin1String("ok"))
        return line + (sentence.isEmpty() ? QStringLiteral("done") : QStringLiteral("done: ") + sentence);
    const bool maybe = item.begun == QLatin1String("maybe");
    if (maybe && item.code == QLatin1String("deadline_exceeded"))
        return line + sentence; // which says that nothing is known
    return line + (maybe ? QStringLiteral("failed, perhaps after it had begun: ") : QStringLiteral("not done: "))
        + sentence;
}

} // namespace hawser::cli
