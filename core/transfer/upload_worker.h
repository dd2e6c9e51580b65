#pragma once

#include "core/transfer/landing.h"
#include "core/transfer/upload.h"

#include <QElapsedTimer>

namespace hawser::transfer {

/// The disk side of an Upload, on its thread.
class UploadWorker : public QObject {
    Q_OBJECT

public:
    UploadWorker(const QStringList &paths, const std::atomic<bool> &stop);

    void count();
    /// Makes about so many bytes more.
    void make(qint64 bytes);

signals:
    void counted(const hawser::transfer::Counted &counted);
    void made(const QByteArray &piece);
    void progress(quint64 files, const QString &current);
    void allMade(const hawser::transfer::Total &total, const QStringList &failed);
    void failed(const hawser::Error &why);

private:
    struct Found {
        QByteArray base; // absolute folder the relative path begins in; shared
        Entry entry;
    };
    void look(const QByteArray &base, const QByteArray &relative, int depth);
    void lookInto(const QByteArray &base, const QByteArray &relative, int depth);
    void addToFingerprint(const Entry &entry);
    void skip(const QByteArray &path, const QString &why);
    void tell(bool atOnce);
    void makeSome(QByteArray &out);
    void beginNext(QByteArray &out);
    void readOn(QByteArray &out);
    void endFile(QByteArray &out);
    void breakFile(QByteArray &out, const QString &why);

    QStringList m_paths;
    const std::atomic<bool> &m_stop;
    std::vector<Found> m_found;
    Counted m_counted;
    QByteArray m_fingerprint = QByteArray(32, '\0');
    QElapsedTimer m_told;
    qint64 m_wish = 0; // bytes wanted before counting was done
    size_t m_next = 0;
    Fd m_file;
    quint64 m_left = 0;
    qint64 m_changed = 0; // ctime ns at the begin
    Sha256 m_hash;
    Tally m_tally;
    bool m_allMade = false;
    bool m_over = false;
    Total m_total;
    QStringList m_failed;
};

} // namespace hawser::transfer
