#pragma once

#include "core/public_key.h"

#include <array>

class QSslCertificate;
class QSslKey;

namespace hawser {

/// An Ed25519 key pair. Copies share nothing secret with the disk; memory is locked best effort and wiped at the end.
class Identity {
public:
    /// A fresh pair that exists in memory only.
    static Identity generate();
    /// \param seed  32 bytes
    /// \retval InvalidArgument  not 32 bytes
    static Result<Identity> fromSeed(QByteArrayView seed);
    /// Reads FOLDER/identity, or makes it (0600, fsynced, never overwriting) together with FOLDER/identity.pub.
    /// \retval PermissionDenied     the file can be read by others (the sentence names the chmod that mends it)
    /// \retval DataLoss             the file is there but is no identity: it is left untouched
    /// \retval FailedPrecondition   the folder cannot be written: the sentence says which and why
    static Result<Identity> load(const QString &folder);

    Identity(const Identity &);
    Identity &operator=(const Identity &);
    ~Identity();

    const PublicKey &key() const { return m_key; }
    /// 64-byte signature over `message`.
    QByteArray sign(QByteArrayView message) const;

    /// The self-signed certificate: the same key always makes the same bytes (docs/protocol.md §2).
    QSslCertificate certificate() const;
    QSslKey sslKey() const;

private:
    Identity() = default;

    PublicKey m_key;
    std::array<quint8, 64> m_secret {};
};

/// \retval false  the signature is not `key`'s over `message`
bool verify(const PublicKey &key, QByteArrayView message, QByteArrayView signature);

/// Random bytes for names, nonces and secrets.
QByteArray randomBytes(int count);

} // namespace hawser
