#pragma once

#include <QObject>
#include <QStringList>
#include <atomic>
#include <memory>

class QThreadPool;

namespace hawser::desktop {

/// What a drop holds, as far as it was counted.
struct Counted {
    quint64 files = 0;
    quint64 folders = 0;
    quint64 bytes = 0;
    quint64 skipped = 0; ///< sockets, devices and the like: they cannot be sent
    QStringList unreadable; ///< the first of them
    quint64 unreadableCount = 0;
    bool whole = false; ///< nothing is left to count

    bool operator==(const Counted &) const = default;
};

/// Counts files and folders on another thread; links are counted, never followed. Deleting it ends the count.
class Tally : public QObject {
    Q_OBJECT

public:
    explicit Tally(const QStringList &paths, QObject *parent = nullptr);
    ~Tally() override;

    const Counted &counted() const { return m_counted; }
    /// Where counts run. It is not Qt's own pool, which painting waits for: a slow disk would stop the windows.
    static QThreadPool &pool();

signals:
    void changed(); ///< at most 20 times a second, and once when all is counted

private:
    std::shared_ptr<std::atomic_bool> m_stop;
    Counted m_counted;
};

} // namespace hawser::desktop

Q_DECLARE_METATYPE(hawser::desktop::Counted)
