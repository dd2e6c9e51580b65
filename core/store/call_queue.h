#pragma once

#include "core/contracts/mail.h"
#include "core/mail_items.h"
#include "core/store/mail_taker.h"
#include "core/store/outbox.h"

namespace hawser {

/// Durable calls that came for this program and are not answered (docs/protocol.md §17.11), beside the inbox and the outbox of
/// the same file: a call is noted as come, queued, begun, and answered in one transaction each. Works on the Database it is
/// given, inside whatever transaction runs there. No state of its own.
class CallQueue {
public:
    /// What makes the file: inbox, outbox and the queue.
    static Database::Steps steps();

    struct Limits {
        qint64 waiting = limits::durableCalls; ///< of one caller, whatever device it says it is
        qint64 answers = limits::answersWaiting; ///< bytes of answers that wait for one caller
        qint64 output = limits::durableOutput; ///< bytes of one run

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
    /// Takes what came; of what is new each call is queued, or refused when too many wait.
    /// \retval as Inbox::take
    Result<void> take(const MailTaken &taken, const PublicKey &via);
    /// The first that waits of each caller's device.
    Result<QList<Waiting>> heads();
    /// Through which broker each caller's latest call came: there his answers go.
    Result<QHash<PublicKey, PublicKey>> ways();
    Result<qint64> count();

    Result<void> begin(qint64 id) { return count(id, 1); }
    /// It did not come so far after all.
    Result<void> putBack(qint64 id) { return count(id, -1); }
    /// It leaves the queue, and what came of it is in the outbox.
    Result<void> answer(const Waiting &call, const contracts::DurableResult &result);

    /// Tells whether a call came before: the same for this call for ever, and for no other.
    static QByteArray keyOf(const MailSource &source, quint64 number);

private:
    Result<void> queue(const MailSource &source, quint64 number, const PublicKey &via, const MailItem &item);
    Result<void> count(qint64 id, int by);
    Result<void> tell(const PublicKey &caller, const char *kind, const QByteArray &body);

    Database &m_database;
    const Limits &m_limits;
};

} // namespace hawser
