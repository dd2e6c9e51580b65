#include "brokerd/topic_subscriber.h"

#include "core/topic_messages.h"

namespace hawser::broker {

namespace {
constexpr qint64 enoughRoom = 16 * 1024; // for a block and its announcement; Stream::roomAvailable comes at this
constexpr size_t firstPlaces = 8;
} // namespace

TopicSubscriber::TopicSubscriber(Stream *stream, const Config &config, SubscriberCounters &counters, NextKept nextKept)
    : m_stream(stream), m_config(config), m_counters(counters), m_nextKept(std::move(nextKept))
{
    connect(stream, &Stream::roomAvailable, this, [this] { flush(now()); });
    flush(now());
}

bool TopicSubscriber::hasRoom() const
{
    return m_stream && m_stream->room() >= enoughRoom;
}

void TopicSubscriber::say(const QByteArray &word)
{
    m_stream->send(word);
}

void TopicSubscriber::offer(const BlockPointer &block, Instant now)
{
    if (!block->begins())
        return offerRest(block, now);
    if (m_behind)
        flush(now);
    if (m_behind) {
        m_missed += block->messages();
        m_counters.missed += block->messages();
        return;
    }
    if (m_queue.empty())
        m_progress = now;
    m_queue.push_back(block);
    flush(now);
    if (!m_queue.empty() && m_skipped != Instant() && now - m_skipped < seconds(m_config.subscriberSkippedSeconds))
        skip(now);
}

/// A message that was begun is ended; the rest of one that was not is nothing.
void TopicSubscriber::offerRest(const BlockPointer &block, Instant now)
{
    if (m_queue.empty() ? !m_inMessage : m_queue.back()->ends())
        return;
    if (m_behind)
        block->writeOff();
    m_queue.push_back(block);
    flush(now);
}

void TopicSubscriber::flush(Instant now)
{
    if (m_nextKept)
        flushKept(now);
    while (!m_nextKept && !m_queue.empty() && hasRoom()) {
        const BlockPointer block = std::move(m_queue.front());
        m_queue.pop_front();
        send(*block, now);
    }
    if (!m_behind || m_nextKept || m_inMessage || !m_queue.empty() || !hasRoom())
        return;
    m_behind = false;
    say(encode(topic::Gap { std::exchange(m_missed, 0) }));
}

void TopicSubscriber::flushKept(Instant now)
{
    while (hasRoom()) {
        if (m_kept.empty()) {
            const std::vector<BlockPointer> blocks = m_nextKept();
            if (blocks.empty()) {
                m_nextKept = nullptr;
                return say(encode(topic::Begin()));
            }
            m_kept.assign(blocks.begin(), blocks.end());
        }
        const BlockPointer block = std::move(m_kept.front());
        m_kept.pop_front();
        send(*block, now);
    }
}

void TopicSubscriber::send(const TopicBlock &block, Instant now)
{
    announce(block.source());
    if (!m_stream->sendShared(block.frames()))
        return; // it was closed
    block.taken(now);
    m_progress = now;
    m_inMessage = !block.ends();
    m_counters.delivered += block.messages();
}

/// Each source once before its first use; again when the receiver may have forgotten it (docs/protocol.md §16.5).
void TopicSubscriber::announce(const TopicSource &source)
{
    if (m_announced.empty())
        m_announced.resize(firstPlaces);
    quint32 *place = &m_announced[source.number & (m_announced.size() - 1)];
    if (*place == source.number)
        return;
    if (*place != 0 && m_announced.size() < limits::topicSources) {
        std::vector<quint32> larger(m_announced.size() * 2);
        for (const quint32 number : m_announced)
            if (number != 0)
                larger[number & (larger.size() - 1)] = number;
        m_announced = std::move(larger);
        return announce(source);
    }
    *place = source.number;
    say(source.announcement);
}

void TopicSubscriber::tick(Instant now)
{
    if (!isWaiting())
        return;
    const Instant first = m_queue.front()->firstTaken();
    const bool isBehind = first != Instant() && now - first >= seconds(m_config.subscriberBehindSeconds);
    if (isBehind || now - m_progress >= seconds(m_config.subscriberPatienceSeconds))
        skip(now);
}

/// Blocks that belong to a message whose beginning was sent.
size_t TopicSubscriber::unfinished() const
{
    size_t blocks = 0;
    while (m_inMessage && blocks < m_queue.size())
        if (m_queue[blocks++]->ends())
            break;
    return blocks;
}

void TopicSubscriber::skip(Instant now)
{
    const size_t kept = unfinished();
    for (size_t i = 0; i < m_queue.size(); ++i) {
        if (i < kept) {
            m_queue[i]->writeOff();
            continue;
        }
        m_missed += m_queue[i]->messages();
        m_counters.missed += m_queue[i]->messages();
    }
    m_queue.resize(kept);
    m_behind = true;
    m_skipped = now;
    ++m_counters.skipped;
}

void TopicSubscriber::keepOnly(const std::function<bool(const TopicSource &)> &allowed)
{
    const size_t kept = unfinished();
    std::deque<BlockPointer> rest;
    for (size_t i = 0; i < m_queue.size(); ++i)
        if (i < kept || allowed(m_queue[i]->source()))
            rest.push_back(m_queue[i]);
    m_queue = std::move(rest);
}

} // namespace hawser::broker
