#include "brokerd/topic_block.h"

namespace hawser::broker {

namespace {

// Credit a block costs at most: a reader that has read everything always has granted more, and Stream::room() says so.
constexpr qint64 blockCost = 15 * 1024;

} // namespace

void PublisherLoad::add(qint64 bytes)
{
    m_bytes += bytes;
    if (m_bytes <= m_most || m_held || !m_stream)
        return;
    m_held = true;
    m_stream->hold();
}

void PublisherLoad::returned(qint64 bytes)
{
    m_bytes -= bytes;
    if (m_bytes > m_most / 2 || !m_held || !m_stream)
        return;
    m_held = false;
    m_stream->resume();
}

TopicBlock::TopicBlock(SourcePointer source, std::shared_ptr<PublisherLoad> load)
    : m_source(std::move(source)), m_load(std::move(load))
{
}

TopicBlock::~TopicBlock()
{
    writeOff();
}

void TopicBlock::append(quint8 flags, QByteArrayView head, QByteArrayView body)
{
    const qsizetype before = m_frames.size();
    m_begins = m_frames.frames() == 0 ? !head.isEmpty() : m_begins;
    m_messages += !head.isEmpty();
    m_ends = !(flags & flag::more);
    m_frames.append(flags, head, body);
    if (m_load)
        m_load->add(m_frames.size() - before);
}

void TopicBlock::writeOff() const
{
    if (const std::shared_ptr<PublisherLoad> load = std::exchange(m_load, nullptr))
        load->returned(m_frames.size());
}

void TopicBlock::taken(Instant now) const
{
    if (m_firstTaken == Instant())
        m_firstTaken = now;
}

TopicBlock &BlockBuilder::fresh(const SourcePointer &source)
{
    return *m_blocks.emplace_back(std::make_shared<TopicBlock>(source, m_load));
}

void BlockBuilder::add(const SourcePointer &source, QByteArrayView number, QByteArrayView body)
{
    char bytes[sizeof(quint32)];
    qToBigEndian(source->number, bytes);
    const QByteArray head = QByteArray(bytes, sizeof bytes).append(number);
    const qint64 cost = head.size() + body.size() + limits::frameCost;
    TopicBlock *last = m_blocks.empty() ? nullptr : m_blocks.back().get();
    const bool fits =
        last && &last->source() == source.get() && last->ends() && last->frames().cost() + cost <= blockCost;
    if (fits || cost <= blockCost)
        return (fits ? *last : fresh(source)).append(0, head, body);
    const qsizetype most = blockCost - limits::frameCost - head.size();
    for (qsizetype at = 0; at < body.size(); at += most) {
        const QByteArrayView part = body.sliced(at, qMin(most, body.size() - at));
        const bool more = at + part.size() < body.size();
        fresh(source).append(more ? flag::more : 0, at == 0 ? QByteArrayView(head) : QByteArrayView(), part);
    }
}

std::vector<BlockPointer> BlockBuilder::take()
{
    std::vector<BlockPointer> blocks(m_blocks.begin(), m_blocks.end());
    m_blocks.clear();
    return blocks;
}

} // namespace hawser::broker
