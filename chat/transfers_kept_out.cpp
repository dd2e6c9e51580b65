#include "chat/contacts.h"
#include "chat/me.h"
#include "chat/transfers_private.h"

#include <QFileInfo>
#include <QTimer>

// Offering to somebody who is away: the offer is kept, and when it was accepted and both are there, it goes by itself.

namespace hawser::chat {

using contracts::File;

namespace {

constexpr qsizetype mostPaths = 1000; ///< that one kept offer names

/// Why what was offered is not sent; it is told to both.
QString changedSentence(const QStringList &paths)
{
    for (const QString &path : paths)
        if (const QFileInfo file(path); !file.exists() && !file.isSymLink())
            return QStringLiteral("“%1” is not there any more: nothing was sent").arg(file.fileName());
    return QStringLiteral("it has changed since it was offered: nothing was sent");
}

} // namespace

void Transfers::Private::keepOffer(Moving &moving)
{
    Transfer &transfer = moving.transfer;
    if (transfer.paths.size() > mostPaths)
        return end(moving, Transfer::State::Failed,
            QStringLiteral("%1 is away, and more than %2 things at once cannot wait; offer their folder")
                .arg(nameOf(transfer.peer), QString::number(mostPaths)));
    Offer offer;
    offer.id = transfer.id;
    offer.peer = transfer.peer;
    offer.mine = true;
    offer.since = wallClock();
    offer.title = transfer.title;
    offer.note = transfer.note;
    offer.folder = transfer.folder;
    offer.files = transfer.files;
    offer.folders = transfer.folders;
    offer.bytes = transfer.bytes;
    offer.paths = transfer.paths;
    offer.fingerprint = moving.fingerprint;
    moving.upload.reset();
    transfer.state = Transfer::State::Offered;
    transfer.sentence.clear();
    emit q->changed(offer.id);
    if (const Moving *still = find(offer.id); still == nullptr || still->transfer.isOver())
        return; // who heard it has stopped it
    history.whenKnown(this, [this, offer] {
        if (!history.trouble().isEmpty())
            return keptOffer(offer.id,
                Error { Code::FailedPrecondition,
                    QStringLiteral("%1 is away, and nothing can wait here: %2")
                        .arg(nameOf(offer.peer), history.trouble()) });
        history.write(
            this,
            [offer, me = post.myself(offer.peer)](Database &database) { return offers::send(database, offer, me); },
            [this, id = offer.id](const Result<Offer> &sent) { keptOffer(id, sent); });
    });
}

/// It is on disk, or not; perhaps it was stopped meanwhile, and even taken off the list.
void Transfers::Private::keptOffer(const QByteArray &id, const Result<Offer> &sent)
{
    Moving *moving = find(id);
    if (!sent) {
        if (sent.error().code == Code::ResourceExhausted)
            hits.count("transfers_kept_offers");
        if (moving != nullptr)
            end(*moving, Transfer::State::Failed, sent.error().sentence);
        return;
    }
    if (moving == nullptr) {
        Offer gone = *sent;
        gone.state = Offer::State::Cancelled;
        gone.isHidden = true;
        return keepEnd({ gone, QString() });
    }
    moving->kept = *sent;
    if (moving->transfer.isOver()) {
        moving->tell = QString();
        keepEnd(*moving);
    } else {
        show(*sent);
    }
    post.wake(sent->peer);
    offerNext(sent->peer); // it takes no place while it waits
}

void Transfers::Private::beginKept()
{
    for (const QByteArray &id : QList<QByteArray>(order))
        if (Moving *moving = find(id))
            beginKept(*moving);
}

/// Looks first whether it is still what was offered.
void Transfers::Private::beginKept(Moving &moving)
{
    const bool waits = moving.kept && moving.kept->mine && moving.kept->state == Offer::State::Accepted
        && moving.transfer.state == Transfer::State::Waiting && !moving.upload && now() >= moving.notBefore;
    const PublicKey peer = moving.transfer.peer;
    if (!waits || !route.find(peer, moving.kept->device)
        || going(peer, Transfer::Direction::Out) >= me.limits.transfers.atOnce)
        return;
    moving.early.reset();
    makeUpload(moving);
    moving.upload->count();
}

void Transfers::Private::countedAgain(Moving &moving, const transfer::Counted &counted)
{
    if (!counted.finished || moving.transfer.isOver())
        return;
    if (counted.fingerprint != moving.kept->fingerprint) {
        moving.tell = changedSentence(moving.transfer.paths);
        return end(moving, Transfer::State::Failed, *moving.tell);
    }
    const Result<Path> path = route.find(moving.transfer.peer, moving.kept->device);
    if (!path)
        return moving.upload.reset();
    moving.transfer.done = moving.transfer.filesDone = 0;
    moving.transfer.failed = counted.skipped;
    open(moving, *path);
}

void Transfers::Private::answeredKept(Moving &moving, const Result<File::Reply> &reply)
{
    const Transfer &transfer = moving.transfer;
    if (reply) {
        moving.early = *reply;
        if (moving.sent)
            return compare(moving, *reply);
        return moving.upload->sum(); // it went before this process
    }
    const Error &error = reply.error();
    const QString name = nameOf(transfer.peer);
    const bool isTheirs = error.origin != Origin::Broker;
    if (error.code == Code::Cancelled)
        return end(moving, Transfer::State::Cancelled, QStringLiteral("%1 does not want it any more").arg(name));
    if (error.code == Code::PermissionDenied && isTheirs) {
        moving.tell = QStringLiteral("files were not taken");
        return end(moving, Transfer::State::Failed, takesNoFiles(transfer.peer));
    }
    if ((error.code == Code::NotFound || error.code == Code::InvalidArgument) && isTheirs) {
        moving.tell = error.sentence;
        return end(moving, Transfer::State::Failed, error.sentence);
    }
    brokeOff(moving, error);
}

/// It begins anew, from the beginning, when they are there and a while has passed.
void Transfers::Private::brokeOff(Moving &moving, const Error &why)
{
    Transfer &transfer = moving.transfer;
    Offer &offer = *moving.kept;
    stopOut(moving);
    moving.upload.reset();
    moving.sent.reset();
    moving.early.reset();
    const bool hasBegun = transfer.state == Transfer::State::Going || transfer.state == Transfer::State::Paused;
    offer.tries += hasBegun;
    if (qint64(offer.tries) >= me.limits.transfers.kept.tries) {
        hits.count("transfers_tries");
        moving.tell = QStringLiteral("it broke off %1 times: %2").arg(QString::number(offer.tries), why.sentence);
        return end(moving, Transfer::State::Failed, *moving.tell);
    }
    const milliseconds pause = nextPause(moving);
    moving.notBefore = now() + pause;
    QTimer::singleShot(pause, this, [this, id = transfer.id] { // which may come a little early
        if (Moving *moving = find(id)) {
            moving->notBefore = {};
            beginKept(*moving);
        }
    });
    offer.sentence =
        hasBegun ? QStringLiteral("it broke off and begins again by itself: %1").arg(why.sentence) : QString();
    transfer.done = transfer.filesDone = transfer.speed = 0;
    transfer.timeLeft.reset();
    transfer.current.clear();
    note(moving);
    fill(moving);
    const bool isTheirs =
        why.origin == Origin::Peer && why.code == Code::Unavailable; // it waits for something of theirs
    if (!hasBegun && (isTheirs || why.code == Code::ResourceExhausted))
        transfer.sentence = why.sentence.left(offers::mostWhy);
    emit q->changed(transfer.id);
    offerNext(transfer.peer);
}

} // namespace hawser::chat
