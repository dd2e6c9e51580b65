#pragma once

#include <QDateTime>

namespace hawser {

/// Ms since 1970 by this machine's clock: for display, and for what must survive a restart. Never for timers.
inline qint64 wallClock()
{
    return QDateTime::currentMSecsSinceEpoch();
}

} // namespace hawser
