#pragma once

#include "core/instant.h"
#include "core/public_key.h"
#include "core/shared_frames.h"
#include "core/stream.h"

#include <QPointer>
#include <memory>

namespace hawser::broker {

class TopicSubscriber;

/// One publisher's topic, as subscribers are told of it.
struct TopicSource {
    quint32 number = 0;
    PublicKey publisher;
    QByteArray name;
    QByteArray announcement; ///< encoded
    mutable std::vector<TopicSubscriber *> targets = {}; ///< found by Topics …
    mutable quint64 targetsAt = 0; ///< … at this version: valid as long as it holds
};
using SourcePointer = std::shared_ptr<const TopicSource>;

/// The bytes of one publisher that somebody still has to take. Above a bound its stream is held.
class PublisherLoad {
public:
    /// \param most  bytes; it goes on below the half
    PublisherLoad(Stream *stream, qint64 most) : m_stream(stream), m_most(most) { }
    void add(qint64 bytes);
    void returned(qint64 bytes);

private:
    QPointer<Stream> m_stream;
    qint64 m_most;
    qint64 m_bytes = 0;
    bool m_held = false;
};

/// Messages of one source, or a part of a large one, encoded once for all who take them.
class TopicBlock {
public:
    /// \param load  told when nobody waits for the block any more; null for nobody
    TopicBlock(SourcePointer source, std::shared_ptr<PublisherLoad> load);
    ~TopicBlock();
    Q_DISABLE_COPY_MOVE(TopicBlock)

    /// \pre before it is given to anybody; flag::more: the message goes on in the next block
    void append(quint8 flags, QByteArrayView head, QByteArrayView body);
    /// Nobody should wait for those who have not taken it yet.
    void writeOff() const;

    const TopicSource &source() const { return *m_source; }
    const SharedFrames &frames() const { return m_frames; }
    quint32 messages() const { return m_messages; } ///< that begin here
    bool begins() const { return m_begins; } ///< not in the middle of a message
    bool ends() const { return m_ends; } ///< with the end of a message
    /// When the first took it; a default one: nobody yet.
    Instant firstTaken() const { return m_firstTaken; }
    void taken(Instant now) const;

private:
    SourcePointer m_source;
    mutable std::shared_ptr<PublisherLoad> m_load;
    SharedFrames m_frames;
    quint32 m_messages = 0;
    bool m_begins = true;
    bool m_ends = true;
    mutable Instant m_firstTaken {};
};
using BlockPointer = std::shared_ptr<const TopicBlock>;

/// Puts messages into blocks that a subscriber with little credit can still take whole.
class BlockBuilder {
public:
    explicit BlockBuilder(std::shared_ptr<PublisherLoad> load) : m_load(std::move(load)) { }

    /// Messages of one source in a row share a block. \param number  stands before the body, or empty
    void add(const SourcePointer &source, QByteArrayView number, QByteArrayView body);
    /// What was built so far, in order.
    std::vector<BlockPointer> take();

private:
    TopicBlock &fresh(const SourcePointer &source);

    std::shared_ptr<PublisherLoad> m_load;
    std::vector<std::shared_ptr<TopicBlock>> m_blocks;
};

} // namespace hawser::broker
