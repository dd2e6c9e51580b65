#include "chat/history.h"

#include "chat/messages.h"
#include "core/wall_clock.h"

#include <QTimer>

namespace hawser::chat {

namespace {

constexpr auto tryAgain = std::chrono::seconds(1);

struct Opening {
    QList<Unread> unread;
    quint64 lastId = 0;
};

Result<Opening> look(Database &database)
{
    if (const auto agreed = messages::reconcile(database); !agreed)
        return agreed.error();
    const Result<QList<Unread>> unread = history::unread(database);
    if (!unread)
        return unread.error();
    const Result<quint64> last = history::lastId(database);
    if (!last)
        return last.error();
    return Opening { *unread, *last };
}

} // namespace

History::History(const QString &folder) : m_path(folder + QStringLiteral("/chat.sqlite"))
{
    open(m_path);
}

History::~History() = default;

void History::open(const QString &path)
{
    m_store = std::make_unique<StoreThread>(path, messages::steps());
    tryToOpen(path);
}

void History::tryToOpen(const QString &path)
{
    // A write, though it changes nothing: a file that can only be read is no place to keep things.
    m_store->write(this, look, [this, path](const Result<Opening> &opening) {
        if (!opening && path != Database::inMemory) {
            const Code code = opening.error().code;
            const bool passes =
                code == Code::Unavailable || code == Code::ResourceExhausted; // held, or the disk is full
            if (passes)
                QTimer::singleShot(tryAgain, this, [this, path] { tryToOpen(path); });
            else
                open(Database::inMemory);
            return setTrouble(opening.error().sentence);
        }
        if (opening)
            m_lastId = std::max(m_lastId.load(), opening->lastId);
        m_isOpen = true;
        if (path != Database::inMemory)
            setTrouble({});
        for (const std::function<void()> &work : std::exchange(m_waiting, {}))
            work();
        emit opened(opening ? opening->unread : QList<Unread> {});
        emit known();
    });
}

void History::setTrouble(const QString &sentence)
{
    if (sentence == std::exchange(m_trouble, sentence))
        return;
    emit troubleChanged();
    emit known();
}

void History::whenKnown(QObject *context, const std::function<void()> &then)
{
    if (m_isOpen || !m_trouble.isEmpty())
        return then();
    connect(this, &History::known, context, then, Qt::SingleShotConnection);
}

void History::whenOpen(std::function<void()> work)
{
    if (m_isOpen)
        return work();
    m_waiting.append(std::move(work));
}

quint64 History::nextId()
{
    const auto now = quint64(wallClock()) * 1000;
    quint64 last = m_lastId;
    while (!m_lastId.compare_exchange_weak(last, std::max(last + 1, now))) { }
    return std::max(last + 1, now);
}

} // namespace hawser::chat
