#include "chat/brokers.h"
#include "chat/me.h"
#include "chat/requests_private.h"
#include "core/text.h"

// Who knocks at a broker this person administers: the broker keeps the list, here is a copy of it.

namespace hawser::chat {

using contracts::DecideRequest;
using contracts::WatchRequests;

void Requests::Private::administratorChanged(const PublicKey &broker)
{
    const std::optional<Broker> now = brokers.find(broker);
    Client *client = brokers.client(broker);
    if (Call *old = watches.take(broker))
        old->cancel();
    if (!now || !now->administrator || client == nullptr)
        return;

    // What was decided while this program was away is not in the broker's list any more.
    Call *once = client->start<WatchRequests>({}, { false });
    const auto ids = std::make_shared<QStringList>();
    connect(once, &Channel::received, this, [ids](const ChannelMessage &message) {
        if (const auto in = message.as<WatchRequests::In>(); in && !in->closed)
            ids->append(in->id);
    });
    connect(once, &Call::finished, this, [this, ids, broker](const Result<Payload> &result) {
        if (result)
            listed(broker, *ids);
    });

    Call *watch = client->start<WatchRequests>({}, { true });
    watches.insert(broker, watch);
    connect(watch, &Channel::received, this, [this, broker](const ChannelMessage &message) {
        if (const auto in = message.as<WatchRequests::In>(); in)
            heard(broker, *in);
    });
}

quint64 Requests::Private::idOf(const PublicKey &broker, const QString &remoteId) const
{
    for (const Request &request : queue.all())
        for (const Door &door : request.doors)
            if (door.broker == broker && door.remoteId == remoteId && !remoteId.isEmpty())
                return request.id;
    return 0;
}

void Requests::Private::listed(const PublicKey &broker, const QStringList &ids)
{
    QList<quint64> gone;
    for (const Request &request : queue.all())
        for (const Door &door : request.doors)
            if (door.broker == broker && !door.remoteId.isEmpty() && !ids.contains(door.remoteId))
                gone.append(request.id);
    for (const quint64 id : gone)
        close(id, QStringLiteral("answered elsewhere"));
}

void Requests::Private::heard(const PublicKey &broker, const WatchRequests::In &in)
{
    const quint64 known = idOf(broker, in.id);
    if (in.closed) {
        const QString by = claimedName(in.by);
        if (deciding.contains(known))
            return; // mine: the answer to it tells
        if (known != 0)
            close(known, by.isEmpty() ? QStringLiteral("answered elsewhere") : QStringLiteral("%1 answered").arg(by));
        return;
    }
    Request request;
    request.kind = in.machine ? Asking::JoinMachine : Asking::JoinPerson;
    request.key = in.key;
    request.claim = claimedName(in.claim);
    request.program = claimedName(in.program);
    request.host = claimedName(in.host);
    request.rights = in.rights;
    for (const QString &command : in.commands)
        request.commands << claimedName(command);
    request.since =
        wallClock() - qint64(std::min<quint64>(in.sinceMs, quint64(milliseconds(limits::requestKept).count())));
    if (const auto alike = contacts.lookAlike(request.claim, in.key); alike)
        request.lookAlike = alike->shownName();
    Door door;
    door.broker = broker;
    if (const auto at = brokers.find(broker); at)
        door.brokerName = at->name;
    door.remoteId = in.id;
    door.number = in.number;
    door.address = in.address;
    door.present = true;
    request.doors = { door };
    take(request);
}

/// One answer goes to each broker where it was asked. It is off the screen at once; the list keeps it until the broker has
/// taken the answer.
void Requests::Private::decide(const Request &request, const DecideRequest::Request &decision, const QString &sentence)
{
    q->notNow(request.id);
    deciding.insert(request.id);
    for (const Door &door : request.doors) {
        Client *client = brokers.client(door.broker);
        if (client == nullptr)
            continue; // left meanwhile: its requests are gone from here
        DecideRequest::Request said = decision;
        said.id = door.remoteId;
        if (!said.number.isEmpty())
            said.number = door.number;
        said.key = request.key;
        const auto taken = [this, id = request.id, sentence](const Result<DecideRequest::Reply> &reply) {
            deciding.remove(id);
            if (reply)
                return close(id, sentence);
            emit q->failed(id, reply.error().sentence);
        };
        client->call<DecideRequest>({}, said, this, taken);
    }
}

} // namespace hawser::chat
