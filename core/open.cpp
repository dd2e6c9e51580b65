// The layouts of OPEN and CLOSE (docs/protocol.md §6.1, §9).
#include "core/link.h"

namespace hawser {

namespace {
constexpr qsizetype blockSize = 32 + 8 + 8 + 1 + 4; // key · device · session · class · time left
constexpr qsizetype closeHead = 6; // code · begun · origin · zero · sentence length u16
constexpr qsizetype sentenceBytes = 1024;

void appendFixed(QByteArray &out, const QByteArray &bytes, qsizetype size)
{
    out += bytes.left(size);
    out.append(size - qMin(size, bytes.size()), '\0');
}

QByteArray orAny(QByteArrayView bytes)
{
    for (const char byte : bytes) {
        if (byte)
            return bytes.toByteArray();
    }
    return {};
}

/// Whole characters only: a sentence is never cut inside one.
QByteArray cutUtf8(QByteArray text, qsizetype most)
{
    if (text.size() <= most)
        return text;
    while (most > 0 && (quint8(text[most]) & 0xc0) == 0x80)
        --most;
    return text.left(most);
}

} // namespace

QByteArray encodeOpen(const OpenHead &head, QByteArrayView body)
{
    QByteArray out;
    out.reserve(blockSize + 1 + head.name.size() + body.size());
    out += head.party.user.bytes();
    appendFixed(out, head.party.device, 8);
    appendFixed(out, head.party.session, 8);
    out += char(head.streamClass);
    char timeLeft[4];
    qToBigEndian(quint32(std::clamp<qint64>(head.timeLeft.count(), 0, UINT32_MAX)), timeLeft);
    out.append(timeLeft, sizeof timeLeft);
    out += char(head.name.size());
    out += head.name;
    out += body;
    return out;
}

Result<OpenHead> decodeOpen(const FrameView &frame, QByteArrayView *body)
{
    const QByteArrayView payload = frame.payload;
    if (payload.size() < blockSize + 1)
        return Error { Code::Protocol, QStringLiteral("an OPEN is too short") };
    const qsizetype nameSize = quint8(payload[blockSize]);
    if (nameSize == 0 || nameSize > limits::commandName || payload.size() < blockSize + 1 + nameSize)
        return Error { Code::Protocol, QStringLiteral("the name in an OPEN is empty or too long") };
    OpenHead head;
    const auto key = payload.first(32);
    if (!orAny(key).isEmpty()) {
        const Result<PublicKey> user = PublicKey::fromBytes(key);
        if (!user)
            return Error { Code::Protocol, QStringLiteral("the key in an OPEN is none") };
        head.party.user = *user;
    }
    head.party.device = orAny(payload.sliced(32, 8));
    head.party.session = orAny(payload.sliced(40, 8));
    head.streamClass = StreamClass(quint8(payload[48]));
    head.timeLeft = milliseconds(qFromBigEndian<quint32>(payload.data() + 49));
    head.name = payload.sliced(blockSize + 1, nameSize).toByteArray();
    head.end = frame.flags & flag::end;
    head.oneWay = frame.flags & flag::oneWay;
    head.background = frame.flags & flag::background;
    *body = payload.sliced(blockSize + 1 + nameSize);
    return head;
}

QByteArray encodeClosing(const Closing &closing)
{
    const QByteArray sentence = cutUtf8(closing.error.sentence.toUtf8(), sentenceBytes);
    QByteArray out;
    out.reserve(closeHead + sentence.size() + closing.body.size());
    out += char(closing.error.code);
    out += char(closing.error.begun);
    out += char(closing.error.origin == Origin::Here ? Origin::Peer : closing.error.origin);
    out += '\0';
    char length[2];
    qToBigEndian(quint16(sentence.size()), length);
    out.append(length, sizeof length);
    out += sentence;
    out += closing.body;
    return out;
}

Result<Closing> decodeClosing(QByteArrayView payload)
{
    if (payload.isEmpty()) // a wish to cancel
        return Closing { { Code::Cancelled, {}, Begun::NotSaid, Origin::Peer }, {} };
    if (payload.size() < closeHead)
        return Error { Code::Protocol, QStringLiteral("a CLOSE is too short") };
    const qsizetype length = qFromBigEndian<quint16>(payload.data() + 4);
    if (length > sentenceBytes || payload.size() < closeHead + length)
        return Error { Code::Protocol, QStringLiteral("the sentence in a CLOSE is too long") };
    Closing closing;
    closing.error.code = codeFromWire(quint8(payload[0]));
    closing.error.begun = Begun(qMin<quint8>(payload[1], quint8(Begun::Maybe)));
    closing.error.origin = quint8(payload[2]) == quint8(Origin::Broker) ? Origin::Broker : Origin::Peer;
    closing.error.sentence = QString::fromUtf8(payload.sliced(closeHead, length));
    closing.body = payload.sliced(closeHead + length).toByteArray();
    return closing;
}

} // namespace hawser
