#include "core/disk_space.h"

#include <QFile>
#include <sys/statvfs.h>

namespace hawser {

Result<DiskSpace> diskSpaceAt(const QString &path)
{
    struct statvfs found { };
    if (path.contains(QChar(0)) || ::statvfs(QFile::encodeName(path).constData(), &found) != 0)
        return Error { Code::NotFound, QStringLiteral("no such path: %1").arg(path) };
    return DiskSpace { quint64(found.f_bavail) * found.f_frsize, quint64(found.f_blocks) * found.f_frsize };
}

} // namespace hawser
