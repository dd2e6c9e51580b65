#include "core/folders.h"

#include "core/sodium.h"

#include <QDir>
#include <QFile>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace hawser {

namespace {

class File {
public:
    explicit File(int descriptor) : m_descriptor(descriptor) { }
    ~File() { close(); }
    Q_DISABLE_COPY_MOVE(File)

    bool isOpen() const { return m_descriptor >= 0; }
    int descriptor() const { return m_descriptor; }
    bool close()
    {
        const bool closed = m_descriptor < 0 || ::close(m_descriptor) == 0;
        m_descriptor = -1;
        return closed;
    }

private:
    int m_descriptor;
};

Error cannot(const QString &what, const QString &path)
{
    const QString why = QString::fromLocal8Bit(std::strerror(errno));
    return Error { Code::FailedPrecondition, QStringLiteral("cannot %1 %2: %3").arg(what, path, why) };
}

Result<QByteArray> native(const QString &path)
{
    if (path.isEmpty() || path.contains(QChar(0)))
        return Error { Code::InvalidArgument,
            QStringLiteral("the name of a file or folder is empty or holds a zero byte") };
    return QFile::encodeName(path);
}

QString folderOf(const QString &path)
{
    const qsizetype slash = path.lastIndexOf(QLatin1Char('/'));
    if (slash < 0)
        return QStringLiteral(".");
    return slash == 0 ? QStringLiteral("/") : path.left(slash);
}

bool writeAll(int descriptor, QByteArrayView bytes)
{
    while (!bytes.isEmpty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), size_t(bytes.size()));
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        bytes = bytes.sliced(written);
    }
    return true;
}

