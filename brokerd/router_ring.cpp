// The part of the router that rings several sessions of a user: the first that answers has the stream.
#include "brokerd/router.h"

#include <algorithm>

namespace hawser::broker {

void SpliceRouter::dataOfRing(quint32 index, const FrameView &frame)
{
    Leg &leg = m_legs[index];
    if (leg.ring == none) { // its other end has gone
        ++m_counters.dropped;
        return;
    }
    const qint64 cost = frame.payload.size() + limits::frameCost;
    if (!leg.caller) {
        accept(index);
        if (!use(index, quint64(cost)))
            return;
        const Leg &caller = m_legs[leg.peer];
        caller.link->forwardFrame(FrameType::Data, frame.flags, caller.number, frame.payload, leg.background);
        if (frame.flags & flag::end)
            ended(leg);
        return;
    }
    const bool end = frame.flags & flag::end;
    const qint64 unused = qint64(leg.allowed - leg.used);
    for (const quint32 called : m_rings[index].called) {
        const Leg &ringing = m_legs[called];
        portOf(*ringing.link).reserved -= cost + (end ? unused : 0);
        ringing.link->forwardFrame(FrameType::Data, frame.flags, ringing.number, frame.payload, leg.background);
    }
    if (end)
        ended(leg);
}

/// `called` has the stream; the others hear that it is over.
void SpliceRouter::accept(quint32 called)
{
    const quint32 callerIndex = m_legs[called].ring;
    const Ring ring = std::move(m_rings[callerIndex]);
    m_rings.erase(callerIndex);
    Leg &caller = m_legs[callerIndex];
    for (const quint32 other : ring.called) {
        if (other == called)
            continue;
        portOf(*m_legs[other].link).reserved -= qint64(caller.allowed - caller.used);
        orphan(other, { Code::Cancelled, QStringLiteral("answered elsewhere"), Begun::NotSaid, Origin::Broker });
    }
    Leg &winner = m_legs[called];
    winner.ring = caller.ring = none;
    winner.peer = callerIndex;
    winner.into = &portOf(*caller.link); // reserved when it was opened
    winner.trusted = ring.trusted;
    caller.peer = called;
    caller.into = &portOf(*winner.link);
    grant(callerIndex);
    grant(called);
}

/// One who rang does not want it, or has gone.
void SpliceRouter::refusedBy(quint32 called, const Error &why)
{
    const quint32 caller = m_legs[called].ring;
    Ring &ring = m_rings[caller];
    ring.lastRefusal = why;
    std::erase(ring.called, called);
    portOf(*m_legs[called].link).reserved -= qint64(m_legs[caller].allowed - m_legs[caller].used);
    unbindLeg(called);
    if (ring.called.empty())
        endRing(caller, Error(ring.lastRefusal));
}

/// Nobody has the stream: all refused, or its caller has gone.
void SpliceRouter::endRing(quint32 caller, const Error &error)
{
    const Ring ring = std::move(m_rings[caller]);
    m_rings.erase(caller);
    for (const quint32 called : ring.called) {
        portOf(*m_legs[called].link).reserved -= qint64(m_legs[caller].allowed - m_legs[caller].used);
        orphan(called, error);
    }
    portOf(*m_legs[caller].link).reserved -= qint64(limits::firstCredit - ring.trusted);
    closeTo(caller, error);
    unbindLeg(caller);
    --m_active;
}

} // namespace hawser::broker
