#include "chat/contacts.h"
#include "chat/me.h"
#include "chat/transfers_private.h"
#include "core/text.h"
#include "core/transfer/landing.h"

#include <QTimer>

// What somebody offered while one of us was away: the yes is kept and used once.

namespace hawser::chat {

using contracts::File;

namespace {

const QString waitsForPlace = QStringLiteral("all of it has come there, and waits for its place"); ///< for who sends
constexpr qint64 moreBeginnings = 10; ///< times what who offers counts

bool isWithin(const File::Request &request, const Offer &accepted)
{
    return request.title == accepted.title && request.folder == accepted.folder && request.files <= accepted.files
        && request.folders <= accepted.folders && request.bytes <= accepted.bytes;
}

} // namespace

Result<void> Transfers::Private::acceptKept(Moving &moving, const QString &folder)
{
    const Result<QString> place = placeFor(moving, folder);
    if (!place)
        return place.error();
    Offer offer = *moving.kept;
    offer.saveTo = *place;
    offer.since = wallClock();
    moving.kept->state = Offer::State::Accepted;
    moving.kept->saveTo = *place;
    fill(moving);
    emit q->changed(offer.id);
    history.write(
        this,
        [offer, mine = post.myself(offer.peer).others](
            Database &database) { return offers::accept(database, offer, mine); },
        [this, id = offer.id](const Result<Offer> &accepted) {
            Moving *moving = find(id);
            if (moving == nullptr || !moving->kept || moving->transfer.isOver())
                return;
            if (accepted)
                moving->kept = *accepted;
            else
                moving->kept->state = Offer::State::Open;
            fill(*moving);
            if (!accepted)
                moving->transfer.sentence = accepted.error().sentence;
            emit q->changed(id);
            post.wake(moving->transfer.peer);
        });
    return {};
}

/// They begin to send what was accepted.
void Transfers::Private::takeUp(const File::Request &request, const std::shared_ptr<IncomingCall> &call)
{
    if (!isLoaded || !history.trouble().isEmpty())
        return call->fail({ Code::Unavailable, QStringLiteral("what was accepted there is not known yet"), Begun::No });
    history.read(
        this,
        [peer = call->caller().user, id = request.id](
            Database &database) { return offers::find(database, peer, false, id); },
        [this, request, call](const Result<Offer> &kept) {
            if (call->isFinished())
                return;
            if (kept)
                return takeUp(*kept, request, call);
            call->fail({ kept.error().code, QStringLiteral("nothing of that kind was accepted there"), Begun::No });
        });
}

void Transfers::Private::takeUp(
    const Offer &kept, const File::Request &request, const std::shared_ptr<IncomingCall> &call)
{
    Moving *moving = find(kept.id);
    const bool isThere = moving != nullptr && moving->kept && moving->kept->peer == kept.peer && !moving->kept->mine;
    if (kept.state == Offer::State::Done)
        return call->finish(toValue(File::Reply { kept.root, kept.doneFiles, kept.doneBytes, kept.failed }));
    if (kept.isOver())
        return call->fail({ Code::Cancelled, QStringLiteral("it is not wanted any more") });
    if (kept.state == Offer::State::Open || !isThere)
        return call->fail({ Code::NotFound, QStringLiteral("nothing of that kind was accepted there"), Begun::No });
    if (moving->isStuck)
        return call->fail({ Code::Unavailable, waitsForPlace, Begun::No });
    if (kept.state == Offer::State::Landing || moving->isLanding || moving->transfer.isOver())
        return call->fail({ Code::Unavailable, QStringLiteral("it is just put in its place there"), Begun::No });
    if (!isWithin(request, kept))
        return call->fail({ Code::InvalidArgument, QStringLiteral("this is not what was accepted"), Begun::No });
    if (moving->offer) { // whose program has ended, and does not know it yet
        moving->download->stop();
        const std::shared_ptr<IncomingCall> before = std::exchange(moving->offer, nullptr);
        before->disconnect(this);
        before->fail({ Code::Aborted, QStringLiteral("it began anew") });
    }
    if (qint64(kept.tries) >= me.limits.transfers.kept.tries * moreBeginnings) {
        call->fail({ Code::Cancelled, QStringLiteral("it began too often") });
        moving->tell = QStringLiteral("it began too often");
        return end(*moving, Transfer::State::Failed, *moving->tell);
    }
    moving->kept = kept;
    const Result<QString> place = placeFor(*moving, kept.saveTo);
    if (!place) {
        moving->transfer.sentence = place.error().sentence;
        emit q->changed(kept.id);
        return call->fail({ Code::ResourceExhausted, place.error().sentence, Begun::No });
    }
    ++moving->kept->tries;
    moving->kept->sentence.clear();
    note(*moving);
    moving->offer = call;
    moving->transfer.sentence.clear();
    moving->transfer.done = moving->transfer.filesDone = 0;
    moving->transfer.failed.clear();
    connect(call.get(), &IncomingCall::stopped, this, [this, id = kept.id](const Error &why) { callerWent(id, why); });
    receive(*moving);
}

/// All of it is here and verified. From the commit of that on it comes to its end, whatever ends before.
void Transfers::Private::land(Moving &moving, const transfer::Receipt &receipt)
{
    moving.isLanding = true;
    Offer &offer = *moving.kept;
    offer.state = Offer::State::Landing;
    offer.root = receipt.total.root;
    offer.doneFiles = receipt.total.files;
    offer.doneBytes = receipt.total.bytes;
    offer.failed = receipt.failed.mid(0, mostFailedKept);
    history.write(
        this, [offer](Database &database) { return offers::note(database, offer); },
        [this, id = offer.id](const Result<Offer> &noted) {
            Moving *moving = find(id);
            if (moving == nullptr || !moving->download)
                return;
            if (noted && noted->state == Offer::State::Landing)
                return moving->download->settle();
            moving->isLanding = false;
            if (!noted && noted.error().code != Code::NotFound) { // nobody's no: it is tried again
                moving->kept->state = Offer::State::Accepted;
                return brokeOffIn(*moving, noted.error());
            }
            const QString why = noted ? QStringLiteral("it was withdrawn") : noted.error().sentence;
            refuse(*moving, { Code::Cancelled, why }, Transfer::State::Failed, why);
        });
}

/// It stands under its names. They hear it when that is on disk.
void Transfers::Private::landed(Moving &moving, const transfer::Receipt &receipt)
{
    const File::Reply reply = received(moving, receipt);
    const Transfer &transfer = moving.transfer;
    Offer &offer = *moving.kept;
    offer.state = Offer::State::Done;
    offer.landedIn = std::exchange(offer.saveTo, transfer.saveTo);
    offer.tookMs = quint64(transfer.took.count());
    history.write(
        this, [offer](Database &database) { return offers::note(database, offer); },
        [this, id = offer.id, reply](const Result<Offer> &noted) { // if it failed, Landing is on disk and says the same
            Moving *moving = find(id);
            if (moving != nullptr && (noted || noted.error().code == Code::NotFound))
                close(*moving->kept);
            if (moving == nullptr)
                return;
            if (const std::shared_ptr<IncomingCall> call = std::exchange(moving->offer, nullptr)) {
                call->disconnect(this);
                call->finish(toValue(reply));
            }
            moving->isLanding = false;
            end(*moving, Transfer::State::Done, QStringLiteral("received and verified"));
        });
}

/// A process before this one ended in the midst of it, or it got no place then.
void Transfers::Private::landLater(Moving &moving)
{
    moving.isLanding = true;
    moving.isStuck = false;
    history.write(
        this,
        [offer = *moving.kept, isOne = !moving.only.isEmpty()](Database &database) -> Result<Offer> {
            Result<Offer> known = offers::find(database, offer.peer, false, offer.id);
            if (!known || known->isOver())
                return known;
            const Result<QStringList> names = transfer::Landing::settleLater(offer.saveTo, offer.part);
            if (!names)
                return names.error();
            known->state = Offer::State::Done;
            known->landedIn = offer.saveTo;
            if (isOne && names->size() == 1) // of several, others may have got their names before
                known->saveTo += QLatin1Char('/') + names->first();
            return offers::note(database, *known);
        },
        [this, id = moving.transfer.id](const Result<Offer> &done) {
            if (Moving *moving = find(id))
                tookPlace(*moving, done);
        });
}

void Transfers::Private::tookPlace(Moving &moving, const Result<Offer> &done)
{
    if (!done && done.error().code != Code::NotFound)
        return stuck(moving, done.error());
    moving.isLanding = false;
    if (!done)
        return end(moving, Transfer::State::Cancelled, QStringLiteral("stopped by me")); // they are no contact any more
    moving.kept = *done;
    fill(moving);
    emit q->changed(QByteArray(done->id));
    if (!done->landedIn.isEmpty())
        close(*done);
}

/// It is safe in the private folder, and gets its place when that is there again.
void Transfers::Private::stuck(Moving &moving, const Error &why)
{
    moving.isLanding = moving.isStuck = true;
    moving.transfer.state = Transfer::State::Waiting;
    moving.transfer.speed = 0;
    moving.transfer.timeLeft.reset();
    moving.transfer.current.clear();
    moving.transfer.sentence = QStringLiteral("all of it has come and waits for its place: %1").arg(why.sentence);
    const QByteArray id = moving.transfer.id;
    QTimer::singleShot(nextPause(moving), this, [this, id] {
        if (Moving *moving = find(id); moving != nullptr && moving->isStuck)
            landLater(*moving);
    });
    emit q->changed(id);
}

/// The disk went, or what else there may be, while it got its names.
void Transfers::Private::keptBack(Moving &moving, const Error &why)
{
    moving.download.reset();
    if (const std::shared_ptr<IncomingCall> call = std::exchange(moving.offer, nullptr)) {
        call->disconnect(this);
        call->fail({ Code::Unavailable, waitsForPlace });
    }
    stuck(moving, why);
}

/// Nothing stays of what has no place.
void Transfers::Private::sweep(const Offer &offer)
{
    history.write(
        this,
        [offer](Database &) -> Result<void> {
            transfer::Landing::sweep(offer.saveTo, offer.part);
            return {};
        },
        [](const Result<void> &) {});
}

/// That it has its place is on disk.
void Transfers::Private::close(const Offer &done)
{
    history.write(
        this,
        [done](Database &database) {
            transfer::Landing::close(done.landedIn, done.part);
            return offers::tidied(database, done);
        },
        [](const Result<void> &) {});
}

/// They went, or the stream did: it comes again from the beginning.
void Transfers::Private::brokeOffIn(Moving &moving, const Error &why)
{
    if (moving.download && !moving.isLanding) {
        moving.download->stop();
        moving.download.reset();
    }
    if (const std::shared_ptr<IncomingCall> call = std::exchange(moving.offer, nullptr)) {
        call->disconnect(this);
        call->fail({ why.code == Code::Cancelled ? Code::Aborted : why.code, why.sentence });
    }
    if (moving.isLanding)
        return;
    moving.kept->part.clear();
    moving.kept->root.clear();
    moving.kept->sentence =
        QStringLiteral("it broke off; it begins again when %1 is there").arg(nameOf(moving.kept->peer));
    note(moving);
    moving.transfer.speed = 0;
    moving.transfer.timeLeft.reset();
    moving.transfer.current.clear();
    fill(moving);
    emit q->changed(moving.transfer.id);
}

} // namespace hawser::chat
