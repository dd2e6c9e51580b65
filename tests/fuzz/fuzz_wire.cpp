// Whatever bytes come: the decoders answer with a value or an error, and what they took they write and read alike.
// With clang: -fsanitize=fuzzer and HAWSER_LIBFUZZER. Without it main() feeds mutated seeds, the same each time.

#include "core/greeting.h"
#include "core/wire.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <cstdio>
#include <cstdlib>
#include <random>

using namespace hawser;

namespace {

void demand(bool good, const char *what)
{
    if (good)
        return;
    std::fprintf(stderr, "broken: %s\n", what);
    std::abort();
}

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

namespace {

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

/// A few bytes flipped, cut, doubled, or taken from another seed.
QByteArray mutate(QByteArray bytes, const QList<QByteArray> &others, std::mt19937 &random)
{
    for (unsigned step = random() % 4 + 1; step > 0; --step) {
        const qsizetype at = bytes.isEmpty() ? 0 : qsizetype(random() % size_t(bytes.size()));
        switch (random() % 5) {
        case 0:
            if (!bytes.isEmpty())
                bytes[at] = char(random());
            break;
        case 1:
            bytes.truncate(at);
            break;
        case 2:
            bytes.insert(at, char(random()));
            break;
        case 3:
            bytes.insert(at, others[qsizetype(random() % size_t(others.size()))]);
            break;
        default:
            bytes.remove(at, 1);
        }
        bytes.truncate(16 * 1024);
    }
    return bytes;
}

void replay(const QByteArray &bytes)
{
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t *>(bytes.constData()), size_t(bytes.size()));
}

} // namespace

/// fuzz_wire [ROUNDS | FILE …]
int main(int count, char **arguments)
{
    const long rounds = count > 1 ? std::strtol(arguments[1], nullptr, 10) : 300000;
    for (int i = 1; i < count && rounds == 0; ++i) {
        QFile file(QString::fromLocal8Bit(arguments[i]));
        demand(file.open(QIODevice::ReadOnly), "the file can be read");
        replay(file.readAll());
    }
    const QList<QByteArray> all = seeds();
    std::mt19937 random(4780);
    QByteArray bytes;
    for (long round = 0; round < rounds; ++round) {
        if (round % 8 == 0)
            bytes = all[qsizetype(random() % size_t(all.size()))];
        bytes = mutate(bytes, all, random);
        replay(bytes);
    }
    std::printf("%ld inputs\n", rounds);
    return 0;
}

#endif
