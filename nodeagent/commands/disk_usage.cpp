#include "nodeagent/commands/disk_usage.h"

#include "core/disk_space.h"

namespace hawser::node {

void serveDiskUsage(Commands &commands)
{
    // In a thread: a network file system may let us wait.
    commands.serveInThread<DiskUsage>(
        [](const DiskUsage::Request &request, const Caller &) -> Result<DiskUsage::Reply> {
            const Result<DiskSpace> space = diskSpaceAt(request.path);
            if (!space)
                return space.error();
            return DiskUsage::Reply { space->free, space->total };
        });
}

} // namespace hawser::node
