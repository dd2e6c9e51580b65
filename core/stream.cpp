#include "core/stream.h"

#include "core/shared_frames.h"

namespace hawser {

namespace {
constexpr qsizetype laneHigh = 1024 * 1024; // bytes that may wait in the lane before streams wait themselves
constexpr qint64 worthwhileRoom = 16 * 1024; // below it roomAvailable would come for crumbs

/// Room for a batch, kept from one readiness event to the next: growing it anew costs more than filling it.
thread_local std::vector<MessageView> spareBatch;
} // namespace

Stream::Stream(Link *link, OpenHead head, QByteArray body, bool openedHere)
    : QObject(link), m_link(link), m_head(std::move(head)), m_body(std::move(body)), m_openedHere(openedHere),
      m_endSent(openedHere && m_head.end), m_peerEnded(!openedHere && m_head.end)
{
}

Caller Stream::caller() const
{
    return m_link->caller(m_head);
}

void Stream::send(QByteArrayView message, bool bulk)
{
    const quint8 flags = bulk ? flag::bulk : 0;
    if (m_closed || m_endSent || m_closing)
        return;
    Q_ASSERT(message.size() <= limits::message);
    qsizetype sent = 0;
    if (m_waiting.empty()) {
        sent = sendPart(message, flags);
        if (sent == message.size() && sent > 0)
            return;
        if (sent == 0 && message.isEmpty() && room() >= 0 && m_number
            && m_sendAllowed - m_sendUsed >= limits::frameCost) {
            m_sendUsed += limits::frameCost;
            m_link->write(FrameType::Data, flags, m_number, {}, m_head.background);
            return;
        }
    }
    m_waitingBytes += message.size() - sent;
    m_waiting.push_back({ message.sliced(sent).toByteArray(), 0, flags });
    m_wantRoom = true;
    waitForLane();
}

bool Stream::sendShared(const SharedFrames &frames)
{
    if (room() < frames.cost())
        return false;
    m_sendUsed += quint64(frames.cost());
    m_link->m_lane.append(frames.bytesFor(m_number), frames.frames(), m_head.background);
    if (m_link->wake)
        m_link->wake();
    return true;
}

/// When it is the lane that has no room, the link tells us when it has.
void Stream::waitForLane()
{
    if (m_link->m_lane.waiting() >= laneHigh - worthwhileRoom)
        m_link->m_blocked.insert(this);
}

void Stream::sendEnd()
{
    if (m_closed || m_endSent || m_closing)
        return;
    m_endSent = true;
    if (m_waiting.empty() && m_number && m_sendAllowed - m_sendUsed >= limits::frameCost) {
        m_sendUsed += limits::frameCost;
        m_link->write(FrameType::Data, flag::end, m_number, {}, m_head.background);
        return;
    }
    m_waiting.push_back({ {}, 0, flag::end });
}

/// Sends as much of a message as credit and lane allow, all frames but the last with MORE. Returns the bytes sent.
qsizetype Stream::sendPart(QByteArrayView message, quint8 lastFlags)
{
    qsizetype sent = 0;
    while (m_number && sent < message.size() && m_link->m_lane.waiting() < laneHigh) {
        const qint64 credit = qint64(m_sendAllowed - m_sendUsed) - limits::frameCost;
        if (credit <= 0)
            break;
        const qsizetype left = message.size() - sent;
        const qsizetype part = std::min<qint64>({ left, credit, m_link->m_settings.maxPayload });
        m_sendUsed += quint64(part) + limits::frameCost;
        m_link->write(FrameType::Data, part < left ? quint8(flag::more | (lastFlags & flag::bulk)) : lastFlags,
            m_number, message.sliced(sent, part), m_head.background);
        sent += part;
    }
    return sent;
}

void Stream::pushWaiting()
{
    while (!m_waiting.empty() && m_number) {
        Waiting &first = m_waiting.front();
        if (first.sent == first.bytes.size()) { // an empty message, or END
            if (m_sendAllowed - m_sendUsed < limits::frameCost)
                return;
            m_sendUsed += limits::frameCost;
            m_link->write(FrameType::Data, first.lastFlags, m_number, {}, m_head.background);
            m_waiting.pop_front();
            continue;
        }
        const qsizetype sent = sendPart(QByteArrayView(first.bytes).sliced(first.sent), first.lastFlags);
        first.sent += sent;
        m_waitingBytes -= sent;
        if (first.sent < first.bytes.size())
            return waitForLane();
        m_waiting.pop_front();
    }
    if (m_closing && m_number)
        writeClose();
}

qint64 Stream::room() const
{
    if (m_closed || m_endSent || m_closing || !m_number || !m_waiting.empty())
        return 0;
    const qint64 credit = qint64(m_sendAllowed - m_sendUsed) - limits::frameCost;
    const qint64 room = qMax<qint64>(0, qMin<qint64>(credit, laneHigh - m_link->m_lane.waiting()));
    if (room < worthwhileRoom) {
        auto *self = const_cast<Stream *>(this); // remembers that somebody asked in vain
        self->m_wantRoom = true;
        self->waitForLane();
    }
    return room;
}

void Stream::cancel()
{
    if (m_closed || m_cancelSent || !m_openedHere)
        return;
    m_cancelSent = true;
    m_waiting.clear();
    m_waitingBytes = 0;
    m_endSent = true;
    if (m_number) {
        m_link->write(FrameType::Close, 0, m_number, {}, false);
        return;
    }
    auto &opens = m_link->m_waitingOpens; // its OPEN never left
    std::erase_if(opens, [this](const auto &open) { return open.stream == this; });
    finish({ { Code::Cancelled, QStringLiteral("cancelled before it was sent"), Begun::No, Origin::Here }, {} });
}

void Stream::close(const Closing &closing)
{
    Q_ASSERT(!m_openedHere);
    if (m_closed || m_closing)
        return;
    m_closing = closing;
    if (m_waiting.empty())
        writeClose(); // else pushWaiting() does it
}

void Stream::writeClose()
{
    QByteArray payload = encodeClosing(*m_closing);
    if (payload.size() > m_link->m_settings.maxPayload)
        payload = encodeClosing({ { Code::ResourceExhausted, QStringLiteral("the answer does not fit one frame"),
                                      Begun::Maybe, Origin::Peer },
            {} });
    m_link->write(FrameType::Close, 0, m_number, payload, m_head.background);
    finish(*m_closing);
}

void Stream::hold()
{
    m_held = true;
}

void Stream::resume()
{
    m_held = false;
    count(std::exchange(m_heldCost, 0));
}

void Stream::consumed(qint64 bytes)
{
    count(bytes);
}

void Stream::count(qint64 cost)
{
    if (m_closed || cost <= 0)
        return;
    if (m_held) {
        m_heldCost += cost;
        return;
    }
    m_consumed = qMin<quint64>(m_consumed + cost, m_received);
    grant();
}

void Stream::grant()
{
    if (m_peerEnded || m_closed || m_granted - m_consumed > m_window / 2)
        return;
    m_window = qMin(m_window * 2, quint32(m_link->settings().bounds.streamCreditBytes));
    m_granted = m_consumed + m_window;
    char total[8];
    qToBigEndian(m_granted, total);
    m_link->write(FrameType::Credit, 0, m_number, QByteArrayView(total, sizeof total), false);
}

Result<void> Stream::take(const FrameView &frame)
{
    switch (frame.type) {
    case FrameType::Data:
        return takeData(frame);
    case FrameType::Credit:
        return takeCredit(frame);
    case FrameType::Close:
        break;
    default:
        return {};
    }
    const Result<Closing> closing = decodeClosing(frame.payload);
    if (!closing)
        return closing.error();
    deliver();
    if (m_closed)
        return {};
    if (m_openedHere) {
        finish(*closing);
        return {};
    }
    m_waiting.clear(); // the opener does not want it any more
    m_waitingBytes = 0;
    if (m_closing)
        writeClose();
    else
        emit cancelled();
    return {};
}

Result<void> Stream::takeData(const FrameView &frame)
{
    if (m_peerEnded)
        return Error { Code::Protocol, QStringLiteral("DATA came after its END") };
    m_received += quint64(frame.payload.size()) + limits::frameCost;
    if (m_received > m_granted)
        return Error { Code::Protocol, QStringLiteral("more was sent than the credit allows") };
    m_peerEnded = frame.flags & flag::end;
    touch();
    const bool goesOn = (frame.flags & flag::more) && !m_raw;
    if (!goesOn) {
        m_batchPayload += frame.payload.size();
        ++m_batchFrames;
    }
    if (m_partial.isEmpty() && !goesOn) {
        if (!frame.payload.isEmpty() || !m_peerEnded) // an empty END says nothing else
            m_batch.push_back({ frame.payload, bool(frame.flags & flag::bulk) });
        return {};
    }
    if (m_partial.size() + frame.payload.size() > limits::message)
        return Error { Code::Protocol, QStringLiteral("a message is larger than 16 MiB") };
    m_partial += frame.payload;
    if (goesOn) {
        count(qint64(frame.payload.size()) + limits::frameCost); // else a message above the credit would never come
        return {};
    }
    m_whole.push_back(std::exchange(m_partial, {}));
    m_batch.push_back({ m_whole.back(), bool(frame.flags & flag::bulk) });
    return {};
}

Result<void> Stream::takeCredit(const FrameView &frame)
{
    if (frame.payload.size() != 8)
        return Error { Code::Protocol, QStringLiteral("a CREDIT has the wrong size") };
    const quint64 total = qFromBigEndian<quint64>(frame.payload.data());
    if (total > m_sendUsed + (quint64(1) << 40))
        return Error { Code::Protocol, QStringLiteral("a CREDIT is beyond reason") };
    if (total <= m_sendAllowed)
        return {};
    m_sendAllowed = total;
    m_creditNews = true;
    touch();
    return {};
}

void Stream::touch()
{
    if (std::exchange(m_touched, true))
        return;
    m_link->m_touched.push_back(this);
}

/// Called once after the frames of a readiness event.
void Stream::afterTurn()
{
    m_touched = false;
    if (m_closed)
        return;
    deliver();
    if (m_closed || !std::exchange(m_creditNews, false))
        return;
    pushWaiting();
    if (!m_closed && m_wantRoom && room() >= worthwhileRoom) {
        m_wantRoom = false;
        emit roomAvailable();
    }
}

void Stream::deliver()
{
    if (!m_batch.empty()) {
        std::vector<MessageView> batch = std::exchange(m_batch, std::exchange(spareBatch, {}));
        std::deque<QByteArray> whole;
        whole.swap(m_whole);
        const qint64 frames = std::exchange(m_batchFrames, 0) * limits::frameCost;
        const qint64 payload = std::exchange(m_batchPayload, 0);
        emit received(batch);
        batch.clear();
        spareBatch = std::move(batch);
        if (m_closed)
            return;
        count(m_manual ? frames : payload + frames);
    }
    if (m_peerEnded && !std::exchange(m_endDelivered, true))
        emit peerEnded();
}

void Stream::activate(quint32 number, quint64 openedAt)
{
    m_number = number;
    m_openedAt = openedAt;
}

void Stream::finish(const Closing &closing)
{
    if (std::exchange(m_closed, true))
        return;
    m_waiting.clear();
    m_waitingBytes = 0;
    m_link->destroyStream(this);
    emit closed(closing);
}

} // namespace hawser
