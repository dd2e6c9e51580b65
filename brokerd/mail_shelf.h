#pragma once

#include "brokerd/accounts.h"
#include "core/contracts/mail.h"

namespace hawser::broker {

/// What lies in the mailboxes and what it counts for: runs of items, and for each recipient, and each sender to them, how
/// much no device has taken, with what was set aside. The counts are right after every call. Works on the Database it is given, inside the
/// transaction that runs there; no state of its own.
class MailShelf {
public:
    explicit MailShelf(Database &database) : m_database(database) { }

    struct Box {
        qint64 items = 0; ///< that no device has taken, or that were set aside
        qint64 bytes = 0;
        qint64 allItems = 0; ///< with those that only some devices have taken
        quint64 furthest = 0; ///< the highest cursor any device ever had
    };
    Result<Box> box(const QByteArray &recipient);
    struct Count {
        qint64 items = 0;
        qint64 bytes = 0;
    };
    /// The same of one sender's.
    Result<Count> waitingOf(const QByteArray &recipient, const QByteArray &sender);

    /// Items that follow each other.
    struct Run {
        QByteArray recipient;
        QByteArray sender;
        qint64 source = 0; ///< row of inbox_sources
        quint64 first = 0; ///< number of the first item
        quint64 count = 0;
        QByteArrayView items;
        WallTime since = 0;
        WallTime until = 0;
    };
    /// Gives them the next serials.
    Result<void> add(const Run &run);
    /// A device has all up to this serial.
    Result<void> reached(const QByteArray &recipient, quint64 cursor);
    /// Lets go what all devices have taken, and the oldest of what some have not when that is more than `mostItems`.
    Result<void> letGo(const QByteArray &recipient, qint64 mostItems);
    /// One item that a device cannot take; it counts as one that waits, for as long as it lies here.
    struct Aside {
        QByteArray recipient;
        QByteArray device;
        quint64 serial = 0;
        QByteArray sender;
        QByteArray item;
        WallTime since = 0;
    };
    Result<void> setAside(const Aside &one);
    /// Lets go what was set aside before then.
    Result<void> expireAside(WallTime before);
    struct Expired {
        qint64 items = 0;
        struct Unseen {
            PublicKey sender;
            contracts::MailExpired what;
        };
        QList<Unseen> unseen; ///< what no device took, in the order of its numbers
    };
    /// Lets go what is too old.
    Result<Expired> expire(WallTime now);

    struct Totals {
        qint64 items = 0; ///< that wait for somebody away, or were set aside
        qint64 bytes = 0;
        qint64 allItems = 0; ///< with those that only some devices have taken
        qint64 parked = 0;
        Count fullest; ///< the most of one recipient
        Count ofOne; ///< the most of one sender for one recipient
        qint64 devices = 0; ///< the most of one recipient
        int synchronous = 0; ///< the pragma of this very connection: 2 is FULL
    };
    Result<Totals> totals();

private:
    struct Row { // of `mail`, without its items
        quint64 serial;
        quint64 first; // number of the first item
        quint64 count;
        qint64 bytes;
        QByteArray recipient;
        QByteArray sender;
        QByteArray device;
        QByteArray conversation;

        quint64 last() const { return serial + count - 1; }
        /// How many of its items a reader at this serial has, and how many bytes these count for.
        quint64 itemsTo(quint64 cursor) const;
        qint64 bytesTo(quint64 cursor) const { return bytes * qint64(itemsTo(cursor)) / qint64(count); }
    };
    struct Change {
        qint64 items = 0;
        qint64 bytes = 0;
        qint64 allItems = 0;
    };
    Result<void> change(const QByteArray &recipient, const QByteArray &sender, const Change &by);
    Result<QList<Row>> rows(const QString &where, const QVariantList &values);
    Result<void> drop(const QList<Row> &rows, bool tellTheOthers);

    Database &m_database;
};

} // namespace hawser::broker
