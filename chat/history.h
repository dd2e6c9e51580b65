#pragma once

#include "chat/history_tables.h"
#include "core/store/store_thread.h"

#include <atomic>

namespace hawser::chat {

/// `FOLDER/chat.sqlite` in a thread of its own: nobody waits for the disk. When the file cannot be used it is left as it
/// is, `trouble` says why, and all is kept in memory as long as the program runs.
class History : public QObject {
    Q_OBJECT

public:
    explicit History(const QString &folder);
    ~History() override;

    /// Ids grow, over restarts too: microseconds since 1970, and one more than the last where clocks go back.
    /// From any thread.
    quint64 nextId();
    /// \pre opened
    StoreThread &store() { return *m_store; }
    /// Empty: all is kept on disk. Else the reason, for people: until it passes everything waits (not isOpen()), or nothing is
    /// kept and all goes on in memory.
    QString trouble() const { return m_trouble; }
    bool isOpen() const { return m_isOpen; }
    /// As soon as it is open or in trouble.
    void whenKnown(QObject *context, const std::function<void()> &then);

    /// As StoreThread's; what is posted before it is known whether the file can be used waits for that.
    template <typename Work, typename Done>
    void write(QObject *context, Work work, Done done)
    {
        whenOpen([this, context = QPointer(context), work = std::move(work), done = std::move(done)] {
            if (context)
                m_store->write(context, work, done);
        });
    }
    template <typename Work, typename Done>
    void read(QObject *context, Work work, Done done)
    {
        whenOpen([this, context = QPointer(context), work = std::move(work), done = std::move(done)] {
            if (context)
                m_store->read(context, work, done);
        });
    }

signals:
    void opened(const QList<hawser::chat::Unread> &unread);
    void troubleChanged();
    void known(); ///< whether it can be used

private:
    void open(const QString &path);
    void tryToOpen(const QString &path);
    void setTrouble(const QString &sentence);
    void whenOpen(std::function<void()> work);

    QString m_path;
    std::unique_ptr<StoreThread> m_store;
    QList<std::function<void()>> m_waiting;
    bool m_isOpen = false;
    QString m_trouble;
    std::atomic<quint64> m_lastId = 0;
};

} // namespace hawser::chat
