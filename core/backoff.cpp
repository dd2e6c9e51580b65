#include "core/backoff.h"

#include <algorithm>

namespace hawser {

namespace {
/// Between two tries once one has failed: left to chance, one client in a thousand would try four times in a second.
constexpr milliseconds backoffLeast { 350 };
} // namespace

milliseconds Backoff::next(double random)
{
    const milliseconds least = m_bound > limits::backoffFirst ? backoffLeast : milliseconds(0);
    const milliseconds wait = std::max(least, milliseconds(qint64(random * double(m_bound.count()))));
    m_bound = std::min<milliseconds>(2 * m_bound, std::max<milliseconds>(m_most, limits::backoffFirst));
    return wait;
}

void Backoff::lost(Instant now)
{
    if (m_since && now - *m_since >= limits::backoffReset)
        m_bound = limits::backoffFirst;
    m_since.reset();
}

} // namespace hawser
