// The part of a Link that a broker's router uses: bound numbers instead of streams.
#include "core/link.h"

namespace hawser {

bool Link::mayOpen() const
{
    return !m_over && m_opensSent < m_opensAllowed && m_waitingOpens.empty();
}

quint32 Link::forwardOpen(quint8 flags, QByteArrayView payload, quint32 route)
{
    Q_ASSERT(mayOpen());
    ++m_opensSent;
    const quint32 number = freshNumber();
    write(FrameType::Open, flags, number, payload, false);
    if (flags & flag::oneWay)
        m_freeNumbers.push_back(number);
    else
        bind(number, route);
    return number;
}

void Link::bind(quint32 number, quint32 route)
{
    Slot &fresh = makeSlot(number);
    fresh.kind = Slot::Kind::Routed;
    fresh.route = route;
}

void Link::forwardFrame(FrameType type, quint8 flags, quint32 number, QByteArrayView payload, bool background)
{
    if (!m_over)
        write(type, flags, number, payload, background);
}

void Link::unbind(quint32 number, bool background)
{
    release(number, background);
}

void Link::refuse(quint32 number, quint8 openFlags, const Error &error)
{
    if (!(openFlags & flag::oneWay))
        write(FrameType::Close, 0, number, encodeClosing({ error, {} }), false);
    peerStreamEnded();
}

} // namespace hawser
