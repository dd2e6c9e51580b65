#include "core/frame.h"

#include <memory>

namespace hawser {

namespace {

constexpr qsizetype threadBufferSize = limits::readTurn + limits::framePayload + limits::frameHeader;

struct ThreadBuffer {
    std::unique_ptr<char[]> bytes { new char[threadBufferSize] };
    bool inUse = false;
};
thread_local ThreadBuffer threadBuffer;

} // namespace

void writeHeader(char *at, quint32 length, FrameType type, quint8 flags, quint32 stream)
{
    qToBigEndian(length, at);
    at[4] = char(type);
    at[5] = char(flags);
    at[6] = at[7] = 0;
    qToBigEndian(stream, at + 8);
}

void appendFrame(QByteArray &out, FrameType type, quint8 flags, quint32 stream, QByteArrayView payload)
{
    const qsizetype old = out.size();
    out.resize(old + limits::frameHeader + payload.size());
    char *at = out.data() + old;
    writeHeader(at, quint32(payload.size()), type, flags, stream);
    if (!payload.isEmpty())
        memcpy(at + limits::frameHeader, payload.data(), payload.size());
}

std::span<char> FrameReader::space()
{
    Q_ASSERT(!threadBuffer.inUse);
    threadBuffer.inUse = true;
    m_buffer = threadBuffer.bytes.get();
    m_begin = 0;
    m_end = m_tail.size();
    if (m_end > 0)
        memcpy(m_buffer, m_tail.constData(), m_end);
    return { m_buffer + m_end, size_t(limits::readTurn) };
}

void FrameReader::filled(qsizetype bytes)
{
    m_end += bytes;
}

void FrameReader::endTurn()
{
    if (!m_buffer)
        return;
    if (m_begin == m_end)
        m_tail = QByteArray();
    else
        m_tail = QByteArray(m_buffer + m_begin, m_end - m_begin);
    m_buffer = nullptr;
    m_begin = m_end = 0;
    threadBuffer.inUse = false;
}

Result<void> FrameReader::state() const
{
    if (m_broken)
        return Error { Code::ResourceExhausted,
            QStringLiteral("a frame larger than %1 bytes was announced").arg(m_maxPayload) };
    return {};
}

} // namespace hawser
