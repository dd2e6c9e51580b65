#pragma once

#include "core/lane.h"
#include "core/link_limits.h"
#include "core/party.h"

#include <QObject>
#include <memory>
#include <unordered_set>

namespace hawser {

class Link;
class Stream;

/// An OPEN taken apart (docs/protocol.md §6.1).
struct OpenHead {
    Party party; ///< the other end: the target when sent, the caller when received
    StreamClass streamClass = StreamClass::Command;
    milliseconds timeLeft { 0 }; ///< 0: no deadline
    QByteArray name;
    bool end = false; ///< nothing follows from the opener
    bool oneWay = false;
    bool background = false;
};

QByteArray encodeOpen(const OpenHead &head, QByteArrayView body);
/// \param body  set to what follows the name, inside `payload`
Result<OpenHead> decodeOpen(const FrameView &frame, QByteArrayView *body);

/// How a stream ended (docs/protocol.md §9): Ok with a result, or an error. `body` is opaque here.
struct Closing {
    Error error { Code::Ok, {}, Begun::NotSaid, Origin::Peer };
    QByteArray body;

    bool ok() const { return error.code == Code::Ok; }
};

QByteArray encodeClosing(const Closing &closing);
Result<Closing> decodeClosing(QByteArrayView payload);

/// What a broker puts under its links: it sees counted frames before any Stream does.
class Router {
public:
    virtual ~Router() = default;
    /// A peer's OPEN. true: the router has it (spliced or refused); false: it is for this program itself.
    virtual bool open(Link &from, const FrameView &frame, Instant now) = 0;
    /// A frame for a number that is bound to a route.
    virtual Result<void> forward(Link &from, quint32 route, const FrameView &frame) = 0;
    /// The peer of `link` acknowledged or granted something: there may be room again.
    virtual void room(Link &link) = 0;
    /// The link is over; its bound numbers are gone.
    virtual void ended(Link &link) = 0;
};

struct LinkSettings {
    bool dialler = false; ///< the side that dialled has the odd numbers
    PublicKey peer;
    Role peerRole = Role::Person;
    Party peerParty; ///< who the far program is; for callers that are not behind a broker
    bool local = false; ///< a control socket
    qint64 retention = limits::sessionBudget; ///< bytes kept unacknowledged before the sender waits
    milliseconds ping { limits::pingEvery }; ///< dialler only; listener watches silence
    quint64 opensAllowed = limits::openStreams; ///< what the peer granted in its greeting
    quint64 opensGranted = limits::openStreams; ///< what we granted in ours
    milliseconds resumeWindow { 0 }; ///< how long it waits for the next connection; 0: it ends with its first
    milliseconds awayAfter { limits::awayAfter }; ///< without a connection it counts as away from here on
    quint32 lane = 0; ///< a further one waits for its first connection: limits::laneWait
    quint32 maxPayload = limits::framePayload; ///< of a frame we may send: a stranger's link stays at greetingPayload
    LinkLimits
        bounds = {}; ///< what the owner of this side says; what stands above was agreed about, or is for this link alone
};

/// What two running programs share, one lane of it (docs/protocol.md §5.7: a further lane is a Link of its own with the same
/// settings, and ends with the first): many streams, counted, acknowledged, kept until then and bounded, over one connection
/// after the other (docs/protocol.md §5.7). While there is none it is *suspended*: nothing ends, and what is said waits.
/// Sans-I/O: a `Connection` calls it as its FrameSink; while it is suspended, whoever owns it calls tick() at deadline().
/// Emits on the thread it lives in; inside one of its signals (or a stream's) get rid of it by deleteLater() only.
class Link : public QObject, public FrameSink {
    Q_OBJECT

public:
    explicit Link(const LinkSettings &settings, Instant now);
    ~Link() override;

    /// Opens a stream. It never fails at once: what the peer or the broker refuses comes as `closed`. Owned by the link
    /// and deleted after `closed` (unless `Stream::keep`). OPENs beyond what the peer allows wait here in order.
    /// \pre body and name fit one frame (limits::framePayload − 64)
    Stream *open(const OpenHead &head, QByteArrayView body);
    /// Sends a one-way OPEN; nothing comes back.
    /// \retval ResourceExhausted  more than LinkLimits::waitingOpenBytes of OPENs wait already
    /// \retval Unavailable        the link has ended
    Result<void> send(const OpenHead &head, QByteArrayView body);

    /// Says GOAWAY and ends the link: every stream closes with `unavailable`. The connection closes afterwards.
    void leave(const GoAway &goAway);
    /// Leaves when all that was said so far is handed to the connection: GOAWAY goes before everything else.
    void leaveWhenWritten(const GoAway &goAway);
    /// Who is behind an OPEN of the peer. Only a broker that we dialled is believed about others.
    Caller caller(const OpenHead &head) const;
    bool isOver() const { return m_over; }
    bool isSuspended() const { return m_suspendedSince.has_value(); }
    /// Suspended for so long that nobody should count on it.
    bool isAway() const { return m_away; }
    /// The next connection begins: what the peer said in its greeting. Set the connection's sink afterwards; an older
    /// connection must have no sink any more.
    /// \param taken  frames that the peer has taken  \param opens  OPENs that it takes in all
    /// \retval DataLoss  counts that cannot be true: leave()
    Result<void> resume(quint64 taken, quint64 opens, milliseconds ping, Instant now);
    /// OPENs that the peer may send in all; the next greeting says so again.
    quint64 opensGranted() const { return m_opensGranted; }
    const LinkSettings &settings() const { return m_settings; }
    /// Where streams of StreamClass::File belong: a lane beside this one, made when it is asked for first (OPENs wait until it
    /// stands), or this one where there are none.
    Link *bulk() { return m_bulk && !m_over ? m_bulk() : this; }
    void setBulk(std::function<Link *()> bulk) { m_bulk = std::move(bulk); }
    /// Asks the side that dialled for a further lane.
    void askForLane(quint32 lane);
    /// Round trip of the last ping; 0 before the first.
    milliseconds roundTrip() const { return m_roundTrip; }
    int streams() const { return m_open; }
    Lane &lane() { return m_lane; }
    const Lane &lane() const { return m_lane; }

