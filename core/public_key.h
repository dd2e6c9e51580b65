#pragma once

#include "core/result.h"

#include <QByteArray>
#include <QHash>
#include <QString>
#include <array>

namespace hawser {

/// An Ed25519 public key: who somebody is. Whole keys are written as 64 lower-case hex digits.
class PublicKey {
public:
    static constexpr int size = 32;

    PublicKey() = default; ///< all zero: nobody
    /// \retval InvalidArgument  not 32 bytes, or a point libsodium refuses (small order, not canonical)
    static Result<PublicKey> fromBytes(QByteArrayView bytes);
    /// \retval InvalidArgument  not 64 hex digits (either case is read), or a point that is refused
    static Result<PublicKey> fromHex(QStringView text);

    bool isNull() const;
    QByteArray bytes() const { return QByteArray(reinterpret_cast<const char *>(m_bytes.data()), size); }
    const quint8 *data() const { return m_bytes.data(); }
    QString hex() const;
    /// Six words of the BIP-39 English list over the first 66 bits of BLAKE2b-256 of the key, joined with '-'. A label
    /// for people, never proof.
    QString words() const;

    auto operator<=>(const PublicKey &) const = default;

private:
    std::array<quint8, size> m_bytes {};
};

size_t qHash(const PublicKey &key, size_t seed = 0);

} // namespace hawser
