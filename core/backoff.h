#pragma once

#include "core/instant.h"
#include "core/limits.h"

#include <optional>

namespace hawser {

/// How long to wait before the next try: full jitter under a bound that doubles, small again after peace; never more than
/// three tries in a second.
class Backoff {
public:
    /// \param most  what the bound grows to
    explicit Backoff(milliseconds most = limits::backoffMost) : m_most(most) { }

    /// \param random  0 to 1, fresh each time
    milliseconds next(double random);
    void connected(Instant now) { m_since = now; }
    void lost(Instant now);
    milliseconds bound() const { return m_bound; }

private:
    milliseconds m_most;
    milliseconds m_bound = limits::backoffFirst;
    std::optional<Instant> m_since;
};

} // namespace hawser
