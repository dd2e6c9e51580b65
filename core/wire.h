#pragma once

#include "core/fields.h"
#include "core/value.h"

namespace hawser {

/// Values as msgpack and back (docs/protocol.md §4). Decoding is strict: limits of limits.h, one value and nothing after
/// it, no duplicate keys, no bad UTF-8, no NaN or infinity, no extension types; nothing is allocated on a length's word.
QByteArray encode(const Value &value);
/// \retval InvalidArgument    not msgpack as the protocol wants it: the sentence says what
/// \retval ResourceExhausted  a limit is broken
Result<Value> decode(QByteArrayView bytes);

/// A described struct as a msgpack map.
template <typename T>
QByteArray encodeStruct(const T &object)
{
    return encode(toValue(object));
}

/// Unknown members are ignored, missing ones keep their default unless they are required.
template <typename T>
Result<T> decodeStruct(QByteArrayView bytes)
{
    const Result<Value> value = decode(bytes);
    if (!value)
        return value.error();
    return fromValue<T>(*value);
}

} // namespace hawser
