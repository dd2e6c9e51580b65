#pragma once

#include "core/instant.h"

#include <QtGlobal>
#include <optional>

namespace hawser {

/// Tells a calendar that runs from one that was set, so that nobody throws away what is kept until a date on the first sight
/// of another year. Sans-I/O: it is told both clocks.
class ClockWatch {
public:
    static constexpr milliseconds jump = std::chrono::hours(1); ///< a smaller step is a correction
    static constexpr milliseconds patience = std::chrono::minutes(10); ///< after a jump: time to set it right again

    struct Look {
        bool steady = true; ///< false: it was set while this program ran; purge nothing
        bool sure =
            true; ///< false: not steady, or it may have been set before the start; throw away nothing that only waits
        milliseconds jumped {}; ///< how far, at the look that finds it; else 0
    };
    /// What the calendar said when the program before this one looked: one that starts far from there may have been away for
    /// so long, or have been set meanwhile. Before the first look.
    void setBefore(qint64 calendar) { m_before = calendar; }
    /// \param running  a clock that nobody sets and that counts a suspend too (CLOCK_BOOTTIME)
    /// \param calendar  ms since 1970
    Look look(milliseconds running, qint64 calendar)
    {
        if (m_before && std::chrono::abs(milliseconds(calendar - *m_before)) > jump)
            m_sureFrom = running + patience;
        m_before.reset();
        const milliseconds difference = milliseconds(calendar) - running;
        const milliseconds moved = difference - m_difference.value_or(difference);
        m_difference = difference;
        if (std::chrono::abs(moved) > jump) {
            m_quietUntil = running + patience;
            return { false, false, moved };
        }
        const bool steady = !m_quietUntil || running >= *m_quietUntil;
        return { steady, steady && (!m_sureFrom || running >= *m_sureFrom), {} };
    }

private:
    std::optional<qint64> m_before;
    std::optional<milliseconds> m_difference; ///< of the calendar to the running clock
    std::optional<milliseconds> m_quietUntil;
    std::optional<milliseconds> m_sureFrom;
};

/// What look() wants as `running`.
milliseconds runningTime();

} // namespace hawser
