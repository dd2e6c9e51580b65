// Whatever a member sends once it is let in: the link takes it or ends, and so does the reader of a transfer.
#include "core/link.h"
#include "core/stream.h"
#include "core/transfer/records.h"

#define HAWSER_ROUNDS 50000
#include "tests/fuzz/fuzz.h"

using namespace hawser;
using fuzz::demand;

namespace {

void tryLink(QByteArrayView bytes)
{
    Instant now { seconds(1000) };
    Link link({}, now);
    QObject::connect(&link, &Link::opened, &link, [](Stream *stream) {
        QObject::connect(stream, &Stream::received, stream, [stream](std::span<const MessageView>) {
            if (!stream->isClosed())
                stream->send("answer");
        });
        QObject::connect(stream, &Stream::peerEnded, stream, [stream] { stream->close({}); });
        QObject::connect(stream, &Stream::cancelled, stream, [stream] { stream->close({}); });
    });
    FrameReader reader(limits::framePayload);
    while (!bytes.isEmpty() && !link.isOver()) {
        const std::span<char> space = reader.space();
        const qsizetype some = std::min<qsizetype>(bytes.size(), qsizetype(space.size()));
        std::copy_n(bytes.data(), some, space.data());
        reader.filled(some);
        const Result<void> taken = link.read(reader, now);
        reader.endTurn();
        bytes = bytes.sliced(some);
        while (!link.nextChunk(now).isEmpty()) { }
        if (!taken)
            return demand(!taken.error().sentence.isEmpty(), "an error has a sentence");
        now += seconds(1);
        (void)link.tick(now);
    }
}

/// Looks at paths as the receiver of files does, and says yes to everything else.
struct Taker final : transfer::RecordTaker {
    Result<void> begin(const transfer::Entry &entry) override
    {
        const Result<QByteArrayList> parts = transfer::safePath(entry.path);
        if (!parts)
            return parts.error();
        for (const QByteArray &part : *parts)
            demand(!part.isEmpty() && part != "." && part != ".." && !part.contains('/') && !part.contains('\0'),
                "a path that is taken stays in its folder");
        return {};
    }
    Result<void> content(QByteArrayView) override { return {}; }
    Result<void> fileEnd(QByteArrayView) override { return {}; }
    Result<void> fileBroken(const QString &) override { return {}; }
    Result<void> skipped(QByteArrayView, const QString &) override { return {}; }
    Result<void> end(const transfer::Total &) override { return {}; }
};

void tryRecords(QByteArrayView bytes)
{
    Taker whole;
    Taker pieces;
    transfer::RecordReader one(whole);
    const Result<void> atOnce = one.take(bytes);
    transfer::RecordReader other(pieces);
    Result<void> inPieces;
    for (qsizetype at = 0; at < bytes.size() && inPieces; at += 7)
        inPieces = other.take(bytes.sliced(at, std::min<qsizetype>(7, bytes.size() - at)));
    demand(bool(atOnce) == bool(inPieces), "how bytes are cut makes no difference");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const QByteArrayView bytes(data, qsizetype(size));
    tryLink(bytes);
    tryRecords(bytes);
    return 0;
}

#ifndef HAWSER_LIBFUZZER

QList<QByteArray> seeds()
{
    OpenHead head;
    head.name = "chat/1";
    QByteArray call;
    appendFrame(call, FrameType::Open, 0, 1, encodeOpen(head, "body"));
    appendFrame(call, FrameType::Data, 0, 1, "message");
    appendFrame(call, FrameType::Credit, 0, 1, QByteArray(6, '\0') + QByteArray("\x02\0", 2));
    appendFrame(call, FrameType::Close, 0, 1, {});
    QByteArray link;
    appendFrame(link, FrameType::Ping, 0, 0, "ping");
    appendFrame(link, FrameType::Ack, 0, 0, QByteArray(8, '\0'));
    appendFrame(link, FrameType::GoAway, 0, 0, encodeGoAway({ Leave::Leaving, {}, QStringLiteral("bye") }));
    QByteArray records;
    transfer::appendFolder(records, { true, "folder", 0, 1, false });
    transfer::appendFile(records, { false, "folder/file", 3, 1, true });
    memcpy(transfer::appendContent(records, 3), "abc", 3);
    transfer::appendFileEnd(records, QByteArray(32, 'h'));
    transfer::appendSkipped(records, "gone", QStringLiteral("why"));
    transfer::appendEnd(records, { 1, 1, 3, QByteArray(32, 'r') });
    return { call, link, call + link, records };
}

#endif
