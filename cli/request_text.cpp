#include "cli/request_text.h"

#include "core/number.h"
#include "core/text.h"

namespace hawser::cli {

namespace {

QString wishOf(const QString &kind)
{
    if (kind == QLatin1String("join-person"))
        return QStringLiteral("asks to join as a person");
    if (kind == QLatin1String("join-machine"))
        return QStringLiteral("asks to join as a machine");
    return QStringLiteral("asks to be your contact");
}

QStringList visibles(const QStringList &texts)
{
    QStringList shown;
    for (const QString &text : texts)
        shown << visible(text);
    return shown;
}

} // namespace

QString requestText(const contracts::WatchMyRequests::In &request)
{
    const QString id = QString::number(request.id);
    if (request.closed)
        return QStringLiteral("request %1 is over: %2").arg(id, visible(request.sentence));
    QStringList lines;
    lines << QStringLiteral("request %1: somebody calling themselves “%2” %3")
                 .arg(id, claimedName(request.claim), wishOf(request.kind));
    if (!request.lookAlike.isEmpty())
        lines << QStringLiteral("  careful    you know “%1” with another key").arg(visible(request.lookAlike));
    lines << QStringLiteral("  key        ") + request.key.hex() << QStringLiteral("  key words  ") + request.words;
    if (!request.number.isEmpty())
        lines << QStringLiteral("  number     %1   ask them: it must be the same on both sides")
                     .arg(showNumber(request.number));
    const QStringList via = visibles(request.via);
    lines << QStringLiteral("  from       %1%2")
                 .arg(visible(request.address),
                     via.isEmpty() ? QStringLiteral(" (direct)")
                                   : QStringLiteral(" via ") + via.join(QStringLiteral(", ")));
    lines << QStringLiteral("  says       %1 on “%2”").arg(visible(request.program), claimedName(request.host));
    if (!request.rights.isEmpty())
        lines << QStringLiteral("  asks for   ") + visibles(request.rights).join(QStringLiteral(", "));
    if (!request.commands.isEmpty())
        lines << QStringLiteral("  offers     ") + visibles(request.commands).join(QStringLiteral(", "));
    return lines.join(QLatin1Char('\n'));
}

} // namespace hawser::cli
