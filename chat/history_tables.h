#pragma once

#include "chat/entry.h"
#include "core/store/database.h"

namespace hawser::chat {

/// Which part of a conversation is wanted.
struct PageWish {
    enum class From : quint8 {
        Newest, ///< the last `count`
        Before, ///< the `count` before entry `id`
        After, ///< the `count` after entry `id`
        Around, ///< entry `id`, and as much before it as after it
    };

    PublicKey with; ///< null: all conversations
    From from = From::Newest;
    quint64 id = 0;
    int count = 100;
    qint64 since = 0; ///< ms since 1970; older ones are left out
    QString words {}; ///< only messages that have all of these words, or words that begin so; empty: all

    bool operator==(const PageWish &) const = default;
};

/// A part of a conversation, oldest first.
struct Page {
    QList<Entry> entries;
    bool hasEarlier = false;
    bool hasLater = false;
};

/// How many of a conversation were not seen.
struct Unread {
    PublicKey with;
    int count = 0;
    quint64 last = 0; ///< id of the newest entry of the conversation
};

/// The tables of what was said with whom, and their queries. For the thread of the database; writers belong into a
/// transaction of their caller.
namespace history {

/// What makes the tables in an empty database.
QStringList tables();
QStringList moreTables(); ///< the second step
QStringList tablesOfDevices(); ///< the third

/// \pre entry.id is larger than any before
Result<void> add(Database &database, const Entry &entry);
/// A message of mine got further, or not: state, sentence, device, number and where it was said are kept.
Result<void> setState(Database &database, const Entry &entry);
/// \retval NotFound  no such entry
Result<Entry> find(Database &database, quint64 id);
/// The entry with that number of that device, in the conversation.
Result<Entry> find(Database &database, const PublicKey &with, const QByteArray &device, quint64 number);
/// What I said to them at that moment of its own clock, the newest if there are more. \retval NotFound
Result<Entry> findSaid(Database &database, const PublicKey &with, qint64 said, const QString &text);
/// The entry of a transfer, the newest if there are more. \retval NotFound
Result<Entry> findTransfer(Database &database, const QByteArray &transfer);
Result<void> setDetails(Database &database, quint64 id, const QByteArray &details);
Result<Page> page(Database &database, const PageWish &wish);
/// Ids of the messages that have these words, newest first, at most `most`.
Result<QList<quint64>> search(Database &database, const PublicKey &with, const QString &words, int most);

Result<QList<Unread>> unread(Database &database);
/// \param before  an entry: only what stands before it
Result<int> unread(Database &database, const PublicKey &with, quint64 before = std::numeric_limits<qint64>::max());
/// The newest message of one of their devices among those that were seen just now.
struct SeenMark {
    QByteArray device;
    quint64 number = 0;
};
/// What stands there up to and including entry `id` was seen. Returns what was not seen before.
Result<QList<SeenMark>> markRead(Database &database, const PublicKey &with, quint64 id);
/// The same, told by another device of mine.
Result<void> markRead(Database &database, const PublicKey &with, const SeenMark &mark);
/// My messages up to and including `upto.number` have come as far as `state`, but for those that were not sent. Returns those it
/// changed.
Result<QList<Entry>> advance(
    Database &database, const PublicKey &with, const SeenMark &upto, Entry::State state, const QString &sentence);
/// My messages from number `from` to `upto` that are queued are in that state now, and why; NotSent: given up, their numbers
/// mean nothing any more. Returns those it changed.
struct Waiting {
    PublicKey with;
    QByteArray device;
    quint64 from = 0;
    quint64 upto = 0;
};
Result<QList<Entry>> settle(Database &database, const Waiting &waiting, Entry::State state, const QString &sentence);
/// My messages above `after.number` have numbers that are so much larger. Returns them.
Result<QList<Entry>> renumber(Database &database, const PublicKey &with, const SeenMark &after, quint64 by);
/// They took none of my messages up to and including `upto.number` that are queued or at a broker. Returns those it changed.
Result<QList<Entry>> turnDown(Database &database, const PublicKey &with, const SeenMark &upto, const QString &why);
/// One of their devices took these, also where another of them had turned them down. Returns those that were not sent.
Result<QList<Entry>> tookAfterAll(Database &database, const Waiting &taken);
/// These of my messages, as far as they are at a broker, are not there any more. Returns those it changed.
Result<QList<Entry>> expire(Database &database, const Waiting &waiting, const QString &why);
/// What they told about messages of mine from another device of mine, for those that have not come here yet.
struct Told {
    quint64 delivered = 0;
    quint64 read = 0;
    quint64 refused = 0;
};
Result<void> noteTold(Database &database, const PublicKey &with, const QByteArray &device, const Told &told);
Result<Told> told(Database &database, const PublicKey &with, const QByteArray &device);
/// A broker says how many items in all were gone before this device fetched them. Returns how many of them are news.
Result<quint64> noteLost(Database &database, const PublicKey &broker, quint64 inAll);
/// Why they are queued is not known any more.
Result<void> forgetWhyQueued(Database &database);
/// Something that was said here in a conversation has not been read yet.
struct UnderWay {
    PublicKey with;
    QByteArray device;
};
Result<QList<UnderWay>> underWay(Database &database);

Result<quint64> lastId(Database &database);
Result<void> forget(Database &database, const PublicKey &with);

} // namespace history

} // namespace hawser::chat
