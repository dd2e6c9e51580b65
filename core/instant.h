#pragma once

#include <chrono>
#include <ctime>

namespace hawser {

/// A moment of the monotonic clock that goes on while the machine sleeps. Everything below `connection` is told the time, it never asks.
using Instant = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// What the clock says now; for the layers that own a thread.
inline Instant now()
{
    timespec at {};
    (void)clock_gettime(CLOCK_BOOTTIME, &at); // cannot fail
    return Instant(seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec));
}

} // namespace hawser
