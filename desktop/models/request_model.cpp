#include "desktop/models/request_model.h"

#include "core/number.h"
#include "core/text.h"

namespace hawser::desktop {

using chat::Asking;
using chat::Door;
using chat::Request;

namespace {

QString whoText(const Request &request)
{
    return request.claim.isEmpty() ? request.key.words() : visible(request.claim);
}

QString doorText(const Door &door, Asking kind)
{
    if (kind == Asking::ContactDirect)
        return RequestModel::tr("%1 · direct").arg(visible(door.address));
    if (kind == Asking::ContactThroughBroker) {
        if (door.knownAs.isEmpty())
            return RequestModel::tr("via %1").arg(visible(door.brokerName));
        return RequestModel::tr("via %1, which knows this key as “%2”")
            .arg(visible(door.brokerName), visible(door.knownAs));
    }
    return RequestModel::tr("%1, as %2 saw it").arg(visible(door.address), visible(door.brokerName));
}

} // namespace

QString wishText(const Request &request)
{
    const QString broker = request.doors.isEmpty() ? QString() : visible(request.doors.first().brokerName);
    switch (request.kind) {
    case Asking::JoinPerson:
        return RequestModel::tr("asks to join %1").arg(broker);
    case Asking::JoinMachine:
        return RequestModel::tr("a machine, asks to join %1").arg(broker);
    case Asking::ContactThroughBroker:
    case Asking::ContactDirect:
        return RequestModel::tr("asks to reach you");
    }
    return {};
}

QString originText(const Request &request)
{
    QStringList doors;
    for (const Door &door : request.doors)
        doors << doorText(door, request.kind);
    return doors.join(QStringLiteral("; "));
}

QString RequestModel::shown(const Request &request, int) const
{
    QStringList parts { whoText(request), wishText(request) };
    if (const QString number = request.number(); !number.isEmpty())
        parts << tr("number %1").arg(showNumber(number));
    parts << originText(request);
    return parts.join(QStringLiteral(" · "));
}

} // namespace hawser::desktop
