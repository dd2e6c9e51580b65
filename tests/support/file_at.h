#pragma once

#include <QFile>
#include <sys/stat.h>

namespace hawser::test {

/// The rights of what is there itself, of a link too; 0 when nothing is.
inline unsigned modeOf(const QString &path)
{
    struct stat status = {};
    return ::lstat(QFile::encodeName(path).constData(), &status) == 0 ? unsigned(status.st_mode & 07777) : 0;
}

inline QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("<missing>");
}

} // namespace hawser::test
