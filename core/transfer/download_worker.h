#pragma once

#include "core/transfer/download.h"
#include "core/transfer/landing.h"

#include <QElapsedTimer>
#include <QTimer>
#include <atomic>

namespace hawser::transfer {

/// The disk side of a Download, on its thread.
class DownloadWorker : public QObject, private RecordTaker {
    Q_OBJECT

public:
    DownloadWorker(const std::optional<Total> &offered, const QByteArray &only, bool asksBefore);
    ~DownloadWorker() override;

    void open(const QString &folder);
    void take(const QByteArray &bytes);
    void settle();
    /// From any thread: when this ends nothing of it stays that has no final name.
    void drop() { m_dropped = true; }

signals:
    void opened(const QByteArray &part);
    void whole(const hawser::transfer::Receipt &receipt);
    void written(qint64 bytes); ///< of the stream, taken off our hands
    void progress(quint64 bytes, quint64 files, const QString &current);
    void paused(const QString &why);
    void resumed();
    void finished(const hawser::transfer::Receipt &receipt);
    void failed(const hawser::Error &why);

private:
    void work();
    void tellProgress(bool now);
    Result<void> isOffered(const Entry &entry);
    Result<void> begin(const Entry &entry) override;
    Result<void> content(QByteArrayView bytes) override;
    Result<void> fileEnd(QByteArrayView hash) override;
    Result<void> fileBroken(const QString &why) override;
    Result<void> skipped(QByteArrayView path, const QString &why) override;
    Result<void> end(const Total &total) override;

    std::optional<Total> m_offered;
    QByteArray m_only; // the name of what was offered; empty: several things
    bool m_asksBefore; // settle()
    Total m_begun; // counts of what was announced so far
    std::unique_ptr<Landing> m_landing;
    RecordReader m_reader { *this };
    std::deque<QByteArray> m_pending;
    QTimer m_retry;
    bool m_paused = false;
    bool m_over = false;
    std::atomic<bool> m_dropped = false;
    Total m_whole; // what came, once it is verified
    Entry m_entry;
    QByteArrayList m_parts;
    Fd m_file;
    Sha256 m_hash;
    Tally m_tally;
    quint64 m_bytes = 0;
    QStringList m_failed;
    QElapsedTimer m_told;
};

} // namespace hawser::transfer
