#include "core/contracts/link_state.h"

#include "core/link.h"
#include "core/text.h"

namespace hawser::contracts {

LinkState linkState(const Link &link, const QString &way, const QString &name)
{
    const LinkSettings &settings = link.settings();
    LinkState state;
    state.way = way;
    state.name = name;
    state.key = settings.peer;
    const bool stranger = settings.maxPayload < limits::framePayload;
    state.state = stranger   ? QStringLiteral("not-let-in")
        : link.isSuspended() ? QStringLiteral("suspended")
                             : QStringLiteral("ready");
    state.lane = settings.lane;
    state.roundTripMs = quint64(link.roundTrip().count());
    state.streams = quint64(link.streams());
    state.waitingBytes = quint64(link.lane().waiting());
    state.unacknowledgedBytes = quint64(link.lane().kept());
    state.unacknowledgedMost = quint64(settings.retention);
    state.timesFull = link.lane().timesFull();
    state.dropped = link.dropped();
    return state;
}

QString lineOf(const LinkState &link)
{
    const QString lane = link.lane ? QStringLiteral(" (bulk data)") : QString();
    return QStringLiteral("%1 %2%3: %4, %5 ms, %6 streams, %7 of %8 bytes unacknowledged, %9 answers dropped")
        .arg(visible(link.way), visible(link.name), lane, visible(link.state), QString::number(link.roundTripMs),
            QString::number(link.streams), QString::number(link.unacknowledgedBytes),
            QString::number(link.unacknowledgedMost), QString::number(link.dropped));
}

} // namespace hawser::contracts
