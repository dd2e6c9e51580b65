#pragma once

#include "core/client.h"
#include "core/own_call.h"
#include "core/store/call_queue.h"
#include "core/store/mail_poster.h"
#include "core/store/store_thread.h"

#include <map>

namespace hawser {

/// Serves durable calls (docs/protocol.md §17.11): takes them from the mailboxes of its brokers, calls a Commands for each, in the
/// order of each caller's device, and answers through the broker it came by. What was taken is on disk; what was begun when
/// the program ended begins again with the same idempotency key, and its answer goes once. Only commands that are declared
/// idempotent are called, and only while the broker says that the caller may.
class DurableServer : public QObject {
    Q_OBJECT

public:
    /// \param me        the key that calls are for
    /// \param commands  outlives this
    /// \param path      of its own database; when that cannot be used nothing is taken, and everything else goes on
    DurableServer(const PublicKey &me, Commands &commands, const QString &path, QObject *parent = nullptr);
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
    using Caller = std::pair<PublicKey, QByteArray>; ///< and his device
    struct Way { // a broker
        QPointer<Client> client;
        std::unique_ptr<MailPoster> poster;
        std::unique_ptr<MailTaker> taker;
    };
    struct Work { // the first call of a caller's device
        CallQueue::Waiting call;
        LaterPointer<OwnCall> own;
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
    void askBroker(const Caller &who);
    void run(const Caller &who);
    void collect(Work &work, QByteArrayView message) const;
    void over(const Caller &who, const Result<Payload> &result);
    bool wasStopped(const Result<Payload> &result) const;
    void answer(const Caller &who, const contracts::DurableResult &result);
    void refuse(const Caller &who, const Error &why);
    void putBack(const Caller &who);
    void tryLater(const Caller &who);
    void failed(const Error &why);
    template <typename Change>
    void write(Change change, std::function<void(const Result<void> &)> done);

    PublicKey m_me;
    Commands &m_commands;
    CallQueue::Limits m_limits;
    std::map<PublicKey, Way> m_ways; // by broker
    QHash<PublicKey, PublicKey> m_brokerOf; // a caller's
    std::map<Caller, Work> m_work;
    std::map<Caller, milliseconds> m_pauses; // of calls for which there was no room, until they are answered
    bool m_isOpen = false;
    bool m_isLooking = false;
    bool m_lookAgain = false;
    bool m_isStopping = false;
    qint64 m_waiting = 0;
    quint64 m_answered = 0;
    std::optional<Error> m_trouble; // told once
    StoreThread m_store; // last: its thread ends before the rest goes
};

} // namespace hawser
