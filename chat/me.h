#pragma once

#include "chat/person_limits.h"
#include "core/client.h"
#include "core/wall_clock.h"

namespace hawser::chat {

/// Who this data folder is.
struct Me {
    Identity identity;
    Profile profile;
    QString folder;
    PersonLimits limits = {};

    const PublicKey &key() const { return identity.key(); }
};

} // namespace hawser::chat
