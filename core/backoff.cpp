#include "core/backoff.h"

#include <algorithm>

namespace hawser {

milliseconds Backoff::next(double random)
{
    const milliseconds wait(qint64(random * double(m_bound.count())));
    m_bound = std::min<milliseconds>(2 * m_bound, limits::backoffMost);
    return wait;
}

void Backoff::lost(Instant now)
{
    if (m_since && now - *m_since >= limits::backoffReset)
        m_bound = limits::backoffFirst;
    m_since.reset();
}

} // namespace hawser
