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
    m_connection->setSink(m_link.get());
}

Mooring::~Mooring()
{
    end();
}

void Mooring::end()
{
    m_timer.stop();
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
