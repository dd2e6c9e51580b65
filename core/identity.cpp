#include "core/identity.h"

#include "core/folders.h"
#include "core/sodium.h"

#include <QDebug>

namespace hawser {

namespace {

// FOLDER/identity is one line: "hawser identity/1 <base64 of the 32-byte seed>".
constexpr QByteArrayView fileHead = "hawser identity/1 ";
constexpr qint64 fileMost = 256;
constexpr qsizetype seedSize = crypto_sign_SEEDBYTES;

// Wiped when it goes: a QByteArray leaves what it held in memory.
class Secret {
public:
    explicit Secret(QByteArray bytes) : m_bytes(std::move(bytes)) { }
    ~Secret() { sodium_memzero(m_bytes.data(), size_t(m_bytes.size())); }
    Q_DISABLE_COPY_MOVE(Secret)

    const QByteArray &bytes() const { return m_bytes; }

private:
    QByteArray m_bytes;
};

Result<Identity> readIdentity(const QString &path)
{
    Result<QByteArray> read = readFile(path, fileMost, Privacy::OwnerOnly);
    if (!read)
        return read.error();
    const Secret file(std::move(*read));
    const Error damaged { Code::DataLoss,
        QStringLiteral("%1 is not an identity of this version; it is left as it is (restore a copy, or move it away to "
                       "become somebody new)")
            .arg(path) };
    QByteArrayView line = file.bytes();
    if (!line.startsWith(fileHead) || !line.endsWith('\n'))
        return damaged;
    line = line.sliced(fileHead.size()).chopped(1);
    auto decoded = QByteArray::fromBase64Encoding(line.toByteArray(), QByteArray::AbortOnBase64DecodingErrors);
    const Secret seed(std::move(decoded.decoded));
    if (!decoded || seed.bytes().size() != seedSize || seed.bytes().toBase64() != line)
        return damaged;
    return Identity::fromSeed(seed.bytes());
}

Result<void> writeIdentity(const QString &path)
{
    const Secret seed(randomBytes(seedSize));
    const Secret line(fileHead.toByteArray() + seed.bytes().toBase64() + '\n');
    Result<void> created = createFileDurably(path, line.bytes(), 0600);
    if (!created && created.error().code == Code::AlreadyExists)
        return {}; // another program was faster: its identity is ours
    return created;
}

// For people to copy. Made from the secret again whenever it is not there; the folder may be read-only by now.
void writePublicPart(const QString &path, const PublicKey &key)
{
    const QByteArray line = key.hex().toLatin1() + '\n';
    const Result<QByteArray> there = readFile(path, fileMost);
    if (there && *there == line)
        return;
    if (const Result<void> written = writeFileDurably(path, line, 0644); !written)
        qWarning() << written.error().sentence;
}

} // namespace

Identity Identity::generate()
{
    const Secret seed(randomBytes(seedSize));
    return *fromSeed(seed.bytes());
}

Result<Identity> Identity::fromSeed(QByteArrayView seed)
{
    if (seed.size() != seedSize)
        return Error { Code::InvalidArgument, QStringLiteral("the seed of an identity has 32 bytes") };
    startSodium();
    Identity identity;
    sodium_mlock(identity.m_secret.data(), identity.m_secret.size());
    QByteArray key(PublicKey::size, Qt::Uninitialized);
    auto *keyBytes = reinterpret_cast<unsigned char *>(key.data());
    if (crypto_sign_seed_keypair(keyBytes, identity.m_secret.data(), bytesOf(seed)) != 0)
        return Error { Code::Internal, QStringLiteral("libsodium could not make a key") };
    const Result<PublicKey> checked = PublicKey::fromBytes(key);
    if (!checked)
        return checked.error();
    identity.m_key = *checked;
    return identity;
}

Result<Identity> Identity::load(const QString &folder)
{
    if (const Result<void> made = makePrivateFolder(folder); !made)
        return made.error();
    const QString path = folder + QStringLiteral("/identity");
    Result<Identity> identity = readIdentity(path);
    if (!identity && identity.error().code == Code::NotFound) {
        if (const Result<void> written = writeIdentity(path); !written)
            return written.error();
        identity = readIdentity(path);
    }
    if (identity)
        writePublicPart(folder + QStringLiteral("/identity.pub"), identity->key());
    return identity;
}

Identity::Identity(const Identity &other) : m_key(other.m_key)
{
    sodium_mlock(m_secret.data(), m_secret.size());
    m_secret = other.m_secret;
}

Identity &Identity::operator=(const Identity &other)
{
    m_key = other.m_key;
    m_secret = other.m_secret;
    return *this;
}

Identity::~Identity()
{
    sodium_munlock(m_secret.data(), m_secret.size()); // wipes it too
}

QByteArray Identity::sign(QByteArrayView message) const
{
    QByteArray signature(crypto_sign_BYTES, Qt::Uninitialized);
    auto *bytes = reinterpret_cast<unsigned char *>(signature.data());
    if (crypto_sign_detached(bytes, nullptr, bytesOf(message), quint64(message.size()), m_secret.data()) != 0)
        qFatal("libsodium could not sign");
    return signature;
}

bool verify(const PublicKey &key, QByteArrayView message, QByteArrayView signature)
{
    if (signature.size() != crypto_sign_BYTES)
        return false;
    return crypto_sign_verify_detached(bytesOf(signature), bytesOf(message), quint64(message.size()), key.data()) == 0;
}

QByteArray randomBytes(int count)
{
    startSodium();
    QByteArray bytes(count, Qt::Uninitialized);
    randombytes_buf(bytes.data(), size_t(count));
    return bytes;
}

} // namespace hawser
