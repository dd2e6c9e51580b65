#include "core/ticker.h"

namespace hawser {

Ticker::Ticker(IncomingCall *to) : QObject(to), m_to(to)
{
    connect(to, &Channel::roomAvailable, this, &Ticker::flush);
}

void Ticker::tell(const QString &name, const Value &message)
{
    m_due[name] = message;
    flush();
}

void Ticker::flush()
{
    while (!m_due.empty() && m_to->room() > 0) {
        const auto first = m_due.begin();
        m_to->sendValue(first->second);
        m_due.erase(first);
    }
}

} // namespace hawser
