#include "chat/control.h"

#include "chat/direct.h"
#include "chat/person.h"
#include "chat/settling.h"
#include "core/contracts/control.h"
#include "core/ticker.h"

namespace hawser::chat {

namespace {

QString nameOf(Verified verified)
{
    switch (verified) {
    case Verified::No:
        return QStringLiteral("no");
    case Verified::Number:
        return QStringLiteral("number");
    case Verified::Invitation:
        return QStringLiteral("invitation");
    }
    return {};
}

QStringList texts(const QList<Address> &addresses)
{
    QStringList list;
    for (const Address &address : addresses)
        list << address.text();
    return list;
}

contracts::WatchContacts::In itemOf(const Contact &contact, const Presence &presence, quint64 waitingFor)
{
    contracts::WatchContacts::In in;
    in.key = contact.key;
    in.words = contact.key.words();
    in.name = contact.shownName();
    in.claim = contact.claim;
    in.alias = contact.alias;
    in.verified = nameOf(contact.verified);
    for (auto grant = contact.rights.begin(); grant != contact.rights.end(); ++grant)
        in.rights << name(grant.key());
    in.online = presence.online;
    in.direct = presence.direct;
    in.via = presence.via;
    in.roundTripMs = quint64(presence.roundTrip.count());
    in.lastSeen = contact.lastSeen;
    in.waitingFor = waitingFor;
    return in;
}

} // namespace

Control::Control(Person &person, Commands &commands) : m_person(person), m_commands(commands)
{
    serveSelf();
    serveGuests();
    serveContacts();
    serveBlocks();
    serveAsking();
    serveRequests();
    serveMessages();
    serveTransfers();
    serveMachines();
    serveCalls();
    serveTopics();
}

void Control::serveSelf()
{
    m_commands.serve<contracts::PersonId>([this](const contracts::Nothing &, const Caller &) {
        return contracts::PersonId::Reply { m_person.key(), m_person.key().words(), m_person.name(), m_person.host(),
            m_person.folder(), m_person.program() };
    });
    m_commands.serveLater<contracts::PersonStatus>(
        [this](const contracts::Nothing &, const Caller &, const Reply<contracts::PersonStatus> &reply) {
            m_person.conversations().history().whenKnown(this, [this, reply] {
                if (historyTrouble())
                    return reply(status({}));
                m_person.conversations().stored(this, [this, reply](const Result<messages::Stored> &stored) {
                    reply(status(stored ? *stored : messages::Stored {}));
                });
            });
        });
    m_commands.serve<contracts::Listen>(
        [this](const contracts::Listen::Request &request, const Caller &) -> Result<contracts::Listen::Reply> {
            std::optional<Address> at;
            if (!request.address.isEmpty()) {
                const Result<Address> address = Address::parseListening(request.address, Direct::firstPort);
                if (!address)
                    return address.error();
                at = *address;
            }
            if (const Result<void> done = m_person.setListening(request.on, at); !done)
                return done.error();
            return contracts::Listen::Reply { m_person.isListening(), texts(m_person.addresses()) };
        });
}

void Control::serveGuests()
{
    m_commands.serveChannel<contracts::Attend>(
        [this](const contracts::Attend::Request &request, const std::shared_ptr<IncomingCall> &call) {
            IncomingCall *guest = keep(call);
            if (!request.endless)
                m_guests.insert(guest);
            const auto age = std::chrono::duration_cast<milliseconds>(now() - m_since);
            guest->send(contracts::Attend::In { quint64(age.count()), m_person.program() });
        });
    m_commands.serveChannel<contracts::Settle>(
        [this](const contracts::Settle::Request &, const std::shared_ptr<IncomingCall> &call) {
            IncomingCall *to = keep(call);
            auto *settling = new Settling(m_person.brokers(), m_since, to);
            connect(settling, &Settling::slow, to,
                [to](const QString &sentence) { to->send(contracts::Settle::In { sentence }); });
            connect(settling, &Settling::settled, to, [this, to] { finish(to, Value(Value::Map {})); });
        });
}

void Control::serveContacts()
{
    m_commands.serveChannel<contracts::WatchContacts>(
        [this](const contracts::WatchContacts::Request &request, const std::shared_ptr<IncomingCall> &call) {
            const auto item = [this](const Contact &contact) {
                return itemOf(
                    contact, m_person.route().presence(contact.key), m_person.conversations().waitingFor(contact.key));
            };
            if (!request.follow) {
                for (const Contact &contact : m_person.contacts().all())
                    call->send(item(contact));
                return call->finish(Value(Value::Map {}));
            }
            auto *to = new Ticker(keep(call));
            const auto tell = [this, item, to](const PublicKey &key) {
                if (const auto contact = m_person.contacts().find(key); contact)
                    to->tell(key.hex(), item(*contact));
            };
            for (const Contact &contact : m_person.contacts().all())
                tell(contact.key);
            connect(&m_person.contacts(), &Contacts::added, to, tell);
            connect(&m_person.contacts(), &Contacts::changed, to, tell);
            connect(&m_person.route(), &Route::presenceChanged, to, tell);
            connect(&m_person.conversations(), &Conversations::waitingForChanged, to, tell);
            connect(&m_person.contacts(), &Contacts::removed, to, [to](const PublicKey &key) {
                contracts::WatchContacts::In in;
                in.key = key;
                in.words = key.words();
                in.removed = true;
                to->tell(key.hex(), in);
            });
        });
    m_commands.serve<contracts::EditContact>(
        [this](const contracts::EditContact::Request &request, const Caller &) -> Result<contracts::Nothing> {
            Contacts &contacts = m_person.contacts();
            const Result<Contact> contact = contacts.resolve(request.who);
            if (!contact)
                return contact.error();
            const PublicKey key = contact->key;
            Result<void> done;
            if (request.alias)
                done = contacts.setAlias(key, *request.alias);
            const Rights rights = rightsFromNames(request.revoke);
            for (const Right right : { Right::Messages, Right::Files })
                if (done && (rights & right))
                    done = contacts.revoke(key, right);
            if (done && request.remove)
                done = contacts.remove(key);
            if (!done)
                return done.error();
            return contracts::Nothing {};
        });
}

IncomingCall *Control::keep(const std::shared_ptr<IncomingCall> &call)
{
    IncomingCall *raw = call.get();
    m_kept.insert(raw, call);
    connect(raw, &IncomingCall::stopped, this, [this, raw] { letGo(raw); });
    return raw;
}

void Control::letGo(IncomingCall *call)
{
    call->disconnect();
    const std::shared_ptr<IncomingCall> last = m_kept.take(call);
    if (m_guests.remove(call))
        emit guestGone();
}

void Control::finish(IncomingCall *call, const Result<Value> &result)
{
    const std::shared_ptr<IncomingCall> last = m_kept.value(call);
    if (!last)
        return;
    letGo(call);
    if (result)
        last->finish(*result);
    else
        last->fail(result.error());
}

} // namespace hawser::chat
