#pragma once

#include "core/client.h"
#include "core/clock_watch.h"
#include "core/own_call.h"
#include "core/store/call_queue.h"
#include "core/store/mail_poster.h"
#include "core/store/store_thread.h"
#include "core/store/store_trouble.h"
#include "core/wall_clock.h"

#include <map>

namespace hawser {

/// Serves durable calls (docs/protocol.md §17.11): takes them from the mailboxes of its brokers, calls a Commands for each, in the
/// order of each caller's device, and answers through the broker it came by. What was taken is on disk; what was begun when
/// the program ended begins again with the same idempotency key, and its answer goes once. Only commands that are declared
/// idempotent are called, and only while the broker says that the caller may: when it says he may not any more, what runs for
/// him is ended, and what waits of him and for him goes.
class DurableServer : public QObject {
    Q_OBJECT

public:
    /// \param me        the key that calls are for
    /// \param commands  outlives this
    /// \param path      of its own database; while that cannot be used nothing is taken, and everything else goes on
    /// \param calendar  ms since 1970: a call waits until a date
    DurableServer(const PublicKey &me, Commands &commands, const QString &path,
        std::function<qint64()> calendar = wallClock, QObject *parent = nullptr);
    ~DurableServer() override;

    void setLimits(const CallQueue::Limits &limits) { m_limits = limits; }
    /// Takes from, and answers through, the broker at its other end, whenever it is ready. The client may go at any time.
    void add(Client &client);
    /// Nothing begins any more, and what is stopped now begins again with the next start.
    void stop() { m_isStopping = true; }

    struct State {
        qint64 waiting = 0; ///< calls not answered, with those that run
        qint64 running = 0;
        quint64 answered = 0; ///< since the start
        QString trouble; ///< why nothing is taken; empty: all is well
    };
    State state() const;

private:
    struct User { // whom one broker knows by that key
        PublicKey via;
        PublicKey key;
        auto operator<=>(const User &) const = default;
    };
    using Caller = std::pair<User, QByteArray>; ///< and his device
    struct Way { // a broker
        QPointer<Client> client;
        std::unique_ptr<MailPoster> poster;
        std::unique_ptr<MailTaker> taker;
    };
    struct Right {
        QPointer<Call> call; ///< open as long as he may
        bool isGiven = false;
    };
    struct Work { // the first call of a caller's device
        CallQueue::Waiting call;
        quint64 turn = 0; ///< what is told of an older one means nothing
        bool asks = true; ///< whether he may
        LaterPointer<OwnCall> own {};
        Value::List output {};
        qint64 kept = 0; ///< bytes of it
        quint64 leftOut = 0;
    };

    void load();
    void begin(const PublicKey &broker);
    void take(const PublicKey &broker, const MailTaken &taken, const MailTaker::Done &done);
    void look();
    void consider(const CallQueue::Waiting &call);
    std::optional<Error> refusal(const CallQueue::Waiting &call) const;
    bool isLate(const CallQueue::Waiting &call) const;
    Work *find(const Caller &who, quint64 turn);
    Client *ready(const PublicKey &broker) const;
    void ask(const User &user);
    void mayNow(const User &user);
    void wasAsked(const User &user, const Error &why);
    void forget(const User &user);
    void forget(const User &user, quint64 turn, const CallQueue::Mark &upto);
    void forgetLater(const User &user, quint64 turn, const std::function<void()> &again);
    void askNoMore(const User &user);
    void beginCall(const Caller &who, quint64 turn);
    void run(const Caller &who, Work &work);
    void collect(Work &work, QByteArrayView message) const;
    void over(const Caller &who, quint64 turn, const Result<Payload> &result);
    bool wasStopped(const Result<Payload> &result) const;
    void answer(const Caller &who, quint64 turn, const contracts::DurableResult &result);
    void putBack(const Caller &who, quint64 turn);
    void tryLater(const Caller &who, quint64 turn);
    void end(const Caller &who);
    template <typename Change>
    void write(Change change, std::function<void(const Result<void> &)> done);

    PublicKey m_me;
    Commands &m_commands;
    std::function<qint64()> m_calendar;
    ClockWatch m_clock;
    CallQueue::Limits m_limits;
    std::map<PublicKey, Way> m_ways; // by broker
    std::map<Caller, Work> m_work;
    std::map<User, Right> m_rights; // of those for whom something is to begin, or runs
    std::map<User, quint64>
        m_forgetting; // whose right ended, and what was theirs is still on disk; the newest turn counts
    std::map<Caller, milliseconds> m_pauses; // of calls for which there was no room, until they are answered
    quint64 m_turn = 0;
    bool m_isOpen = false;
    bool m_isLooking = false;
    bool m_lookAgain = false;
    bool m_isStopping = false;
    qint64 m_waiting = 0;
    quint64 m_answered = 0;
    StoreTrouble m_trouble { m_store, "durable" };
    StoreThread m_store; // last: its thread ends before the rest goes
};

} // namespace hawser
