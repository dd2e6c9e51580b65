#pragma once

#include "core/instant.h"

#include <optional>

namespace hawser::desktop {

/// Whether a press on Allow is meant: the person has had the question before their eyes, still, and was not busy typing
/// or clicking something else. Knows no widget and no clock; the dialog tells it what happens.
class Arming {
public:
    static constexpr auto stillFor = std::chrono::milliseconds(1000); ///< shown, active and unchanged
    static constexpr auto quietFor = std::chrono::milliseconds(500); ///< without any other key or click
    static constexpr auto deafFor = std::chrono::milliseconds(500); ///< after activation every press is swallowed

    enum class Missing { Nothing, Shown, Active, Still, Quiet };

    /// Exposure, on the screen or covered and hidden. Each call is a change, also one that repeats the last.
    void setShown(bool shown, Instant now);
    void setActive(bool active, Instant now);
    /// Content, place, size or screen.
    void changed(Instant now) { m_changed = now; }
    /// A key or click anywhere in the application, but for a press on Allow that counts.
    void input(Instant now) { m_input = now; }

    Missing missing(Instant now) const;
    bool armed(Instant now) const { return missing(now) == Missing::Nothing; }
    /// The press may have been meant for what was here before: no control may have it.
    bool swallows(Instant now) const;
    /// How long until it is armed if nothing more happens; nullopt while it is not shown or not active.
    std::optional<milliseconds> armedIn(Instant now) const;

private:
    bool m_shown = false;
    bool m_active = false;
    Instant m_changed;
    Instant m_activated;
    std::optional<Instant> m_input;
};

} // namespace hawser::desktop
