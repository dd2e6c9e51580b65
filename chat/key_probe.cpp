#include "chat/key_probe.h"

namespace hawser::chat {

KeyProbe::KeyProbe(const Address &address, const Identity &identity, QObject *parent) : QObject(parent)
{
    m_connection.reset(Connection::dial(address, identity, std::nullopt).release());
    Connection *connection = m_connection.get();
    connect(connection, &Connection::encrypted, this, [this, connection] {
        emit found(connection->peerKey());
        connection->close({ Code::Cancelled, QStringLiteral("only the key was wanted") });
    });
    connect(connection, &Connection::closed, this, &QObject::deleteLater);
}

} // namespace hawser::chat
