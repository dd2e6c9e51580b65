#pragma once

#include <QByteArray>
#include <initializer_list>
#include <sodium.h>

namespace hawser {

/// Starts libsodium once, before anything of it is used. Any thread.
void startSodium();

/// BLAKE2b with a 32-byte digest and no key, over the parts one after the other.
QByteArray blake2b(std::initializer_list<QByteArrayView> parts);

inline const unsigned char *bytesOf(QByteArrayView view)
{
    return reinterpret_cast<const unsigned char *>(view.data());
}

} // namespace hawser
