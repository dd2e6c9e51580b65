#pragma once

#include "core/frame.h"

#include <deque>
#include <vector>

namespace hawser {

/// One connection's worth of a link: what waits to be written in two priorities, what was written and is kept until it
/// is acknowledged, and the counts of both directions (docs/protocol.md §5.5). Sans-I/O.
class Lane {
public:
    explicit Lane(qint64 retention) : m_retention(retention) { }

    // --- going out
    /// Appends a counted frame.
    void append(FrameType type, quint8 flags, quint32 stream, QByteArrayView payload, bool background);
    /// Appends counted frames that others may share; large ones are not copied.
    void append(const QByteArray &frames, quint32 count, bool background);
    /// Appends a frame of the connection itself: goes first, is not counted, not kept.
    void appendUncounted(FrameType type, QByteArrayView payload);
    /// Bytes that wait to be handed to the socket.
    qsizetype waiting() const { return m_waitingBytes[0] + m_waitingBytes[1]; }
    /// Nothing waits, nor must go again.
    bool isHandedOut() const { return waiting() == 0 && m_again == 0; }
    bool backgroundEmpty() const { return m_waitingBytes[1] == 0; }
    /// Of these, what is prompt; and apart from them, what the connection itself has to say.
    qsizetype promptWaiting() const { return m_waitingBytes[0]; }
    qsizetype controlWaiting() const { return m_control.size(); }
    /// Bytes handed out and not yet acknowledged.
    qint64 kept() const { return m_keptBytes; }
    /// Prompt frames appended so far, and how many of them were handed out.
    quint64 promptAppended() const { return m_promptAppended; }
    quint64 promptHandedOut() const { return m_promptHandedOut; }
    /// The next bytes for the socket; empty when nothing waits or the peer owes acknowledgements for all that may be kept.
    QByteArray nextChunk(Instant now);
    /// What the connection itself has to say, and nothing else: for last words.
    QByteArray lastWords();
    /// \retval Protocol  more than was sent, or less than before
    Result<void> acknowledged(quint64 count, Instant now);
    /// Gives memory back that only a busy lane needs.
    void rest();
    bool unacknowledged() const { return m_keptBytes > 0; }
    /// How often something had to wait because all that may be kept was kept.
    quint64 timesFull() const { return m_timesFull; }
    Instant oldestKept() const { return m_keptSince; }
    /// The next connection begins, and the peer has taken `count` frames over the older ones: what it has is dropped, the
    /// rest goes again first, in its old order. What an older connection had to say for itself is forgotten.
    /// \retval DataLoss  a count that cannot be true
    Result<void> resume(quint64 count, Instant now);

    // --- coming in
    /// A counted frame was taken over.
    void taken(quint32 bytes, Instant now);
    quint64 takenCount() const { return m_taken; }
    /// Appends an ACK if one is owed by bytes, or by time when `now` is late enough.
    void acknowledge(Instant now);
    /// When acknowledge() should be called at the latest; Instant::max() when nothing is owed.
    Instant ackDue() const;

private:
    struct Chunk {
        QByteArray bytes;
        quint32 frames = 0;
        bool shared = false; // nothing may be appended
    };
    Chunk &openChunk(int priority, qsizetype bytes);
    void forget(quint64 count);
    void cutFirst(quint32 frames);
    QByteArray nextAgain();

    std::deque<Chunk> m_waiting[2];
    qsizetype m_waitingBytes[2] = { 0, 0 };
    QByteArray m_control;
    std::deque<Chunk> m_kept;
    std::vector<QByteArray> m_pool;
    size_t m_again = 0; // of the kept chunks, the last so many must be written again on this connection
    quint64 m_againFrames = 0;
    quint64 m_timesFull = 0;
    bool m_isFull = false;
    qint64 m_keptBytes = 0;
    qint64 m_retention;
    quint64 m_promptAppended = 0;
    quint64 m_promptHandedOut = 0;
    quint64 m_handedOut = 0; // frames
    quint64 m_acknowledged = 0; // frames, as the peer said
    quint64 m_keptFrom = 0; // frames acknowledged up to the first kept chunk
    quint64 m_taken = 0;
    quint64 m_takenTold = 0;
    quint32 m_owedBytes = 0;
    Instant m_owedSince {};
    Instant m_keptSince {};
};

} // namespace hawser
