#include "core/number.h"

#include "core/sodium.h"

#include <QRegularExpression>
#include <QtEndian>

namespace hawser {

QByteArray commitmentOf(QByteArrayView nonce, const PublicKey &asker, const PublicKey &decider)
{
    Q_ASSERT(nonce.size() == numberNonce);
    return blake2b({ "hawser commit/1", asker.bytes(), decider.bytes(), nonce });
}

bool opensCommitment(QByteArrayView commitment, QByteArrayView nonce, const PublicKey &asker, const PublicKey &decider)
{
    if (nonce.size() != numberNonce)
        return false;
    const QByteArray expected = commitmentOf(nonce, asker, decider);
    return commitment.size() == expected.size()
        && sodium_memcmp(commitment.data(), expected.constData(), size_t(expected.size())) == 0;
}

QString compareNumber(
    const PublicKey &asker, const PublicKey &decider, QByteArrayView nonceAsker, QByteArrayView nonceDecider)
{
    Q_ASSERT(nonceAsker.size() == numberNonce && nonceDecider.size() == numberNonce);
    const QByteArray digest = blake2b({ "hawser number/1", asker.bytes(), decider.bytes(), nonceAsker, nonceDecider });
    const quint64 number = qFromBigEndian<quint64>(digest.constData()) % 1'000'000;
    return QStringLiteral("%1").arg(number, 6, 10, QLatin1Char('0'));
}

QString showNumber(const QString &number)
{
    return number.left(3) + QLatin1Char(' ') + number.mid(3);
}

std::optional<QString> readNumber(QStringView text)
{
    static const QRegularExpression shape(QStringLiteral("\\A\\s*([0-9]{3})[ \\x{a0}\\x{202f}]?([0-9]{3})\\s*\\z"));
    const QRegularExpressionMatch match = shape.match(text);
    if (!match.hasMatch())
        return std::nullopt;
    return match.captured(1) + match.captured(2);
}

} // namespace hawser
