#pragma once

#include "chat/history.h"
#include "chat/machines.h"
#include "core/store/call_book.h"

namespace hawser {
class CallNews;
class MailPoster;
} // namespace hawser

namespace hawser::chat {

struct Me;

/// Commands of machines that I call durably (docs/protocol.md §17.11): they wait for a machine that is away, and what came of
/// them waits for me. Post carries them.
class Calls : public QObject {
    Q_OBJECT

public:
    static constexpr milliseconds within { limits::durableFor }; ///< until when one begins, if nothing else is said

    /// All references outlive this.
    Calls(const Me &me, History &history);
    ~Calls() override;

    /// Calls it as soon as it can be. `callback(Result<SentCall>)` once it is on disk.
    /// \param parameters  conforming to its schema
    /// \retval FailedPrecondition  the machine is not known to take an idempotency key for this command
    template <typename Callback>
    void call(const Machine &machine, const QString &command, const Value &parameters, milliseconds time,
        QObject *context, Callback callback)
    {
        const Result<SentCall> wish = wishFor(machine, command, parameters, time);
        if (!wish)
            return callback(wish);
        m_history.write(
            this, [call = *wish, most = kept()](Database &database) { return CallBook(database, most).put(call); },
            [this, context = QPointer(context), callback = std::move(callback)](const Result<SentCall> &call) {
                if (call)
                    put(*call);
                else
                    m_refused += call.error().code == Code::ResourceExhausted;
                if (context)
                    callback(call);
            });
    }
    /// Newest last, without their results.
    template <typename Callback>
    void all(QObject *context, Callback callback)
    {
        m_history.read(
            context, [](Database &database) { return CallBook(database).all(); }, std::move(callback));
    }
    /// \retval NotFound  no such call
    template <typename Callback>
    void find(quint64 id, QObject *context, Callback callback)
    {
        m_history.read(
            context, [id](Database &database) { return CallBook(database).find(id); }, std::move(callback));
    }
    /// Somebody has looked at its result.
    void markSeen(quint64 id);
    /// How many were refused because so many are kept as may be.
    quint64 refused() const { return m_refused; }

    // For Post:
    void tell(const QList<SentCall> &calls);
    /// Whether I called it through this broker: then its answers come the same way.
    bool called(const PublicKey &machine, const PublicKey &broker) const
    {
        return m_called.contains({ machine, broker });
    }
    /// Before a poster is started towards a broker.
    void mayLeave(const PublicKey &broker);
    /// Whether calls may go there: not until that is on disk.
    bool mayGo(const PublicKey &broker) const;
    void follow(MailPoster &poster, const PublicKey &broker, const QString &name);
    void take(const MailTaken &taken, const PublicKey &broker, const MailTaker::Done &done);

signals:
    void loaded(); ///< `called` is right from now on
    void changed(const hawser::SentCall &call);
    void queued(); ///< something was put into the outbox

private:
    void load();
    Result<SentCall> wishFor(
        const Machine &machine, const QString &command, const Value &parameters, milliseconds time) const;
    void put(const SentCall &call);
    qint64 kept() const;

    const Me &m_me;
    History &m_history;
    std::unique_ptr<CallNews> m_news; // null until loaded
    CallBook::Called m_called;
    quint64 m_refused = 0;
};

} // namespace hawser::chat
