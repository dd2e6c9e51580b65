#pragma once

#include "core/instant.h"
#include "core/party.h"

#include <QHash>

namespace hawser::broker {

/// How often each session may ask for what writes to the disk (docs/protocol.md §13.5).
class Rates {
public:
    void setLimits(qint64 perSecond, qint64 atOnce)
    {
        m_perSecond = perSecond;
        m_atOnce = atOnce;
    }
    /// \return whether one more is allowed now; then it counts
    bool take(const Party &session, Instant now);
    void forget(const Party &session);

private:
    qint64 m_perSecond = 20;
    qint64 m_atOnce = 40;
    struct Used {
        double count = 0; ///< of those at once
        Instant at;
    };
    QHash<QByteArray, Used> m_used; // by key, device and session
};

} // namespace hawser::broker
