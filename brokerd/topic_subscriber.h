#pragma once

#include "brokerd/config.h"
#include "brokerd/topic_block.h"

#include <QObject>
#include <deque>
#include <functional>

namespace hawser::broker {

/// What happened to subscribers, for `status`.
struct SubscriberCounters {
    quint64 delivered = 0; ///< messages handed to a subscriber
    quint64 missed = 0; ///< messages that one was told it missed
    quint64 skipped = 0; ///< how often one was skipped
};

/// One live subscription's stream: sends blocks as far as there is credit. Who takes nothing for a while, or falls far
/// behind the others, is skipped: what waits is dropped, counted and told as a gap, and nobody waits for it.
class TopicSubscriber : public QObject {
    Q_OBJECT

public:
    /// The next blocks of a kept value, none when there is no more.
    using NextKept = std::function<std::vector<BlockPointer>()>;

    /// \param stream    outlives this or is closed before
    /// \param config, counters  outlive this
    TopicSubscriber(Stream *stream, const Config &config, SubscriberCounters &counters, NextKept nextKept);

    void offer(const BlockPointer &block, Instant now);
    /// Skips it when its time is over.
    void tick(Instant now);
    bool isWaiting() const { return !m_queue.empty() && !m_behind; }
    /// Drops what waits and is not allowed any more; nothing is told of it.
    void keepOnly(const std::function<bool(const TopicSource &)> &allowed);

private:
    void offerRest(const BlockPointer &block, Instant now);
    void flush(Instant now);
    void flushKept(Instant now);
    bool hasRoom() const;
    void say(const QByteArray &word);
    void send(const TopicBlock &block, Instant now);
    void announce(const TopicSource &source);
    void skip(Instant now);
    size_t unfinished() const;

    QPointer<Stream> m_stream;
    const Config &m_config;
    SubscriberCounters &m_counters;
    NextKept m_nextKept; // null: all were sent
    std::deque<BlockPointer> m_kept; // the value that is being sent
    std::deque<BlockPointer> m_queue;
    std::vector<quint32> m_announced; // by number mod its size, a power of two
    quint64 m_missed = 0; // not yet told
    Instant m_progress {}; // when something went, or began to wait
    Instant m_skipped {};
    bool m_behind = false;
    bool m_inMessage = false; // the last block sent goes on in the next
};

} // namespace hawser::broker
