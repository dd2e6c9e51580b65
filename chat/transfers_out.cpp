#include "chat/call_on.h"
#include "chat/contacts.h"
#include "chat/me.h"
#include "chat/transfers_private.h"

#include <QDir>
#include <QFileInfo>

// Sending: count, offer, wait for the answer, send, compare the receipt.

namespace hawser::chat {

using contracts::File;

namespace {

QString titleOf(const QStringList &paths)
{
    if (paths.size() == 1)
        return QFileInfo(paths.first()).fileName();
    for (const QString &path : paths)
        if (QFileInfo(path).isDir())
            return QStringLiteral("%1 items").arg(paths.size());
    return QStringLiteral("%1 files").arg(paths.size());
}

} // namespace

Result<QByteArray> Transfers::send(const PublicKey &key, const QStringList &paths, const QString &note, bool durably)
{
    QStringList clean;
    for (const QString &path : paths) {
        const QFileInfo file(path);
        if (!file.isAbsolute())
            return Error { Code::InvalidArgument, QStringLiteral("“%1” is no absolute path").arg(path) };
        if (!file.exists() && !file.isSymLink())
            return Error { Code::NotFound, QStringLiteral("“%1” is not there").arg(path) };
        clean.append(QDir::cleanPath(path));
    }
    if (clean.isEmpty())
        return Error { Code::InvalidArgument, QStringLiteral("there is nothing to send") };
    if (!d->contacts.find(key))
        return Error { Code::NotFound, QStringLiteral("this contact is not known any more") };

    const QByteArray id = randomBytes(offers::idBytes);
    Moving &moving = d->all[id];
    Transfer &transfer = moving.transfer;
    transfer.id = id;
    transfer.peer = key;
    transfer.title = titleOf(clean);
    transfer.note = note;
    transfer.folder = clean.size() == 1 && QFileInfo(clean.first()).isDir();
    transfer.counting = true;
    transfer.paths = clean;
    moving.isDurable = durably;
    d->makeUpload(moving);
    start(id);
    moving.upload->count();
    return id;
}

void Transfers::Private::makeUpload(Moving &moving)
{
    const QByteArray id = moving.transfer.id;
    moving.sent.reset();
    moving.upload.reset(new transfer::Upload(moving.transfer.paths));
    transfer::Upload *upload = moving.upload.get();
    connect(upload, &transfer::Upload::counted, this,
        [this, id](const transfer::Counted &counted) { this->counted(id, counted); });
    connect(upload, &transfer::Upload::progress, this, [this, id](quint64, quint64, const QString &current) {
        if (Moving *going = find(id))
            going->transfer.current = current;
    });
    connect(upload, &transfer::Upload::sent, this, [this, id](const transfer::Total &total, const QStringList &failed) {
        Moving *going = find(id);
        if (going == nullptr)
            return;
        going->sent = total;
        if (going->early)
            return compare(*going, *going->early);
        going->transfer.failed += failed;
    });
    connect(upload, &transfer::Upload::failed, this, [this, id](const Error &why) {
        Moving *going = find(id);
        if (going == nullptr)
            return;
        stopOut(*going);
        going->tell = why.sentence;
        end(*going, Transfer::State::Failed, why.sentence);
    });
}

void Transfers::Private::counted(const QByteArray &id, const transfer::Counted &counted)
{
    Moving *moving = find(id);
    if (moving == nullptr || moving->transfer.isOver())
        return;
    if (moving->kept)
        return countedAgain(*moving, counted);
    Transfer &transfer = moving->transfer;
    moving->fingerprint = counted.fingerprint;
    transfer.files = counted.files;
    transfer.folders = counted.folders;
    transfer.bytes = counted.bytes;
    transfer.failed = counted.skipped;
    transfer.counting = !counted.finished;
    emit q->changed(id);
    if (!counted.finished || transfer.state != Transfer::State::Counting)
        return;
    if (counted.files + counted.folders == 0)
        return end(*moving, Transfer::State::Failed,
            QStringLiteral("nothing of it can be sent: %1").arg(counted.skipped.join(QStringLiteral("; "))));
    if (counted.files == 1 && counted.folders == 0)
        transfer.title = counted.first; // the rest was left out: one thing has its own name
    transfer.state = Transfer::State::Waiting;
    offerNext(transfer.peer);
}

/// Of one's own transfers to a peer, TransferLimits::atOnce are under way; the rest waits in order.
void Transfers::Private::offerNext(const PublicKey &peer)
{
    for (const QByteArray &id : QList<QByteArray>(order)) {
        if (going(peer, Transfer::Direction::Out) >= me.limits.transfers.atOnce)
            return;
        Moving *moving = find(id);
        if (moving != nullptr && moving->transfer.peer == peer && moving->transfer.state == Transfer::State::Waiting
            && !moving->kept && moving->transfer.direction == Transfer::Direction::Out)
            offer(*moving);
    }
}

void Transfers::Private::offer(Moving &moving)
{
    Transfer &transfer = moving.transfer;
    const Result<Path> path = route.find(transfer.peer);
    if (!path || moving.isDurable)
        return keepOffer(moving);
    transfer.state = Transfer::State::Offered;
    open(moving, *path);
    emit q->changed(transfer.id);
}

void Transfers::Private::open(Moving &moving, const Path &path)
{
    const Transfer &transfer = moving.transfer;
    const QByteArray id = transfer.id;
    File::Request request;
    request.id = id;
    request.title = transfer.title;
    request.folder = transfer.folder;
    request.files = transfer.files;
    request.folders = transfer.folders;
    request.bytes = transfer.bytes;
    request.note = transfer.note;
    request.accepted = moving.kept.has_value();
    CallOptions options;
    options.keepOpen = true;
    options.background = true;
    moving.call = callOn<File>(
        path, request, this, [this, id](const Result<File::Reply> &reply) { answered(id, reply); }, options);
    connect(moving.call, &Channel::received, this, [this, id](const ChannelMessage &message) {
        if (const auto in = message.as<File::In>(); in)
            heard(id, *in);
    });
}

void Transfers::Private::heard(const QByteArray &id, const File::In &in)
{
    Moving *moving = find(id);
    if (moving == nullptr || moving->transfer.isOver() || moving->call.isNull())
        return;
    Transfer &transfer = moving->transfer;
    if (in.state == QLatin1String("accepted")) {
        if (transfer.state != Transfer::State::Offered && !(moving->kept && transfer.state == Transfer::State::Waiting))
            return;
        transfer.state = Transfer::State::Going;
        transfer.sentence.clear();
        moving->began = moving->lastMoved = now();
        moving->upload->start(moving->call->stream());
        emit q->changed(id);
        return;
    }
    if (transfer.state == Transfer::State::Offered || transfer.state == Transfer::State::Waiting) {
        if (in.state != QLatin1String("waiting"))
            return; // nothing was accepted yet
        transfer.sentence = in.why.left(offers::mostWhy);
        emit q->changed(id);
        return;
    }
    const bool paused = in.state == QLatin1String("paused");
    transfer.state = paused ? Transfer::State::Paused : Transfer::State::Going;
    transfer.sentence = paused ? in.why.left(offers::mostWhy) : QString();
    moved(*moving, std::min(in.bytes, transfer.bytes), std::min(in.files, transfer.files));
}

void Transfers::Private::answered(const QByteArray &id, const Result<File::Reply> &reply)
{
    Moving *moving = find(id);
    if (moving == nullptr)
        return;
    moving->call.clear();
    if (moving->kept)
        return answeredKept(*moving, reply);
    Transfer &transfer = moving->transfer;
    if (reply)
        return compare(*moving, *reply);
    const Error &error = reply.error();
    const QString name = nameOf(transfer.peer);
    const bool went = error.code == Code::Unavailable || error.code == Code::Internal;
    if (went && transfer.state == Transfer::State::Offered)
        return keepOffer(*moving); // before they answered
    if (error.code == Code::Cancelled)
        return end(*moving, Transfer::State::Cancelled,
            transfer.state == Transfer::State::Offered
                ? QStringLiteral("%1 declined").arg(name)
                : QStringLiteral("%1 stopped the transfer and kept nothing of it").arg(name));
    if (error.code == Code::PermissionDenied)
        return end(*moving, Transfer::State::Failed, takesNoFiles(transfer.peer));
    end(*moving, Transfer::State::Failed, error.sentence);
}

/// A receipt is believed when it is for what is here.
void Transfers::Private::compare(Moving &moving, const File::Reply &receipt)
{
    const bool same = moving.sent && moving.sent->root == receipt.root && moving.sent->files == receipt.files;
    if (!same)
        return end(moving, Transfer::State::Failed,
            QStringLiteral("the receipt does not match what was sent: do not rely on the copy"));
    Transfer &transfer = moving.transfer;
    transfer.receipt = receipt.root;
    transfer.done = receipt.bytes;
    transfer.filesDone = receipt.files;
    for (const QString &line : receipt.failed)
        if (!transfer.failed.contains(line))
            transfer.failed.append(line);
    transfer.took = std::chrono::duration_cast<milliseconds>(now() - moving.began);
    end(moving, Transfer::State::Done, QStringLiteral("delivered and verified"));
}

QString Transfers::Private::takesNoFiles(const PublicKey &peer) const
{
    return QStringLiteral("%1 does not take files from you now").arg(nameOf(peer));
}

void Transfers::Private::stopOut(Moving &moving)
{
    if (moving.upload)
        moving.upload->stop();
    if (moving.call.isNull())
        return;
    moving.call->disconnect(this);
    moving.call->cancel();
    moving.call.clear();
}

} // namespace hawser::chat
