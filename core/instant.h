#pragma once

#include <chrono>

namespace hawser {

/// A moment of the monotonic clock. Everything below `connection` is told the time, it never asks.
using Instant = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// What the clock says now; for the layers that own a thread.
inline Instant now()
{
    return std::chrono::steady_clock::now();
}

} // namespace hawser
