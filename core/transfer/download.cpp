#include "core/transfer/download.h"

#include "core/give_way.h"
#include "core/transfer/download_worker.h"

namespace hawser::transfer {

Download::Download(QObject *parent) : QObject(parent)
{
    m_thread.setObjectName(QStringLiteral("download"));
}

Download::~Download()
{
    end();
}

void Download::start(Stream *stream, const QString &folder)
{
    m_stream = stream;
    stream->setRaw(true);
    stream->setManualCredit(true);
    m_worker = new DownloadWorker(m_offered, m_only, m_asksBefore);
    m_worker->moveToThread(&m_thread);
    connect(&m_thread, &QThread::started, m_worker, &workBehindOthers);
    connect(&m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    connect(stream, &Stream::received, this, [this](std::span<const MessageView> pieces) {
        qsizetype size = 0;
        for (const MessageView &piece : pieces)
            size += piece.bytes.size();
        QByteArray bytes; // one event for the other thread, however many frames came
        bytes.reserve(size);
        for (const MessageView &piece : pieces)
            bytes += piece.bytes;
        QMetaObject::invokeMethod(
            m_worker, [worker = m_worker, bytes] { worker->take(bytes); }, Qt::QueuedConnection);
    });
    connect(stream, &QObject::destroyed, this, [this] { m_stream = nullptr; });
    connect(m_worker, &DownloadWorker::written, this, [this](qint64 bytes) {
        if (m_stream && !m_stream->isClosed())
            m_stream->consumed(bytes);
    });
    connect(m_worker, &DownloadWorker::opened, this, &Download::opened);
    connect(m_worker, &DownloadWorker::progress, this, &Download::progress);
    connect(m_worker, &DownloadWorker::paused, this, &Download::paused);
    connect(m_worker, &DownloadWorker::resumed, this, &Download::resumed);
    connect(m_worker, &DownloadWorker::whole, this, &Download::whole);
    connect(m_worker, &DownloadWorker::finished, this, &Download::finished);
    connect(m_worker, &DownloadWorker::failed, this, &Download::failed);
    m_thread.start();
    QMetaObject::invokeMethod(
        m_worker, [worker = m_worker, folder] { worker->open(folder); }, Qt::QueuedConnection);
}

void Download::settle()
{
    QMetaObject::invokeMethod(
        m_worker, [worker = m_worker] { worker->settle(); }, Qt::QueuedConnection);
}

void Download::stop()
{
    if (m_worker && !m_over)
        m_worker->drop();
    end();
}

void Download::end()
{
    if (std::exchange(m_over, true))
        return;
    if (m_stream)
        m_stream->disconnect(this);
    if (m_worker)
        m_worker->disconnect(this);
    m_thread.quit();
    m_thread.wait(); // at most one piece of 256 KiB is being written
}

} // namespace hawser::transfer
