#include "core/transfer/download_worker.h"

#include <QLocale>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hawser::transfer {

namespace {
constexpr auto retryEvery = std::chrono::seconds(1); // while the disk is full
constexpr qint64 progressEvery = 50; // ms
constexpr qsizetype failedMost = 1000; // lines kept
} // namespace

DownloadWorker::DownloadWorker(const std::optional<Total> &offered, const QByteArray &only, bool asksBefore)
    : m_offered(offered), m_only(only), m_asksBefore(asksBefore), m_retry(this)
{
    m_retry.setSingleShot(true);
    m_retry.setInterval(retryEvery);
    connect(&m_retry, &QTimer::timeout, this, &DownloadWorker::work);
    m_told.start();
}

DownloadWorker::~DownloadWorker()
{
    if (m_landing && m_dropped)
        m_landing->setKept(false);
}

void DownloadWorker::open(const QString &folder)
{
    Result<std::unique_ptr<Landing>> landing = Landing::open(folder);
    if (!landing) {
        m_over = true;
        emit failed(landing.error());
        return;
    }
    m_landing = std::move(*landing);
    emit opened(m_landing->partName());
}

void DownloadWorker::take(const QByteArray &bytes)
{
    if (m_over)
        return;
    m_pending.push_back(bytes);
    if (!m_paused)
        work();
}

void DownloadWorker::work()
{
    while (!m_pending.empty() && !m_over) {
        const QByteArray &bytes = m_pending.front();
        if (m_landing->room() < bytes.size()) {
            if (!std::exchange(m_paused, true))
                emit paused(tr("the receiver's disk is full"));
            m_retry.start();
            return;
        }
        if (std::exchange(m_paused, false))
            emit resumed();
        if (const Result<void> taken = m_reader.take(bytes); !taken) {
            m_over = true;
            m_file = Fd();
            m_landing.reset();
            emit failed(taken.error());
            return;
        }
        emit written(bytes.size());
        m_pending.pop_front();
        tellProgress(false);
    }
}

void DownloadWorker::tellProgress(bool atOnce)
{
    if (!atOnce && m_told.elapsed() < progressEvery)
        return;
    m_told.restart();
    emit progress(m_bytes, m_tally.files(), QString::fromUtf8(m_entry.path));
}

/// The yes was for what was counted in the offer; a sender leaves out what has grown since.
Result<void> DownloadWorker::isOffered(const Entry &entry)
{
    ++(entry.folder ? m_begun.folders : m_begun.files);
    m_begun.bytes += entry.size;
    const bool within = !m_offered
        || (m_begun.files <= m_offered->files && m_begun.folders <= m_offered->folders
            && m_begun.bytes <= m_offered->bytes && entry.size <= m_offered->bytes);
    if (within)
        return {};
    return Error { Code::InvalidArgument, tr("more came than was offered") };
}

Result<void> DownloadWorker::begin(const Entry &entry)
{
    if (const Result<void> offered = isOffered(entry); !offered)
        return offered.error();
    Result<QByteArrayList> parts = safePath(entry.path);
    if (!parts)
        return parts.error();
    if (!m_only.isEmpty() && parts->first() != m_only)
        return Error { Code::InvalidArgument, tr("something else came than was offered") };
    m_entry = entry;
    m_parts = std::move(*parts);
    if (entry.folder) {
        m_tally.folder(entry.path);
        return m_landing->makeFolder(m_parts, entry.mtime);
    }
    Result<Fd> file = m_landing->makeFile(m_parts);
    if (!file)
        return file.error();
    m_file = std::move(*file);
    return {};
}

Result<void> DownloadWorker::content(QByteArrayView bytes)
{
    m_hash.add(bytes);
    m_bytes += quint64(bytes.size());
    while (!bytes.isEmpty()) {
        const ssize_t wrote = ::write(m_file.get(), bytes.data(), size_t(bytes.size()));
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return Error { errno == ENOSPC ? Code::ResourceExhausted : Code::FailedPrecondition,
                tr("a file cannot be written: %1").arg(systemError(errno)) };
        bytes = bytes.sliced(wrote);
    }
    return {};
}

Result<void> DownloadWorker::fileEnd(QByteArrayView hash)
{
    const QByteArray ours = m_hash.result();
    if (ours != hash)
        return Error { Code::DataLoss, tr("a file did not arrive as it was sent") };
    const qint64 mtime = saneTime(m_entry.mtime);
    const timespec times[2] = { { 0, UTIME_OMIT }, { mtime / 1000000000, long(mtime % 1000000000) } };
    ::futimens(m_file.get(), times);
    m_file = Fd();
    m_tally.file(m_entry.path, m_entry.size, ours);
    return {};
}

Result<void> DownloadWorker::fileBroken(const QString &why)
{
    m_hash.result();
    m_file = Fd();
    m_landing->dropFile(m_parts);
    return skipped(m_entry.path, why);
}

Result<void> DownloadWorker::skipped(QByteArrayView path, const QString &why)
{
    if (m_failed.size() < failedMost)
        m_failed += tr("%1: %2").arg(QString::fromUtf8(path), why);
    return {};
}

Result<void> DownloadWorker::end(const Total &total)
{
    const Total ours = m_tally.total();
    if (ours != total)
        return Error { Code::DataLoss, tr("what arrived is not what was sent") };
    m_over = true; // nothing comes behind the end
    m_whole = ours;
    if (!m_asksBefore) {
        settle();
        return {};
    }
    const Result<void> durable = m_landing->makeDurable();
    if (!durable)
        return durable.error();
    m_landing->setKept(true);
    emit whole({ ours, {}, m_failed });
    return {};
}

void DownloadWorker::settle()
{
    if (!m_landing)
        return;
    const Result<QStringList> names = m_landing->settle();
    m_landing.reset();
    if (!names) {
        emit failed(names.error());
        return;
    }
    tellProgress(true);
    emit finished({ m_whole, *names, m_failed });
}

} // namespace hawser::transfer
