#pragma once

#include "core/link.h"

#include <memory>
#include <unordered_map>
#include <vector>

namespace hawser::broker {

/// What the router did, for `status`.
struct RouterCounters {
    quint64 opened = 0;
    quint64 oneWay = 0;
    quint64 refused = 0;
    quint64 cut = 0; ///< streams that ended because a link did
    quint64 dropped = 0; ///< frames that were for nobody any more
};

/// Splices streams between links (docs/protocol.md §13): an OPEN is read, stamped with its caller and passed on; from
/// then on a frame costs two table look-ups and its payload is not touched. What a receiver grants is passed on only as
/// far as the receiver's lane has room for it, so nothing arrives that has none.
class SpliceRouter : public Router {
public:
    /// Whom an OPEN is for: links that all ring until one answers; none: it is for the broker itself.
    using Resolve = std::function<Result<std::vector<Link *>>(Link &from, const OpenHead &head)>;

    explicit SpliceRouter(Resolve resolve) : m_resolve(std::move(resolve)) { }
    ~SpliceRouter() override;

    bool open(Link &from, const FrameView &frame, Instant now) override;
    Result<void> forward(Link &from, quint32 route, const FrameView &frame) override;
    void room(Link &link) override;
    void ended(Link &link) override;

    const RouterCounters &counters() const { return m_counters; }
    /// Spliced streams that are open now.
    int active() const { return m_active; }
    /// Bytes that may still come for a link without asking: granted and not yet used.
    qint64 reserved(const Link &link) const;

private:
    /// The room of one link's lane, and who waits for it.
    struct Port {
        Link *link;
        qint64 reserved = 0; // granted to senders and not yet used by them
        std::vector<quint32> waiting; // legs whose credit waits
    };
    static constexpr quint32 none = UINT32_MAX;
    /// One end of a spliced stream. A route's number is its leg's index.
    struct Leg {
        Link *link = nullptr;
        Port *into = nullptr; // where its DATA is reserved; null: it rings, or its other end has gone
        quint64 allowed = 0; // what its link may send in all
        quint64 used = 0;
        quint64 grants = 0; // what its link allows its other end
        quint64 trusted = 0; // of what it may still send: nothing is reserved for it
        quint64 openedAt = 0; // the called side: its OPEN's place in the lane
        quint32 number = 0;
        quint32 peer = none;
        quint32 ring = none; // while nobody has answered
        bool caller = false;
        bool background = false;
        bool ended = false; // END was sent
        bool cancelled = false; // the caller's wish was passed on
        bool queued = false;
    };
    /// A stream that several sessions were asked to take.
    struct Ring {
        quint32 caller = none;
        std::vector<quint32> called;
        quint64 trusted = 0; // of the first credit of who answers
        Error lastRefusal;
    };

    Port &portOf(Link &link);
    qint64 roomIn(const Port &port) const;
    quint32 makeLeg(Link &link, bool caller, const FrameView &open);
    void freeLeg(quint32 index);
    void unbindLeg(quint32 index);
    void refuse(Link &from, const FrameView &open, Error error);
    bool hasRoom(Link &link, const FrameView &open);
    QByteArrayView stamped(Link &from, QByteArrayView payload);
    void splice(Link &from, const FrameView &open, const std::vector<Link *> &targets);
    void forwardOneWay(Link &from, const FrameView &open, const std::vector<Link *> &targets);

    Result<void> forwardSlowly(quint32 index, const FrameView &frame);
    Result<void> takeCredit(quint32 index, const FrameView &frame);
    void takeClose(quint32 index, const FrameView &frame);
    void takeForeign(quint32 index, const FrameView &frame);
    void dataOfRing(quint32 index, const FrameView &frame);
    void ended(Leg &leg);
    void grant(quint32 index);
    void queue(quint32 index, Port &port);
    void serveWaiting(Port &port);
    void release(Leg &leg);
    bool use(quint32 index, quint64 cost);
    void overrun(quint32 index);
    void closeTo(quint32 index, const Error &error);
    void finish(quint32 called, QByteArrayView close, quint8 flags);
    void orphan(quint32 called, const Error &why);

    void accept(quint32 called);
    void refusedBy(quint32 called, const Error &why);
    void endRing(quint32 caller, const Error &error);
    void cut(quint32 index, Link &link);

    Resolve m_resolve;
    std::unordered_map<const Link *, std::unique_ptr<Port>> m_ports;
    std::vector<Leg> m_legs;
    std::vector<quint32> m_freeLegs;
    std::unordered_map<quint32, Ring> m_rings; // by the caller's leg
    QByteArray m_open; // the stamped OPEN
    RouterCounters m_counters;
    int m_active = 0;
};

} // namespace hawser::broker
