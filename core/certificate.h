#pragma once

#include "core/public_key.h"

class QSslCertificate;
class QSslConfiguration;

namespace hawser {

class Identity;

/// The raw Ed25519 key of a peer's leaf certificate, checked with libsodium. `QSslCertificate`'s own key accessor is a
/// null key for Ed25519 and must never be used. OpenSSL's error queue is clean afterwards.
/// \retval Unauthenticated  no certificate, another kind of key, or a refused point
Result<PublicKey> keyOf(const QSslCertificate &certificate);

/// TLS 1.3 only, tickets off, no CAs, our certificate, the peer's demanded (docs/protocol.md §2).
QSslConfiguration tlsConfiguration(const Identity &identity);

} // namespace hawser
