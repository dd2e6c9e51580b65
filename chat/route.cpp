#include "chat/route.h"

#include "chat/brokers.h"
#include "chat/call_on.h"
#include "chat/changed_keys.h"
#include "chat/contacts.h"
#include "chat/direct.h"
#include "core/contracts/talk.h"

namespace hawser::chat {

Route::Route(const Contacts &contacts, const Brokers &brokers, const Direct &direct, const ChangedKeys &changedKeys)
    : m_contacts(contacts), m_brokers(brokers), m_direct(direct), m_changedKeys(changedKeys)
{
    connect(&direct, &Direct::linked, this, &Route::refresh);
    connect(&direct, &Direct::unlinked, this, &Route::refresh);
    connect(
        &brokers, &Brokers::memberChanged, this, [this](const PublicKey &, const PublicKey &user) { refresh(user); });
    connect(&brokers, &Brokers::changed, this, &Route::refreshAll);
    connect(&brokers, &Brokers::removed, this, &Route::refreshAll);
    connect(&changedKeys, &ChangedKeys::found, this, &Route::refresh);
    connect(&changedKeys, &ChangedKeys::forgotten, this, &Route::refresh);
    connect(&contacts, &Contacts::added, this, &Route::refresh);
    connect(&contacts, &Contacts::changed, this, &Route::refresh);
    connect(&contacts, &Contacts::removed, this, [this](const PublicKey &key) { m_last.remove(key); });
}

Route::~Route() = default;

Presence Route::presence(const PublicKey &key) const
{
    Presence presence;
    const Result<Path> path = find(key);
    if (!path) {
        presence.obstacle = obstacle(key);
        return presence;
    }
    presence.online = true;
    presence.direct = path->direct;
    presence.roundTrip = m_measured.value(key);
    if (!path->direct)
        presence.via = m_brokers.find(path->broker)->name;
    return presence;
}

Result<Path> Route::find(const PublicKey &key) const
{
    if (Link *link = m_direct.link(key))
        return Path { link, {}, true, {} };
    for (const Broker &broker : m_brokers.all())
        if (isAt(broker, key) && m_contacts.believes(key, broker.key))
            return Path { m_brokers.client(broker.key)->link(), { key, {}, {} }, false, broker.key };
    const QString inTheWay = obstacle(key);
    return Error { Code::Unavailable, inTheWay.isEmpty() ? QStringLiteral("%1 is away").arg(nameOf(key)) : inTheWay,
        Begun::No };
}

Result<Path> Route::find(const PublicKey &key, const QByteArray &device) const
{
    Link *link = m_direct.link(key);
    if (link != nullptr && link->settings().peerParty.device == device)
        return Path { link, {}, true, {} };
    for (const Broker &broker : m_brokers.all())
        if (isAt(broker, key) && m_contacts.believes(key, broker.key))
            return Path { m_brokers.client(broker.key)->link(), { key, device, {} }, false, broker.key };
    return Error { Code::Unavailable, QStringLiteral("%1 is away").arg(nameOf(key)), Begun::No };
}

bool Route::isAt(const Broker &broker, const PublicKey &key) const
{
    const std::optional<Member> member = m_brokers.member(broker.key, key);
    return broker.state == Broker::State::Ready && member && member->online;
}

/// Another key at their address, or a broker that says they are there and is not believed about them.
QString Route::obstacle(const PublicKey &key) const
{
    if (!m_changedKeys.now(key).isNull())
        return QStringLiteral("somebody with a different key answers at the address of %1: nothing is sent there")
            .arg(nameOf(key));
    for (const Broker &broker : m_brokers.all())
        if (isAt(broker, key) && !m_contacts.believes(key, broker.key))
            return QStringLiteral("%1 is away; %2 says that they are there, but you do not know each other through it: "
                                  "ask them once at %2")
                .arg(nameOf(key), broker.name);
    return {};
}

QString Route::nameOf(const PublicKey &key) const
{
    const std::optional<Contact> contact = m_contacts.find(key);
    return contact ? contact->shownName() : key.words();
}

void Route::measure(const PublicKey &key)
{
    const Result<Path> path = find(key);
    if (!path)
        return;
    const Instant asked = now();
    callOn<contracts::Ping>(*path, {}, this, [this, key, asked](const Result<contracts::Ping::Reply> &reply) {
        if (!reply)
            return;
        const auto took = std::chrono::duration_cast<milliseconds>(now() - asked);
        m_measured[key] = std::max(milliseconds(1), took);
        refresh(key);
    });
}

void Route::refresh(const PublicKey &key)
{
    if (!m_contacts.find(key))
        return;
    Presence presence = this->presence(key);
    const Presence before = m_last.value(key);
    if (presence.via != before.via || presence.direct != before.direct || !presence.online) {
        m_measured.remove(key);
        presence.roundTrip = milliseconds(0);
    }
    if (presence == before)
        return;
    m_last[key] = presence;
    emit presenceChanged(key);
}

void Route::refreshAll()
{
    for (const Contact &contact : m_contacts.all())
        refresh(contact.key);
}

} // namespace hawser::chat
