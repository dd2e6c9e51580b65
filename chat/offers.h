#pragma once

#include "chat/messages.h"
#include "core/contracts/talk.h"
#include "core/mail_items.h"

#include <optional>

/// File offers as durable messages (docs/protocol.md §15.6): what each does to the tables, in the transaction of its caller.
/// What a person decided and what will be said of it are on disk together.
namespace hawser::chat::offers {

inline constexpr int idBytes = 16; ///< of an offer's name
inline constexpr int mostWhy = 512; ///< characters of what they say beside it: a note, a reason
inline const QString takesNoFiles = QStringLiteral("they do not take files from you now"); ///< what is refused is told

/// Offers, answers and what is withdrawn go apart from what is said.
MailSequence sequenceTo(const PublicKey &with);
bool isOffers(const MailSequence &sequence);

/// Something I offer: in the outbox and in the table. Returns it with its number.
/// \param me  what may wait there
/// \retval ResourceExhausted  too many wait for them already, or the disk is full
Result<Offer> send(Database &database, Offer offer, const messages::Myself &me);
/// I take one of theirs (to offer.saveTo): they are told, and so are my other devices in that sequence (chat/own_devices.h), if there is one.
/// \retval NotFound  it was answered, or withdrawn
Result<Offer> accept(Database &database, Offer offer, const MailSequence &toMyDevices);
/// One is over, as it says; unless it was before.
/// \param tell  they hear it, and why: of mine that it is withdrawn, of theirs that it is declined
Result<Offer> end(Database &database, const Offer &offer, const std::optional<QString> &tell = {},
    const MailSequence &toMyDevices = {});
/// A stream of one that is accepted is on its way, or broke; nothing happens when it is over.
Result<Offer> note(Database &database, const Offer &offer);
/// Nothing of its private folder is there any more.
Result<void> tidied(Database &database, const Offer &done);
/// Off the list, as far as they are over and there.
Result<void> hide(Database &database, const QList<Offer> &ended);
/// Those that wait since before `before` are over; those that were over already are forgotten.
Result<QList<Offer>> expire(Database &database, qint64 before);
/// They are no contact any more.
Result<void> forget(Database &database, const PublicKey &with);
/// What was sent and is on its way says what the outbox knows.
Result<void> reconcile(Database &database);

/// As messages::kept, refused and renumber.
Result<QList<Offer>> kept(Database &database, const PublicKey &with, quint64 upto, const QString &broker);
/// They say that a broker's mailbox brought them all up to this number.
Result<QList<Offer>> delivered(Database &database, const PublicKey &with, quint64 upto);
Result<QList<Offer>> refused(
    Database &database, const PublicKey &with, quint64 number, messages::Refusal refusal, const QString &why);
/// Mine to them from number `from` to `upto` that they have not taken from a broker are not there any more.
Result<QList<Offer>> expired(Database &database, const PublicKey &with, quint64 from, quint64 upto);

/// What a transfer may be offered as, live or durably: the sentence says what is wrong with it.
Result<void> check(const contracts::File::Request &request);
/// Its title is its name.
bool isOneThing(const contracts::File::Request &request);

/// How many items from the first on can be read; it is all of them when no sender broke the rules.
qsizetype readable(const QList<MailItem> &items);
/// What came new in that sequence. To the news come offers that are new or changed, and what limits did. \pre all readable
Result<void> take(
    Database &database, const messages::Arrival &arrival, const QList<Inbox::NewItem> &came, messages::News &news);
/// What a stranger offers is refused.
Result<void> turnAway(Database &database, const messages::Arrival &arrival, const QList<MailItem> &items);

} // namespace hawser::chat::offers
