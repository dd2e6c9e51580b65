#include "core/transfer/upload_worker.h"

#include <QFile>
#include <QSet>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hawser::transfer {

namespace {

constexpr qsizetype pieceSize = 256 * 1024;
constexpr qint64 tellEvery = 50; // ms
constexpr qsizetype failedMost = 1000;

qint64 nanoseconds(const timespec &time)
{
    return qint64(time.tv_sec) * 1000000000 + time.tv_nsec;
}

QByteArray join(const QByteArray &folder, const QByteArray &name)
{
    return folder.isEmpty() ? name : folder + '/' + name;
}

} // namespace

UploadWorker::UploadWorker(const QStringList &paths, const std::atomic<bool> &stop) : m_paths(paths), m_stop(stop)
{
    m_told.start();
}

// --- counting

void UploadWorker::count()
{
    QSet<QByteArray> names;
    for (const QString &path : std::as_const(m_paths)) {
        QByteArray whole = QFile::encodeName(path);
        while (whole.size() > 1 && whole.endsWith('/'))
            whole.chop(1);
        const qsizetype slash = whole.lastIndexOf('/');
        const QByteArray name = whole.mid(slash + 1);
        if (slash < 0 || !safePath(name))
            skip(whole, tr("this is no file or folder of this computer"));
        else if (names.contains(name))
            skip(whole, tr("something of the same name is sent already"));
        else
            look(slash == 0 ? QByteArray("/") : whole.left(slash), name, 1);
        names.insert(name);
    }
    m_counted.finished = !m_stop;
    m_counted.fingerprint = m_fingerprint;
    tell(true);
    make(std::exchange(m_wish, 0));
}

void UploadWorker::look(const QByteArray &base, const QByteArray &relative, int depth)
{
    if (m_stop)
        return;
    struct stat found { };
    const QByteArray path = base + '/' + relative;
    if (::lstat(path.constData(), &found) != 0)
        return skip(relative, systemError(errno));
    if (S_ISLNK(found.st_mode))
        return skip(relative, tr("a link is not sent"));
    if (!S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode))
        return skip(relative, tr("not a file or folder"));
    if (::access(path.constData(), S_ISDIR(found.st_mode) ? R_OK | X_OK : R_OK) != 0)
        return skip(relative, systemError(errno));
    if (relative.size() > limits::pathBytes || depth > limits::transferDepth)
        return skip(relative, tr("folders are nested too deeply"));
    if (m_found.size() >= limits::transferEntries)
        return skip(relative, tr("more than %1 files at once cannot be sent").arg(limits::transferEntries));
    Entry entry { S_ISDIR(found.st_mode), relative, quint64(found.st_size), nanoseconds(found.st_mtim),
        bool(found.st_mode & S_IXUSR) };
    if (entry.folder)
        entry.size = 0;
    if (m_found.empty())
        m_counted.first = QFile::decodeName(relative);
    addToFingerprint(entry);
    m_found.push_back({ base, entry });
    ++(entry.folder ? m_counted.folders : m_counted.files);
    m_counted.bytes += entry.size;
    tell(false);
    if (entry.folder)
        lookInto(base, relative, depth + 1);
}

void UploadWorker::lookInto(const QByteArray &base, const QByteArray &relative, int depth)
{
    DIR *dir = ::opendir((base + '/' + relative).constData());
    if (!dir)
        return skip(relative, systemError(errno));
    while (const dirent *entry = ::readdir(dir)) {
        const QByteArray name(entry->d_name);
        if (name != "." && name != "..")
            look(base, join(relative, name), depth);
    }
    ::closedir(dir);
}

/// A sum in which the order, which is the file system's, does not matter. A folder's time says nothing that its entries do not.
void UploadWorker::addToFingerprint(const Entry &entry)
{
    Sha256 hash;
    hash.add(entry.path);
    const quint64 rest[] = { quint64(entry.folder), entry.size, entry.folder ? 0 : quint64(entry.mtime) };
    hash.add(QByteArrayView(reinterpret_cast<const char *>(rest), sizeof rest));
    const QByteArray one = hash.result();
    for (qsizetype i = 0; i < m_fingerprint.size(); ++i)
        m_fingerprint[i] = char(m_fingerprint[i] ^ one[i]);
}

void UploadWorker::skip(const QByteArray &path, const QString &why)
{
    if (m_counted.skipped.size() < failedMost)
        m_counted.skipped += tr("%1: %2").arg(QFile::decodeName(path), why);
}

