#include "chat/brokers.h"
#include "chat/contacts.h"
#include "chat/me.h"
#include "chat/parts.h"
#include "chat/transfers_private.h"
#include "core/text.h"
#include "core/transfer/landing.h"

#include <QTimer>

// What is offered to somebody who is away is kept on disk by both (docs/protocol.md §15.6): what they share.

namespace hawser::chat {

namespace {

constexpr milliseconds firstPause = std::chrono::seconds(1);
constexpr int mostDoublings = 8;
constexpr milliseconds longestPause = std::chrono::minutes(10);

Transfer::Offering offeringOf(const Offer &offer)
{
    using Offering = Transfer::Offering;
    if (offer.state != Offer::State::Open)
        return Offering::Accepted;
    if (!offer.mine || offer.way == Offer::Way::Delivered)
        return Offering::Delivered;
    return offer.way == Offer::Way::AtBroker ? Offering::AtBroker : Offering::Queued;
}

Transfer::State stateOf(const Offer &offer)
{
    switch (offer.state) {
    case Offer::State::Open:
        return Transfer::State::Offered;
    case Offer::State::Accepted:
    case Offer::State::Landing:
        return Transfer::State::Waiting;
    case Offer::State::Done:
        return Transfer::State::Done;
    case Offer::State::Cancelled:
        return Transfer::State::Cancelled;
    case Offer::State::Failed:
        break;
    }
    return Transfer::State::Failed;
}

Offer::State endOf(Transfer::State state)
{
    if (state == Transfer::State::Done)
        return Offer::State::Done;
    return state == Transfer::State::Cancelled ? Offer::State::Cancelled : Offer::State::Failed;
}

/// Nobody goes on with what is in its private folder. What has come whole stays where a person was told that it is.
bool isLeft(const Offer &offer)
{
    const bool isStopped = offer.state == Offer::State::Accepted || offer.state == Offer::State::Cancelled
        || (offer.state == Offer::State::Failed && offer.root.isEmpty());
    return isStopped && !offer.mine && !offer.part.isEmpty();
}

} // namespace

/// Beginning with what an earlier process left.
void Transfers::Private::load()
{
    history.write(
        this, [](Database &database) { return parts::sweep(database); }, [](const Result<void> &) {});
    history.read(
        this, [](Database &database) { return offers::all(database); },
        [this](const Result<QList<Offer>> &kept) {
            isLoaded = true;
            QList<Offer> known = kept ? *kept : QList<Offer> {}; // why not, the history says
            for (const Offer &offer : std::as_const(known)) {
                if (!offer.landedIn.isEmpty())
                    close(offer);
                if (isLeft(offer))
                    sweep(offer); // a process ended in between
                if (find(offer.id) != nullptr || offer.isHidden)
                    continue;
                show(offer);
                if (offer.state == Offer::State::Landing)
                    landLater(*find(offer.id));
            }
            std::ranges::stable_sort(known, {}, &Offer::ended);
            for (const Offer &offer : std::as_const(known))
                if (Moving *moving = find(offer.id); moving != nullptr && offer.isOver())
                    moving->ended = ++endings;
            emit q->loaded();
            beginKept();
        });
}

void Transfers::Private::expire(qint64 wall)
{
    const qint64 before = wall - milliseconds(limits::mailKept).count();
    history.write(
        this, [before](Database &database) { return offers::expire(database, before); },
        [this](const Result<QList<Offer>> &over) {
            if (!over || over->isEmpty())
                return;
            for (const Offer &offer : *over)
                took(offer);
            post.wake();
        });
}

void Transfers::Private::show(const Offer &offer)
{
    const bool isNew = find(offer.id) == nullptr;
    Moving &moving = all[offer.id];
    moving.kept = offer;
    fill(moving);
    if (isNew)
        q->start(offer.id);
    else
        emit q->changed(offer.id);
}

/// Something came, or was acknowledged, and is on disk.
void Transfers::Private::took(const Offer &offer)
{
    const auto direction = offer.mine ? Transfer::Direction::Out : Transfer::Direction::In;
    Moving *known = find(offer.id);
    const bool isTheirs =
        known == nullptr || (known->transfer.peer == offer.peer && known->transfer.direction == direction);
    if (!isTheirs || (known != nullptr && known->transfer.isOver() && (known->kept || offer.mine)))
        return; // an id that somebody else uses, or it ended here meanwhile
    if (known != nullptr && known->isLanding && !known->isStuck)
        return;
    const bool isNews = !offer.mine && offer.state == Offer::State::Open;
    if (offer.isOver() && known != nullptr) { // they said so
        if (known->download)
            known->download->stop();
        if (const std::shared_ptr<IncomingCall> call = std::exchange(known->offer, nullptr)) {
            call->disconnect(this);
            call->fail({ Code::Cancelled, QStringLiteral("withdrawn") });
        }
        stopOut(*known);
        known->download.reset();
        known->upload.reset();
        known->isLanding = known->isStuck = false;
    }
    show(offer);
    if (isNews)
        emit q->offered(offer.id);
    beginKept();
}

/// What a person sees of what is kept, while nothing moves.
void Transfers::Private::fill(Moving &moving)
{
    const Offer &offer = *moving.kept;
    Transfer &transfer = moving.transfer;
    transfer.offering = offeringOf(offer);
    if (moving.call || moving.offer || moving.isLanding)
        return;
    transfer.id = offer.id;
    transfer.peer = offer.peer;
    transfer.direction = offer.mine ? Transfer::Direction::Out : Transfer::Direction::In;
    transfer.state = stateOf(offer);
    const contracts::File::Request request { offer.id, offer.title, offer.folder, offer.files, offer.folders, 0, {} };
    const bool isOne = offers::isOneThing(request);
    transfer.title = offer.mine ? offer.title : isOne ? visible(offer.title) : claimedName(offer.title);
    transfer.note = offer.mine ? offer.note : visible(offer.note);
    transfer.folder = offer.folder;
    transfer.counting = false;
    transfer.files = offer.files;
    transfer.folders = offer.folders;
    transfer.bytes = offer.bytes;
    transfer.done = offer.doneBytes;
    transfer.filesDone = offer.doneFiles;
    transfer.took = milliseconds(qint64(offer.tookMs));
    transfer.saveTo = offer.saveTo.isEmpty() && !offer.mine ? q->saveFolder() : offer.saveTo;
    transfer.failed = offer.failed;
    transfer.receipt = offer.root;
    transfer.paths = offer.paths;
    transfer.sentence = sentenceOf(offer);
    if (transfer.isOver())
        countEnd(moving);
    if (isOne)
        moving.only = offer.title.toUtf8();
}

QString Transfers::Private::sentenceOf(const Offer &offer) const
{
    const QString name = nameOf(offer.peer);
    const Presence there = route.presence(offer.peer);
    const auto orElse = [&](const QString &otherwise) { return offer.sentence.isEmpty() ? otherwise : offer.sentence; };
    switch (offer.state) {
    case Offer::State::Open:
        if (!offer.mine)
            return there.online ? QString()
                                : QStringLiteral("%1 is away: it comes when both of you are there").arg(name);
        if (offer.way == Offer::Way::Delivered)
            return QStringLiteral("%1 has the offer and has not answered yet").arg(name);
        if (!offer.sentence.isEmpty())
            return offer.sentence;
        if (offer.way == Offer::Way::AtBroker)
            return there.online || offer.broker.isEmpty()
                ? QStringLiteral("the offer is on its way to %1").arg(name)
                : QStringLiteral("%1 is away: the offer waits at %2").arg(name, offer.broker);
        if (!there.obstacle.isEmpty())
            return there.obstacle;
        return there.online ? QStringLiteral("the offer is on its way to %1").arg(name)
                            : QStringLiteral("%1 is away: the offer waits here until they come").arg(name);
    case Offer::State::Accepted:
        if (!offer.mine)
            return orElse(QStringLiteral("accepted; it comes when %1 is there").arg(name));
        return orElse(QStringLiteral("%1 has accepted; it goes when both of you are there").arg(name));
    case Offer::State::Landing:
        return orElse(QStringLiteral("it has come and is put in its place"));
    case Offer::State::Done:
        return offer.mine ? QStringLiteral("delivered and verified") : QStringLiteral("received and verified");
    case Offer::State::Cancelled:
        return orElse(
            offer.mine ? QStringLiteral("%1 declined").arg(name) : QStringLiteral("%1 took the offer back").arg(name));
    case Offer::State::Failed:
        break;
    }
    return orElse(QStringLiteral("it did not go"));
}

milliseconds Transfers::Private::nextPause(Moving &moving) const
{
    return firstPause * (1 << std::min(moving.broken++, mostDoublings));
}

/// It has just ended: the same on disk, and they hear it where they cannot know.
void Transfers::Private::keepEnd(Moving &moving)
{
    if (!moving.kept || moving.kept->isOver())
        return;
    const Transfer &transfer = moving.transfer;
    Offer &offer = *moving.kept;
    offer.state = endOf(transfer.state);
    offer.sentence = transfer.sentence;
    offer.saveTo = transfer.saveTo;
    offer.doneBytes = transfer.done;
    offer.doneFiles = transfer.filesDone;
    offer.root = transfer.receipt;
    offer.failed = transfer.failed.mid(0, mostFailedKept);
    offer.tookMs = quint64(transfer.took.count());
    keepEnd({ offer, std::exchange(moving.tell, std::nullopt), moving.isStuck });
}

void Transfers::Private::keepEnd(const End &end)
{
    ends.insert_or_assign(end.offer.id, end);
    writeEnd(end.offer.id);
}

/// As long as it is not on disk nothing is swept: a process after this one would wait for what is gone.
void Transfers::Private::writeEnd(const QByteArray &id)
{
    const auto waiting = ends.find(id);
    if (waiting == ends.end())
        return;
    history.write(
        this,
        [end = waiting->second, mine = post.myself(waiting->second.offer.peer).others](
            Database &database) { return offers::end(database, end.offer, end.tell, mine); },
        [this, id](const Result<Offer> &ended) {
            const auto waiting = ends.find(id);
            if (waiting == ends.end())
                return;
            if (!ended && ended.error().code != Code::NotFound) {
                milliseconds &pause = waiting->second.pause;
                QTimer::singleShot(pause, this, [this, id] { writeEnd(id); });
                pause = std::min<milliseconds>(pause * 2, longestPause);
                return;
            }
            const End end = std::move(ends.extract(waiting).mapped());
            post.wake();
            if (end.sweeps)
                sweep(end.offer);
        });
}

/// How it stands while it goes.
void Transfers::Private::note(const Moving &moving)
{
    history.write(
        this, [offer = *moving.kept](Database &database) { return offers::note(database, offer); },
        [](const Result<Offer> &) {});
}

/// Nothing of what was kept for them is there any more.
void Transfers::Private::removed(const PublicKey &peer)
{
    for (const QByteArray &id : QList<QByteArray>(order)) {
        const Moving *moving = find(id);
        if (moving != nullptr && moving->transfer.peer == peer)
            q->cancel(id); // but what is in its place in a moment, or the table says that it is not wanted
    }
}

} // namespace hawser::chat