    /// Asks the peer now; `pong` follows.
    void ping(Instant now);
    /// Frames for numbers that were not open, so far: late, doubled or foreign ones.
    quint64 dropped() const { return m_dropped; }

    // --- for a router (core/link_router.cpp). Numbers of the peer are bound where their OPEN comes in, numbers of ours
    // are made by forwardOpen.
    void setRouter(Router *router) { m_router = router; }
    /// Room for one more OPEN of ours?
    bool mayOpen() const;
    /// Passes an OPEN on under a fresh number of ours, bound to `route`. \pre mayOpen()
    quint32 forwardOpen(quint8 flags, QByteArrayView payload, quint32 route);
    /// Binds the peer's number, from inside Router::open.
    void bind(quint32 number, quint32 route);
    /// Writes a frame of a bound number. \param background  it waits behind prompt ones
    void forwardFrame(FrameType type, quint8 flags, quint32 number, QByteArrayView payload, bool background);
    /// The route is over: number may be used again when nothing of it waits. For ours and the peer's.
    void unbind(quint32 number, bool background);
    /// Refuses a peer's OPEN from inside Router::open.
    void refuse(quint32 number, quint8 openFlags, const Error &error);

    // --- FrameSink
    Result<void> read(FrameReader &reader, Instant now) override;
    QByteArray nextChunk(Instant now) override;
    Result<void> tick(Instant now) override;
    Instant deadline() const override;
    void lost(const Error &error, Instant now) override;

signals:
    void opened(hawser::Stream *stream); ///< by the peer; owned by the link
    void oneWay(const hawser::OpenHead &head, QByteArrayView body); ///< a peer's one-way OPEN; valid during the call
    /// The connection is gone: let it go, without a sink. DeadlineExceeded: nothing was heard; ResourceExhausted: it did not read.
    void suspended(const hawser::Error &why);
    void laneAsked(quint32 lane); ///< by the listener
    void wentAway(); ///< still suspended after LinkSettings::awayAfter
    void resumed(); ///< the next connection is there
    void ended(const hawser::Error &why); ///< once; every stream was closed before
    void pong(hawser::milliseconds roundTrip);
    void goingAway(const hawser::GoAway &goAway); ///< the peer says so

private:
    friend class Stream;
    struct Slot {
        enum class Kind : quint8 { Free, Local, Routed } kind = Kind::Free;
        quint32 route = 0;
        Stream *stream = nullptr;
    };

    struct WaitingOpen {
        Stream *stream; // nullptr: one-way
        OpenHead head;
        QByteArray body;
    };

    Result<void> take(const FrameView &frame, Instant now);
    Result<void> takeLinkFrame(const FrameView &frame, Instant now);
    Result<void> takeOpen(const FrameView &frame, Instant now);
    void flushBatches();
    Slot *slot(quint32 number);
    Slot &makeSlot(quint32 number);
    bool isOurs(quint32 number) const { return (number & 1) == (m_settings.dialler ? 1u : 0u); }
    quint32 freshNumber();
    void release(quint32 number, bool background);
    bool hasRoomForOpen() const;
    void sendWaitingOpens();
    void peerStreamEnded();
    void grantOpens();
    void sayOpens();
    void suspend(const Error &why, Instant now);
    Result<void> tickSuspended(Instant now);
    void end(const Error &why);
    bool wasWritten(const Stream *stream) const;
    Stream *makeStream(OpenHead head, QByteArray body, bool openedHere);
    void sendOpen(const WaitingOpen &open);
    void write(FrameType type, quint8 flags, quint32 number, QByteArrayView payload, bool background);
    void wakeBlocked();
    void destroyStream(Stream *stream);
    milliseconds silenceAllowed() const;
    milliseconds askAfter() const;
    Instant quietSince() const;
    Instant connectedDeadline() const;
    milliseconds window() const;

    LinkSettings m_settings;
    Lane m_lane;
    Router *m_router = nullptr;
    std::vector<Slot> m_ours; // by number / 2
    std::vector<Slot> m_theirs;
    std::vector<quint32> m_freeNumbers; // ours
    std::vector<quint32> m_limbo; // ours: free when the background queue is empty
    quint32 m_nextNumber;
    std::deque<WaitingOpen> m_waitingOpens;
    qsizetype m_waitingOpenBytes = 0;
    quint64 m_opensSent = 0;
    quint64 m_opensAllowed;
    quint64 m_opensTaken = 0;
    quint64 m_opensDone = 0;
    quint64 m_opensGranted;
    std::vector<Stream *> m_touched; // streams with a batch to deliver
    std::unordered_set<Stream *> m_blocked; // streams that wait for room in the lane
    Instant m_lastHeard;
    Instant m_lastPing;
    Instant m_pingSent {};
    Error m_last; // why tick() ends the connection, after leave()
    std::optional<GoAway> m_leaving; // to be said when nothing waits any more
    bool m_roomNews = false; // an ACK came: the router is told after the turn
    milliseconds m_roundTrip { 0 };
    int m_open = 0;
    std::optional<Instant> m_suspendedSince;
    bool m_away = false;
    bool m_wasConnected;
    std::function<Link *()> m_bulk;
    bool m_over = false;
    quint64 m_dropped = 0; // frames for numbers that are not open
};

} // namespace hawser
