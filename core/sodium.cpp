#include "core/sodium.h"

namespace hawser {

void startSodium()
{
    static const int started = sodium_init();
    if (started < 0)
        qFatal("libsodium cannot start: the system gives no random numbers");
}

QByteArray blake2b(std::initializer_list<QByteArrayView> parts)
{
    startSodium();
    crypto_generichash_state state;
    QByteArray digest(32, Qt::Uninitialized);
    int failed = crypto_generichash_init(&state, nullptr, 0, size_t(digest.size()));
    for (const QByteArrayView part : parts)
        failed |= crypto_generichash_update(&state, bytesOf(part), quint64(part.size()));
    failed |= crypto_generichash_final(&state, reinterpret_cast<unsigned char *>(digest.data()), size_t(digest.size()));
    if (failed != 0)
        qFatal("libsodium's BLAKE2b failed");
    return digest;
}

} // namespace hawser
