#include "brokerd/router.h"

#include <algorithm>

namespace hawser::broker {

namespace {

constexpr qint64 worthwhile = 16 * 1024; // bytes: smaller grants wait and are merged
constexpr qsizetype creditBacklog = 1024 * 1024; // bytes waiting in a lane: its CREDITs are merged until it moves
constexpr quint64 creditMost = quint64(1) << 40; // bytes above what was used (docs/protocol.md §6.5)
constexpr qint64 smallAnswer = 4 * 1024; // bytes: most answers are no longer; for more there is room, or there is not
constexpr qsizetype keyBytes = PublicKey::size;
constexpr qsizetype originAt = 2; // in CLOSE

} // namespace

SpliceRouter::~SpliceRouter() = default;

// --- opening

bool SpliceRouter::open(Link &from, const FrameView &frame, Instant)
{
    QByteArrayView body;
    const Result<OpenHead> head = decodeOpen(frame, &body);
    if (!head)
        return false; // the link reads it again and closes with the reason
    const Result<std::vector<Link *>> targets = m_resolve(from, *head);
    if (!targets)
        refuse(from, frame, targets.error());
    else if (targets->empty())
        return false;
    else if (head->oneWay)
        forwardOneWay(from, frame, *targets);
    else
        splice(from, frame, *targets);
    return true;
}

void SpliceRouter::refuse(Link &from, const FrameView &open, Error error)
{
    ++m_counters.refused;
    error.begun = Begun::No;
    error.origin = Origin::Broker;
    from.refuse(open.stream, open.flags, error);
}

SpliceRouter::Port &SpliceRouter::portOf(Link &link)
{
    std::unique_ptr<Port> &port = m_ports[&link];
    if (!port)
        port.reset(new Port { &link, 0, {} });
    return *port;
}

qint64 SpliceRouter::roomIn(const Port &port) const
{
    const Lane &lane = port.link->lane();
    return port.link->settings().retention - port.reserved - lane.kept() - lane.waiting();
}

qint64 SpliceRouter::reserved(const Link &link) const
{
    const auto port = m_ports.find(&link);
    return port == m_ports.end() ? 0 : port->second->reserved;
}

bool SpliceRouter::hasRoom(Link &link, const FrameView &open)
{
    const qint64 credit = (open.flags & flag::end) ? 0 : limits::firstCredit;
    return link.mayOpen() && roomIn(portOf(link)) >= credit + limits::frameHeader + open.payload.size();
}

/// The OPEN with its target overwritten by its caller: nobody says for himself who he is.
QByteArrayView SpliceRouter::stamped(Link &from, QByteArrayView payload)
{
    const Party &caller = from.settings().peerParty;
    m_open.resize(payload.size());
    char *at = m_open.data();
    memcpy(at, payload.data(), size_t(payload.size()));
    memset(at, 0, keyBytes + 16);
    memcpy(at, caller.user.data(), keyBytes);
    memcpy(at + keyBytes, caller.device.constData(), size_t(qMin<qsizetype>(caller.device.size(), 8)));
    memcpy(at + keyBytes + 8, caller.session.constData(), size_t(qMin<qsizetype>(caller.session.size(), 8)));
    return m_open;
}

void SpliceRouter::forwardOneWay(Link &from, const FrameView &open, const std::vector<Link *> &targets)
{
    bool passed = false;
    for (Link *target : targets) {
        if (!hasRoom(*target, open))
            continue;
        target->forwardOpen(open.flags, stamped(from, open.payload), none);
        passed = true;
    }
    ++(passed ? m_counters.oneWay : m_counters.refused);
    from.refuse(open.stream, open.flags, {}); // of a one-way OPEN nothing is said: it only frees its place
}

quint32 SpliceRouter::makeLeg(Link &link, bool caller, const FrameView &open)
{
    quint32 index = quint32(m_legs.size());
    if (m_freeLegs.empty()) {
        m_legs.emplace_back();
    } else {
        index = m_freeLegs.back();
        m_freeLegs.pop_back();
    }
    Leg &leg = m_legs[index];
    leg = Leg();
    leg.link = &link;
    leg.caller = caller;
    leg.background = open.flags & flag::background;
    leg.ended = caller && (open.flags & flag::end);
    leg.allowed = leg.ended ? 0 : limits::firstCredit;
    leg.grants = limits::firstCredit;
    return index;
}

void SpliceRouter::splice(Link &from, const FrameView &open, const std::vector<Link *> &targets)
{
    std::vector<Link *> ready;
    std::copy_if(targets.begin(), targets.end(), std::back_inserter(ready),
        [&](Link *target) { return hasRoom(*target, open); });
    // The first streams have all room they may ask for; of very many at once each is trusted to answer briefly.
    const qint64 room = roomIn(portOf(from));
    const bool plenty = room - limits::firstCredit >= from.settings().retention / 2;
    const qint64 answer = plenty ? qint64(limits::firstCredit) : smallAnswer;
    if (ready.empty() || room < answer)
        return refuse(from, open,
            { Code::ResourceExhausted,
                ready.empty() ? QStringLiteral("there is no room for one more stream at the other end")
                              : QStringLiteral("you have too many streams open already") });
    ++m_counters.opened;
    ++m_active;
    const quint32 caller = makeLeg(from, true, open);
    m_legs[caller].number = open.stream;
    from.bind(open.stream, caller);
    portOf(from).reserved += answer;
    const QByteArrayView payload = stamped(from, open.payload);
    Ring ring;
    ring.trusted = limits::firstCredit - quint64(answer);
    for (Link *target : ready) {
        const quint32 called = makeLeg(*target, false, open);
        m_legs[called].number = target->forwardOpen(open.flags, payload, called);
        m_legs[called].openedAt = target->lane().promptAppended();
        m_legs[called].ring = caller;
        portOf(*target).reserved += qint64(m_legs[caller].allowed);
        ring.called.push_back(called);
    }
    ring.caller = m_legs[caller].ring = caller;
    m_rings[caller] = std::move(ring);
    if (ready.size() == 1)
        accept(m_rings[caller].called.front());
}

// --- passing on

Result<void> SpliceRouter::forward(Link &, quint32 route, const FrameView &frame)
{
    if (frame.type != FrameType::Data)
        return forwardSlowly(route, frame);
    Leg &leg = m_legs[route];
    const quint64 cost = quint64(frame.payload.size()) + limits::frameCost;
    if (cost > leg.allowed - leg.used)
        return Error { Code::Protocol, QStringLiteral("more was sent than the credit allows") };
    leg.used += cost;
    if (!leg.into) {
        dataOfRing(route, frame);
        return {};
    }
    if (!use(route, cost))
        return {};
    const Leg &other = m_legs[leg.peer];
    other.link->forwardFrame(FrameType::Data, frame.flags, other.number, frame.payload, leg.background);
    if (frame.flags & flag::end)
        ended(leg);
    return {};
}

/// Takes what is reserved for bytes that came. What was only trusted not to come has room now, or the stream ends.
/// \pre leg.used counts them already
bool SpliceRouter::use(quint32 index, quint64 cost)
{
    Leg &leg = m_legs[index];
    const quint64 reserved = leg.allowed - (leg.used - cost) - leg.trusted;
    const quint64 unreserved = cost - qMin(cost, reserved);
    if (unreserved > 0 && roomIn(*leg.into) < qint64(unreserved)) {
        leg.used -= cost;
        overrun(index);
        return false;
    }
    leg.trusted -= unreserved;
    leg.into->reserved -= qint64(cost - unreserved);
    return true;
}

/// \param index  of the called side
void SpliceRouter::overrun(quint32 index)
{
    const quint32 caller = m_legs[index].peer;
    const Error why { Code::ResourceExhausted,
        QStringLiteral("you have very many streams open, and the answers are too long for all at once"), Begun::Maybe,
        Origin::Broker };
    closeTo(caller, why);
    orphan(index, why);
    unbindLeg(caller);
    --m_active;
    ++m_counters.cut;
}

Result<void> SpliceRouter::forwardSlowly(quint32 index, const FrameView &frame)
{
    if (frame.type == FrameType::Credit)
        return takeCredit(index, frame);
    if (frame.type == FrameType::Close)
        takeClose(index, frame);
    else if (quint8(frame.type) >= 128)
        takeForeign(index, frame);
    else
        return Error { Code::Protocol, QStringLiteral("a frame of unknown type %1").arg(quint8(frame.type)) };
    return {};
}

/// A frame of a type that this version does not know is passed on, but it cannot ask for room: it needs what is free.
void SpliceRouter::takeForeign(quint32 index, const FrameView &frame)
{
    const Leg &leg = m_legs[index];
    if (!leg.into || roomIn(*leg.into) < limits::frameHeader + frame.payload.size()) {
        ++m_counters.dropped;
        return;
    }
    const Leg &other = m_legs[leg.peer];
    other.link->forwardFrame(frame.type, frame.flags, other.number, frame.payload, leg.background);
}

void SpliceRouter::ended(Leg &leg)
{
    release(leg);
    leg.ended = true;
}

/// What was granted and not used is free again.
void SpliceRouter::release(Leg &leg)
{
    if (leg.into)
        leg.into->reserved -= qint64(leg.allowed - leg.used - leg.trusted);
    leg.allowed = leg.used;
    leg.trusted = 0;
}

void SpliceRouter::takeClose(quint32 index, const FrameView &frame)
{
    Leg &leg = m_legs[index];
    if (leg.caller) {
        if (std::exchange(leg.cancelled, true)) { // a wish is passed on once: it needs no credit
            ++m_counters.dropped;
            return;
        }
        const auto wish = [&](const Leg &called) {
            called.link->forwardFrame(FrameType::Close, frame.flags, called.number, frame.payload, false);
        };
        if (leg.ring == none)
            return wish(m_legs[leg.peer]);
        for (const quint32 called : m_rings[leg.ring].called)
            wish(m_legs[called]);
        return;
    }
    if (leg.ring != none) {
        const Result<Closing> closing = decodeClosing(frame.payload);
        if (!closing || !closing->ok()) {
            Error why = closing ? closing->error : closing.error();
            why.origin = Origin::Peer;
            return refusedBy(index, why);
        }
        accept(index);
    }
    if (m_legs[index].peer == none)
        return unbindLeg(index);
    finish(index, frame.payload, frame.flags);
}

/// The called side's last frame.
void SpliceRouter::finish(quint32 called, QByteArrayView close, quint8 flags)
{
    const Leg &leg = m_legs[called];
    const Leg &caller = m_legs[leg.peer];
    const quint32 callerIndex = leg.peer;
    QByteArray honest;
    if (close.size() > originAt && quint8(close[originAt]) == quint8(Origin::Broker)) {
        honest = close.toByteArray();
        honest[originAt] = char(Origin::Peer); // only we speak as the broker
        close = honest;
    }
    caller.link->forwardFrame(FrameType::Close, flags, caller.number, close, leg.background);
    unbindLeg(called);
    unbindLeg(callerIndex);
    --m_active;
}

void SpliceRouter::unbindLeg(quint32 index)
{
    m_legs[index].link->unbind(m_legs[index].number, m_legs[index].background);
    freeLeg(index);
}

void SpliceRouter::freeLeg(quint32 index)
{
    release(m_legs[index]);
    m_legs[index] = Leg();
    m_freeLegs.push_back(index);
}

void SpliceRouter::closeTo(quint32 index, const Error &error)
{
    const Leg &leg = m_legs[index];
    leg.link->forwardFrame(
        FrameType::Close, 0, leg.number, encodeClosing({ error, {} }), !leg.caller ? false : leg.background);
}

// --- credit

Result<void> SpliceRouter::takeCredit(quint32 index, const FrameView &frame)
{
    if (frame.payload.size() != sizeof(quint64))
        return Error { Code::Protocol, QStringLiteral("a CREDIT has the wrong size") };
    Leg &leg = m_legs[index];
    const quint64 total = qFromBigEndian<quint64>(frame.payload.data());
    if (leg.peer != none && total > m_legs[leg.peer].used + creditMost)
        return Error { Code::Protocol, QStringLiteral("a CREDIT is beyond reason") };
    leg.grants = qMax(leg.grants, total);
    if (leg.ring == none && leg.peer != none)
        grant(leg.peer);
    return {};
}

/// Passes on what the receiver allows, as far as its lane has room; the rest waits for room().
void SpliceRouter::grant(quint32 index)
{
    Leg &leg = m_legs[index];
    if (leg.ended || !leg.into || m_legs[leg.peer].grants <= leg.allowed)
        return;
    if (leg.link->lane().waiting() > creditBacklog)
        return queue(index, portOf(*leg.link));
    if (leg.into->link->isSuspended()) // it comes back for the rest, or is lost: nothing more is taken for it
        return queue(index, *leg.into);
    const quint64 wanted = m_legs[leg.peer].grants - leg.allowed;
    // A quarter stays for new streams: a few that run at full speed must not keep a question out.
    const qint64 room = roomIn(*leg.into) - leg.into->link->settings().retention / 4;
    const quint64 more = qMin<quint64>(wanted, quint64(qMax<qint64>(0, room)));
    if (more < qMin<quint64>(wanted, worthwhile))
        return queue(index, *leg.into);
    leg.allowed += more;
    leg.into->reserved += qint64(more);
    char total[8];
    qToBigEndian(leg.allowed, total);
    leg.link->forwardFrame(FrameType::Credit, 0, leg.number, QByteArrayView(total, sizeof total), false);
    if (more < wanted)
        queue(index, *leg.into);
}

void SpliceRouter::queue(quint32 index, Port &port)
{
    if (std::exchange(m_legs[index].queued, true))
        return;
    port.waiting.push_back(index);
}

void SpliceRouter::serveWaiting(Port &port)
{
    const std::vector<quint32> waiting = std::exchange(port.waiting, {});
    for (const quint32 index : waiting) {
        if (std::exchange(m_legs[index].queued, false))
            grant(index);
    }
}

void SpliceRouter::room(Link &link)
{
    const auto port = m_ports.find(&link);
    if (port != m_ports.end() && !port->second->waiting.empty())
        serveWaiting(*port->second);
}

// --- the end of a link

void SpliceRouter::ended(Link &link)
{
    for (quint32 index = 0; index < m_legs.size(); ++index)
        if (m_legs[index].link == &link)
            cut(index, link);
    m_ports.erase(&link);
}

void SpliceRouter::cut(quint32 index, Link &link)
{
    const Leg &leg = m_legs[index];
    const Begun begun = !leg.caller && link.lane().promptHandedOut() < leg.openedAt ? Begun::No : Begun::Maybe;
    const Error gone { Code::Unavailable, QStringLiteral("the other end has gone"), begun, Origin::Broker };
    if (leg.peer == none && leg.ring == none)
        return freeLeg(index); // its caller had gone before
    ++m_counters.cut;
    if (leg.ring != none && !leg.caller)
        return refusedBy(index, gone);
    if (leg.ring != none)
        return endRing(index, gone);
    const quint32 other = leg.peer;
    if (leg.caller) {
        release(m_legs[index]);
        orphan(other, gone);
    } else {
        closeTo(other, gone);
        unbindLeg(other);
    }
    freeLeg(index);
    --m_active;
}

/// The caller has gone: the called side hears of it, and its number stays bound until it answers.
void SpliceRouter::orphan(quint32 called, const Error &why)
{
    Leg &leg = m_legs[called];
    closeTo(called, why);
    if (leg.into)
        release(leg);
    leg.allowed = UINT64_MAX; // what still comes is dropped
    leg.peer = leg.ring = none;
    leg.into = nullptr;
}

} // namespace hawser::broker
