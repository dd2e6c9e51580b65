#pragma once

#include "brokerd/accounts.h"
#include "brokerd/mail_shelf.h"
#include "core/limits.h"
#include "core/store/mail_posting.h"

namespace hawser::broker {

/// What may wait for somebody who is away. All configurable ([mailbox] of the broker's file).
struct MailboxLimits {
    qint64 items = limits::mailboxItems; ///< that no device of a recipient has taken, or that were set aside
    qint64 bytes = limits::mailboxBytes;
    qint64 senderItems = limits::mailboxSenderItems; ///< of one sender among them
    qint64 senderBytes = limits::mailboxSenderBytes;
    qint64 itemBytes = limits::mailItem;
    qint64 keptMs = milliseconds(limits::mailKept).count();
    qint64 tries = limits::mailTries;
    qint64 devices = 32; ///< of one recipient; one more and the one unseen for longest is forgotten

    bool operator==(const MailboxLimits &) const = default;
};

/// The broker's mailboxes in one database: what came, for whom, and how far each device of the recipient has taken it.
/// Items have a serial that grows through the whole file; a row holds a run of them. Keys say whose everything is, never
/// names. Works on the Database it is given, inside the transaction that runs there; no state of its own.
class MailStore {
public:
    static Database::Steps steps();
    MailStore(Database &database, const MailboxLimits &limits) : m_database(database), m_limits(limits) { }

    /// Keeps of a post what may be kept, from the first item on, and notes what stopped it.
    /// \retval any  nothing was kept, for reasons of the database or because it is malformed
    Result<void> post(MailPosted &post, WallTime now);
    Result<Inbox::Highest> highest(const MailSource &source) { return inbox().highest(source); }

    struct Device {
        quint64 cursor = 0; ///< it has all up to this serial
        quint64 singlyTo = 0; ///< up to this serial items go one at a time: one of them made it fail
        quint64 lost = 0; ///< items that went unseen by it, all told
        int forgotten = 0; ///< other devices that had to go for it
    };
    /// A device of the recipient begins to take, and is known from now on.
    Result<Device> begin(const PublicKey &recipient, const QByteArray &device, WallTime now);
    /// How far it is, also when it is not known.
    Result<Device> device(const PublicKey &recipient, const QByteArray &device);
    struct Letter {
        quint64 serial = 0; ///< of the first item
        quint64 count = 0;
        MailSource source;
        quint64 first = 0;
        QByteArray items;
        WallTime since = 0;
    };
    struct Fetched {
        QList<Letter> letters;
        quint64 looked = 0; ///< all up to this serial is among the letters or is not for this device
        quint64 damaged = 0; ///< items that had changed on the disk: left out
    };
    /// What lies behind `after` for this device: about `bytes`, at most `most` items.
    Result<Fetched> fetch(
        const PublicKey &recipient, const QByteArray &device, quint64 after, qint64 bytes, quint64 most);
    /// It has all up to this serial. Serials that are not its own do nothing.
    Result<void> taken(const PublicKey &recipient, const QByteArray &device, quint64 upto, WallTime now);
    /// Item `serial` was given to it, and all before it taken, but not this one; up to `givenTo` was given.
    /// \retval true  it is set aside now, as if taken
    Result<bool> failed(
        const PublicKey &recipient, const QByteArray &device, quint64 serial, quint64 givenTo, WallTime now);

    struct Expired {
        qint64 items = 0;
        QList<MailPosted> told; ///< what the senders will read about those that nobody had taken
    };
    /// Lets go what is too old. What nobody took is told to who sent it, as a word of the broker itself.
    Result<Expired> expire(WallTime now, const PublicKey &broker);
    /// The account has ended.
    Result<void> forget(const PublicKey &recipient);

    Result<MailShelf::Totals> totals() { return shelf().totals(); }

private:
    Inbox inbox() { return Inbox(m_database, 0); }
    MailShelf shelf() { return MailShelf(m_database); }
    Result<bool> isForNobody(const MailSource &source);
    Result<qsizetype> acceptable(MailPosted &post, const QList<quint32> &cuts);
    Result<quint64> conflict(const MailPosted &post, const QList<quint32> &cuts, qint64 source);
    Result<MailPosted> tell(
        const PublicKey &sender, const contracts::MailExpired &what, const PublicKey &broker, WallTime now);
    Result<void> park(const PublicKey &recipient, const QByteArray &device, quint64 serial, WallTime now);

    Database &m_database;
    const MailboxLimits &m_limits;
};

} // namespace hawser::broker
