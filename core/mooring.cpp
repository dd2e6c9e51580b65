#include "core/mooring.h"

#include "core/parting.h"

#include <QTimerEvent>

namespace hawser {

Mooring::Mooring(std::unique_ptr<Link> link, std::unique_ptr<Connection> connection, quint32 number)
    : m_link(link.release()), m_connection(connection.release()), m_number(number)
{
    connect(m_link.get(), &Link::suspended, this, [this] {
        castOff();
        wait();
    });
    connect(m_link.get(), &Link::ended, this, &Mooring::end);
    connect(m_link.get(), &Link::resumed, this, &Mooring::askAgain);
    if (m_connection)
        m_connection->setSink(m_link.get());
    else
        wait();
}

Mooring::~Mooring()
{
    end();
}

void Mooring::end()
{
    m_timer.stop();
    if (Link *lane = presentLane())
        lane->leave({ Leave::Leaving, milliseconds(0), {} });
    if (m_link)
        m_link->setBulk(nullptr);
    part(std::move(m_link), std::move(m_connection), this);
}

void Mooring::castOff()
{
    if (m_connection)
        m_connection->setSink(nullptr);
    m_connection.reset();
}

void Mooring::carry(std::unique_ptr<Connection> connection, quint32 number)
{
    m_timer.stop();
    m_number = number;
    m_connection.reset(connection.release());
    m_connection->setSink(m_link.get());
}

// --- the lane for bulk data

Link *Mooring::bulk()
{
    if (!presentLane()) {
        makeLane(m_lastLane + 1);
        m_link->askForLane(m_lastLane);
    }
    return presentLane();
}

Mooring *Mooring::lane(quint32 number)
{
    if (number > m_lastLane)
        makeLane(number);
    return presentLane() && number == m_lastLane ? m_lane.get() : nullptr;
}

void Mooring::makeLane(quint32 number)
{
    if (Link *older = presentLane())
        older->leave({ Leave::Leaving, milliseconds(0), {} });
    if (m_lane)
        m_lane.release()->deleteLater(); // it may be in the middle of its own signal
    LinkSettings settings = m_link->settings();
    settings.lane = m_lastLane = number;
    m_lane = std::make_unique<Mooring>(std::make_unique<Link>(settings, now()), nullptr, 0);
    emit laneMade(m_lane->link());
}

/// What an older connection was to ask may not have arrived.
void Mooring::askAgain()
{
    if (presentLane() && m_lane->number() == 0)
        m_link->askForLane(m_lastLane);
}

void Mooring::wait()
{
    const auto left = std::chrono::ceil<milliseconds>(m_link->deadline() - now());
    m_timer.start(int(std::clamp<qint64>(left.count(), 1, 3'600'000)), Qt::CoarseTimer, this);
}

void Mooring::timerEvent(QTimerEvent *)
{
    m_timer.stop();
    if (!m_link || !m_link->isSuspended())
        return;
    (void)m_link->tick(now()); // says by signals what happens
    if (m_link && m_link->isSuspended())
        wait();
}

} // namespace hawser
