#include "chat/contacts.h"
#include "chat/me.h"
#include "chat/parts.h"
#include "chat/transfers_private.h"
#include "core/disk_space.h"
#include "core/text.h"

#include <QDir>
#include <QFileInfo>

// Receiving: nothing is written before Accept, nothing stands under its name before it is verified.

namespace hawser::chat {

using contracts::File;

namespace {

constexpr milliseconds tellEvery { 250 };
constexpr qsizetype mostFailedTold = 1000; ///< lines that the sender is told

} // namespace

void Transfers::Private::offered(const File::Request &request, const std::shared_ptr<IncomingCall> &call)
{
    const PublicKey peer = call->caller().user;
    if (const Result<void> checked = offers::check(request); !checked)
        return call->fail(checked.error());
    if (request.accepted)
        return takeUp(request, call);
    if (find(request.id) != nullptr)
        return call->fail({ Code::InvalidArgument, QStringLiteral("a transfer has a fresh id of 16 bytes") });
    if (going(peer, Transfer::Direction::In) >= me.limits.transfers.offers) {
        hits.count("transfers_offers");
        return call->fail({ Code::ResourceExhausted, QStringLiteral("too many offers wait already") });
    }

    const QByteArray id = request.id;
    Moving &moving = all[id];
    Transfer &transfer = moving.transfer;
    transfer.id = id;
    transfer.peer = peer;
    transfer.direction = Transfer::Direction::In;
    transfer.state = Transfer::State::Offered;
    transfer.title =
        offers::isOneThing(request) ? visible(request.title) : claimedName(request.title); // the suffix is seen
    transfer.note = visible(request.note).left(offers::mostWhy);
    transfer.folder = request.folder;
    transfer.files = request.files;
    transfer.folders = request.folders;
    transfer.bytes = request.bytes;
    transfer.saveTo = q->saveFolder();
    if (offers::isOneThing(request))
        moving.only = request.title.toUtf8();
    moving.offer = call;
    connect(call.get(), &IncomingCall::stopped, this, [this, id](const Error &why) { callerWent(id, why); });
    q->start(id);
    emit q->offered(id);
}

/// The folder as it is kept; it is made if need be.
Result<QString> Transfers::Private::placeFor(Moving &moving, const QString &folder)
{
    if (!QDir().mkpath(folder))
        return Error { Code::FailedPrecondition, QStringLiteral("%1 cannot be made").arg(visible(folder)) };
    const QFileInfo there(folder);
    if (!there.isDir() || !there.isWritable())
        return Error { Code::FailedPrecondition, QStringLiteral("nothing can be written to %1").arg(visible(folder)) };
    const Result<DiskSpace> disk = diskSpaceAt(folder);
    const qint64 room = disk ? qint64(disk->free) - limits::diskReserve : 0;
    if (room < 0 || quint64(room) < moving.transfer.bytes) {
        say(moving, "waiting",
            QStringLiteral("there is not enough room on the disk: %1 bytes are needed, %2 free")
                .arg(QString::number(moving.transfer.bytes), QString::number(std::max<qint64>(0, room))));
        return Error { Code::FailedPrecondition,
            QStringLiteral("needs %1 bytes, %2 are free at %3")
                .arg(QString::number(moving.transfer.bytes), QString::number(std::max<qint64>(0, room)),
                    visible(folder)) };
    }
    return there.absoluteFilePath();
}

Result<void> Transfers::Private::accept(Moving &moving, const QString &folder)
{
    const Result<QString> place = placeFor(moving, folder);
    if (!place)
        return place.error();
    moving.transfer.saveTo = *place;
    receive(moving);
    return {};
}

void Transfers::Private::receive(Moving &moving)
{
    const QByteArray id = moving.transfer.id;
    moving.transfer.state = Transfer::State::Waiting;
    moving.download.reset(new transfer::Download);
    transfer::Download *download = moving.download.get();
    const auto whenThere = [this, id, download](auto slot) {
        return [this, id, download, slot](const auto &...said) {
            if (Moving *moving = find(id); moving != nullptr && moving->download.get() == download)
                (this->*slot)(*moving, said...);
        };
    };
    connect(download, &transfer::Download::opened, this, whenThere(&Private::opened));
    connect(download, &transfer::Download::progress, this, whenThere(&Private::came));
    connect(download, &transfer::Download::paused, this, whenThere(&Private::paused));
    connect(download, &transfer::Download::resumed, this, whenThere(&Private::resumed));
    connect(download, &transfer::Download::whole, this, whenThere(&Private::land));
    connect(download, &transfer::Download::finished, this, whenThere(&Private::finished));
    connect(download, &transfer::Download::failed, this, whenThere(&Private::failed));
    download->setAsksBefore(moving.kept.has_value());
    download->setOnly(moving.only);
    download->setOffered({ moving.transfer.files, moving.transfer.folders, moving.transfer.bytes, {} });
    download->start(moving.offer->stream(), moving.transfer.saveTo);
    emit q->changed(id);
}

/// Nothing comes into the private folder before it is on disk where it is: a process after this one takes it away.
void Transfers::Private::opened(Moving &moving, const QByteArray &part)
{
    const auto noted = [this, id = moving.transfer.id, part](const auto &noted) {
        Moving *moving = find(id);
        const bool isThere =
            moving != nullptr && moving->download && part == (moving->kept ? moving->kept->part : moving->part);
        if (!isThere)
            return; // it ended meanwhile
        if (!noted)
            return failed(*moving, noted.error());
        moving->transfer.state = Transfer::State::Going;
        moving->began = moving->lastMoved = now();
        say(*moving, "accepted");
        emit q->changed(id);
    };
    if (moving.kept) {
        moving.kept->part = part;
        return history.write(
            this, [offer = *moving.kept](Database &database) { return offers::note(database, offer); }, noted);
    }
    moving.part = part;
    history.write(
        this,
        [folder = moving.transfer.saveTo, part](Database &database) { return parts::note(database, folder, part); },
        noted);
}

void Transfers::Private::came(Moving &moving, quint64 bytes, quint64 files, const QString &current)
{
    moving.transfer.current = visible(current);
    moved(moving, bytes, files);
    if (now() - moving.lastTold >= tellEvery)
        say(moving, "going");
}

void Transfers::Private::paused(Moving &moving, const QString &why)
{
    moving.transfer.state = Transfer::State::Paused;
    moving.transfer.sentence = why;
    say(moving, "paused", why);
    emit q->changed(QByteArray(moving.transfer.id));
}

void Transfers::Private::resumed(Moving &moving)
{
    moving.transfer.state = Transfer::State::Going;
    moving.transfer.sentence.clear();
    moving.lastMoved = now();
    say(moving, "going");
    emit q->changed(QByteArray(moving.transfer.id));
}

void Transfers::Private::failed(Moving &moving, const Error &why)
{
    if (moving.kept && moving.isLanding)
        return keptBack(moving, why);
    if (moving.kept && why.code != Code::InvalidArgument)
        return brokeOffIn(moving, why);
    refuse(moving, why, Transfer::State::Failed, why.sentence);
}

/// The private folder goes, and then nobody needs to know of it.
void Transfers::Private::leavePart(Moving &moving)
{
    if (moving.part.isEmpty())
        return;
    if (moving.download)
        moving.download->stop();
    history.write(
        this, [part = std::exchange(moving.part, {})](Database &database) { return parts::forget(database, part); },
        [](const Result<void> &) {});
}

void Transfers::Private::say(Moving &moving, const char *state, const QString &why)
{
    moving.lastTold = now();
    if (moving.offer)
        moving.offer->send(File::In { QLatin1String(state), why, moving.transfer.done, moving.transfer.filesDone });
}

/// What a person sees of it, and what the sender is told.
File::Reply Transfers::Private::received(Moving &moving, const transfer::Receipt &receipt)
{
    Transfer &transfer = moving.transfer;
    transfer.receipt = receipt.total.root;
    transfer.done = receipt.total.bytes;
    transfer.filesDone = receipt.total.files;
    for (const QString &line : receipt.failed)
        transfer.failed.append(visible(line));
    if (receipt.names.size() == 1)
        transfer.saveTo += QLatin1Char('/') + receipt.names.first();
    transfer.took = std::chrono::duration_cast<milliseconds>(now() - moving.began);
    return { receipt.total.root, receipt.total.files, receipt.total.bytes, receipt.failed.mid(0, mostFailedTold) };
}

void Transfers::Private::finished(Moving &moving, const transfer::Receipt &receipt)
{
    if (moving.kept)
        return landed(moving, receipt);
    if (!moving.offer)
        return;
    const std::shared_ptr<IncomingCall> call = moving.offer;
    call->finish(toValue(received(moving, receipt)));
    end(moving, Transfer::State::Done, QStringLiteral("received and verified"));
}

void Transfers::Private::callerWent(const QByteArray &id, const Error &why)
{
    Moving *moving = find(id);
    if (moving == nullptr || moving->transfer.isOver())
        return;
    if (moving->kept)
        return brokeOffIn(*moving, why);
    const bool wished = why.code == Code::Cancelled;
    end(*moving, wished ? Transfer::State::Cancelled : Transfer::State::Failed,
        wished ? QStringLiteral("%1 stopped the transfer; nothing of it was kept").arg(nameOf(moving->transfer.peer))
               : why.sentence);
}

void Transfers::Private::refuse(Moving &moving, const Error &error, Transfer::State state, const QString &sentence)
{
    if (moving.download)
        moving.download->stop();
    const std::shared_ptr<IncomingCall> call = moving.offer;
    if (call) {
        call->disconnect(this);
        call->fail(error);
    }
    moving.tell = error.code == Code::Cancelled ? QString() : error.sentence;
    end(moving, state, sentence);
}

void Transfers::Private::revoked(const PublicKey &peer)
{
    for (const QByteArray &id : QList<QByteArray>(order)) {
        Moving *moving = find(id);
        if (moving == nullptr || moving->transfer.isOver() || moving->transfer.peer != peer
            || moving->transfer.direction != Transfer::Direction::In || moving->isLanding)
            continue;
        refuse(*moving, { Code::PermissionDenied, QStringLiteral("files are not taken from you any more") },
            Transfer::State::Cancelled, QStringLiteral("the right was taken away"));
    }
}

} // namespace hawser::chat
