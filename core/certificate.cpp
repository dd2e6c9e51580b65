#include "core/certificate.h"

#include "core/identity.h"
#include "core/sodium.h"

#include <QSslCertificate>
#include <QSslCipher>
#include <QSslConfiguration>
#include <QSslKey>
#include <QSslSocket>
#include <memory>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

namespace hawser {

namespace {

// What OpenSSL leaves in its thread's error queue would end the session that is read next (CVE-2020-13962's class).
class CleanQueue {
public:
    CleanQueue() { ERR_clear_error(); }
    ~CleanQueue() { ERR_clear_error(); }
    Q_DISABLE_COPY_MOVE(CleanQueue)
};

using KeyHandle = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using CertificateHandle = std::unique_ptr<X509, decltype(&X509_free)>;

KeyHandle privateKey(const quint8 *seed)
{
    return KeyHandle(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed, 32), &EVP_PKEY_free);
}

// Everything but the key is constant (docs/protocol.md §2), and Ed25519 signs without chance.
bool fillIn(X509 *certificate, EVP_PKEY *key)
{
    static const unsigned char name[] = "hawser";
    X509_NAME *subject = X509_get_subject_name(certificate);
    return X509_set_version(certificate, X509_VERSION_3) == 1
        && ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1
        && ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate), "19700101000000Z") == 1
        && ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate), "99991231235959Z") == 1
        && X509_NAME_add_entry_by_NID(subject, NID_commonName, V_ASN1_UTF8STRING, name, sizeof name - 1, -1, 0) == 1
        && X509_set_issuer_name(certificate, subject) == 1 && X509_set_pubkey(certificate, key) == 1
        && X509_sign(certificate, key, nullptr) > 0;
}

QByteArray selfSigned(EVP_PKEY *key)
{
    const CertificateHandle certificate(X509_new(), &X509_free);
    if (!key || !certificate || !fillIn(certificate.get(), key))
        return {};
    QByteArray der(i2d_X509(certificate.get(), nullptr), Qt::Uninitialized);
    auto *out = reinterpret_cast<unsigned char *>(der.data());
    i2d_X509(certificate.get(), &out);
    return der;
}

// TLS 1.3 only. What the processor does in hardware goes first; both are always offered.
QList<QSslCipher> ciphers()
{
    startSodium();
    QStringList names { QStringLiteral("TLS_AES_256_GCM_SHA384"), QStringLiteral("TLS_CHACHA20_POLY1305_SHA256") };
    if (crypto_aead_aes256gcm_is_available() == 0)
        std::swap(names[0], names[1]);
    QList<QSslCipher> chosen;
    for (const QString &name : std::as_const(names)) {
        const QSslCipher cipher(name, QSsl::TlsV1_3);
        if (!cipher.isNull())
            chosen.append(cipher);
    }
    return chosen;
}

Error noKey(const QString &why)
{
    return Error { Code::Unauthenticated, QStringLiteral("the other side did not prove a key: %1").arg(why) };
}

} // namespace

QSslCertificate Identity::certificate() const
{
    const CleanQueue guard;
    const KeyHandle key = privateKey(m_secret.data());
    const QSslCertificate certificate(selfSigned(key.get()), QSsl::Der);
    if (certificate.isNull())
        qFatal("OpenSSL could not make our certificate");
    return certificate;
}

QSslKey Identity::sslKey() const
{
    const CleanQueue guard;
    KeyHandle key = privateKey(m_secret.data());
    if (!key)
        qFatal("OpenSSL could not take our key");
    return QSslKey(Qt::HANDLE(key.release()), QSsl::PrivateKey); // owns it now
}

Result<PublicKey> keyOf(const QSslCertificate &certificate)
{
    const CleanQueue guard;
    auto *handle = static_cast<X509 *>(certificate.handle());
    if (!handle)
        return noKey(QStringLiteral("it has no certificate"));
    EVP_PKEY *key = X509_get0_pubkey(handle);
    if (!key || EVP_PKEY_get_id(key) != EVP_PKEY_ED25519)
        return noKey(QStringLiteral("its certificate is not for an Ed25519 key"));
    QByteArray raw(PublicKey::size, Qt::Uninitialized);
    size_t length = size_t(raw.size());
    const int read = EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char *>(raw.data()), &length);
    if (read != 1 || length != size_t(raw.size()))
        return noKey(QStringLiteral("its certificate is damaged"));
    const Result<PublicKey> checked = PublicKey::fromBytes(raw);
    if (!checked)
        return noKey(checked.error().sentence);
    return checked;
}

QSslConfiguration tlsConfiguration(const Identity &identity)
{
    const CleanQueue guard;
    QSslConfiguration configuration;
    configuration.setProtocol(QSsl::TlsV1_3OrLater);
    configuration.setCiphers(ciphers());
    configuration.setCaCertificates({});
    configuration.setLocalCertificate(identity.certificate());
    configuration.setPrivateKey(identity.sslKey());
    configuration.setPeerVerifyMode(QSslSocket::VerifyPeer);
    configuration.setMissingCertificateIsFatal(true);
    configuration.setSslOption(QSsl::SslOptionDisableSessionTickets, true);
    configuration.setSslOption(QSsl::SslOptionDisableSessionSharing, true);
    configuration.setSslOption(QSsl::SslOptionDisableSessionPersistence, true);
    return configuration;
}

} // namespace hawser
