#include "chat/asks_private.h"
#include "chat/brokers.h"
#include "chat/contacts.h"
#include "chat/direct.h"
#include "chat/me.h"
#include "core/text.h"

// Who lives at an address: the greeting's answer says whether a broker or a person.

namespace hawser::chat {

using Kind = contracts::AskToBeLetIn::Kind;

/// It comes as a device of its own: a second link of this one would take the place of the first.
void Asks::Private::scout(const QByteArray &id, const Address &address, const std::optional<PublicKey> &expected)
{
    Mine &one = *find(id);
    Profile profile = me.profile;
    profile.device.clear();
    one.scout.reset(new Client(me.identity, profile));
    Client *client = one.scout.get();
    connect(client, &Client::stranger, this, [this, id] { scoutArrived(id); });
    connect(client, &Client::ready, this, [this, id] { scoutArrived(id); });
    connect(client, &Client::failed, this, [this, id](const Error &why) { scoutFailed(id, why); });
    client->connectTo(address, expected);
}

void Asks::Private::scoutFailed(const QByteArray &id, const Error &why)
{
    Mine *one = find(id);
    if (one == nullptr || !one->scout)
        return;
    if (one->scout->state() != Client::State::Stopped)
        return setState(*one, Ask::State::Unreachable, why.sentence);
    one->scout.reset();
    if (why.code == Code::Unauthenticated && !one->secret.isEmpty())
        return setState(*one, Ask::State::Failed,
            QStringLiteral("Reached %1, encrypted connection made, but its key is not the one in your invitation. "
                           "Stopped.")
                .arg(one->ask.to));
    setState(*one, Ask::State::Failed, why.sentence);
}

void Asks::Private::scoutArrived(const QByteArray &id)
{
    Mine *one = find(id);
    if (one == nullptr || !one->scout)
        return;
    const LaterPointer<Client> client = std::move(one->scout);
    const Welcome welcome = client->welcome();
    one->ask.key = client->peerKey();
    const bool letIn = client->state() == Client::State::Ready;
    client->disconnect(this);
    client->disconnectFromPeer();
    const QString name = claimedName(welcome.name);
    if (!name.isEmpty())
        one->ask.to = name;

    if (welcome.role == Role::Node)
        return setState(*one, Ask::State::Failed,
            QStringLiteral("A machine answers at %1: it joins a broker, people do not join it.").arg(one->ask.to));
    if (welcome.role == Role::Broker)
        return foundBroker(*one, welcome, letIn);
    if (!one->secret.isEmpty())
        return setState(*one, Ask::State::Failed,
            QStringLiteral("The link is for a broker, and a person answers at %1.").arg(one->ask.to));
    foundPerson(*one, letIn);
}

void Asks::Private::foundBroker(Mine &one, const Welcome &welcome, bool letIn)
{
    one.ask.kind = Kind::Person;
    one.ask.rights = QStringList { QStringLiteral("member") };
    const std::optional<Broker> known = brokers.find(one.ask.key);
    const bool already = letIn && known;
    takeOver(one);
    if (const Result<void> kept = keep(one); !kept)
        return setState(one, Ask::State::Failed, kept.error().sentence);
    emit q->changed(one.ask.id);
    if (!already || known->state != Broker::State::Ready) {
        const Location location { freeLocationName(welcome.name, *one.ask.address), *one.ask.address, one.ask.key };
        if (const Result<void> added = brokers.add(location); !added)
            return setState(one, Ask::State::Failed, added.error().sentence);
    }
    if (already)
        setState(one, Ask::State::Already, QStringLiteral("You belong to %1 already.").arg(one.ask.to));
}

void Asks::Private::foundPerson(Mine &one, bool letIn)
{
    const PublicKey key = one.ask.key;
    one.ask.rights = names(Right::Messages | Right::Files);
    const bool already = letIn && contacts.find(key);
    takeOver(one);
    if (const Result<void> kept = keep(one); !kept)
        return setState(one, Ask::State::Failed, kept.error().sentence);
    emit q->changed(one.ask.id);
    if (already) {
        const Result<void> noted = contacts.setLastAddress(key, one.ask.address->text());
        Q_UNUSED(noted) // it was reached now
    }
    if (!already || direct.link(key) == nullptr)
        direct.dial(key, *one.ask.address);
    if (already)
        setState(one, Ask::State::Already, QStringLiteral("You and %1 are contacts already.").arg(one.ask.to));
}

/// One request to each: what waits there already goes on as this one, and its number stays.
void Asks::Private::takeOver(Mine &one)
{
    for (auto &[id, older] : mine) {
        const bool same =
            older.ask.key == one.ask.key && (older.ask.kind == Kind::Contact) == (one.ask.kind == Kind::Contact);
        if (&older == &one || !same || !isOpen(older.ask))
            continue;
        older.asker->stop();
        one.asker->setProof(older.asker->proof());
        one.ask.number = older.ask.number;
        one.ask.compared = older.ask.compared;
        const QByteArray gone = id;
        drop(gone);
        mine.erase(gone);
        return emit q->removed(gone);
    }
}

QString Asks::Private::freeLocationName(const QString &wish, const Address &address) const
{
    QString base = isLocationName(wish) ? wish : address.host;
    if (!isLocationName(base))
        base = QStringLiteral("broker");
    const auto taken = [this](const QString &name) {
        for (const Broker &broker : brokers.all())
            if (broker.name == name)
                return true;
        return false;
    };
    QString name = base;
    for (int number = 2; taken(name); ++number)
        name = QStringLiteral("%1-%2").arg(base.left(60), QString::number(number));
    return name;
}

} // namespace hawser::chat
