#include "core/transfer/hash.h"

#include <openssl/evp.h>

namespace hawser::transfer {

namespace {
EVP_MD_CTX *raw(void *context)
{
    return static_cast<EVP_MD_CTX *>(context);
}
} // namespace

void Sha256::Free::operator()(void *context) const
{
    EVP_MD_CTX_free(raw(context));
}

Sha256::Sha256() : m_context(EVP_MD_CTX_new())
{
    if (!m_context || EVP_DigestInit_ex(raw(m_context.get()), EVP_sha256(), nullptr) != 1)
        qFatal("SHA-256 is not to be had");
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256 &&) noexcept = default;
Sha256 &Sha256::operator=(Sha256 &&) noexcept = default;

void Sha256::add(QByteArrayView bytes)
{
    if (EVP_DigestUpdate(raw(m_context.get()), bytes.data(), size_t(bytes.size())) != 1)
        qFatal("SHA-256 failed");
}

QByteArray Sha256::result()
{
    QByteArray out(size, Qt::Uninitialized);
    if (EVP_DigestFinal_ex(raw(m_context.get()), reinterpret_cast<unsigned char *>(out.data()), nullptr) != 1
        || EVP_DigestInit_ex(raw(m_context.get()), EVP_sha256(), nullptr) != 1)
        qFatal("SHA-256 failed");
    return out;
}

} // namespace hawser::transfer
