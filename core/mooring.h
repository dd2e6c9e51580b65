#pragma once

#include "core/connection.h"
#include "core/later.h"
#include "core/link.h"

#include <QBasicTimer>

namespace hawser {

/// A link on the side that listens, and the connection that carries it now. A broken connection is let go, and the link
/// waits for the next one, which `Listener` brings, as long as its window is. Once the link is over, or the mooring is
/// deleted, the two go together when the last words are out.
class Mooring : public QObject {
    Q_OBJECT

public:
    /// \param number  of the connection, as HELLO says
    Mooring(std::unique_ptr<Link> link, std::unique_ptr<Connection> connection, quint32 number);
    ~Mooring() override;

    Link *link() const { return m_link.get(); } ///< null once it is over
    Connection *connection() const { return m_connection.get(); } ///< null while the link is suspended
    quint32 number() const { return m_number; }

    /// The present connection, which may be half-open, brings nothing any more.
    void castOff();
    /// The next connection carries the link. \pre the link was resumed
    void carry(std::unique_ptr<Connection> connection, quint32 number);

protected:
    void timerEvent(QTimerEvent *event) override;

private:
    void wait();
    void end();

    LaterPointer<Link> m_link;
    LaterPointer<Connection> m_connection;
    quint32 m_number;
    QBasicTimer m_timer; // runs while the link is suspended
};

} // namespace hawser
