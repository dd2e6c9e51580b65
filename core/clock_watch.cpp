#include "core/clock_watch.h"

#include <ctime>

namespace hawser {

milliseconds runningTime()
{
    timespec time {};
    ::clock_gettime(CLOCK_BOOTTIME, &time);
    return std::chrono::duration_cast<milliseconds>(seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

} // namespace hawser
