#include "core/link.h"

namespace hawser {

Caller Link::caller(const OpenHead &head) const
{
    Caller caller;
    caller.role = m_settings.peerRole;
    caller.local = m_settings.local;
    caller.connection = m_settings.peer;
    static_cast<Party &>(caller) = m_settings.peerParty;
    const bool stamped = m_settings.peerRole == Role::Broker && !m_settings.local && !head.party.user.isNull()
        && head.party.user != m_settings.peer;
    if (!stamped)
        return caller;
    static_cast<Party &>(caller) = head.party;
    caller.connection = head.party.user;
    caller.via = m_settings.peer;
    caller.role = Role::Person;
    return caller;
}

} // namespace hawser
