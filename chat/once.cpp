#include "chat/once.h"

#include "chat/brokers.h"
#include "chat/contacts.h"
#include "chat/direct.h"

#include <QTimer>

namespace hawser::chat {

namespace {

constexpr std::chrono::seconds comesBack { 60 };

} // namespace

OnceGrants::OnceGrants(Contacts &contacts, const Brokers &brokers, const Direct &direct)
    : m_contacts(contacts), m_brokers(brokers), m_direct(direct)
{
    connect(&direct, &Direct::unlinked, this, [this](const PublicKey &key) {
        if (m_through.contains(key) && m_through[key].isNull())
            end(key);
    });
    connect(&brokers, &Brokers::memberChanged, this, [this](const PublicKey &broker, const PublicKey &key) {
        const std::optional<Member> member = m_brokers.member(broker, key);
        if (m_through.contains(key) && m_through[key] == broker && (!member || !member->online))
            end(key);
    });
    connect(&brokers, &Brokers::removed, this, &OnceGrants::endThrough);
}

void OnceGrants::given(const PublicKey &key, const PublicKey &broker)
{
    m_through[key] = broker;
    if (!broker.isNull())
        return;
    QTimer::singleShot(comesBack, this, [this, key] {
        if (m_through.contains(key) && m_through[key].isNull() && m_direct.link(key) == nullptr)
            end(key);
    });
}

void OnceGrants::end(const PublicKey &key)
{
    m_through.remove(key);
    const Result<void> ended = m_contacts.endOnce(key);
    Q_UNUSED(ended) // grants of this time are not on disk: after a restart they are gone all the same
}

void OnceGrants::endThrough(const PublicKey &broker)
{
    for (const PublicKey &key : m_through.keys(broker))
        end(key);
}

} // namespace hawser::chat
