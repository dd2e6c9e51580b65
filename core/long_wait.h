#pragma once

#include "core/instant.h"

#include <QTimer>
#include <functional>

namespace hawser {

/// Calls `then` when `time` is over, never when `context` is gone by then. A QTimer counts milliseconds in an int, 24 days; this
/// may be longer, and counts what the machine sleeps. \param look  it looks at the clock so often
inline void waitLong(
    QObject *context, milliseconds time, std::function<void()> then, milliseconds look = std::chrono::hours(1))
{
    const Instant until = now() + time;
    QTimer::singleShot(std::min(time, look), context, [context, until, then = std::move(then), look] {
        const auto left = std::chrono::ceil<milliseconds>(until - now());
        if (left.count() <= 0)
            return then();
        waitLong(context, left, then, look);
    });
}

} // namespace hawser
