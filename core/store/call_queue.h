#pragma once

#include "core/contracts/mail.h"
#include "core/mail_items.h"
#include "core/store/mail_taker.h"
#include "core/store/outbox.h"

namespace hawser {

/// Durable calls that came for this program and are not answered (docs/protocol.md §17.11), beside the inbox and the outbox of
/// the same file: a call is noted as come, queued, begun, and answered in one transaction each. What comes by one broker and
/// what goes back by it have numbers of their own, so that no broker touches what another's members say. Works on the Database
/// it is given, inside whatever transaction runs there. No state of its own.
class CallQueue {
public:
    /// What makes the file: inbox, outbox and the queue.
    static Database::Steps steps();

    /// Of one caller at one broker.
    struct Limits {
        qint64 waiting = limits::durableCalls; ///< whatever device it says it is
        qint64 answers = limits::answersWaiting; ///< bytes of all that is said to it and waits
        qint64 output = limits::durableOutput; ///< bytes of one run
        qint64 devices = 32; ///< of which the numbers are known; the one that is silent longest goes

        bool operator==(const Limits &) const = default;
    };
    CallQueue(Database &database, const Limits &limits) : m_database(database), m_limits(limits) { }

    struct Waiting {
        qint64 id = 0;
        MailSource source;
        quint64 number = 0;
        PublicKey via; ///< the broker it came by
        contracts::DurableCall call;
        int tries = 0; ///< how often it was begun and not answered
        bool hasRoom = true; ///< for its answer
    };
    /// Takes what came; of what is new each call is queued, or refused when too many wait. What did not come in that broker's
    /// conversation means nothing.
    /// \param now  ms since 1970: nothing waits longer than limits::durableMost
    /// \retval as Inbox::take
    Result<void> take(const MailTaken &taken, const PublicKey &via, qint64 now);
    /// The first that waits of each caller's device.
    Result<QList<Waiting>> heads();
    Result<qint64> count();

    Result<void> begin(qint64 id) { return count(id, 1); }
    /// It did not come so far after all.
    Result<void> putBack(qint64 id) { return count(id, -1); }
    /// It leaves the queue, and what came of it is in the outbox. One that is not there any more is not answered.
    Result<void> answer(const Waiting &call, const contracts::DurableResult &result);
    /// How much there is of one caller.
    struct Mark {
        qint64 call = 0; ///< the last that waits
        quint64 answer = 0; ///< the last that was said to it
    };
    Result<Mark> mark(const PublicKey &caller, const PublicKey &via);
    /// This caller may not call any more: what waits of it goes, and what waits for it, up to there. Its numbers stay known.
    Result<void> forget(const PublicKey &caller, const PublicKey &via, const Mark &upto);

    /// Tells whether a call came before: the same for this call for ever, and for no other.
    static QByteArray keyOf(const MailSource &source, quint64 number);

private:
    Result<bool> admitDevice(const MailSource &source);
    Result<bool> forgetOldest(const MailSource &source);
    Result<void> queue(
        const MailSource &source, quint64 number, const PublicKey &via, const MailItem &item, qint64 now);
    Result<void> refuse(const MailSource &source, quint64 number, const Error &why);
    Result<void> count(qint64 id, int by);
    Result<bool> hasRoom(const MailSource &source);
    Result<void> tell(const MailSource &source, const char *kind, const QByteArray &body);
    Result<void> tellIfRoom(const MailSource &source, const char *kind, const QByteArray &body);

    Database &m_database;
    const Limits &m_limits;
};

} // namespace hawser
