#pragma once

#include "chat/history_tables.h"
#include "chat/person_limits.h"
#include "core/contracts/mail.h"
#include "core/store/inbox.h"
#include "core/store/outbox.h"

#include <QHash>

/// What one device of a person says or hears directly, the others show too (docs/protocol.md §17.10): the items that tell
/// them, and what these do to the tables. Each in the transaction of its caller.
namespace hawser::chat::messages {

/// Who writes: this device, and the sequence to my other ones that this is told in; without one nobody is told.
struct Myself {
    QByteArray device;
    MailSequence others {};
    Outbox::Limits room {}; ///< for what I say to somebody
    OfferLimits offers {};

    Myself() = default;
    Myself(const QByteArray &device, const MailSequence &others = {}) : device(device), others(others) { } // NOLINT
};

/// To my other devices by that broker: what is for them lies at one, and only what it is believed about.
MailSequence sequenceToMine(const PublicKey &me, const PublicKey &broker);

/// Tells them that this was said. \param again  it has another number than before
Result<void> tellSaid(Database &database, const Myself &me, const Entry &entry, bool again);
/// Tells them how far these of mine have come; none: nothing.
Result<void> tellState(Database &database, const Myself &me, const QList<Entry> &changed);
/// Tells them what came directly. \param fresh  those that count
Result<void> tellHeard(
    Database &database, const Myself &me, const contracts::MailHeard &heard, const QList<Inbox::NewItem> &fresh);

/// About whom a broker that brings these is believed, and whether they may say something here.
using People = QHash<PublicKey, bool>;
/// What another device of mine says it said: the entry to add; an entry that is here already is changed, or was the same.
struct SaidElsewhere {
    std::optional<Entry> added;
    std::optional<Entry> changed;
};
/// \param entry  id, at, said and device
Result<SaidElsewhere> takeSaid(Database &database, Entry entry, const contracts::MailSent &sent);
/// Returns the entries it changed.
Result<QList<Entry>> takeState(Database &database, const QByteArray &device, const contracts::MailState &state);

} // namespace hawser::chat::messages
