#pragma once

#include "chat/offer_tables.h"
#include "chat/own_devices.h"
#include "core/store/call_book.h"
#include "core/store/inbox.h"

#include <QSet>
#include <functional>

/// Durable messages (docs/protocol.md §17) in a person's history: what each does to the tables, in the transaction of its
/// caller. History, outbox and inbox are one file, so what a person sees, what will be sent and what was taken agree.
namespace hawser::chat::messages {

/// What makes the tables.
Database::Steps steps();
/// Two people have one conversation.
MailSequence sequenceTo(const PublicKey &with);
/// What a stranger is told goes apart from it, by any broker: nothing that was said waits there.
MailSequence sequenceToStranger(const PublicKey &with);
/// Of somebody who may not speak, for who spoke.
QString noSentence();
QString expiredSentence();

/// Puts one item into the outbox. \return its number
Result<quint64> put(Database &database, const MailSequence &sequence, const char *kind, const QByteArray &body);
/// The same for what is said to each word of theirs, unless `most` wait there already: who does not take answers gets no more.
/// \return whether it was put
Result<bool> answer(
    Database &database, const MailSequence &sequence, const char *kind, const QByteArray &body, qint64 most);
Result<void> tellReceipt(
    Database &database, const MailSequence &whom, const char *kind, const contracts::MailReceipt &receipt);

/// Numbers of a device of theirs that did not come right after the last one: some are missing before them, or were.
struct OutOfTurn {
    PublicKey from;
    QByteArray device;
    quint64 before = 0; ///< the highest until then, 0: none
    quint64 first = 0;
    quint64 last = 0;
};

/// What changed for whoever looks on.
struct News {
    QList<Entry> added;
    QList<Entry> changed;
    QSet<PublicKey> read {}; ///< conversations of which less is unread than before
    QList<SentCall> calls {}; ///< of mine, that went further
    QList<Offer> offers {}; ///< new ones, and those that changed
    QByteArrayList limitsHit {}; ///< by their names in `status`
    QList<OutOfTurn> outOfTurn {};
};

/// Something I say: in the outbox and in the history. Returns it with its number. Its sentence may say why it waits.
/// \retval ResourceExhausted  too much waits for them already, or the disk is full
Result<Entry> say(Database &database, Entry entry, const Myself &me);
/// Puts what was not sent into the outbox again. \retval NotFound  it is not there, or was sent
Result<Entry> sayAgain(Database &database, quint64 id, const Myself &me);
/// Why what is queued for them does not go; empty: it goes by itself.
Result<News> explain(Database &database, const PublicKey &with, const QByteArray &myDevice, const QString &why);
/// What was said with them goes, and what waits for them is given up.
Result<void> forget(Database &database, const PublicKey &with);
/// A person has seen all up to entry `id`: they are told, and so are my other devices.
Result<void> markRead(Database &database, const PublicKey &with, quint64 id, const Myself &me);

/// Mine up to that number are kept by that broker; no name: they are with them.
Result<News> kept(Database &database, const PublicKey &with, const Myself &me, quint64 upto, const QString &broker);
/// What becomes of a message that was refused.
enum class Refusal {
    ForNow, ///< it goes by itself later
    GivenUp, ///< that one is not sent; what follows goes on
    All, ///< they take nothing now: neither that one nor what follows is sent
};
Result<News> refused(
    Database &database, const PublicKey &with, const Myself &me, quint64 number, Refusal refusal, const QString &why);
/// A folder restored from a copy: numbers above `after` grew by `by`.
Result<void> renumber(Database &database, const PublicKey &with, const Myself &me, quint64 after, quint64 by);
/// The history says of each message what the outbox knows; after a crash it may be behind.
Result<void> reconcile(Database &database);

/// A run of durable messages that came.
struct Arrival {
    MailSource source;
    quint64 first = 0; ///< number of the first item
    QByteArray items; ///< packed
    bool direct = false; ///< from their program itself: it hears by the acknowledgement that they are delivered
    bool isAllowed = true; ///< they may say something to me
    bool mayOffer = false; ///< they may offer me files
    bool isHeard = false; ///< it came to another device of mine, which answers
    bool isBroker = false; ///< a word of the broker itself, through which it came
    qint64 now = 0; ///< ms since 1970
    Myself me {};
    People people {}; ///< of those whom it may be about, when it comes from another device of mine
    std::function<quint64()> nextId {}; ///< of entries, in any thread
};
/// Notes them in the inbox; what is new does what it says. A second time nothing happens.
/// \retval as Inbox::take
Result<News> take(Database &database, const Arrival &arrival);
/// A broker lets go what a device does not fetch for too long; its line stands under the broker's key, for nobody knows whose
/// they were. \param inAll  how many the broker counted
Result<News> lost(Database &database, const PublicKey &broker, quint64 inAll, quint64 id, qint64 now);
/// From somebody who is no contact: nothing of it is noted, and who said something is told that it was not taken.
Result<void> turnAway(Database &database, const Arrival &arrival);

} // namespace hawser::chat::messages
