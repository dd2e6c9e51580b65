#pragma once

#include "core/connection.h"
#include "core/later.h"
#include "core/link.h"

#include <QBasicTimer>

namespace hawser {

/// A link on the side that listens, and the connection that carries it now. A broken connection is let go, and the link
/// waits for the next one, which `Listener` brings, as long as its window is. Once the link is over, or the mooring is
/// deleted, the two go together when the last words are out. A further lane is a mooring of its own inside the first.
class Mooring : public QObject {
    Q_OBJECT

public:
    /// \param number  of the connection, as HELLO says  \param connection  null for a lane that waits for its first
    Mooring(std::unique_ptr<Link> link, std::unique_ptr<Connection> connection, quint32 number);
    ~Mooring() override;

    Link *link() const { return m_link.get(); } ///< null once it is over
    Connection *connection() const { return m_connection.get(); } ///< null while the link is suspended
    quint32 number() const { return m_number; }

    /// The present connection, which may be half-open, brings nothing any more.
    void castOff();
    /// The next connection carries the link. \pre the link was resumed
    void carry(std::unique_ptr<Connection> connection, quint32 number);

    /// The lane for bulk data, made now if there is none: the other side is asked for its connection, and what is said on it
    /// waits. \pre both sides named feature::lanes
    Link *bulk();
    /// A lane that the other side brings; null: it had its time.
    Mooring *lane(quint32 number);
    /// The one there is; null: none.
    Link *presentLane() const { return m_lane ? m_lane->link() : nullptr; }

signals:
    void laneMade(hawser::Link *lane); ///< before anything comes on it; it ends with the link

protected:
    void timerEvent(QTimerEvent *event) override;

private:
    void wait();
    void end();
    void makeLane(quint32 number);
    void askAgain();

    LaterPointer<Link> m_link;
    LaterPointer<Connection> m_connection;
    quint32 m_number;
    std::unique_ptr<Mooring> m_lane; // the one for bulk data
    quint32 m_lastLane = 0;
    QBasicTimer m_timer; // runs while the link is suspended
};

} // namespace hawser
