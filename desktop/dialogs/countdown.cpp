#include "desktop/dialogs/countdown.h"

#include <algorithm>

namespace hawser::desktop {

void Countdown::set(std::optional<Instant> end)
{
    m_end = end;
}

std::optional<seconds> Countdown::left(Instant now) const
{
    if (!m_end)
        return std::nullopt;
    return std::max(seconds::zero(), std::chrono::ceil<seconds>(*m_end - now));
}

std::optional<seconds> Countdown::announcement(Instant now)
{
    const auto remaining = left(now);
    if (!remaining)
        return std::nullopt;
    for (const seconds mark : { seconds(10), seconds(30) }) {
        if (*remaining > mark)
            continue;
        if (m_said <= mark)
            return std::nullopt;
        m_said = mark;
        return mark;
    }
    return std::nullopt;
}

} // namespace hawser::desktop
