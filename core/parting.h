#pragma once

#include "core/connection.h"
#include "core/later.h"
#include "core/link.h"

namespace hawser {

/// Lets a link and the connection below it go together, once the last words are out. They tell `owner` nothing more.
/// \return the link, for a goodbye said at once; null when there was none
inline Link *part(LaterPointer<Link> link, LaterPointer<Connection> connection, QObject *owner)
{
    if (!connection) { // a suspended link: nobody is there to be told
        Link *suspended = link.release(); // not silenced: others may still have to hear that it is over
        if (suspended != nullptr) {
            suspended->disconnect(owner);
            suspended->deleteLater();
        }
        return suspended;
    }
    Connection *leaving = connection.release();
    leaving->disconnect(owner);
    if (!link) { // nothing was agreed on yet
        leaving->setSink(nullptr);
        leaving->deleteLater();
        return nullptr;
    }
    link->disconnect(owner);
    link->setParent(leaving);
    QObject::connect(leaving, &Connection::closed, leaving, &QObject::deleteLater);
    leaving->close({ Code::Cancelled, QStringLiteral("the connection was closed here"), Begun::NotSaid, Origin::Here });
    return link.release();
}

/// In main(), above all that has connections: when that is gone, the others are told. Without it they miss us only after
/// a while.
struct LastWords {
    ~LastWords() { Connection::sayLastWords(); }
};

/// The calls on the link end inside.
inline void sayGoodbye(Link *link)
{
    if (link != nullptr)
        link->leave({ Leave::Leaving, milliseconds(0), {} });
}

} // namespace hawser
