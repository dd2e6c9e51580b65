#include "core/call.h"
#include "core/wire.h"

namespace hawser {

namespace {

constexpr qsizetype lengthBytes = sizeof(quint32);
constexpr qsizetype bulkLengthBytes = sizeof(quint64);

Error malformed(const char *what)
{
    return Error { Code::InvalidArgument,
        QStringLiteral("the body of the command is malformed: %1").arg(QLatin1String(what)) };
}

template <typename Number>
void appendNumber(QByteArray &out, Number number)
{
    const Number wire = qToBigEndian(number);
    out.append(reinterpret_cast<const char *>(&wire), sizeof wire);
}

} // namespace

Result<PackedPayload> packPayload(const Payload &payload, qsizetype room)
{
    if (!payload.parameters.isNull() && payload.parameters.kind() != Value::Kind::Map)
        return Error { Code::InvalidArgument, QStringLiteral("the parameters of a command are a map") };
    if (payload.bulk.size() > limits::message)
        return Error { Code::ResourceExhausted, QStringLiteral("the bulk is larger than 16 MiB") };
    const QByteArray parameters = encode(payload.parameters.isNull() ? Value(Value::Map {}) : payload.parameters);
    const qsizetype fixed = lengthBytes + parameters.size() + bulkLengthBytes;
    if (fixed > room)
        return Error { Code::ResourceExhausted, QStringLiteral("the parameters are larger than one frame") };

    PackedPayload packed;
    packed.bulkFollows = fixed + payload.bulk.size() > room;
    packed.body.reserve(fixed + (packed.bulkFollows ? 0 : payload.bulk.size()));
    appendNumber(packed.body, quint32(parameters.size()));
    packed.body.append(parameters);
    appendNumber(packed.body, quint64(payload.bulk.size()));
    if (!packed.bulkFollows)
        packed.body.append(payload.bulk);
    return packed;
}

Result<UnpackedPayload> unpackPayload(QByteArrayView body)
{
    UnpackedPayload unpacked;
    unpacked.payload.parameters = Value(Value::Map {});
    if (body.isEmpty())
        return unpacked;
    if (body.size() < lengthBytes + bulkLengthBytes)
        return malformed("it is too short");
    const qsizetype length = qFromBigEndian<quint32>(body.data());
    if (length > body.size() - lengthBytes - bulkLengthBytes)
        return malformed("its parameters are longer than itself");
    Result<Value> parameters = decode(body.sliced(lengthBytes, length));
    if (!parameters)
        return parameters.error();
    if (parameters->kind() != Value::Kind::Map)
        return malformed("its parameters are no map");

    const quint64 bulk = qFromBigEndian<quint64>(body.data() + lengthBytes + length);
    if (bulk > quint64(limits::message))
        return Error { Code::ResourceExhausted, QStringLiteral("the bulk is larger than 16 MiB") };
    const QByteArrayView rest = body.sliced(lengthBytes + length + bulkLengthBytes);
    if (!rest.isEmpty() && quint64(rest.size()) != bulk)
        return malformed("its bulk has another length than announced");
    unpacked.payload.parameters = std::move(*parameters);
    unpacked.payload.bulk = rest.toByteArray();
    unpacked.missing = rest.isEmpty() ? qsizetype(bulk) : 0;
    return unpacked;
}

} // namespace hawser
