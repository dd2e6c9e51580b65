#include "desktop/dialogs/arming.h"

#include <algorithm>

namespace hawser::desktop {

void Arming::setShown(bool shown, Instant now)
{
    m_shown = shown;
    changed(now);
}

void Arming::setActive(bool active, Instant now)
{
    if (active && !m_active)
        m_activated = now;
    m_active = active;
    changed(now);
}

Arming::Missing Arming::missing(Instant now) const
{
    if (!m_shown)
        return Missing::Shown;
    if (!m_active)
        return Missing::Active;
    if (now - m_changed < stillFor)
        return Missing::Still;
    if (m_input && now - *m_input < quietFor)
        return Missing::Quiet;
    return Missing::Nothing;
}

bool Arming::swallows(Instant now) const
{
    return !m_active || now - m_activated < deafFor;
}

std::optional<milliseconds> Arming::armedIn(Instant now) const
{
    if (!m_shown || !m_active)
        return std::nullopt;
    Instant ready = m_changed + stillFor;
    if (m_input)
        ready = std::max(ready, *m_input + quietFor);
    return std::max(milliseconds::zero(), std::chrono::ceil<milliseconds>(ready - now));
}

} // namespace hawser::desktop
