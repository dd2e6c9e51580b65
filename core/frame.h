#pragma once

#include "core/instant.h"
#include "core/limits.h"
#include "core/result.h"

#include <QByteArray>
#include <QtEndian>
#include <cstring>
#include <functional>
#include <optional>
#include <span>

namespace hawser {

/// Frame types (docs/protocol.md §3). Unknown ones below 128 close the connection, from 128 up they are skipped.
enum class FrameType : quint8 {
    Hello = 1, ///< the dialler's greeting
    Welcome = 2, ///< the listener's answer: the greeting is over
    Ack = 3, ///< u64 frames taken
    Ping = 4, ///< up to 16 opaque bytes
    Pong = 5, ///< the same bytes
    GoAway = 6, ///< u8 reason · u32 retry after ms · sentence
    Lane = 7, ///< u32: the listener asks for a further lane
    Opens = 8, ///< u64 OPENs allowed in all
    Open = 16,
    Data = 17,
    Credit = 18, ///< u64 credit allowed in all
    Close = 19,
};

namespace flag {
inline constexpr quint8 more = 1; ///< DATA: the message goes on in the next frame
inline constexpr quint8 end = 2; ///< OPEN, DATA: nothing more from me
inline constexpr quint8 oneWay = 4; ///< OPEN: there will be no CLOSE
inline constexpr quint8 bulk = 16; ///< DATA: a piece of the payload's bulk, not a message
inline constexpr quint8 background = 8; ///< OPEN: this stream's DATA waits behind prompt ones
} // namespace flag

/// One frame inside the reader's buffer. Valid until the reader is filled again.
struct FrameView {
    FrameType type;
    quint8 flags;
    quint32 stream;
    QByteArrayView payload;
};

/// Appends one frame to `out`. \pre payload within limits::framePayload
void appendFrame(QByteArray &out, FrameType type, quint8 flags, quint32 stream, QByteArrayView payload);
/// Writes the 12 bytes of a header: length u32 · type u8 · flags u8 · zero u16 · stream u32, big-endian.
void writeHeader(char *at, quint32 length, FrameType type, quint8 flags, quint32 stream);

/// Cuts a byte stream into frames. Knows no sockets: hand it what arrived. The bytes lie in a buffer of the thread while
/// a turn lasts; between turns a reader keeps only the tail of a cut frame.
class FrameReader {
public:
    /// \param maxPayload  bytes; a header that announces more is refused at once, not waited for
    explicit FrameReader(quint32 maxPayload) : m_maxPayload(maxPayload) { }

    void setMaxPayload(quint32 bytes) { m_maxPayload = bytes; }

    /// Begins a turn: the place where up to readTurn bytes may be written, after the kept tail.
    std::span<char> space();
    /// `bytes` were written there.
    void filled(qsizetype bytes);
    /// Ends a turn: what is left of a cut frame moves out of the thread's buffer.
    void endTurn();
    /// Bytes kept between turns.
    qsizetype kept() const { return m_tail.size(); }

    /// The next whole frame, or nullopt while its bytes are still on their way or the stream of bytes is broken: ask
    /// state() when it ran dry. (Not a Result: this is the one function that runs millions of times a second.)
    std::optional<FrameView> next()
    {
        if (m_end - m_begin < limits::frameHeader || m_broken)
            return std::nullopt;
        const char *head = m_buffer + m_begin;
        const quint32 length = qFromBigEndian<quint32>(head);
        if (length > m_maxPayload) {
            m_broken = true;
            return std::nullopt;
        }
        if (m_end - m_begin < qsizetype(limits::frameHeader + length))
            return std::nullopt;
        m_begin += limits::frameHeader + length;
        return FrameView { FrameType(quint8(head[4])), quint8(head[5]), qFromBigEndian<quint32>(head + 8),
            QByteArrayView(head + limits::frameHeader, length) };
    }
    /// \retval ResourceExhausted  the peer announced a frame above the limit: the stream of bytes is lost, close
    Result<void> state() const;

private:
    QByteArray m_tail;
    char *m_buffer = nullptr; // the thread's, during a turn
    qsizetype m_begin = 0; // first byte not yet handed out
    qsizetype m_end = 0; // one past the last byte filled
    quint32 m_maxPayload;
    bool m_broken = false;
};

/// What stands on top of one connection: first the greeting, then a link. Called by `Connection` in its thread.
class FrameSink {
public:
    virtual ~FrameSink() = default;

    /// Takes every whole frame of the reader. An error closes the connection after what nextChunk() still gives.
    virtual Result<void> read(FrameReader &reader, Instant now) = 0;
    /// The next bytes for the socket, empty when there are none. Asked while the socket has room.
    virtual QByteArray nextChunk(Instant now) = 0;
    /// Called when deadline() has come. An error closes as above.
    virtual Result<void> tick(Instant now) = 0;
    /// When tick() wants to be called; Instant::max() for never.
    virtual Instant deadline() const = 0;
    /// The connection is gone; called once and last.
    virtual void lost(const Error &error, Instant now) = 0;

    /// Set by the connection: says that nextChunk() or deadline() has changed. Cheap, may be called often.
    std::function<void()> wake;
    /// Set by the connection: BytePipe::peerTookAll().
    std::function<bool()> peerTookAll;
    /// Bytes that may lie in the socket; less for each of many that are told the same.
    qint64 mostInSocket = limits::inSocket;
    /// Its connection reads, writes and encrypts in the program's thread for bulk.
    bool movesBulk = false;
    /// A peer that takes nothing of what lies ready for so long is closed; and one that acknowledges nothing on TCP's level.
    milliseconds noProgress { limits::noProgress };
    milliseconds unacknowledged { limits::deadUnacknowledged };
};

} // namespace hawser