void UploadWorker::tell(bool atOnce)
{
    if (m_stop || (!atOnce && m_told.elapsed() < tellEvery))
        return;
    m_told.restart();
    emit counted(m_counted);
}

// --- sending

void UploadWorker::make(qint64 bytes)
{
    if (!m_counted.finished) {
        m_wish += bytes;
        return;
    }
    while (bytes > 0 && !m_allMade && !m_stop) {
        QByteArray piece;
        piece.reserve(pieceSize + 1024);
        while (piece.size() < pieceSize - 1024 && !m_allMade)
            makeSome(piece);
        bytes -= piece.size();
        emit made(piece);
    }
    const bool justMade = m_allMade && !std::exchange(m_over, true);
    if (m_told.elapsed() >= tellEvery || justMade) {
        m_told.restart();
        emit progress(m_tally.files(),
            m_next > 0 && m_next <= m_found.size() ? QFile::decodeName(m_found[m_next - 1].entry.path) : QString());
    }
    if (justMade)
        emit allMade(m_total, m_failed);
}

void UploadWorker::makeSome(QByteArray &out)
{
    if (m_file)
        return readOn(out);
    if (m_next < m_found.size())
        return beginNext(out);
    for (const QString &line : std::as_const(m_counted.skipped))
        m_failed += line;
    m_total = m_tally.total();
    appendEnd(out, m_total);
    m_allMade = true;
}

void UploadWorker::beginNext(QByteArray &out)
{
    Found &found = m_found[m_next++];
    if (found.entry.folder) {
        appendFolder(out, found.entry);
        m_tally.folder(found.entry.path);
        return;
    }
    const QByteArray path = found.base + '/' + found.entry.path;
    Fd file(::open(path.constData(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat now { };
    const bool isFile = file && ::fstat(file.get(), &now) == 0 && S_ISREG(now.st_mode);
    if (!isFile || quint64(now.st_size) > found.entry.size) { // more than the offer said is not taken
        const QString why = isFile ? tr("it became larger after it was offered")
            : file                 ? tr("it is no file any more")
                                   : systemError(errno);
        m_failed += tr("%1: %2").arg(QFile::decodeName(found.entry.path), why);
        appendSkipped(out, found.entry.path, why);
        return;
    }
    found.entry.size = quint64(now.st_size);
    found.entry.mtime = nanoseconds(now.st_mtim);
    m_changed = nanoseconds(now.st_ctim);
    m_left = found.entry.size;
    m_file = std::move(file);
    appendFile(out, found.entry);
    if (m_left == 0)
        endFile(out);
}

void UploadWorker::readOn(QByteArray &out)
{
    const qsizetype want = qsizetype(qMin<quint64>(m_left, quint64(qMax<qsizetype>(pieceSize - out.size(), 4096))));
    const qsizetype before = out.size();
    char *at = appendContent(out, quint32(want));
    ssize_t got = ::read(m_file.get(), at, size_t(want));
    if (got < 0 && errno == EINTR)
        got = ::read(m_file.get(), at, size_t(want));
    if (got < want) { // the record was made for more
        QByteArray content(at, qMax<qsizetype>(0, got));
        const int error = got < 0 ? errno : 0;
        out.resize(before);
        if (got <= 0)
            return breakFile(out, error ? systemError(error) : tr("it became shorter while it was sent"));
        memcpy(appendContent(out, quint32(got)), content.constData(), size_t(got));
        at = out.data() + out.size() - got;
    }
    m_hash.add(QByteArrayView(at, got));
    m_left -= quint64(got);
    if (m_left == 0)
        endFile(out);
}

void UploadWorker::endFile(QByteArray &out)
{
    const Entry &entry = m_found[m_next - 1].entry;
    struct stat now { };
    const bool same = ::fstat(m_file.get(), &now) == 0 && quint64(now.st_size) == entry.size
        && nanoseconds(now.st_mtim) == entry.mtime && nanoseconds(now.st_ctim) == m_changed;
    if (!same)
        return breakFile(out, tr("it changed while it was sent"));
    const QByteArray hash = m_hash.result();
    appendFileEnd(out, hash);
    m_tally.file(entry.path, entry.size, hash);
    m_file = Fd();
}

void UploadWorker::breakFile(QByteArray &out, const QString &why)
{
    m_hash.result();
    m_file = Fd();
    appendFileBroken(out, why);
    if (m_failed.size() < failedMost)
        m_failed += tr("%1: %2").arg(QFile::decodeName(m_found[m_next - 1].entry.path), why);
}

} // namespace hawser::transfer
