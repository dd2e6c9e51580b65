#include "chat/changed_keys.h"

#include "chat/contacts.h"
#include "chat/direct.h"
#include "chat/key_probe.h"
#include "chat/me.h"

namespace hawser::chat {

ChangedKeys::ChangedKeys(const Me &me, Contacts &contacts, Direct &direct)
    : m_me(me), m_contacts(contacts), m_direct(direct)
{
    connect(&direct, &Direct::changed, this, &ChangedKeys::look);
    connect(&contacts, &Contacts::removed, this, [this](const PublicKey &key) { m_now.remove(key); });
}

/// The dial has stopped at the wrong key: which one is there is looked up apart.
void ChangedKeys::look(const PublicKey &key)
{
    const Client *client = m_direct.dialled(key);
    const std::optional<Contact> contact = m_contacts.find(key);
    if (client == nullptr || !contact || m_now.contains(key) || client->state() != Client::State::Stopped
        || client->lastError().code != Code::Unauthenticated)
        return;
    const Result<Address> address = Address::parse(contact->lastAddress);
    if (!address)
        return;
    auto *probe = new KeyProbe(*address, m_me.identity, this);
    connect(probe, &KeyProbe::found, this, [this, key](const PublicKey &there) {
        if (there == key || m_now.contains(key) || !m_contacts.find(key))
            return;
        m_now.insert(key, there);
        emit found(key);
    });
}

Result<void> ChangedKeys::disconnectFrom(const PublicKey &key)
{
    m_direct.hangUp(key);
    if (m_now.remove(key))
        emit forgotten(key);
    return m_contacts.setLastAddress(key, {});
}

Result<QString> ChangedKeys::replace(const PublicKey &key, const QString &firstNewWord)
{
    const PublicKey there = m_now.value(key);
    const std::optional<Contact> old = m_contacts.find(key);
    if (there.isNull() || !old)
        return Error { Code::FailedPrecondition, QStringLiteral("the key there has not changed") };
    if (firstNewWord.trimmed().toLower() != there.words().section(QLatin1Char('-'), 0, 0))
        return Error { Code::InvalidArgument, QStringLiteral("that is not the first word of the new key") };
    Contact contact = m_contacts.find(there).value_or(Contact());
    if (contact.key.isNull()) {
        contact.key = there;
        contact.claim = old->claim;
        contact.since = wallClock();
    }
    if (contact.alias.isEmpty())
        contact.alias = old->alias;
    contact.lastAddress = old->lastAddress;
    if (const Result<void> saved = m_contacts.save(contact); !saved)
        return saved.error();
    m_direct.hangUp(key);
    if (const Result<void> gone = m_contacts.remove(key); !gone)
        return gone.error();
    return contact.lastAddress;
}

} // namespace hawser::chat
