#include "chat/control.h"
#include "chat/person.h"
#include "core/ticker.h"

namespace hawser::chat {

namespace {

QString nameOf(Transfer::State state)
{
    switch (state) {
    case Transfer::State::Counting:
        return QStringLiteral("counting");
    case Transfer::State::Offered:
        return QStringLiteral("offered");
    case Transfer::State::Waiting:
        return QStringLiteral("waiting");
    case Transfer::State::Going:
        return QStringLiteral("going");
    case Transfer::State::Paused:
        return QStringLiteral("paused");
    case Transfer::State::Done:
        return QStringLiteral("done");
    case Transfer::State::Cancelled:
        return QStringLiteral("cancelled");
    case Transfer::State::Failed:
        return QStringLiteral("failed");
    }
    return {};
}

QString nameOf(Transfer::Offering offering)
{
    switch (offering) {
    case Transfer::Offering::Live:
        return {};
    case Transfer::Offering::Queued:
        return QStringLiteral("queued");
    case Transfer::Offering::AtBroker:
        return QStringLiteral("at-broker");
    case Transfer::Offering::Delivered:
        return QStringLiteral("delivered");
    case Transfer::Offering::Accepted:
        return QStringLiteral("accepted");
    }
    return {};
}

QString nameOf(Person &person, const PublicKey &key)
{
    const std::optional<Contact> contact = person.contacts().find(key);
    return contact ? contact->shownName() : key.words();
}

contracts::TransferItem itemOf(Person &person, const Transfer &transfer)
{
    contracts::TransferItem item;
    item.id = transfer.id;
    item.peer = transfer.peer;
    item.name = nameOf(person, transfer.peer);
    item.incoming = transfer.direction == Transfer::Direction::In;
    item.state = nameOf(transfer.state);
    item.offer = nameOf(transfer.offering);
    item.title = transfer.title;
    item.note = transfer.note;
    item.folder = transfer.folder;
    item.counting = transfer.counting;
    item.files = transfer.files;
    item.folders = transfer.folders;
    item.bytes = transfer.bytes;
    item.done = transfer.done;
    item.filesDone = transfer.filesDone;
    item.current = transfer.current;
    item.speed = transfer.speed;
    if (transfer.timeLeft)
        item.timeLeftMs = transfer.timeLeft->count();
    item.sentence = transfer.sentence;
    item.saveTo = transfer.saveTo;
    item.failed = transfer.failed.mid(0, 500);
    item.receipt = transfer.receipt;
    return item;
}

} // namespace

void Control::serveTransfers()
{
    m_commands.serveChannel<contracts::SendFiles>(
        [this](const contracts::SendFiles::Request &request, const std::shared_ptr<IncomingCall> &call) {
            const Result<Contact> contact = m_person.contacts().resolve(request.who);
            if (!contact)
                return call->fail(contact.error());
            Transfers &transfers = m_person.transfers();
            const Result<QByteArray> id = transfers.send(contact->key, request.paths, request.note, request.keep);
            if (!id)
                return call->fail(id.error());
            IncomingCall *to = keep(call);
            auto *ticker = new Ticker(to);
            const auto look = [this, to, ticker, id = *id](const QByteArray &which) {
                const std::optional<Transfer> transfer = m_person.transfers().find(id);
                if (which != id || !transfer)
                    return;
                const contracts::TransferItem item = itemOf(m_person, *transfer);
                ticker->tell({}, item);
                if (transfer->isOver())
                    finish(to, toValue(item));
            };
            connect(&transfers, &Transfers::changed, to, look);
            look(*id);
        });
    m_commands.serveChannel<contracts::WatchTransfers>(
        [this](const contracts::WatchTransfers::Request &request, const std::shared_ptr<IncomingCall> &call) {
            Transfers &transfers = m_person.transfers();
            if (!request.follow)
                return transfers.whenLoaded(call.get(), [this, call] {
                    for (const Transfer &transfer : m_person.transfers().all())
                        call->send(itemOf(m_person, transfer));
                    call->finish(Value(Value::Map {}));
                });
            auto *to = new Ticker(keep(call));
            const auto tell = [this, to](const QByteArray &id) {
                if (const auto transfer = m_person.transfers().find(id); transfer)
                    to->tell(QString::fromLatin1(id.toHex()), itemOf(m_person, *transfer));
            };
            for (const Transfer &transfer : transfers.all())
                tell(transfer.id);
            connect(&transfers, &Transfers::added, to, tell);
            connect(&transfers, &Transfers::changed, to, tell);
            connect(&transfers, &Transfers::removed, to, [to](const QByteArray &id) {
                contracts::TransferItem item;
                item.id = id;
                item.removed = true;
                to->tell(QString::fromLatin1(id.toHex()), item);
            });
        });
    m_commands.serveLater<contracts::DecideTransfer>(
        [this](const contracts::DecideTransfer::Request &request, const Caller &,
            const Reply<contracts::DecideTransfer> &reply) {
            m_person.transfers().whenLoaded(this, [this, request, reply] {
                if (const Result<void> done = decide(request); !done)
                    return reply(done.error());
                m_person.conversations().history().write( // behind what it wrote: that is on disk then
                    this, [](Database &) -> Result<contracts::Nothing> { return contracts::Nothing {}; },
                    [reply](const Result<contracts::Nothing> &kept) { reply(kept); });
            });
        });
}

Result<void> Control::decide(const contracts::DecideTransfer::Request &said)
{
    Transfers &transfers = m_person.transfers();
    const std::optional<Transfer> transfer = transfers.find(said.id);
    if (!transfer)
        return Error { Code::NotFound, QStringLiteral("no such transfer") };
    if (said.wish == QLatin1String("accept"))
        return transfers.accept(said.id, said.folder);
    if (transfer->isOver())
        return Error { Code::FailedPrecondition, QStringLiteral("it is over") };
    if (said.wish == QLatin1String("decline"))
        transfers.decline(said.id);
    else
        transfers.cancel(said.id);
    return {};
}

} // namespace hawser::chat
