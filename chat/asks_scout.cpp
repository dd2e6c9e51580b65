#include "chat/asks_private.h"
#include "chat/brokers.h"
#include "chat/contacts.h"
#include "chat/direct.h"
#include "chat/me.h"
#include "core/text.h"

// Who lives at an address: the greeting's answer says whether a broker or a person.

namespace hawser::chat {

using Kind = contracts::AskToBeLetIn::Kind;

void Asks::Private::scout(const QByteArray &id, const Address &address, const std::optional<PublicKey> &expected)
{
    Mine &one = *find(id);
    one.scout.reset(new Client(me.identity, me.profile));
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
    if (welcome.role == Role::Broker) {
        one->ask.kind = Kind::Person;
        one->ask.rights = QStringList { QStringLiteral("member") };
        keep(*one);
        emit q->changed(id);
        const Location location { freeLocationName(welcome.name, *one->ask.address), *one->ask.address, one->ask.key };
        if (const Result<void> added = brokers.add(location); !added)
            setState(*one, Ask::State::Failed, added.error().sentence);
        return;
    }
    if (!one->secret.isEmpty())
        return setState(*one, Ask::State::Failed,
            QStringLiteral("The link is for a broker, and a person answers at %1.").arg(one->ask.to));
    one->ask.rights = names(Right::Messages | Right::Files);
    if (letIn && contacts.find(one->ask.key)) {
        const Result<void> noted = contacts.setLastAddress(one->ask.key, one->ask.address->text());
        Q_UNUSED(noted) // it was reached now
        direct.dial(one->ask.key, *one->ask.address);
        setState(*one, Ask::State::Accepted, QStringLiteral("You and %1 know each other.").arg(one->ask.to));
        emit q->accepted(id);
        return;
    }
    keep(*one);
    emit q->changed(id);
    direct.dial(one->ask.key, *one->ask.address);
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
