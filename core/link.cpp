#include "core/link.h"

#include "core/stream.h"

#include <QMetaMethod>

namespace hawser {

namespace {
constexpr qsizetype laneLow = 512 * 1024; // bytes: streams that waited for the lane go on below it
} // namespace

Link::Link(const LinkSettings &settings, Instant now)
    : m_settings(settings), m_lane(settings.retention), m_nextNumber(settings.dialler ? 1 : 2),
      m_opensAllowed(settings.opensAllowed), m_opensGranted(settings.opensGranted), m_lastHeard(now), m_lastPing(now),
      m_wasConnected(settings.lane == 0)
{
    noProgress = std::chrono::seconds(settings.bounds.noProgressSeconds);
    unacknowledged = std::chrono::seconds(settings.bounds.unacknowledgedSeconds);
    if (settings.lane != 0) {
        movesBulk = true;
        mostInSocket = limits::bulkInSocket;
        m_suspendedSince = now;
    }
}

Link::~Link()
{
    const QSignalBlocker quiet(this);
    end({ Code::Unavailable, QStringLiteral("the link was closed here"), Begun::Maybe, Origin::Here });
}

// --- streams of ours

Stream *Link::makeStream(OpenHead head, QByteArray body, bool openedHere)
{
    ++m_open;
    return new Stream(this, std::move(head), std::move(body), openedHere);
}

Stream *Link::open(const OpenHead &head, QByteArrayView body)
{
    Stream *stream = makeStream(head, {}, true);
    WaitingOpen open { stream, head, body.toByteArray() };
    if (m_over) {
        QMetaObject::invokeMethod(
            stream,
            [stream] {
                stream->finish(
                    { { Code::Unavailable, QStringLiteral("there is no connection"), Begun::No, Origin::Here }, {} });
            },
            Qt::QueuedConnection);
    } else if (m_waitingOpens.empty() && hasRoomForOpen()) {
        sendOpen(open);
    } else {
        m_waitingOpenBytes += open.body.size();
        m_waitingOpens.push_back(std::move(open));
    }
    return stream;
}

Result<void> Link::send(const OpenHead &head, QByteArrayView body)
{
    if (m_over)
        return Error { Code::Unavailable, QStringLiteral("there is no connection"), Begun::No, Origin::Here };
    WaitingOpen open { nullptr, head, body.toByteArray() };
    open.head.oneWay = true;
    open.head.end = true;
    if (m_waitingOpens.empty() && hasRoomForOpen()) {
        sendOpen(open);
        return {};
    }
    if (m_waitingOpenBytes + body.size() > m_settings.bounds.waitingOpenBytes)
        return Error { Code::ResourceExhausted, QStringLiteral("too much waits to be sent already"), Begun::No,
            Origin::Here };
    m_waitingOpenBytes += body.size();
    m_waitingOpens.push_back(std::move(open));
    return {};
}

/// Without a connection a lane would grow as long as somebody asks.
bool Link::hasRoomForOpen() const
{
    return m_opensSent < m_opensAllowed && !(m_suspendedSince && m_lane.waiting() >= laneLow);
}

void Link::sendOpen(const WaitingOpen &open)
{
    ++m_opensSent;
    const quint32 number = freshNumber();
    const quint8 flags = (open.head.end ? flag::end : 0) | (open.head.oneWay ? flag::oneWay : 0)
        | (open.head.background ? flag::background : 0);
    write(FrameType::Open, flags, number, encodeOpen(open.head, open.body), false);
    if (!open.stream) {
        m_freeNumbers.push_back(number); // nothing ever refers to it again
        return;
    }
    Slot &fresh = makeSlot(number);
    fresh.kind = Slot::Kind::Local;
    fresh.stream = open.stream;
    open.stream->activate(number, m_lane.promptAppended());
}

void Link::sendWaitingOpens()
{
    while (!m_waitingOpens.empty() && hasRoomForOpen() && !m_over) {
        const WaitingOpen open = std::move(m_waitingOpens.front());
        m_waitingOpens.pop_front();
        m_waitingOpenBytes -= open.body.size();
        sendOpen(open);
        if (open.stream)
            open.stream->pushWaiting();
    }
}

quint32 Link::freshNumber()
{
    if (m_freeNumbers.empty() && !m_limbo.empty() && m_lane.backgroundEmpty())
        m_freeNumbers.swap(m_limbo);
    if (!m_freeNumbers.empty()) {
        const quint32 number = m_freeNumbers.back();
        m_freeNumbers.pop_back();
        return number;
    }
    const quint32 number = m_nextNumber;
    m_nextNumber += 2;
    return number;
}

Link::Slot *Link::slot(quint32 number)
{
    auto &table = isOurs(number) ? m_ours : m_theirs;
    const size_t index = number / 2;
    return index < table.size() ? &table[index] : nullptr;
}

Link::Slot &Link::makeSlot(quint32 number)
{
    auto &table = isOurs(number) ? m_ours : m_theirs;
    const size_t index = number / 2;
    if (index >= table.size())
        table.resize(index + 1);
    return table[index];
}

void Link::release(quint32 number, bool background)
{
    Slot *it = slot(number);
    if (!it || it->kind == Slot::Kind::Free)
        return;
    *it = Slot();
    if (!isOurs(number))
        peerStreamEnded();
    else if (background && !m_lane.backgroundEmpty())
        m_limbo.push_back(number);
    else
        m_freeNumbers.push_back(number);
}

void Link::destroyStream(Stream *stream)
{
    --m_open;
    if (stream->m_number)
        release(stream->m_number, stream->m_head.background);
    m_blocked.erase(stream);
    stream->deleteLater();
}

void Link::peerStreamEnded()
{
    ++m_opensDone;
    grantOpens();
}

/// Lets the peer open more when half of what it was granted is used up and it reads what it is told.
void Link::grantOpens()
{
    const quint64 window = m_settings.opensGranted;
    if (m_over || m_opensDone + window - m_opensGranted < (window + 1) / 2
        || m_lane.promptWaiting() + m_lane.controlWaiting() >= m_settings.bounds.unreadAnswerBytes)
        return;
    m_opensGranted = m_opensDone + window;
    sayOpens();
}

void Link::sayOpens()
{
    char total[8];
    qToBigEndian(m_opensGranted, total);
    m_lane.appendUncounted(FrameType::Opens, QByteArrayView(total, sizeof total));
    if (wake)
        wake();
}

void Link::write(FrameType type, quint8 flags, quint32 number, QByteArrayView payload, bool background)
{
    m_lane.append(type, flags, number, payload, background);
    if (wake)
        wake();
}

// --- what comes

Result<void> Link::read(FrameReader &reader, Instant now)
{
    if (m_suspendedSince)
        return m_last;
    m_lastHeard = now;
    Result<void> outcome;
    while (outcome && !m_over) {
        const std::optional<FrameView> frame = reader.next();
        if (!frame)
            break;
        outcome = take(*frame, now);
    }
    if (outcome)
        outcome = reader.state();
    flushBatches();
    if (!outcome && !m_over) {
        m_lane.appendUncounted(
            FrameType::GoAway, encodeGoAway({ Leave::Protocol, milliseconds(0), outcome.error().sentence }));
        end(outcome.error());
    }
    if (m_over)
        return outcome ? Result<void>(m_last) : outcome;
    m_lane.acknowledge(now);
    if (m_roomNews && m_router)
        m_router->room(*this);
    m_roomNews = false;
    return {};
}

Result<void> Link::take(const FrameView &frame, Instant now)
{
    if (frame.stream == 0)
        return takeLinkFrame(frame, now);
    m_lane.taken(limits::frameHeader + quint32(frame.payload.size()), now);
    if (frame.type == FrameType::Open)
        return takeOpen(frame, now);
    Slot *it = slot(frame.stream);
    if (it && it->kind == Slot::Kind::Routed)
        return m_router->forward(*this, it->route, frame);
    if (quint8(frame.type) >= 128)
        return {};
    if (frame.type != FrameType::Data && frame.type != FrameType::Credit && frame.type != FrameType::Close)
        return Error { Code::Protocol, QStringLiteral("a frame of unknown type %1").arg(quint8(frame.type)) };
    if (!it || it->kind != Slot::Kind::Local) {
        ++m_dropped;
        return {};
    }
    return it->stream->take(frame);
}

Result<void> Link::takeLinkFrame(const FrameView &frame, Instant now)
{
    const auto total = [&frame] { return qFromBigEndian<quint64>(frame.payload.data()); };
    const Error wrongSize { Code::Protocol,
        QStringLiteral("a frame of type %1 has the wrong size").arg(quint8(frame.type)) };
    switch (frame.type) {
    case FrameType::Ack: {
        if (frame.payload.size() != 8)
            return wrongSize;
        const Result<void> known = m_lane.acknowledged(total(), now);
        m_roomNews = true;
        return known;
    }
    case FrameType::Opens:
        if (frame.payload.size() != 8)
            return wrongSize;
        m_opensAllowed = qMax(m_opensAllowed, total());
        sendWaitingOpens();
        return {};
    case FrameType::Lane:
        if (frame.payload.size() != 4 || !m_settings.dialler || m_settings.lane != 0)
            return wrongSize;
        emit laneAsked(qFromBigEndian<quint32>(frame.payload.data()));
        return {};
    case FrameType::Ping:
        if (frame.payload.size() > 16)
            return wrongSize;
        if (m_lane.controlWaiting() >= m_settings.bounds.unreadAnswerBytes)
            return Error { Code::Protocol, QStringLiteral("PINGs came and their answers were not read") };
        m_lane.appendUncounted(FrameType::Pong, frame.payload);
        return {};
    case FrameType::Pong:
        if (m_pingSent != Instant()) {
            m_roundTrip = std::chrono::duration_cast<milliseconds>(now - m_pingSent);
            m_pingSent = Instant();
            emit pong(m_roundTrip);
        }
        return {};
    case FrameType::GoAway: {
        const Result<GoAway> said = decodeGoAway(frame.payload);
        if (!said)
            return said.error();
        emit goingAway(*said);
        if (said->reason != Leave::Draining)
            end(errorOf(*said));
        return {};
    }
    default:
        if (quint8(frame.type) >= 128)
            return {};
        return Error { Code::Protocol,
            QStringLiteral("a frame of type %1 does not belong here").arg(quint8(frame.type)) };
    }
}

Result<void> Link::takeOpen(const FrameView &frame, Instant now)
{
    if (isOurs(frame.stream))
        return Error { Code::Protocol, QStringLiteral("an OPEN has a number of the other side") };
    if (frame.stream > limits::highestStream)
        return Error { Code::Protocol, QStringLiteral("an OPEN has a number that is too high") };
    const Slot *old = slot(frame.stream);
    if (old && old->kind != Slot::Kind::Free)
        return Error { Code::Protocol, QStringLiteral("an OPEN has a number that is open") };
    if (++m_opensTaken > m_opensGranted)
        return Error { Code::Protocol, QStringLiteral("more streams were opened than allowed") };
    if (m_router && m_router->open(*this, frame, now))
        return {};
    QByteArrayView body;
    Result<OpenHead> head = decodeOpen(frame, &body);
    if (!head)
        return head.error();
    if (m_settings.peerRole != Role::Broker)
        head->party = m_settings.peerParty; // nobody says for himself who he is
    flushBatches();
    if (head->oneWay) {
        emit oneWay(*head, body);
        peerStreamEnded();
        return {};
    }
    Slot &fresh = makeSlot(frame.stream);
    fresh.kind = Slot::Kind::Local;
    Stream *stream = makeStream(*head, body.toByteArray(), false);
    fresh.stream = stream;
    stream->activate(frame.stream, 0);
    if (!isSignalConnected(QMetaMethod::fromSignal(&Link::opened)))
        stream->close(
            { { Code::Unimplemented, QStringLiteral("nothing is served here"), Begun::No, Origin::Peer }, {} });
    else
        emit opened(stream);
    return {};
}

void Link::flushBatches()
{
    while (!m_touched.empty()) {
        const std::vector<Stream *> touched = std::exchange(m_touched, {});
        for (Stream *stream : touched) // closed ones live until the event loop turns
            stream->afterTurn();
    }
}

// --- what goes

QByteArray Link::nextChunk(Instant now)
{
    if (m_over)
        return m_lane.lastWords();
    if (m_suspendedSince)
        return {};
    if (!m_blocked.empty() && m_lane.waiting() < laneLow)
        wakeBlocked();
    const QByteArray chunk = m_lane.nextChunk(now);
    grantOpens();
    if (m_leaving && m_lane.isHandedOut())
        leave(*m_leaving);
    return chunk;
}

void Link::wakeBlocked()
{
    const std::unordered_set<Stream *> blocked = std::exchange(m_blocked, {});
    for (Stream *stream : blocked) {
        stream->m_creditNews = true;
        stream->touch();
    }
    flushBatches();
}

void Link::askForLane(quint32 lane)
{
    char number[4];
    qToBigEndian(lane, number);
    m_lane.appendUncounted(FrameType::Lane, QByteArrayView(number, sizeof number));
    if (wake)
        wake();
}

void Link::ping(Instant now)
{
    if (m_over || m_suspendedSince)
        return;
    m_lastPing = now;
    m_pingSent = now;
    m_lane.appendUncounted(FrameType::Ping, {});
    if (wake)
        wake();
}

} // namespace hawser
