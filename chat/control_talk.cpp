#include "chat/control.h"
#include "chat/person.h"

namespace hawser::chat {

namespace {

QString nameOf(Entry::Kind kind)
{
    switch (kind) {
    case Entry::Kind::Message:
        return QStringLiteral("message");
    case Entry::Kind::Transfer:
        return QStringLiteral("transfer");
    case Entry::Kind::Notice:
        return QStringLiteral("notice");
    case Entry::Kind::Run:
        return QStringLiteral("run");
    }
    return {};
}

QString nameOf(Entry::State state)
{
    switch (state) {
    case Entry::State::None:
        return {};
    case Entry::State::Sending:
        return QStringLiteral("sending");
    case Entry::State::Delivered:
        return QStringLiteral("delivered");
    case Entry::State::NotSent:
        return QStringLiteral("not-sent");
    }
    return {};
}

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

QString nameOf(Person &person, const PublicKey &key)
{
    const std::optional<Contact> contact = person.contacts().find(key);
    return contact ? contact->shownName() : key.words();
}

contracts::WatchMessages::In itemOf(Person &person, const PublicKey &key, const Entry &entry)
{
    contracts::WatchMessages::In in;
    in.id = entry.id;
    in.key = key;
    in.name = nameOf(person, key);
    in.kind = nameOf(entry.kind);
    in.mine = entry.mine;
    in.text = entry.text;
    in.at = entry.at;
    in.state = nameOf(entry.state);
    in.sentence = entry.sentence;
    in.transfer = entry.transfer;
    return in;
}

contracts::TransferItem itemOf(Person &person, const Transfer &transfer)
{
    contracts::TransferItem item;
    item.id = transfer.id;
    item.peer = transfer.peer;
    item.name = nameOf(person, transfer.peer);
    item.incoming = transfer.direction == Transfer::Direction::In;
    item.state = nameOf(transfer.state);
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

void Control::serveTalking()
{
    m_commands.serveChannel<contracts::SayTo>([this](const contracts::SayTo::Request &request,
                                                  const std::shared_ptr<IncomingCall> &call) {
        const Result<Contact> contact = m_person.contacts().resolve(request.who);
        if (!contact)
            return call->fail(contact.error());
        const PublicKey key = contact->key;
        Conversations &talks = m_person.conversations();
        const Result<quint64> id = talks.say(key, request.text);
        if (!id)
            return call->fail(id.error());
        IncomingCall *to = keep(call);
        const auto look = [this, to, key, id = *id](const Entry &entry) {
            if (entry.id != id)
                return;
            if (entry.state == Entry::State::Delivered)
                finish(to, toValue(contracts::SayTo::Reply { key, nameOf(m_person, key) }));
            else if (entry.state == Entry::State::NotSent)
                finish(to, Error { Code::Unavailable, QStringLiteral("not sent: %1").arg(entry.sentence) });
        };
        connect(&talks, &Conversations::changed, to, [look](const PublicKey &, const Entry &entry) { look(entry); });
        if (const auto entry = talks.find(key, *id); entry)
            look(*entry);
    });
    m_commands.serveChannel<contracts::WatchMessages>(
        [this](const contracts::WatchMessages::Request &request, const std::shared_ptr<IncomingCall> &call) {
            std::optional<PublicKey> only;
            if (!request.who.isEmpty()) {
                const Result<Contact> contact = m_person.contacts().resolve(request.who);
                if (!contact)
                    return call->fail(contact.error());
                only = contact->key;
            }
            const auto tell = [this, only, read = request.markRead](
                                  IncomingCall *to, const PublicKey &key, const Entry &entry) {
                if (only && *only != key)
                    return;
                to->send(itemOf(m_person, key, entry));
                if (read)
                    m_person.conversations().markRead(key);
            };
            Conversations &talks = m_person.conversations();
            for (const PublicKey &key : talks.keys())
                for (const Entry &entry : QList<Entry>(talks.entries(key)))
                    tell(call.get(), key, entry);
            if (!request.follow)
                return call->finish(Value(Value::Map {}));
            IncomingCall *to = keep(call);
            const auto follow = [tell, to](const PublicKey &key, const Entry &entry) { tell(to, key, entry); };
            connect(&talks, &Conversations::added, to, follow);
            connect(&talks, &Conversations::changed, to, follow);
        });
}

void Control::serveTransfers()
{
    m_commands.serveChannel<contracts::SendFiles>(
        [this](const contracts::SendFiles::Request &request, const std::shared_ptr<IncomingCall> &call) {
            const Result<Contact> contact = m_person.contacts().resolve(request.who);
            if (!contact)
                return call->fail(contact.error());
            Transfers &transfers = m_person.transfers();
            const Result<QByteArray> id = transfers.send(contact->key, request.paths, request.note);
            if (!id)
                return call->fail(id.error());
            IncomingCall *to = keep(call);
            const auto look = [this, to, id = *id](const QByteArray &which) {
                const std::optional<Transfer> transfer = m_person.transfers().find(id);
                if (which != id || !transfer)
                    return;
                const contracts::TransferItem item = itemOf(m_person, *transfer);
                to->send(item);
                if (transfer->isOver())
                    finish(to, toValue(item));
            };
            connect(&transfers, &Transfers::changed, to, look);
            look(*id);
        });
    m_commands.serveChannel<contracts::WatchTransfers>(
        [this](const contracts::WatchTransfers::Request &request, const std::shared_ptr<IncomingCall> &call) {
            Transfers &transfers = m_person.transfers();
            for (const Transfer &transfer : transfers.all())
                call->send(itemOf(m_person, transfer));
            if (!request.follow)
                return call->finish(Value(Value::Map {}));
            IncomingCall *to = keep(call);
            const auto tell = [this, to](const QByteArray &id) {
                if (const auto transfer = m_person.transfers().find(id); transfer)
                    to->send(itemOf(m_person, *transfer));
            };
            connect(&transfers, &Transfers::added, to, tell);
            connect(&transfers, &Transfers::changed, to, tell);
            connect(&transfers, &Transfers::removed, to, [to](const QByteArray &id) {
                contracts::TransferItem item;
                item.id = id;
                item.removed = true;
                to->send(item);
            });
        });
    m_commands.serve<contracts::DecideTransfer>(
        [this](const contracts::DecideTransfer::Request &request, const Caller &) -> Result<contracts::Nothing> {
            Transfers &transfers = m_person.transfers();
            if (!transfers.find(request.id))
                return Error { Code::NotFound, QStringLiteral("no such transfer") };
            if (request.wish == QLatin1String("accept")) {
                if (const Result<void> done = transfers.accept(request.id, request.folder); !done)
                    return done.error();
            } else if (request.wish == QLatin1String("decline")) {
                transfers.decline(request.id);
            } else {
                transfers.cancel(request.id);
            }
            return contracts::Nothing {};
        });
}

} // namespace hawser::chat
