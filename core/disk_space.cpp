#include "core/disk_space.h"

#include <QFile>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace hawser {

Result<DiskSpace> diskSpaceAt(const QString &path)
{
    struct statvfs found { };
    if (path.contains(QChar(0)) || ::statvfs(QFile::encodeName(path).constData(), &found) != 0)
        return Error { Code::NotFound, QStringLiteral("no such path: %1").arg(path) };
    return DiskSpace { quint64(found.f_bavail) * found.f_frsize, quint64(found.f_blocks) * found.f_frsize };
}

Result<void> canKeepIn(const QString &folder)
{
    const int file = ::open(QFile::encodeName(folder).constData(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0 && (errno == EOPNOTSUPP || errno == EISDIR))
        return {}; // such files are not known there
    static const QByteArray pages(64 * 1024, '.');
    int why = file < 0 ? errno : 0;
    if (why == 0) {
        const auto written = ::write(file, pages.constData(), size_t(pages.size()));
        why = written < 0 ? errno : written < pages.size() ? ENOSPC : ::fsync(file) < 0 ? errno : 0;
    }
    if (file >= 0)
        ::close(file);
    if (why == ENOSPC || why == EDQUOT)
        return Error { Code::ResourceExhausted, QStringLiteral("the disk is full") };
    if (why != 0)
        return Error { Code::Unavailable, QStringLiteral("the disk takes nothing (%1)").arg(qt_error_string(why)) };
    return {};
}

} // namespace hawser
