#include "chat/asks_private.h"
#include "chat/brokers.h"
#include "chat/contacts.h"
#include "chat/direct.h"
#include "chat/me.h"
#include "chat/once.h"
#include "core/number.h"
#include "core/text.h"

#include <QTimer>

// Asking: at each connection to whom I wait for, with the same id and nonce, so that the number stays.

namespace hawser::chat {

using contracts::AskToBeLetIn;
using Kind = AskToBeLetIn::Kind;

void Asks::Private::brokerChanged(const PublicKey &broker)
{
    Mine *one = openAskTo(broker, true);
    const std::optional<Broker> now = brokers.find(broker);
    if (one == nullptr || !now || one->asker->isAsking())
        return;
    if (now->state == Broker::State::Offline)
        setState(*one, Ask::State::Unreachable, now->sentence);
    else if (now->state == Broker::State::ChangedKey)
        setState(*one, Ask::State::ChangedKey, now->sentence);
    else if (now->state == Broker::State::Stopped)
        setState(*one, Ask::State::Failed, now->sentence);
}

void Asks::Private::brokerStranger(const PublicKey &broker)
{
    if (Mine *one = openAskTo(broker, true))
        return knock(*one, brokers.client(broker), {});
    const std::optional<Broker> now = brokers.find(broker);
    if (now) // nobody is asked without being told to
        brokers.stop(broker,
            QStringLiteral("you are not let in there (any more). To ask again, join %1").arg(now->address.text()));
}

void Asks::Private::brokerReady(const PublicKey &broker)
{
    if (Mine *one = openAskTo(broker, true))
        accept(*one, {});
}

void Asks::Private::memberChanged(const PublicKey &broker, const PublicKey &user)
{
    Mine *one = openAskTo(user, false);
    const std::optional<Member> member = brokers.member(broker, user);
    if (one == nullptr || one->ask.broker != broker || !member)
        return;
    if (member->online)
        knock(*one, brokers.client(broker), { user, {}, {} });
}

void Asks::Private::directChanged(const PublicKey &key)
{
    Mine *one = openAskTo(key, false);
    const Client *client = direct.dialled(key);
    if (one == nullptr || !one->ask.broker.isNull() || one->asker->isAsking() || client == nullptr)
        return;
    const bool changedKey = client->lastError().code == Code::Unauthenticated;
    if (client->state() == Client::State::Stopped)
        setState(*one, changedKey ? Ask::State::ChangedKey : Ask::State::Failed, client->lastError().sentence);
    else if (client->state() == Client::State::Waiting)
        setState(*one, Ask::State::Unreachable, client->lastError().sentence);
}

void Asks::Private::directOpen(const PublicKey &key)
{
    Mine *one = openAskTo(key, false);
    Client *client = direct.dialled(key);
    if (one != nullptr && one->ask.broker.isNull() && client != nullptr && client->link() != nullptr)
        knock(*one, client, {});
}

void Asks::Private::knock(Mine &one, Client *client, const Party &to)
{
    AskToBeLetIn::Request request;
    request.kind = one.ask.kind;
    request.rights = one.ask.rights;
    request.invitation = one.secret;
    one.asker->ask(*client, to, request);
}

/// The number is known, and on disk before anything is revealed.
Result<void> Asks::Private::kept(const QByteArray &id, const AskProof &proof)
{
    Mine *one = find(id);
    if (one == nullptr)
        return Error { Code::Cancelled, QStringLiteral("the request was taken back") };
    one->ask.number = proof.number;
    return keep(*one);
}

void Asks::Private::waits(const QByteArray &id, milliseconds left)
{
    Mine *one = find(id);
    if (one == nullptr)
        return;
    const auto noAnswer = [this, id] {
        Mine *waiting = find(id);
        if (waiting != nullptr && waiting->ask.state == Ask::State::Waiting && *waiting->ask.until <= now())
            setState(*waiting, Ask::State::NoAnswer,
                QStringLiteral("No answer. %1 can still accept later; you need not stay connected.")
                    .arg(waiting->ask.to));
    };
    const QString number = showNumber(one->ask.number);
    one->ask.until = now() + left;
    one->ask.state = Ask::State::Waiting;
    one->ask.sentence = one->ask.kind == Kind::Contact
        ? QStringLiteral("Waiting for %1 to accept. Tell them this number: %2.").arg(one->ask.to, number)
        : QStringLiteral("%1 has your request. Your number is %2 – the administrator sees the same number.")
              .arg(one->ask.to, number);
    emit q->changed(id);
    QTimer::singleShot(left, Qt::PreciseTimer, this, noAnswer);
}

void Asks::Private::failed(const QByteArray &id, const Error &why)
{
    Mine *one = find(id);
    if (one == nullptr)
        return;
    if (why.code != Code::Unauthenticated)
        return setState(*one, Ask::State::Failed, why.sentence);
    setState(*one, Ask::State::Failed,
        QStringLiteral("The number has changed since the last time: %1 has forgotten the request, or somebody is in "
                       "between. Stopped; ask again to compare a new number.")
            .arg(one->ask.to));
}

void Asks::Private::answered(const QByteArray &id, const Result<AskToBeLetIn::Reply> &reply)
{
    Mine *one = find(id);
    if (one == nullptr)
        return;
    if (reply)
        return accept(*one, *reply);
    switch (reply.error().code) {
    case Code::PermissionDenied:
        return setState(*one, Ask::State::Denied, QStringLiteral("%1 said no.").arg(one->ask.to));
    case Code::InvalidArgument:
    case Code::Unimplemented:
    case Code::FailedPrecondition:
        return setState(*one, Ask::State::Failed, reply.error().sentence);
    default:
        setState(*one, Ask::State::Unreachable,
            QStringLiteral("%1 cannot be reached now; the request waits there, and asks again by itself.")
                .arg(one->ask.to));
    }
}

void Asks::Private::accept(Mine &one, const AskToBeLetIn::Reply &reply)
{
    if (!reply.claim.isEmpty())
        one.ask.to = claimedName(reply.claim);
    const QByteArray id = one.ask.id;
    if (one.ask.kind == Kind::Contact) {
        if (const Result<void> saved = becomeContact(one, reply); !saved)
            return setState(one, Ask::State::Failed, saved.error().sentence);
    } else if (Client *client = brokers.client(one.ask.key)) {
        client->retryNow(); // a stranger comes again to be let in
    }
    setState(one, Ask::State::Accepted, QStringLiteral("%1 let you in.").arg(one.ask.to));
    emit q->accepted(id);
}

/// The number was the same on their screen.
Result<void> Asks::Private::verify(const PublicKey &key)
{
    std::optional<Contact> contact = contacts.find(key);
    if (!contact)
        return Error { Code::NotFound, QStringLiteral("this contact is not known any more") };
    contact->verified = Verified::Number;
    contact->verifiedAt = wallClock();
    return contacts.save(*contact);
}

/// *Yes* gives contacts on both sides at once, with the rights that were ticked.
Result<void> Asks::Private::becomeContact(const Mine &one, const AskToBeLetIn::Reply &reply)
{
    const PublicKey key = one.ask.key;
    Contact contact = contacts.find(key).value_or(Contact());
    if (contact.key.isNull()) {
        contact.key = key;
        contact.since = wallClock();
    }
    if (!one.ask.broker.isNull() && !contact.brokers.contains(one.ask.broker))
        contact.brokers << one.ask.broker;
    contact.claim = one.ask.to;
    if (one.ask.compared) {
        contact.verified = Verified::Number;
        contact.verifiedAt = wallClock();
    }
    if (one.ask.address)
        contact.lastAddress = one.ask.address->text();
    Grant grant { Lasting::Always, 0 };
    if (reply.once)
        grant = { Lasting::Once, 0 };
    else if (reply.forMs > 0)
        grant = { Lasting::Days, wallClock() + qint64(std::min<quint64>(reply.forMs, 1ULL << 40)) };
    const Rights rights = rightsFromNames(reply.rights);
    for (const Right right : { Right::Messages, Right::Files })
        if (rights & right)
            contact.rights.insert(right, grant);
    if (const Result<void> saved = contacts.save(contact); !saved)
        return saved.error();
    if (reply.once)
        once.given(key, one.ask.broker);
    if (Client *client = direct.dialled(key); client != nullptr && one.ask.broker.isNull())
        client->retryNow();
    return {};
}

} // namespace hawser::chat
