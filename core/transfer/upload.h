#pragma once

#include "core/stream.h"
#include "core/transfer/records.h"

#include <QStringList>
#include <QThread>
#include <atomic>

namespace hawser::transfer {

class UploadWorker;

/// What a look at the dropped files and folders found so far.
struct Counted {
    quint64 files = 0;
    quint64 folders = 0;
    quint64 bytes = 0;
    QString first; ///< the name of the first that can be sent
    QStringList skipped; ///< "path: reason": links, sockets, what cannot be read
    QByteArray fingerprint; ///< finished: 32 bytes that change when a name, a size or a time of change does
    bool finished = false;

    bool operator==(const Counted &) const = default;
};

/// The sending end of a transfer: looks at what was dropped, then reads it on a thread of its own, in constant memory, as
/// fast as credit allows. Links and special files are skipped and named. Lives on the stream's thread.
class Upload : public QObject {
    Q_OBJECT

public:
    /// \param paths  absolute, of files and folders
    explicit Upload(const QStringList &paths, QObject *parent = nullptr);
    ~Upload() override;

    /// Looks at everything; `counted` comes at most 20 times a second and once finished.
    void count();
    /// Sends; may be called while counting still goes on: it begins when that is done.
    void start(Stream *stream);
    /// Instead of start(): only makes the sum that a receipt must confirm; `sent` tells it.
    void sum();
    /// Stops at once. Nothing is emitted afterwards.
    void stop();

signals:
    void counted(const hawser::transfer::Counted &counted);
    /// At most 20 times a second. \param bytes  handed to the stream \param current  path
    void progress(quint64 bytes, quint64 files, const QString &current);
    /// Everything is handed to the stream and END is said. \param total  what the receipt must confirm
    void sent(const hawser::transfer::Total &total, const QStringList &failed);
    void failed(const hawser::Error &why);

private:
    void feed();
    void ask();

    QThread m_thread;
    UploadWorker *m_worker;
    std::atomic<bool> m_stop { false };
    Stream *m_stream = nullptr;
    std::deque<QByteArray> m_pieces;
    qsizetype m_at = 0; // in the first piece
    qint64 m_asked = 0; // bytes asked of the worker and not yet with the stream
    quint64 m_handed = 0;
    bool m_allMade = false;
    bool m_sumsOnly = false;
    bool m_over = false;
    Total m_total;
    QStringList m_failed;
};

} // namespace hawser::transfer
