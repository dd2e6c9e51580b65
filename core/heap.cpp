#include "core/heap.h"

#include <malloc.h>

namespace hawser {

namespace {
constexpr int trimThreshold = 64 * 1024 * 1024; // bytes: free at the end of the heap, above it they are given back
constexpr int mmapThreshold = 16 * 1024 * 1024; // bytes: larger ones are mapped alone; glibc refuses more than 32 MiB
} // namespace

void keepFreedMemory()
{
    ::mallopt(M_MMAP_THRESHOLD, mmapThreshold);
    ::mallopt(M_TRIM_THRESHOLD, trimThreshold);
}

} // namespace hawser
