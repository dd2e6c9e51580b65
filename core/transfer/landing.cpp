#include "core/transfer/landing.h"

#include "core/identity.h"
#include "core/limits.h"

#include <QFile>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace hawser::transfer {

namespace {

const QByteArray partsName = ".hawser-part";
constexpr int mostNumbers = 10000;

Error failed(const QString &what, int error)
{
    return { error == ENOSPC || error == EDQUOT ? Code::ResourceExhausted : Code::FailedPrecondition,
        QStringLiteral("%1: %2").arg(what, systemError(error)) };
}

int openBeneath(int folder, const QByteArray &path, int flags)
{
    open_how how {};
    how.flags = quint64(flags | O_CLOEXEC | O_NOFOLLOW);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return int(::syscall(SYS_openat2, folder, path.constData(), &how, sizeof how));
}

int openFolder(int at, const char *name)
{
    return ::openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/// Empties a folder of ours; follows no links.
void removeBeneath(int folder)
{
    DIR *dir = ::fdopendir(::dup(folder));
    if (!dir)
        return;
    ::rewinddir(dir);
    while (const dirent *entry = ::readdir(dir)) {
        const QByteArray name(entry->d_name);
        if (name == "." || name == "..")
            continue;
        if (::unlinkat(folder, name.constData(), 0) == 0)
            continue;
        if (const Fd inner { openFolder(folder, name.constData()) })
            removeBeneath(inner.get());
        ::unlinkat(folder, name.constData(), AT_REMOVEDIR);
    }
    ::closedir(dir);
}

void setTime(int fd, qint64 mtime)
{
    const timespec times[2] = { { 0, UTIME_OMIT }, { mtime / 1000000000, long(mtime % 1000000000) } };
    ::futimens(fd, times);
}

qint64 roomOf(const struct statvfs &disk)
{
    const qint64 total = qint64(disk.f_blocks) * qint64(disk.f_frsize);
    const qint64 reserve = qMin<qint64>(limits::diskReserve, total / 20);
    return qMax<qint64>(0, qint64(disk.f_bavail) * qint64(disk.f_frsize) - reserve);
}

} // namespace

Fd::~Fd()
{
    if (m_fd >= 0)
        ::close(m_fd);
}

QString systemError(int error)
{
    return QString::fromLocal8Bit(strerrordesc_np(error) ? strerrordesc_np(error) : "unknown error").toLower();
}

qint64 saneTime(qint64 mtime)
{
    timespec now {};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const qint64 present = qint64(now.tv_sec) * 1000000000 + now.tv_nsec;
    constexpr qint64 day = 86400ll * 1000000000;
    return mtime < 0 || mtime > present + day ? present : mtime;
}

QByteArray numberedName(const QByteArray &name, int number)
{
    const QByteArray mark = " (" + QByteArray::number(number) + ")";
    const qsizetype dot = name.lastIndexOf('.');
    const QByteArray suffix = dot > 0 && name.size() - dot <= 32 ? name.mid(dot) : QByteArray();
    QByteArray stem = name.left(name.size() - suffix.size()).left(limits::pathComponent - mark.size() - suffix.size());
    while (!stem.isEmpty() && stem.size() < name.size() - suffix.size() && (quint8(stem.back()) & 0xc0) == 0x80)
        stem.chop(1); // no half character where it was cut
    return stem + mark + suffix;
}

/// The folder that the person chose; whether it could be made tells the call that uses it.
static void makeRoot(const QString &folder)
{
    std::error_code told;
    std::filesystem::create_directories(QFile::encodeName(folder).toStdString(), told);
}

Result<qint64> roomIn(const QString &folder)
{
    makeRoot(folder);
    struct statvfs disk { };
    const QByteArray path = QFile::encodeName(folder);
    if (::access(path.constData(), W_OK | X_OK) != 0 || ::statvfs(path.constData(), &disk) != 0)
        return failed(QStringLiteral("the folder %1 cannot be written").arg(folder), errno);
    return roomOf(disk);
}

Result<std::unique_ptr<Landing>> Landing::open(const QString &folder)
{
    makeRoot(folder);
    std::unique_ptr<Landing> landing(new Landing);
    landing->m_shown = folder;
    landing->m_folder = Fd(::open(QFile::encodeName(folder).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!landing->m_folder)
        return failed(QStringLiteral("the folder %1 cannot be opened").arg(folder), errno);
    const int at = landing->m_folder.get();
    if (::mkdirat(at, partsName.constData(), 0700) != 0 && errno != EEXIST)
        return failed(QStringLiteral("nothing can be written to %1").arg(folder), errno);
    landing->m_parts = Fd(openFolder(at, partsName.constData()));
    landing->m_partName = randomBytes(8).toHex();
    if (!landing->m_parts || ::mkdirat(landing->m_parts.get(), landing->m_partName.constData(), 0700) != 0)
        return failed(QStringLiteral("nothing can be written to %1").arg(folder), errno);
    landing->m_part = Fd(openFolder(landing->m_parts.get(), landing->m_partName.constData()));
    if (!landing->m_part)
        return failed(QStringLiteral("nothing can be written to %1").arg(folder), errno);
    ::flock(landing->m_part.get(), LOCK_EX | LOCK_NB); // where a disk knows no locks it goes without
    return landing;
}

Landing::~Landing()
{
    if (m_part && !m_kept)
        remove();
}

bool Landing::remove()
{
    if (!m_settled)
        removeBeneath(m_part.get());
    const bool isGone = ::unlinkat(m_parts.get(), m_partName.constData(), AT_REMOVEDIR) == 0;
    ::unlinkat(m_folder.get(), partsName.constData(), AT_REMOVEDIR); // goes when nothing else is under way
    return isGone;
}

/// A handle of the folder that holds the last part; the one used last is remembered.
Result<int> Landing::parentOf(const QByteArrayList &parts)
{
    if (parts.size() == 1)
        return m_part.get();
    const QByteArray path = parts.first(parts.size() - 1).join('/');
    if (m_parent && path == m_parentPath)
        return m_parent.get();
    m_parent = Fd(openBeneath(m_part.get(), path, O_RDONLY | O_DIRECTORY));
    m_parentPath = path;
    if (!m_parent)
        return failed(QStringLiteral("a folder is missing"), errno);
    return m_parent.get();
}

Result<void> Landing::makeFolder(const QByteArrayList &parts, qint64 mtime)
{
    const Result<int> parent = parentOf(parts);
    if (!parent)
        return parent.error();
    if (::mkdirat(*parent, parts.last().constData(), 0777) != 0)
        return failed(QStringLiteral("a folder cannot be made"), errno);
    if (parts.size() == 1)
        m_items += parts.last();
    m_folderTimes.push_back({ parts.join('/'), saneTime(mtime) });
    return {};
}

Result<Fd> Landing::makeFile(const QByteArrayList &parts)
{
    const Result<int> parent = parentOf(parts);
    if (!parent)
        return parent.error();
    Fd file(::openat(*parent, parts.last().constData(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!file)
        return failed(QStringLiteral("a file cannot be made"), errno);
    if (parts.size() == 1)
        m_items += parts.last();
    return file;
}

void Landing::dropFile(const QByteArrayList &parts)
{
    if (const Result<int> parent = parentOf(parts))
        ::unlinkat(*parent, parts.last().constData(), 0);
    if (parts.size() == 1)
        m_items.removeAll(parts.last());
}

/// Moves one item out of the private folder under the first free name.
Result<QByteArray> Landing::place(const QByteArray &name)
{
    for (int number = 1; number < mostNumbers; ++number) {
        const QByteArray to = number == 1 ? name : numberedName(name, number);
        if (::renameat2(m_part.get(), name.constData(), m_folder.get(), to.constData(), RENAME_NOREPLACE) == 0)
            return to;
        if (errno != EEXIST)
            break;
    }
    return failed(QStringLiteral("what arrived cannot be moved to %1").arg(m_shown), errno);
}

Result<void> Landing::makeDurable()
{
    for (auto it = m_folderTimes.rbegin(); it != m_folderTimes.rend(); ++it) {
        if (const Fd folder { openBeneath(m_part.get(), it->first, O_RDONLY | O_DIRECTORY) })
            setTime(folder.get(), it->second);
    }
    if (::syncfs(m_part.get()) != 0)
        return failed(QStringLiteral("the disk did not keep what arrived"), errno);
    m_durable = true;
    return {};
}

Result<QStringList> Landing::settle()
{
    if (!m_durable)
        if (const Result<void> durable = makeDurable(); !durable)
            return durable.error();
    return placeAll();
}

Result<QStringList> Landing::placeAll()
{
    QStringList names;
    for (const QByteArray &item : std::as_const(m_items)) {
        const Result<QByteArray> to = place(item);
        if (!to)
            return to.error();
        names += QFile::decodeName(*to);
    }
    if (::fsync(m_folder.get()) != 0)
        return failed(QStringLiteral("the disk did not keep what arrived"), errno);
    m_settled = true;
    return names;
}

/// Null: it is not there, or in use.
std::unique_ptr<Landing> Landing::find(const QString &folder, const QByteArray &partName)
{
    std::unique_ptr<Landing> landing(new Landing);
    landing->m_shown = folder;
    landing->m_partName = partName;
    landing->m_folder = Fd(::open(QFile::encodeName(folder).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const bool isName = !partName.isEmpty() && !partName.contains('/') && !partName.startsWith('.');
    if (!landing->m_folder || !isName)
        return nullptr;
    landing->m_parts = Fd(openFolder(landing->m_folder.get(), partsName.constData()));
    if (!landing->m_parts)
        return nullptr;
    landing->m_part = Fd(openFolder(landing->m_parts.get(), partName.constData()));
    if (landing->m_part && ::flock(landing->m_part.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        landing->m_part = Fd();
    return landing->m_part ? std::move(landing) : nullptr;
}

Result<QStringList> Landing::settleLater(const QString &folder, const QByteArray &partName)
{
    if (::access(QFile::encodeName(folder).constData(), W_OK | X_OK) != 0)
        return failed(QStringLiteral("the folder %1 cannot be opened").arg(folder), errno);
    const std::unique_ptr<Landing> landing = find(folder, partName);
    if (!landing)
        return Error { Code::FailedPrecondition,
            QStringLiteral("what arrived is not in the folder %1: perhaps its disk is not there").arg(folder) };
    landing->setKept(true);
    DIR *dir = ::fdopendir(::dup(landing->m_part.get()));
    if (!dir)
        return failed(QStringLiteral("what arrived cannot be read"), errno);
    errno = 0;
    while (const dirent *entry = ::readdir(dir))
        if (qstrcmp(entry->d_name, ".") != 0 && qstrcmp(entry->d_name, "..") != 0)
            landing->m_items += QByteArray(entry->d_name);
    const int error = errno;
    ::closedir(dir);
    if (error != 0)
        return failed(QStringLiteral("what arrived cannot be read"), error);
    return landing->placeAll();
}

void Landing::close(const QString &folder, const QByteArray &partName)
{
    if (const std::unique_ptr<Landing> landing = find(folder, partName))
        landing->m_settled = true; // whatever is in it is not removed
}

bool Landing::sweep(const QString &folder, const QByteArray &partName)
{
    const std::unique_ptr<Landing> landing = find(folder, partName);
    if (!landing)
        return false;
    landing->setKept(true); // once is enough
    return landing->remove();
}

qint64 Landing::room() const
{
    struct statvfs disk { };
    return ::fstatvfs(m_part.get(), &disk) == 0 ? roomOf(disk) : 0;
}

} // namespace hawser::transfer
