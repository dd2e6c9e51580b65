#include "core/public_key.h"

#include "core/sodium.h"

#include <QFile>
#include <QStringList>

namespace hawser {

namespace {

constexpr int wordBits = 11;
constexpr int wordCount = 6;

const QStringList &allWords()
{
    static const QStringList words = [] {
        QFile file(QStringLiteral(":/hawser/words.txt"));
        if (!file.open(QIODevice::ReadOnly))
            qFatal("the list of words is missing from the library");
        return QString::fromLatin1(file.readAll()).split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    }();
    Q_ASSERT(words.size() == 1 << wordBits);
    return words;
}

// Bits `first` … `first` + 10 of the digest, the highest bit of the first byte being bit 0.
int wordIndex(const QByteArray &digest, int first)
{
    int index = 0;
    for (int bit = first; bit < first + wordBits; ++bit)
        index = index << 1 | (quint8(digest[bit / 8]) >> (7 - bit % 8) & 1);
    return index;
}

bool isHexDigit(QChar c)
{
    return (c >= u'0' && c <= u'9') || (c >= u'a' && c <= u'f') || (c >= u'A' && c <= u'F');
}

} // namespace

Result<PublicKey> PublicKey::fromBytes(QByteArrayView bytes)
{
    if (bytes.size() != size)
        return Error { Code::InvalidArgument, QStringLiteral("a key has 32 bytes, not %1").arg(bytes.size()) };
    PublicKey key;
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char *>(key.m_bytes.data()));
    // Checking a point takes as long as the rest of a call: keys that come again are remembered.
    thread_local std::array<PublicKey, 256> known;
    PublicKey &last = known[key.m_bytes[0]];
    if (key == last && !key.isNull())
        return key;
    startSodium();
    if (crypto_core_ed25519_is_valid_point(key.data()) != 1)
        return Error { Code::InvalidArgument, QStringLiteral("these 32 bytes are not a key that can be trusted") };
    last = key;
    return key;
}

Result<PublicKey> PublicKey::fromHex(QStringView text)
{
    if (text.size() != 2 * size)
        return Error { Code::InvalidArgument,
            QStringLiteral("a key has 64 hex digits, not %1 characters").arg(text.size()) };
    if (!std::all_of(text.begin(), text.end(), isHexDigit))
        return Error { Code::InvalidArgument, QStringLiteral("a key has only the digits 0–9 and a–f") };
    return fromBytes(QByteArray::fromHex(text.toLatin1()));
}

bool PublicKey::isNull() const
{
    return *this == PublicKey();
}

QString PublicKey::hex() const
{
    return QString::fromLatin1(bytes().toHex());
}

QString PublicKey::words() const
{
    const QByteArray digest = blake2b({ bytes() });
    QStringList chosen;
    for (int i = 0; i < wordCount; ++i)
        chosen.append(allWords().at(wordIndex(digest, i * wordBits)));
    return chosen.join(QLatin1Char('-'));
}

size_t qHash(const PublicKey &key, size_t seed)
{
    return qHashBits(key.data(), PublicKey::size, seed);
}

} // namespace hawser