Result<void> syncFolder(const QString &path)
{
    File folder(::open(QFile::encodeName(path).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.isOpen() || ::fsync(folder.descriptor()) != 0)
        return cannot(QStringLiteral("write the folder"), path);
    return {};
}

// A file beside `path` with all the bytes, on disk. The caller moves or unlinks it.
Result<QByteArray> writeBeside(const QString &path, QByteArrayView bytes, unsigned mode)
{
    const Result<QByteArray> target = native(path);
    if (!target)
        return target.error();
    startSodium();
    QByteArray random(8, Qt::Uninitialized);
    randombytes_buf(random.data(), size_t(random.size()));
    const QByteArray temporary = *target + '.' + random.toHex() + ".part";
    File file(::open(temporary.constData(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode_t(mode)));
    if (!file.isOpen())
        return cannot(QStringLiteral("write"), path);
    const bool written = ::fchmod(file.descriptor(), mode_t(mode)) == 0 && writeAll(file.descriptor(), bytes)
        && ::fsync(file.descriptor()) == 0 && file.close();
    if (!written) {
        const Error error = cannot(QStringLiteral("write"), path);
        ::unlink(temporary.constData());
        return error;
    }
    return temporary;
}

// Gives the file its name unless something has it. File systems without hard links have the second way.
bool moveWithoutReplacing(const QByteArray &from, const QByteArray &to)
{
    if (::link(from.constData(), to.constData()) == 0) {
        ::unlink(from.constData());
        return true;
    }
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
        return false;
    return ::renameat2(AT_FDCWD, from.constData(), AT_FDCWD, to.constData(), RENAME_NOREPLACE) == 0;
}

bool isEmptyFolder(const QString &path)
{
    return QDir(path).isEmpty(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot);
}

Result<void> checkFolder(const QString &path, const QByteArray &nativePath)
{
    struct stat status = {};
    if (::stat(nativePath.constData(), &status) != 0)
        return cannot(QStringLiteral("use the folder"), path);
    if (!S_ISDIR(status.st_mode))
        return Error { Code::FailedPrecondition, QStringLiteral("%1 is there and is not a folder").arg(path) };
    if (status.st_uid != ::geteuid())
        return Error { Code::PermissionDenied, QStringLiteral("the folder %1 belongs to somebody else").arg(path) };
    const bool readable = (status.st_mode & 077) != 0;
    if (readable && !(status.st_mode & S_ISVTX) && isEmptyFolder(path) && ::chmod(nativePath.constData(), 0700) == 0)
        return {};
    if ((status.st_mode & 022) != 0)
        return Error { Code::PermissionDenied,
            QStringLiteral("others may write in the folder %1; close it to them with: chmod go-rwx '%1'").arg(path) };
    return {};
}

// The folder of the sockets, if the session has one that is ours.
QString runtimeFolder()
{
    const QString path = qEnvironmentVariable("XDG_RUNTIME_DIR");
    struct stat status = {};
    if (!path.startsWith(QLatin1Char('/')) || ::stat(QFile::encodeName(path).constData(), &status) != 0)
        return {};
    return S_ISDIR(status.st_mode) && status.st_uid == ::geteuid() ? path : QString();
}

} // namespace

QString dataFolder(const QString &program, const QString &chosen)
{
    if (!chosen.isEmpty())
        return QDir::cleanPath(QDir::current().absoluteFilePath(chosen));
    const bool daemon = program == QLatin1String("hawser-brokerd") || program == QLatin1String("hawser-nodeagent");
    const QString state = qEnvironmentVariable("STATE_DIRECTORY").section(QLatin1Char(':'), 0, 0);
    if (daemon && state.startsWith(QLatin1Char('/')))
        return QDir::cleanPath(state);
    QString home = qEnvironmentVariable("XDG_DATA_HOME");
    if (!home.startsWith(QLatin1Char('/')))
        home = QDir::homePath() + QStringLiteral("/.local/share");
    return QDir::cleanPath(home + QLatin1Char('/') + (daemon ? program : QStringLiteral("hawser")));
}

Result<QString> controlSocketPath(const QString &dataDir)
{
    const QString real = QDir(dataDir).canonicalPath();
    if (real.isEmpty())
        return Error { Code::NotFound, QStringLiteral("there is no folder %1").arg(dataDir) };
    const QByteArray name = QFile::encodeName(real);
    QString path = real + QStringLiteral("/control");
    if (const QString runtime = runtimeFolder(); !runtime.isEmpty()) {
        const QString folder = runtime + QStringLiteral("/hawser");
        if (const Result<void> made = makePrivateFolder(folder); !made)
            return made.error();
        path = folder + QLatin1Char('/') + QString::fromLatin1(blake2b({ name }).first(8).toHex());
    }
    constexpr qsizetype most = sizeof(sockaddr_un::sun_path) - 1;
    if (QFile::encodeName(path).size() > most)
        return Error { Code::FailedPrecondition,
            QStringLiteral("the path of the control socket is longer than %1 bytes: %2 (choose a shorter data folder)")
                .arg(QString::number(most), path) };
    return path;
}

Result<void> makePrivateFolder(const QString &path)
{
    const Result<QByteArray> nativePath = native(path);
    if (!nativePath)
        return nativePath.error();
    if (::mkdir(nativePath->constData(), 0700) == 0)
        return syncFolder(folderOf(QDir::cleanPath(path)));
    if (errno == ENOENT && folderOf(QDir::cleanPath(path)) != path) {
        const QString parent = folderOf(QDir::cleanPath(path));
        if (!QFile::exists(parent)) {
            if (const Result<void> made = makePrivateFolder(parent); !made)
                return made;
            return makePrivateFolder(path);
        }
        errno = ENOENT;
    }
    if (errno != EEXIST)
        return cannot(QStringLiteral("make the folder"), path);
    return checkFolder(path, *nativePath);
}

FolderLock::~FolderLock()
{
    ::close(m_descriptor);
}

Result<std::unique_ptr<FolderLock>> lockFolder(const QString &folder, const QString &taken)
{
    const Result<QByteArray> name = native(folder);
    if (!name)
        return name.error();
    const int descriptor = ::open(name->constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return cannot(QStringLiteral("open the folder"), folder);
    auto lock = std::make_unique<FolderLock>(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        return lock;
    if (errno == EWOULDBLOCK)
        return Error { Code::AlreadyExists, taken };
    return cannot(QStringLiteral("lock the folder"), folder);
}

Result<void> writeFileDurably(const QString &path, QByteArrayView bytes, unsigned mode)
{
    const Result<QByteArray> temporary = writeBeside(path, bytes, mode);
    if (!temporary)
        return temporary.error();
    if (::rename(temporary->constData(), QFile::encodeName(path).constData()) != 0) {
        const Error error = cannot(QStringLiteral("write"), path);
        ::unlink(temporary->constData());
        return error;
    }
    return syncFolder(folderOf(path));
}

Result<void> createFileDurably(const QString &path, QByteArrayView bytes, unsigned mode)
{
    const Result<QByteArray> temporary = writeBeside(path, bytes, mode);
    if (!temporary)
        return temporary.error();
    if (!moveWithoutReplacing(*temporary, QFile::encodeName(path))) {
        Error error = cannot(QStringLiteral("make"), path);
        if (errno == EEXIST)
            error.code = Code::AlreadyExists;
        ::unlink(temporary->constData());
        return error;
    }
    return syncFolder(folderOf(path));
}

Result<QByteArray> readFile(const QString &path, qint64 most, Privacy privacy)
{
    const Result<QByteArray> nativePath = native(path);
    if (!nativePath)
        return nativePath.error();
    File file(::open(nativePath->constData(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    if (!file.isOpen() && errno == ENOENT)
        return Error { Code::NotFound, QStringLiteral("there is no file %1").arg(path) };
    if (!file.isOpen() && errno == ELOOP)
        return Error { Code::DataLoss,
            QStringLiteral("%1 is a symbolic link; the file itself must be there").arg(path) };
    struct stat status = {};
    if (!file.isOpen() || ::fstat(file.descriptor(), &status) != 0)
        return cannot(QStringLiteral("read"), path);
    if (!S_ISREG(status.st_mode) || status.st_size > most)
        return Error { Code::DataLoss,
            QStringLiteral("%1 is not a file of at most %2 bytes").arg(path, QString::number(most)) };
    if (privacy == Privacy::OwnerOnly && status.st_uid != ::geteuid())
        return Error { Code::PermissionDenied, QStringLiteral("%1 belongs to somebody else").arg(path) };
    if (privacy == Privacy::OwnerOnly && (status.st_mode & 077) != 0)
        return Error { Code::PermissionDenied,
            QStringLiteral("%1 can be read by others; close it to them with: chmod 600 '%1'").arg(path) };
    QByteArray bytes(most + 1, Qt::Uninitialized);
    qint64 size = 0;
    while (size <= most) {
        const ssize_t got = ::read(file.descriptor(), bytes.data() + size, size_t(most + 1 - size));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return cannot(QStringLiteral("read"), path);
        if (got == 0)
            break;
        size += got;
    }
    if (size > most)
        return Error { Code::DataLoss, QStringLiteral("%1 is larger than %2 bytes").arg(path, QString::number(most)) };
    bytes.truncate(size);
    return bytes;
}

} // namespace hawser
