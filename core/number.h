#pragma once

#include "core/public_key.h"

#include <optional>

namespace hawser {

// The six-digit number two people compare (docs/protocol.md §10): the asker commits to its nonce, the decider says its
// own, the asker reveals. So nobody between them can try nonces until the numbers on both sides agree.

/// Bytes of each side's random nonce.
inline constexpr qsizetype numberNonce = 32;

/// What the asker sends first. \pre nonce.size() == numberNonce
QByteArray commitmentOf(QByteArrayView nonce, const PublicKey &asker, const PublicKey &decider);
/// The decider's check of what was revealed: wrong lengths are refused too.
bool opensCommitment(QByteArrayView commitment, QByteArrayView nonce, const PublicKey &asker, const PublicKey &decider);
/// Six digits, the same on both sides. Each number is as likely as any other to within 2^-44.
/// \pre both nonces have numberNonce bytes
QString compareNumber(
    const PublicKey &asker, const PublicKey &decider, QByteArrayView nonceAsker, QByteArrayView nonceDecider);

/// "739204" as "739 204".
QString showNumber(const QString &number);
/// Six digits as a person types them: with or without the space in the middle, and spaces around.
std::optional<QString> readNumber(QStringView text);

} // namespace hawser
