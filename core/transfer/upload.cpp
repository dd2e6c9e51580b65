#include "core/transfer/upload.h"

#include "core/give_way.h"
#include "core/transfer/upload_worker.h"

namespace hawser::transfer {

namespace {
constexpr qint64 ahead = 1024 * 1024; // bytes that are read before the stream has room for them
}

Upload::Upload(const QStringList &paths, QObject *parent) : QObject(parent), m_worker(new UploadWorker(paths, m_stop))
{
    m_thread.setObjectName(QStringLiteral("upload"));
    m_worker->moveToThread(&m_thread);
    connect(&m_thread, &QThread::started, m_worker, &workBehindOthers);
    connect(&m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    connect(m_worker, &UploadWorker::counted, this, &Upload::counted);
    connect(m_worker, &UploadWorker::failed, this, &Upload::failed);
    connect(m_worker, &UploadWorker::made, this, [this](const QByteArray &piece) {
        m_pieces.push_back(piece);
        feed();
    });
    connect(m_worker, &UploadWorker::progress, this,
        [this](quint64 files, const QString &current) { emit progress(m_handed, files, current); });
    connect(m_worker, &UploadWorker::allMade, this, [this](const Total &total, const QStringList &failed) {
        m_total = total;
        m_failed = failed;
        m_allMade = true;
        feed();
    });
    m_thread.start();
}

Upload::~Upload()
{
    stop();
}

void Upload::count()
{
    QMetaObject::invokeMethod(
        m_worker, [worker = m_worker] { worker->count(); }, Qt::QueuedConnection);
}

void Upload::start(Stream *stream)
{
    m_stream = stream;
    connect(stream, &Stream::roomAvailable, this, &Upload::feed);
    connect(stream, &Stream::closed, this, [this] { m_stream = nullptr; });
    ask();
}

void Upload::sum()
{
    m_sumsOnly = true;
    ask();
}

/// Keeps the worker `ahead` of the stream.
void Upload::ask()
{
    const qint64 wish = ahead - m_asked;
    if (wish < ahead / 4 || m_allMade)
        return;
    m_asked += wish;
    QMetaObject::invokeMethod(
        m_worker, [worker = m_worker, wish] { worker->make(wish); }, Qt::QueuedConnection);
}

void Upload::feed()
{
    while (m_sumsOnly && !m_pieces.empty()) {
        m_asked = qMax<qint64>(0, m_asked - m_pieces.front().size());
        m_pieces.pop_front();
        ask();
    }
    while (m_stream && !m_pieces.empty()) {
        const QByteArray &piece = m_pieces.front();
        const qint64 part = qMin<qint64>(m_stream->room(), piece.size() - m_at);
        if (part <= 0)
            return;
        m_stream->send(QByteArrayView(piece).sliced(m_at, part));
        m_at += part;
        m_handed += quint64(part);
        if (m_at < piece.size())
            continue;
        m_asked = qMax<qint64>(0, m_asked - piece.size());
        m_pieces.pop_front();
        m_at = 0;
        ask();
    }
    if ((!m_stream && !m_sumsOnly) || !m_pieces.empty() || !m_allMade || std::exchange(m_over, true))
        return;
    if (m_stream)
        m_stream->sendEnd();
    emit sent(m_total, m_failed);
}

void Upload::stop()
{
    m_stop = true;
    if (!m_thread.isRunning())
        return;
    if (m_stream)
        m_stream->disconnect(this);
    m_stream = nullptr;
    m_worker->disconnect(this);
    m_thread.quit();
    m_thread.wait(); // at most one piece of 256 KiB is being read
}

} // namespace hawser::transfer
