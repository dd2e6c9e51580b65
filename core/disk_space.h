#pragma once

#include "core/result.h"

namespace hawser {

struct DiskSpace {
    quint64 free = 0; ///< bytes a user may still write
    quint64 total = 0;
};

/// Of the file system that holds `path`. Asks the kernel about the path itself, so it needs no table of mounts: in a
/// chroot there may be none.
/// \retval NotFound  no such path
Result<DiskSpace> diskSpaceAt(const QString &path);

/// Whether a small file goes into this folder and onto its disk; it has no name and is gone at once.
/// \retval ResourceExhausted  the disk is full
/// \retval Unavailable        it takes nothing; the sentence says why
Result<void> canKeepIn(const QString &folder);

} // namespace hawser
