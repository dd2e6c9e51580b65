// Whatever bytes come: the decoders answer with a value or an error, and what they took they write and read alike.
#include "core/greeting.h"
#include "core/wire.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#define HAWSER_ROUNDS 200000
#include "tests/fuzz/fuzz.h"

using namespace hawser;
using fuzz::demand;

namespace {

void tryValue(QByteArrayView bytes)
{
    const Result<Value> value = decode(bytes);
    if (!value) {
        demand(!value.error().sentence.isEmpty(), "an error has a sentence");
        return;
    }
    const Result<Value> again = decode(encode(*value));
    demand(bool(again), "what was read can be written and read");
    demand(*again == *value, "and is the same");
    const Result<Schema> schema = schemaFromValue(*value);
    if (schema)
        demand(schemaToValue(*schema) == schemaToValue(*schemaFromValue(schemaToValue(*schema))), "a schema stays");
}

void tryGreetings(QByteArrayView bytes)
{
    if (const Result<Hello> hello = decodeHello(bytes))
        demand(bool(decodeHello(encodeHello(*hello))), "a HELLO stays");
    if (const Result<Welcome> welcome = decodeWelcome(bytes))
        demand(bool(decodeWelcome(encodeWelcome(*welcome))), "a WELCOME stays");
    if (const Result<GoAway> goAway = decodeGoAway(bytes))
        demand(bool(decodeGoAway(encodeGoAway(*goAway))), "a GOAWAY stays");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const QByteArrayView bytes(data, qsizetype(size));
    tryValue(bytes);
    tryGreetings(bytes);
    return 0;
}

#ifndef HAWSER_LIBFUZZER

QList<QByteArray> seeds()
{
    QList<QByteArray> all;
    for (const char *name : { HAWSER_TESTS "/vectors/values.json", HAWSER_TESTS "/vectors/greeting.json" }) {
        QFile file { QString::fromUtf8(name) };
        demand(file.open(QIODevice::ReadOnly), "the vectors are there");
        const QJsonObject vectors = QJsonDocument::fromJson(file.readAll()).object();
        for (const QJsonValue part : vectors) {
            for (const QJsonValue vector : part.toArray()) {
                if (vector["bytes"].isString())
                    all += QByteArray::fromHex(vector["bytes"].toString().toLatin1());
            }
        }
    }
    demand(all.size() > 100, "the vectors were read");
    return all;
}

#endif
