#pragma once

#include "core/mail_items.h"
#include "core/public_key.h"
#include "core/store/database.h"
#include "core/store/marks.h"

namespace hawser {

/// Where durable messages come from: their numbers grow by one in each (docs/protocol.md §17.1).
struct MailSource {
    static constexpr qsizetype deviceBytes = 8;
    static constexpr qsizetype conversationBytes = 16;

    PublicKey sender;
    QByteArray device; ///< deviceBytes
    PublicKey recipient;
    QByteArray conversation; ///< conversationBytes

    bool operator==(const MailSource &) const = default;

    /// The conversation of the two keys alone.
    static QByteArray betweenTheTwo() { return QByteArray(conversationBytes, '\0'); }
    /// The one in which things go by a broker that no other may touch (§17.10, §17.11).
    static QByteArray ofBroker(const PublicKey &broker);
};

/// What a keeper has seen of durable messages, so that each counts once: the highest number of each source and the gaps
/// below it, kept as long as the account. Works on the Database it is given, inside whatever transaction runs there, so
/// that the message and the mark are on disk together. No state of its own.
class Inbox {
public:
    /// For a step of Database::Steps.
    static QStringList tables();

    enum class Seen {
        New, ///< noted now: keep it
        Again, ///< it was kept before: drop it, and acknowledge it
        Conflict, ///< a number kept before, with other content: the first stays, say so
    };
    /// \param database  outlives this
    /// \param digests   for so many of the newest numbers of a source other content is noticed; 0: for the highest alone
    explicit Inbox(Database &database, int digests = 1024) : m_database(database), m_digests(digests) { }

    /// Takes items as they are packed, numbered from `first`; one answer for each.
    /// \retval InvalidArgument    no items, or a number below 1 or above 2^62
    Result<QList<Seen>> take(const MailSource &source, quint64 first, QByteArrayView items);

    /// An item that was not seen before.
    struct NewItem {
        MailItem item;
        quint64 number = 0;
    };
    /// Takes them, and gives those that are new.
    /// \retval as take()
    Result<QList<NewItem>> takeNew(const MailSource &source, quint64 first, QByteArrayView items);
    /// All of them with their numbers, for who notes nothing.
    /// \retval InvalidArgument  as take()
    static Result<QList<NewItem>> unnoted(quint64 first, QByteArrayView items);

    struct Highest {
        qint64 id = 0; ///< of the source in this database, 0: nothing came from it
        Marks marks;
        QByteArray digest; ///< of the item with the highest number
    };
    /// What a sender that asks is told.
    Result<Highest> highest(const MailSource &source);
    /// Forgets one source: what comes from it again is new.
    Result<void> forget(const MailSource &source);
    /// Forgets all that came for somebody: the account has ended.
    Result<void> forget(const PublicKey &recipient);

private:
    Result<QList<Seen>> compare(const Highest &known, quint64 first, const QList<QByteArray> &digests);
    Result<qint64> write(const MailSource &source, const Highest &known);

    Database &m_database;
    int m_digests;
};

} // namespace hawser
