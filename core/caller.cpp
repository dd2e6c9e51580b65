#include "core/link.h"

namespace hawser {

Caller Link::caller(const OpenHead &head) const
{
    Caller caller;
    caller.role = m_settings.peerRole;
    caller.local = m_settings.local;
    caller.connection = m_settings.peer;
    static_cast<Party &>(caller) = m_settings.peerParty;
    // Whoever dials us may call himself a broker; only the one we dialled ourselves is ours.
    const bool broker = m_settings.peerRole == Role::Broker && m_settings.dialler && !m_settings.local;
    const bool stamped = broker && !head.party.user.isNull() && head.party.user != m_settings.peer;
    if (!stamped)
        return caller;
    static_cast<Party &>(caller) = head.party;
    caller.connection = head.party.user;
    caller.via = m_settings.peer;
    caller.role = Role::Person;
    return caller;
}

} // namespace hawser
