#include "core/give_way.h"

#include <sys/resource.h>
#include <unistd.h>

namespace hawser {

namespace {
constexpr int behind = 10; // nice: a tenth of a core is left to it beside a program that never rests
} // namespace

void workBehindOthers()
{
    (void)setpriority(PRIO_PROCESS, id_t(gettid()), behind);
}

} // namespace hawser
