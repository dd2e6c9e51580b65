#include "core/shared_frames.h"

namespace hawser {

namespace {
constexpr size_t keptCopies = 16; // most subscribers of a broker have one of a few numbers
constexpr qsizetype numberAt = 8; // in a frame's header
} // namespace

void SharedFrames::append(quint8 flags, QByteArrayView head, QByteArrayView body)
{
    m_copies.clear();
    const qsizetype payload = head.size() + body.size();
    const qsizetype at = m_bytes.size();
    m_bytes.reserve(at + qsizetype(limits::frameHeader) + payload);
    appendFrame(m_bytes, FrameType::Data, flags, 0, head);
    m_bytes += body;
    qToBigEndian(quint32(payload), m_bytes.data() + at);
    ++m_frames;
    m_cost += payload + limits::frameCost;
}

QByteArray SharedFrames::bytesFor(quint32 stream) const
{
    for (const auto &[number, bytes] : m_copies)
        if (number == stream)
            return bytes;
    if (m_copies.size() >= keptCopies)
        return numbered(stream);
    return m_copies.emplace_back(stream, numbered(stream)).second;
}

QByteArray SharedFrames::numbered(quint32 stream) const
{
    QByteArray bytes(m_bytes.constData(), m_bytes.size());
    char *header = bytes.data();
    for (quint32 i = 0; i < m_frames; ++i) {
        qToBigEndian(stream, header + numberAt);
        header += limits::frameHeader + qFromBigEndian<quint32>(header);
    }
    return bytes;
}

} // namespace hawser
