#pragma once

#include "chat/person_limits.h"
#include "core/client.h"

#include <QDateTime>

namespace hawser::chat {

/// Who this data folder is.
struct Me {
    Identity identity;
    Profile profile;
    QString folder;
    PersonLimits limits = {};

    const PublicKey &key() const { return identity.key(); }
};

/// Ms since 1970 by this machine's clock: for display, and for what must survive a restart. Never for timers.
inline qint64 wallClock()
{
    return QDateTime::currentMSecsSinceEpoch();
}

} // namespace hawser::chat
