#include "nodeagent/commands/disk_usage.h"

#include <QStorageInfo>

namespace hawser::node {

void serveDiskUsage(Commands &commands)
{
    // In a thread: a network file system may let us wait.
    commands.serveInThread<DiskUsage>(
        [](const DiskUsage::Request &request, const Caller &) -> Result<DiskUsage::Reply> {
            const QStorageInfo storage(request.path);
            if (request.path.contains(QChar(0)) || !storage.isValid())
                return Error { Code::NotFound, QStringLiteral("no such path: %1").arg(request.path) };
            return DiskUsage::Reply { quint64(storage.bytesAvailable()), quint64(storage.bytesTotal()) };
        });
}

} // namespace hawser::node
