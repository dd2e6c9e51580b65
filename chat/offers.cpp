#include "chat/offers.h"

#include "core/contracts/mail.h"
#include "core/contracts/talk.h"
#include "core/limits.h"
#include "core/mail_items.h"
#include "core/transfer/landing.h"
#include "core/wire.h"

namespace hawser::chat::offers {

using contracts::File;
using contracts::FileAnswer;
using contracts::FileWithdrawn;
using messages::Refusal;

namespace {

constexpr char conversation = '\x02';

Result<void> answer(Database &database, const Offer &theirs, const char *what, const QString &why)
{
    const FileAnswer said { {}, theirs.device, theirs.id, QLatin1String(what), why };
    const Result<quint64> put = messages::put(database, sequenceTo(theirs.peer), FileAnswer::kind, encodeStruct(said));
    return put ? Result<void>() : put.error();
}

/// What cannot be told now is settled all the same: they will hear when their own offer comes again.
void tellMyDevices(Database &database, const Offer &theirs, const char *what, const MailSequence &mine)
{
    if (mine.recipient.isNull())
        return;
    const FileAnswer said { theirs.peer, theirs.device, theirs.id, QLatin1String(what), {} };
    const Result<quint64> put = messages::put(database, mine, FileAnswer::kind, encodeStruct(said));
    Q_UNUSED(put)
}

File::Request requestOf(const Offer &offer)
{
    return { offer.id, offer.title, offer.folder, offer.files, offer.folders, offer.bytes, offer.note };
}

Result<Offer> saved(Database &database, const Offer &offer)
{
    const Result<void> done = save(database, offer);
    return done ? Result<Offer>(offer) : done.error();
}

} // namespace

MailSequence sequenceTo(const PublicKey &with)
{
    return { with, QByteArray(MailSource::conversationBytes, conversation) };
}

bool isOffers(const MailSequence &sequence)
{
    return sequence == sequenceTo(sequence.recipient);
}

// --- what I say

Result<Offer> send(Database &database, Offer offer, const messages::Myself &me)
{
    const Result<int> waiting = open(database, offer.peer, true);
    if (!waiting)
        return waiting.error();
    if (*waiting >= me.offers.open)
        return Error { Code::ResourceExhausted, QStringLiteral("too many offers wait for them already") };
    const Result<quint64> number =
        messages::put(database, sequenceTo(offer.peer), contracts::fileOfferKind, encodeStruct(requestOf(offer)));
    if (!number)
        return number.error();
    offer.number = *number;
    if (const Result<void> room = forgetEnded(database, offer.peer, me.offers.ended); !room)
        return room.error();
    return saved(database, offer);
}

Result<Offer> accept(Database &database, Offer offer, const MailSequence &toMyDevices)
{
    const Result<Offer> known = find(database, offer.peer, false, offer.id);
    if (!known)
        return known.error();
    if (known->state != Offer::State::Open)
        return Error { Code::NotFound, QStringLiteral("this offer is not there any more") };
    offer.state = Offer::State::Accepted;
    if (const Result<void> told = answer(database, offer, FileAnswer::accepted, {}); !told)
        return told.error();
    tellMyDevices(database, offer, FileAnswer::accepted, toMyDevices);
    return saved(database, offer);
}

Result<Offer> end(
    Database &database, const Offer &offer, const std::optional<QString> &tell, const MailSequence &toMyDevices)
{
    const Result<Offer> known = find(database, offer.peer, offer.mine, offer.id);
    if (!known || known->isOver())
        return known;
    if (tell && offer.mine) {
        const FileWithdrawn said { offer.id, {}, *tell };
        const Result<quint64> put =
            messages::put(database, sequenceTo(offer.peer), FileWithdrawn::kind, encodeStruct(said));
        if (!put)
            return put.error();
    } else if (tell) {
        if (const Result<void> told = answer(database, offer, FileAnswer::declined, *tell); !told)
            return told.error();
        if (known->state == Offer::State::Open)
            tellMyDevices(database, offer, FileAnswer::declined, toMyDevices);
    }
    return saved(database, offer);
}

Result<Offer> note(Database &database, const Offer &offer)
{
    const Result<Offer> known = find(database, offer.peer, offer.mine, offer.id);
    return !known || known->isOver() ? known : saved(database, offer);
}

Result<void> tidied(Database &database, const Offer &done)
{
    Result<Offer> known = find(database, done.peer, done.mine, done.id);
    if (!known)
        return known.error().code == Code::NotFound ? Result<void>() : known.error();
    known->landedIn.clear();
    known->part.clear();
    return save(database, *known);
}

Result<void> hide(Database &database, const QList<Offer> &ended)
{
    for (const Offer &offer : ended)
        if (const Result<void> done = hide(database, offer); !done)
            return done.error();
    return {};
}

static QString tooLate(const Offer &offer)
{
    if (offer.state == Offer::State::Open)
        return QStringLiteral("nobody answered in time");
    if (offer.state == Offer::State::Accepted)
        return QStringLiteral("it did not come in time");
    return QStringLiteral("it came, and could not be put in its place in time: it is still in %1/.hawser-part/%2")
        .arg(offer.saveTo, QString::fromLatin1(offer.part));
}

Result<QList<Offer>> expire(Database &database, qint64 before)
{
    if (const Result<void> removed = removeEnded(database, before); !removed)
        return removed.error();
    const Result<QList<Offer>> known = all(database);
    if (!known)
        return known.error();
    QList<Offer> changed;
    for (Offer offer : *known) {
        if (offer.isOver() || offer.since >= before)
            continue;
        offer.sentence = tooLate(offer);
        offer.state = Offer::State::Failed;
        const Result<Offer> ended = end(database, offer, offer.mine ? std::optional(offer.sentence) : std::nullopt);
        if (!ended)
            return ended.error();
        changed << *ended;
    }
    return changed;
}

Result<void> forget(Database &database, const PublicKey &with)
{
    if (const Result<void> given = Outbox(database).giveUpAll(sequenceTo(with)); !given)
        return given.error();
    const Result<QList<Offer>> known = all(database);
    if (!known)
        return known.error();
    for (const Offer &offer : *known)
        if (offer.peer == with && !offer.mine && !offer.isOver() && !offer.part.isEmpty())
            transfer::Landing::sweep(offer.saveTo, offer.part);
    return remove(database, with);
}

// --- how far it came

namespace {

/// My offers up to that number that are on their way `from`, and no further, are on `way` now.
Result<QList<Offer>> advance(Database &database, const PublicKey &with, quint64 upto, QList<Offer::Way> from,
    Offer::Way way, const QString &broker)
{
    Result<QList<Offer>> sent = unanswered(database, with, 1, upto);
    if (!sent)
        return sent;
    QList<Offer> changed;
    for (Offer offer : *sent) {
        if (!from.contains(offer.way) || (offer.way == way && offer.broker == broker))
            continue;
        offer.way = way;
        offer.broker = broker;
        offer.sentence.clear();
        if (const Result<void> done = save(database, offer); !done)
            return done.error();
        changed << offer;
    }
    return changed;
}

} // namespace

Result<QList<Offer>> kept(Database &database, const PublicKey &with, quint64 upto, const QString &broker)
{
    using Way = Offer::Way;
    if (broker.isEmpty()) // what a broker took before is not meant
        return advance(database, with, upto, { Way::Queued }, Way::Delivered, {});
    return advance(database, with, upto, { Way::Queued, Way::AtBroker }, Way::AtBroker, broker);
}

Result<QList<Offer>> delivered(Database &database, const PublicKey &with, quint64 upto)
{
    return advance(database, with, upto, { Offer::Way::Queued, Offer::Way::AtBroker }, Offer::Way::Delivered, {});
}

Result<QList<Offer>> refused(
    Database &database, const PublicKey &with, quint64 number, Refusal refusal, const QString &why)
{
    const bool forNow = refusal == Refusal::ForNow;
    Result<QList<Offer>> waiting =
        unanswered(database, with, number, refusal == Refusal::GivenUp ? number : mostMailNumber);
    if (!waiting)
        return waiting;
    QList<Offer> changed;
    for (Offer offer : *waiting) {
        if (offer.way != Offer::Way::Queued || (forNow && offer.sentence == why))
            continue;
        if (refusal == Refusal::All)
            if (const Result<void> given = Outbox(database).giveUp(sequenceTo(with), offer.number); !given)
                return given.error();
        offer.sentence = why;
        offer.state = forNow ? Offer::State::Open : Offer::State::Failed;
        if (const Result<void> done = save(database, offer); !done)
            return done.error();
        changed << offer;
    }
    return changed;
}

Result<QList<Offer>> expired(Database &database, const PublicKey &with, quint64 from, quint64 upto)
{
    Result<QList<Offer>> gone = unanswered(database, with, from, upto);
    if (!gone)
        return gone;
    QList<Offer> changed;
    for (Offer offer : *gone) {
        if (offer.way != Offer::Way::AtBroker)
            continue;
        offer.state = Offer::State::Failed;
        offer.sentence = messages::expiredSentence();
        if (const Result<void> done = save(database, offer); !done)
            return done.error();
        changed << offer;
    }
    return changed;
}

/// After a crash the table may be behind the outbox.
Result<void> reconcile(Database &database)
{
    const Result<QList<Offer>> known = all(database);
    if (!known)
        return known.error();
    for (Offer offer : *known) {
        if (!offer.mine || offer.state != Offer::State::Open)
            continue;
        const Result<MailProgress> progress = Outbox(database).progress(sequenceTo(offer.peer));
        if (!progress)
            return progress.error();
        const Offer before = offer;
        offer.sentence.clear();
        if (offer.number <= progress->kept)
            offer.way = std::max(offer.way, Offer::Way::AtBroker);
        if (offer.number <= progress->delivered)
            offer.way = Offer::Way::Delivered;
        if (offer == before)
            continue;
        if (const Result<void> done = save(database, offer); !done)
            return done.error();
    }
    return {};
}

// --- what comes

qsizetype readable(const QList<MailItem> &items)
{
    for (qsizetype i = 0; i < items.size(); ++i) {
        const MailItem &item = items[i];
        const bool broken = (item.kind == contracts::fileOfferKind && !decodeStruct<File::Request>(item.body))
            || (item.kind == FileAnswer::kind && !decodeStruct<FileAnswer>(item.body))
            || (item.kind == FileWithdrawn::kind && !decodeStruct<FileWithdrawn>(item.body));
        if (broken)
            return i;
    }
    return items.size();
}

Result<void> turnAway(Database &database, const messages::Arrival &arrival, const QList<MailItem> &items)
{
    for (const MailItem &item : items) {
        const Result<File::Request> offered = decodeStruct<File::Request>(item.body);
        if (item.kind != contracts::fileOfferKind || !offered || offered->id.size() != idBytes)
            continue;
        const FileAnswer said { {}, arrival.source.device, offered->id, QLatin1String(FileAnswer::refused),
            takesNoFiles };
        const Result<bool> told = messages::answer(database, messages::sequenceToStranger(arrival.source.sender),
            FileAnswer::kind, encodeStruct(said), arrival.me.offers.answers);
        if (!told)
            return told.error();
    }
    return {};
}

} // namespace hawser::chat::offers
