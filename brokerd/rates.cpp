#include "brokerd/rates.h"

namespace hawser::broker {

namespace {

QByteArray nameOf(const Party &session)
{
    return session.user.bytes() + session.device + session.session;
}

} // namespace

bool Rates::take(const Party &session, Instant now)
{
    Used &used = m_used[nameOf(session)];
    const double passed = std::chrono::duration<double>(now - used.at).count();
    used.count = std::max(0.0, used.count - passed * double(m_perSecond));
    used.at = now;
    if (used.count + 1 > double(m_atOnce))
        return false;
    ++used.count;
    return true;
}

void Rates::forget(const Party &session)
{
    m_used.remove(nameOf(session));
}

} // namespace hawser::broker
