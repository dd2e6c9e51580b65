// How long a link lives: what time does to it, what the end of a connection does, and its end (docs/protocol.md §5.6, §5.7).
#include "core/link.h"
#include "core/stream.h"

namespace hawser {

namespace {

milliseconds longestSilence(const LinkSettings &settings)
{
    return qMax(milliseconds(seconds(settings.bounds.silenceSeconds)), 3 * settings.ping);
}

/// From when on a suspended link is away: after a while, but nobody counts as here for longer than silence may last.
Instant awayAt(Instant suspended, Instant heard, const LinkSettings &settings)
{
    const Instant silent = heard + longestSilence(settings);
    return qMin(suspended + settings.awayAfter, qMax(suspended, silent));
}

} // namespace

// --- time

milliseconds Link::silenceAllowed() const
{
    return m_lane.unacknowledged() ? milliseconds(seconds(m_settings.bounds.unacknowledgedSeconds))
                                   : longestSilence(m_settings);
}

/// What is unacknowledged makes us ask sooner than by the ping: the answer has three more quarters of the time.
milliseconds Link::askAfter() const
{
    return milliseconds(seconds(m_settings.bounds.unacknowledgedSeconds)) / 4;
}

/// Since when the peer owes a sign of life.
Instant Link::quietSince() const
{
    return m_lane.unacknowledged() ? qMax(m_lastHeard, m_lane.oldestKept()) : m_lastHeard;
}

Instant Link::deadline() const
{
    if (m_over)
        return Instant::min();
    if (!m_suspendedSince)
        return connectedDeadline();
    const Instant over = *m_suspendedSince + window();
    return m_away ? over : qMin(over, awayAt(*m_suspendedSince, m_lastHeard, m_settings));
}

milliseconds Link::window() const
{
    return m_wasConnected ? m_settings.resumeWindow : milliseconds(seconds(m_settings.bounds.laneSeconds));
}

Instant Link::connectedDeadline() const
{
    if (m_settings.local)
        return m_lane.ackDue();
    Instant next = qMin(quietSince() + silenceAllowed(), m_lane.ackDue());
    if (m_lane.unacknowledged())
        next = qMin(next, qMax(quietSince(), m_lastPing) + askAfter());
    if (m_settings.dialler)
        next = qMin(next, m_lastPing + m_settings.ping);
    return next;
}

Result<void> Link::tick(Instant now)
{
    if (m_over)
        return m_last;
    if (m_suspendedSince)
        return tickSuspended(now);
    const bool stoodStill = now - connectedDeadline() >= limits::stoodStill;
    m_lane.acknowledge(now);
    if (m_settings.local)
        return {};
    if (stoodStill) { // what the peer said meanwhile may lie in the socket: it gets time for one more answer
        m_lastHeard = qMax(m_lastHeard, now - silenceAllowed() + askAfter());
        ping(now);
        return {};
    }
    const auto quiet = now - quietSince();
    if (quiet >= silenceAllowed()) {
        const qint64 heard = std::chrono::duration_cast<seconds>(now - m_lastHeard).count();
        lost({ Code::DeadlineExceeded, QStringLiteral("nothing was heard for %1 s").arg(heard), Begun::Maybe,
                 Origin::Here },
            now);
        return m_last;
    }
    const bool anxious = m_lane.unacknowledged() && quiet >= askAfter() && now - m_lastPing >= askAfter();
    if (anxious && quiet >= noProgress && m_lastPing > quietSince() && peerTookAll && peerTookAll()) {
        lost({ Code::ResourceExhausted, QStringLiteral("slow consumer: it does not read what was sent"), Begun::Maybe,
                 Origin::Here },
            now);
        return m_last;
    }
    if (anxious || (m_settings.dialler && now - m_lastPing >= m_settings.ping))
        ping(now);
    m_lane.rest();
    return {};
}

Result<void> Link::tickSuspended(Instant now)
{
    const auto since = now - *m_suspendedSince;
    if (since >= window())
        end(m_wasConnected ? m_last
                           : Error { Code::Unavailable, QStringLiteral("no connection came about for bulk data"),
                               Begun::No, Origin::Here });
    else if (now >= awayAt(*m_suspendedSince, m_lastHeard, m_settings) && !std::exchange(m_away, true))
        emit wentAway();
    return {};
}

// --- without a connection, and with the next one

void Link::lost(const Error &error, Instant now)
{
    if (m_over || m_suspendedSince)
        return;
    if (m_settings.resumeWindow > milliseconds(0))
        suspend(error, now);
    else
        end(error);
}

void Link::suspend(const Error &why, Instant now)
{
    m_last = why;
    m_suspendedSince = now;
    emit suspended(why);
}

Result<void> Link::resume(quint64 taken, quint64 opens, milliseconds ping, Instant now)
{
    if (const Result<void> known = m_lane.resume(taken, now); !known)
        return known;
    m_suspendedSince.reset();
    m_away = false;
    m_wasConnected = true;
    m_settings.ping = ping;
    m_lastHeard = m_lastPing = now;
    m_pingSent = {};
    m_opensAllowed = qMax(m_opensAllowed, opens);
    sayOpens(); // the greeting said what held when it was written
    sendWaitingOpens();
    emit resumed();
    if (m_router && !m_over)
        m_router->room(*this);
    return {};
}

// --- the end

void Link::leave(const GoAway &goAway)
{
    if (m_over)
        return;
    m_lane.appendUncounted(FrameType::GoAway, encodeGoAway(goAway));
    if (goAway.reason == Leave::Draining) {
        if (wake)
            wake();
        return;
    }
    end({ goAway.reason == Leave::DataLoss ? Code::DataLoss : Code::Unavailable,
        goAway.sentence.isEmpty() ? QStringLiteral("the link was closed here") : goAway.sentence, Begun::Maybe,
        Origin::Here });
    if (wake)
        wake();
}

void Link::leaveWhenWritten(const GoAway &goAway)
{
    if (m_lane.isHandedOut())
        return leave(goAway);
    m_leaving = goAway;
}

/// Whether the peer may have seen the OPEN: of what it opened itself, always.
bool Link::wasWritten(const Stream *stream) const
{
    return !stream->m_openedHere || m_lane.promptHandedOut() >= stream->m_openedAt;
}

void Link::end(const Error &why)
{
    if (m_over)
        return;
    m_over = true;
    m_suspendedSince.reset();
    m_last = why;
    Error broken { Code::Unavailable, why.sentence, Begun::Maybe, Origin::Here };
    Error never = broken;
    never.begun = Begun::No;
    const std::deque<WaitingOpen> waiting = std::exchange(m_waitingOpens, {});
    for (const WaitingOpen &open : waiting) {
        if (open.stream)
            open.stream->finish({ never, {} });
    }
    for (auto *table : { &m_ours, &m_theirs }) {
        for (size_t i = 0; i < table->size(); ++i) {
            if (Stream *stream = (*table)[i].stream)
                stream->finish({ wasWritten(stream) ? broken : never, {} });
        }
    }
    if (m_router)
        m_router->ended(*this);
    emit this->ended(why);
}

} // namespace hawser
