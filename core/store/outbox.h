#pragma once

#include "core/limits.h"
#include "core/public_key.h"
#include "core/store/database.h"

namespace hawser {

/// What this device says to one recipient in one conversation (docs/protocol.md §17.1).
struct MailSequence {
    PublicKey recipient;
    QByteArray conversation; ///< 16 bytes

    bool operator==(const MailSequence &) const = default;
};
size_t qHash(const MailSequence &sequence, size_t seed = 0);

/// How far a sequence has come. What a person sees of message n: n > kept: queued; n <= kept: at the broker; n <= delivered;
/// n <= read.
struct MailProgress {
    quint64 last = 0; ///< the highest number given out
    quint64 kept = 0;
    quint64 delivered = 0;
    quint64 read = 0;
    qint64 bytes = 0; ///< of what waits

    bool operator==(const MailProgress &) const = default;
};

/// Durable messages of mine that nobody has acknowledged, in order. Works on the Database it is given, inside whatever
/// transaction runs there, so that what a person sees of a message and what will be sent are on disk together. No state of
/// its own. What was put together lies together: a row holds a run of items.
class Outbox {
public:
    /// For a step of Database::Steps.
    static QStringList tables();

    /// What may wait in one sequence.
    struct Limits {
        qint64 items = limits::outboxItems;
        qint64 bytes = limits::outboxBytes;
    };
    /// Items that follow one another in a sequence.
    struct Run {
        quint64 first = 0;
        QByteArray items; ///< packed
        quint64 count = 0;
    };

    /// \param database  outlives this
    explicit Outbox(Database &database) : m_database(database) { }
    Outbox(Database &database, const Limits &limits) : m_database(database), m_limits(limits) { }

    /// Puts items at the end of a sequence; the number of the first.
    /// \param items  packed (core/mail_items.h), at least one, at most limits::mailRun bytes
    /// \retval ResourceExhausted  too much waits there already: nothing was put
    Result<quint64> put(const MailSequence &sequence, QByteArrayView items);

    /// All sequences in which something waits, those that waited longest first.
    Result<QList<MailSequence>> waiting();
    /// What waits behind number `after`, in order, at least one item and about `bytes` of them.
    Result<QList<Run>> pending(const MailSequence &sequence, quint64 after, qint64 bytes);
    Result<MailProgress> progress(const MailSequence &sequence);

    /// Acknowledged up to a number: that much need not be sent again. What was never given out is not acknowledged.
    Result<MailProgress> kept(const MailSequence &sequence, quint64 upto);
    /// A receipt came.
    Result<MailProgress> delivered(const MailSequence &sequence, quint64 upto);
    Result<MailProgress> read(const MailSequence &sequence, quint64 upto);

    /// Will never be sent: its number goes on as `mail.gone`, so that nothing behind it waits for it.
    /// \retval NotFound  it does not wait
    Result<void> giveUp(const MailSequence &sequence, quint64 number);
    /// The same for all that waits there.
    Result<void> giveUpAll(const MailSequence &sequence);

    /// This folder is a copy that is behind what was sent: what waits got other numbers.
    struct Restored {
        quint64 after = 0; ///< numbers above this one …
        quint64 by = 0; ///< … became so much larger; 0: all was as it should be
    };
    /// Before the first posting of a sequence: what the keeper says of its highest number. A sender that is behind goes on
    /// from there; what it had still to send is sent under new numbers, so some of it may come twice and none is lost.
    /// \param digest  of the item with that number, or empty
    Result<Restored> compare(const MailSequence &sequence, quint64 highest, const QByteArray &digest);

private:
    struct Row {
        qint64 id = 0; ///< 0: nothing was ever put there
        MailProgress progress;
        QByteArray keptDigest;
    };
    Result<Row> find(const MailSequence &sequence);
    Result<Row> findOrMake(const MailSequence &sequence);
    Result<QByteArray> digestOf(const Row &row, quint64 number);
    Result<MailProgress> raise(const MailSequence &sequence, quint64 MailProgress::*mark, quint64 upto);
    Result<void> write(const Row &row);

    Database &m_database;
    Limits m_limits;
};

} // namespace hawser
