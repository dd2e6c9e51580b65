// What the fuzz targets share. Built by clang with -fsanitize=fuzzer and HAWSER_LIBFUZZER the inputs are libFuzzer's; without
// it main() feeds mutated seeds, the same each time. A target defines seeds() and LLVMFuzzerTestOneInput().
#pragma once

#include <QByteArray>
#include <QFile>
#include <QList>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace hawser::fuzz {

inline void demand(bool good, const char *what)
{
    if (good)
        return;
    std::fprintf(stderr, "broken: %s\n", what);
    std::abort();
}

} // namespace hawser::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifndef HAWSER_LIBFUZZER

QList<QByteArray> seeds();

namespace {

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

/// fuzz_NAME [ROUNDS | FILE …]
int main(int count, char **arguments)
{
    const long rounds = count > 1 ? std::strtol(arguments[1], nullptr, 10) : HAWSER_ROUNDS;
    for (int i = 1; i < count && rounds == 0; ++i) {
        QFile file(QString::fromLocal8Bit(arguments[i]));
        hawser::fuzz::demand(file.open(QIODevice::ReadOnly), "the file can be read");
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
