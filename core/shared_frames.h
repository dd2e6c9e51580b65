#pragma once

#include "core/frame.h"

#include <vector>

namespace hawser {

/// DATA frames that many streams say alike, encoded once: only the number in their headers differs, and streams that have
/// the same number on their links share the very bytes. Not for several threads.
class SharedFrames {
public:
    /// Appends one frame. \param head, body  its payload in two pieces, together within limits::framePayload
    void append(quint8 flags, QByteArrayView head, QByteArrayView body);
    /// The frames of a stream with this number.
    QByteArray bytesFor(quint32 stream) const;
    quint32 frames() const { return m_frames; }
    qsizetype size() const { return m_bytes.size(); } ///< bytes, headers included
    qint64 cost() const { return m_cost; } ///< credit they use up

private:
    QByteArray numbered(quint32 stream) const;

    QByteArray m_bytes; // of stream 0
    quint32 m_frames = 0;
    qint64 m_cost = 0;
    mutable std::vector<std::pair<quint32, QByteArray>> m_copies; // by number; a few
};

} // namespace hawser
