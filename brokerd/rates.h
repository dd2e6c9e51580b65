#pragma once

#include "core/instant.h"
#include "core/party.h"

#include <QHash>

namespace hawser::broker {

/// How often each session may ask for what writes to the disk (docs/protocol.md §13.5).
class Rates {
public:
    static constexpr int perSecond = 20;
    static constexpr int burst = 40;

    /// \return whether one more is allowed now; then it counts
    bool take(const Party &session, Instant now);
    void forget(const Party &session);

private:
    struct Used {
        double count = 0; ///< of the burst
        Instant at;
    };
    QHash<QByteArray, Used> m_used; // by key, device and session
};

} // namespace hawser::broker
