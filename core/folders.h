#pragma once

#include "core/result.h"

#include <QByteArray>
#include <memory>

namespace hawser {

/// Where a program keeps everything. `hawser` and `hawser-desktop` share one folder, the daemons have their own.
/// \param program  the executable's name: "hawser-brokerd"
/// \param chosen   what `--data` said, or empty: then $STATE_DIRECTORY (daemons), then the XDG places
QString dataFolder(const QString &program, const QString &chosen = {});

/// The control socket of a data folder: in `$XDG_RUNTIME_DIR/hawser` (made 0700), else `control` in the folder itself.
/// \param dataDir  exists
/// \retval NotFound            there is no such folder
/// \retval FailedPrecondition  the path is too long for a socket, or its folder cannot be made
/// \retval PermissionDenied    as makePrivateFolder
Result<QString> controlSocketPath(const QString &dataDir);

/// Makes the folder and its missing parents, 0700. A folder that is there stays as it is, except that an empty one that
/// others can read is closed to them.
/// \retval PermissionDenied    it belongs to somebody else, or others may write in it: the sentence names the mend
/// \retval FailedPrecondition  it cannot be made: the sentence says why
Result<void> makePrivateFolder(const QString &path);

/// A folder that this program has, until the object or the program ends, however it does. Programs it starts do not.
class FolderLock {
public:
    explicit FolderLock(int descriptor) : m_descriptor(descriptor) { }
    ~FolderLock();
    Q_DISABLE_COPY_MOVE(FolderLock)

private:
    int m_descriptor;
};

/// Takes the folder for one program. Nothing is written, so a full disk is no hindrance.
/// \param taken  what is said when another program has it
/// \retval AlreadyExists       another program has it
/// \retval FailedPrecondition  it cannot be opened: the sentence says why
Result<std::unique_ptr<FolderLock>> lockFolder(const QString &folder, const QString &taken);

/// Replaces or makes a file: the old one or the whole new one is there after any crash, the new one after the return.
/// \param mode  permission bits of the file
/// \retval FailedPrecondition  it could not be written; the old one is untouched
Result<void> writeFileDurably(const QString &path, QByteArrayView bytes, unsigned mode = 0600);
/// The same, but never replaces: of several at once exactly one succeeds.
/// \retval AlreadyExists  something of that name is there
Result<void> createFileDurably(const QString &path, QByteArrayView bytes, unsigned mode = 0600);

/// Who may read a file that readFile reads.
enum class Privacy { Anybody, OwnerOnly };

/// A small regular file, never through a symlink.
/// \retval NotFound            there is none
/// \retval PermissionDenied    OwnerOnly, and others can read it or own it: the sentence names the chmod that mends it
/// \retval DataLoss            it is no regular file, or larger than `most` bytes
/// \retval FailedPrecondition  it cannot be read: the sentence says why
Result<QByteArray> readFile(const QString &path, qint64 most, Privacy privacy = Privacy::Anybody);

} // namespace hawser
