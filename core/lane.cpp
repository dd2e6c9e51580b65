#include "core/lane.h"

namespace hawser {

namespace {
constexpr qsizetype chunkSize = 64 * 1024;
constexpr size_t pooledChunks = 64;
constexpr qsizetype worthSharing = 1024; // bytes: less is copied into a common chunk
} // namespace

Lane::Chunk &Lane::openChunk(int priority, qsizetype bytes)
{
    auto &queue = m_waiting[priority];
    if (!queue.empty() && !queue.back().shared && queue.back().bytes.size() + bytes <= chunkSize)
        return queue.back();
    Chunk chunk;
    if (!m_pool.empty()) {
        chunk.bytes = std::move(m_pool.back());
        m_pool.pop_back();
    }
    queue.push_back(std::move(chunk));
    return queue.back();
}

void Lane::append(FrameType type, quint8 flags, quint32 stream, QByteArrayView payload, bool background)
{
    const int priority = background ? 1 : 0;
    const qsizetype bytes = limits::frameHeader + payload.size();
    Chunk &chunk = openChunk(priority, bytes);
    appendFrame(chunk.bytes, type, flags, stream, payload);
    ++chunk.frames;
    m_waitingBytes[priority] += bytes;
    if (!background)
        ++m_promptAppended;
}

void Lane::append(const QByteArray &frames, quint32 count, bool background)
{
    const int priority = background ? 1 : 0;
    if (frames.size() < worthSharing) {
        Chunk &chunk = openChunk(priority, frames.size());
        chunk.bytes += frames;
        chunk.frames += count;
    } else {
        m_waiting[priority].push_back({ frames, count, true });
    }
    m_waitingBytes[priority] += frames.size();
    if (!background)
        m_promptAppended += count;
}

void Lane::appendUncounted(FrameType type, QByteArrayView payload)
{
    appendFrame(m_control, type, 0, 0, payload);
}

QByteArray Lane::lastWords()
{
    return std::exchange(m_control, {});
}

QByteArray Lane::nextChunk(Instant now)
{
    if (!m_control.isEmpty())
        return std::exchange(m_control, {});
    if (m_again > 0)
        return nextAgain();
    const int priority = m_waiting[0].empty() ? 1 : 0;
    auto &queue = m_waiting[priority];
    if (queue.empty())
        return {};
    if (m_keptBytes >= m_retention) {
        m_timesFull += !std::exchange(m_isFull, true);
        return {};
    }
    m_isFull = false;
    if (m_kept.empty())
        m_keptSince = now;
    m_kept.push_back(std::move(queue.front()));
    queue.pop_front();
    const Chunk &chunk = m_kept.back();
    m_waitingBytes[priority] -= chunk.bytes.size();
    m_keptBytes += chunk.bytes.size();
    m_handedOut += chunk.frames;
    if (priority == 0)
        m_promptHandedOut += chunk.frames;
    return chunk.bytes;
}

Result<void> Lane::acknowledged(quint64 count, Instant now)
{
    if (count > m_handedOut - m_againFrames)
        return Error { Code::Protocol, QStringLiteral("frames were acknowledged that were never sent") };
    if (count < m_acknowledged)
        return Error { Code::Protocol, QStringLiteral("fewer frames are acknowledged than before") };
    if (count > m_acknowledged)
        m_keptSince = now;
    m_acknowledged = count;
    forget(count);
    return {};
}

/// Whole chunks of what is acknowledged are not kept any longer.
void Lane::forget(quint64 count)
{
    while (!m_kept.empty() && m_keptFrom + m_kept.front().frames <= count) {
        Chunk &chunk = m_kept.front();
        m_keptFrom += chunk.frames;
        m_keptBytes -= chunk.bytes.size();
        if (m_pool.size() < pooledChunks && chunk.bytes.capacity() >= chunkSize / 2 && chunk.bytes.isDetached()) {
            chunk.bytes.resize(0);
            m_pool.push_back(std::move(chunk.bytes));
        }
        m_kept.pop_front();
    }
}

Result<void> Lane::resume(quint64 count, Instant now)
{
    if (count > m_handedOut)
        return Error { Code::DataLoss, QStringLiteral("the other side has taken frames that were never sent") };
    if (count < m_acknowledged)
        return Error { Code::DataLoss, QStringLiteral("the other side has taken fewer frames than it acknowledged") };
    m_control.clear();
    m_takenTold = m_taken; // the greeting says it
    m_owedBytes = 0;
    m_acknowledged = count;
    forget(count);
    if (!m_kept.empty())
        cutFirst(quint32(count - m_keptFrom));
    m_again = m_kept.size();
    m_againFrames = m_handedOut - count;
    m_keptSince = now;
    return {};
}

/// Drops whole frames at the beginning of what is kept.
void Lane::cutFirst(quint32 frames)
{
    Chunk &chunk = m_kept.front();
    qsizetype bytes = 0;
    for (quint32 i = 0; i < frames; ++i)
        bytes += limits::frameHeader + qFromBigEndian<quint32>(chunk.bytes.constData() + bytes);
    chunk.bytes.remove(0, bytes);
    chunk.frames -= frames;
    m_keptFrom += frames;
    m_keptBytes -= bytes;
}

/// What was handed out to an older connection counts already.
QByteArray Lane::nextAgain()
{
    const Chunk &chunk = m_kept[m_kept.size() - m_again];
    --m_again;
    m_againFrames -= chunk.frames;
    return chunk.bytes;
}

void Lane::rest()
{
    if (m_kept.empty() && waiting() == 0) {
        m_pool.clear();
        m_pool.shrink_to_fit();
    }
}

void Lane::taken(quint32 bytes, Instant now)
{
    if (m_taken == m_takenTold)
        m_owedSince = now;
    ++m_taken;
    m_owedBytes += bytes;
}

void Lane::acknowledge(Instant now)
{
    if (m_taken == m_takenTold || (m_owedBytes < limits::ackEvery && now < ackDue()))
        return;
    char count[8];
    qToBigEndian(m_taken, count);
    appendUncounted(FrameType::Ack, QByteArrayView(count, sizeof count));
    m_takenTold = m_taken;
    m_owedBytes = 0;
}

Instant Lane::ackDue() const
{
    return m_taken == m_takenTold ? Instant::max() : m_owedSince + limits::ackAfter;
}

} // namespace hawser
