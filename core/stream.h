#pragma once

#include "core/link.h"

namespace hawser {

class SharedFrames;

/// One message inside the reader's buffer. Valid during the signal; raw byte streams see one for each frame.
struct MessageView {
    QByteArrayView bytes;
    bool bulk = false; ///< a piece of a payload's bulk, not a message of the channel (flag::bulk)
};

/// One conversation on a link: messages or bytes both ways, with credit. Owned by its link, gone after `closed` (deleted
/// later) or when the link goes.
class Stream : public QObject {
    Q_OBJECT

public:
    const OpenHead &head() const { return m_head; } ///< party: the other end
    Caller caller() const; ///< who opened it, when the peer did
    QByteArray body() const { return m_body; } ///< of the peer's OPEN
    bool openedHere() const { return m_openedHere; }
    Link *link() const { return m_link; } ///< null after the link has gone
    bool isClosed() const { return m_closed; }

    /// Sends one message (cut into frames when it is larger than one). What has no room waits in the stream; ask room()
    /// first when there is much to say. Nothing happens on a closed stream.
    /// \param bulk  sets flag::bulk on its frames: a piece of a payload's bulk (docs/protocol.md §8)
    /// \pre message.size() <= limits::message
    void send(QByteArrayView message, bool bulk = false);
    /// Sends whole frames that others send too; nothing waits here.
    /// \retval false  nothing was sent: there is less room() than they cost
    bool sendShared(const SharedFrames &frames);
    /// Bytes that send() takes now without making anything wait: credit and the lane's space.
    qint64 room() const;
    /// Bytes that wait in the stream for credit.
    qint64 waiting() const { return m_waitingBytes; }
    /// Nothing more from me; the other direction goes on.
    void sendEnd();

    /// The opener wishes to cancel; `closed` follows when the other end answers.
    void cancel();
    /// The called side's last word: on the wire it comes after everything that still waits here for credit. `closed` is
    /// emitted here at once.
    void close(const Closing &closing);

    /// While held nothing counts as read, so the peer's credit runs out. What was delivered stays delivered.
    void hold();
    /// Delivered bytes count as read again, and further ones.
    void resume();
    /// For raw readers that pass work on: with manual credit only what `consumed` reports counts as read.
    void setManualCredit(bool manual) { m_manual = manual; }
    /// \param bytes  of payload, as they came in `received`
    void consumed(qint64 bytes);
    /// Frames are handed out as they come, MORE ignored (files).
    void setRaw(bool raw) { m_raw = raw; }

signals:
    /// Everything that one readiness event brought, in order.
    void received(std::span<const hawser::MessageView> messages);
    void peerEnded(); ///< END: nothing more comes
    void cancelled(); ///< the opener wishes to stop; answer with close()
    void roomAvailable(); ///< after room() was too small or something waited
    void closed(const hawser::Closing &closing); ///< once, last

private:
    friend class Link;
    Stream(Link *link, OpenHead head, QByteArray body, bool openedHere);

    struct Waiting {
        QByteArray bytes;
        qsizetype sent = 0;
        quint8 lastFlags = 0;
    };

    Result<void> take(const FrameView &frame);
    Result<void> takeData(const FrameView &frame);
    Result<void> takeCredit(const FrameView &frame);
    void afterTurn();
    void deliver();
    void count(qint64 cost);
    qsizetype sendPart(QByteArrayView message, quint8 lastFlags);
    void pushWaiting();
    void waitForLane();
    void touch();
    void grant();
    void finish(const Closing &closing);
    void activate(quint32 number, quint64 openedAt);
    void writeClose();

    Link *m_link;
    OpenHead m_head;
    QByteArray m_body;
    quint32 m_number = 0; // 0: its OPEN still waits
    quint64 m_openedAt = 0; // ours: its OPEN's place in the lane
    bool m_openedHere;
    bool m_closed = false;
    bool m_cancelSent = false;
    bool m_endSent = false;
    bool m_peerEnded = false;
    bool m_held = false;
    bool m_manual = false;
    bool m_raw = false;
    bool m_wantRoom = false;
    bool m_touched = false;
    bool m_creditNews = false;
    bool m_endDelivered = false;
    quint64 m_sendAllowed = limits::firstCredit;
    quint64 m_sendUsed = 0;
    quint64 m_granted = limits::firstCredit;
    quint64 m_received = 0; // cost that came
    quint64 m_consumed = 0; // cost that counts as read
    quint32 m_window = limits::firstCredit;
    quint64 m_heldCost = 0; // delivered while held
    std::deque<Waiting> m_waiting;
    std::optional<Closing> m_closing; // said, but something still waits before it
    qint64 m_waitingBytes = 0;
    QByteArray m_partial; // a message whose frames are still coming
    std::vector<MessageView> m_batch;
    qint64 m_batchPayload = 0; // of the frames that ended a message in the batch
    qint64 m_batchFrames = 0;
    std::deque<QByteArray> m_whole; // messages of several frames in the batch
};

} // namespace hawser
