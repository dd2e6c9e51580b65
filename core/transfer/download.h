#pragma once

#include "core/stream.h"
#include "core/transfer/records.h"

#include <QStringList>
#include <QThread>
#include <optional>

namespace hawser::transfer {

class DownloadWorker;

/// What arrived, whole and verified.
struct Receipt {
    Total total;
    QStringList names; ///< the items in the folder, by their final names
    QStringList failed; ///< "path: reason": not taken, or not sent; text from others
};

/// The receiving end of a transfer: takes the byte stream of an accepted `file/1` to disk on a thread of its own, in
/// constant memory, and verifies it. Until `finished` nothing stands under its final name; when it is destroyed before,
/// what came is removed. Lives on the stream's thread.
class Download : public QObject {
    Q_OBJECT

public:
    explicit Download(QObject *parent = nullptr);
    ~Download() override;

    /// What the person said yes to: more of anything fails. Before start(); without it there is no bound.
    void setOffered(const Total &offered) { m_offered = offered; }
    /// The one thing that was offered by name: anything else fails. Before start().
    void setOnly(const QByteArray &name) { m_only = name; }
    /// What has come whole waits for settle() before it gets its final names; `whole` asks. From then on the private folder stays
    /// (Landing::settleLater, close), also when this is destroyed; only stop() removes it. Before start().
    void setAsksBefore(bool on) { m_asksBefore = on; }
    void settle();
    /// Begins; the sender may send once `opened` came. The stream is read in raw mode with manual credit.
    void start(Stream *stream, const QString &folder);
    /// Stops and removes what came. Nothing is emitted afterwards.
    void stop();

signals:
    /// \param part  the private folder's name (core/transfer/landing.h)
    void opened(const QByteArray &part);
    /// All is there, verified and durable, in the private folder. \param receipt  without names
    void whole(const hawser::transfer::Receipt &receipt);
    /// At most 20 times a second. \param bytes  on disk \param current  path, text from others
    void progress(quint64 bytes, quint64 files, const QString &current);
    void paused(const QString &why); ///< the disk is full; goes on by itself
    void resumed();
    void finished(const hawser::transfer::Receipt &receipt);
    void failed(const hawser::Error &why);

private:
    void end();

    QThread m_thread;
    DownloadWorker *m_worker = nullptr;
    Stream *m_stream = nullptr;
    std::optional<Total> m_offered;
    QByteArray m_only; // empty: several were offered
    bool m_asksBefore = false;
    bool m_over = false;
};

} // namespace hawser::transfer
