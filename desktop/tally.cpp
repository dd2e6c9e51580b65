#include "desktop/tally.h"

#include <QCoreApplication>
#include <QDirIterator>
#include <QPointer>
#include <QThreadPool>
#include <chrono>
#include <functional>

namespace hawser::desktop {

namespace {

constexpr auto tellEvery = std::chrono::milliseconds(50);
constexpr qsizetype mostNamed = 20;

/// One count, in a thread of the pool.
class Walk {
public:
    Walk(std::shared_ptr<std::atomic_bool> stop, std::function<void(const Counted &)> tell)
        : m_stop(std::move(stop)), m_tell(std::move(tell))
    {
    }

    void run(const QStringList &paths)
    {
        for (const QString &path : paths) {
            const QFileInfo top(path);
            take(top);
            if (!top.isDir() || top.isSymLink())
                continue;
            QDirIterator below(path, QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot,
                QDirIterator::Subdirectories);
            while (!*m_stop && below.hasNext()) {
                below.next();
                take(below.fileInfo());
            }
        }
        m_counted.whole = true;
        if (!*m_stop)
            m_tell(m_counted);
    }

private:
    void take(const QFileInfo &info)
    {
        if (!info.isSymLink() && !info.isFile() && !info.isDir())
            ++m_counted.skipped;
        else if (!info.isSymLink() && !info.isReadable())
            unreadable(info.filePath());
        else if (info.isDir() && !info.isSymLink())
            ++m_counted.folders;
        else
            ++m_counted.files;
        if (info.isFile() && !info.isSymLink())
            m_counted.bytes += quint64(info.size());
        const auto now = std::chrono::steady_clock::now();
        if (now - m_told < tellEvery)
            return;
        m_told = now;
        m_tell(m_counted);
    }

    void unreadable(const QString &path)
    {
        ++m_counted.unreadableCount;
        if (m_counted.unreadable.size() < mostNamed)
            m_counted.unreadable << path;
    }

    std::shared_ptr<std::atomic_bool> m_stop;
    std::function<void(const Counted &)> m_tell;
    Counted m_counted;
    std::chrono::steady_clock::time_point m_told = std::chrono::steady_clock::now();
};

} // namespace

Tally::Tally(const QStringList &paths, QObject *parent)
    : QObject(parent), m_stop(std::make_shared<std::atomic_bool>(false))
{
    // The result reaches us through the application: it is still there when a walk outlives its Tally.
    const QPointer<Tally> self(this);
    const auto tell = [self](const Counted &counted) {
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [self, counted] {
                if (!self)
                    return;
                self->m_counted = counted;
                emit self->changed();
            },
            Qt::QueuedConnection);
    };
    pool().start([stop = m_stop, tell, paths] { Walk(stop, tell).run(paths); });
}

QThreadPool &Tally::pool()
{
    static QThreadPool pool;
    return pool;
}

Tally::~Tally()
{
    *m_stop = true;
}

} // namespace hawser::desktop
