#pragma once

#include "core/instant.h"

#include <optional>

namespace hawser::desktop {

/// What the approval dialog says about the queue's clock (ux.md rules 6 and 9); the queue alone decides when it is over.
class Countdown {
public:
    /// When the question leaves the screen; nullopt: it stays.
    void set(std::optional<Instant> end);
    /// Whole seconds, rounded up, never below 0; nullopt: it stays.
    std::optional<seconds> left(Instant now) const;
    /// What to read aloud now: 30 s and 10 s are each said once, the seconds between are not.
    std::optional<seconds> announcement(Instant now);

private:
    std::optional<Instant> m_end;
    seconds m_said = seconds::max(); // the last that was read aloud
};

} // namespace hawser::desktop
