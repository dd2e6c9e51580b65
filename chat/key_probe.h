#pragma once

#include "core/connection.h"
#include "core/later.h"

namespace hawser::chat {

/// Looks which key lives at an address, once; nothing but the TLS handshake is done. Deletes itself afterwards.
class KeyProbe : public QObject {
    Q_OBJECT

public:
    KeyProbe(const Address &address, const Identity &identity, QObject *parent);

signals:
    void found(const hawser::PublicKey &key);

private:
    LaterPointer<Connection> m_connection;
};

} // namespace hawser::chat
