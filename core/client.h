#pragma once

#include "core/backoff.h"
#include "core/commands.h"
#include "core/connection.h"
#include "core/identity.h"
#include "core/later.h"
#include "core/typed_calls.h"

class QTimer;

namespace hawser {

class DialGreeting;
class NetworkWatch;

/// What this program says about itself in greetings. `device` is kept beside the identity (core/device.h).
struct Profile {
    Role role = Role::Person;
    QString name = {};
    QString program = {};
    QString host = {};
    QByteArray device = {}; ///< 8 bytes; empty: made up for this run
    QByteArray session = {}; ///< 8 bytes, made at program start; empty: made up
};

/// The programmer's door: connect, stay connected, call, serve. Reconnects by itself with back-off and full jitter. One
/// link to one broker, person or control socket, which outlives its connections: what was said when one broke arrives over
/// the next, in order and once. Lives on one thread. It may be deleted inside any of its signals.
class Client : public QObject, public TypedCalls<Client> {
    Q_OBJECT

public:
    enum class State {
        Idle, ///< not wanted
        Connecting,
        Stranger, ///< connected, not let in: only `request/1` may be called
        Ready, ///< let in: authenticated and usable
        Waiting, ///< for the next try (retryIn)
        Stopped, ///< will not try again by itself: changed key, replaced, refused (lastError)
        Suspended, ///< the connection broke and the link waits for the next one (retryIn); so do calls
    };
    Q_ENUM(State)

    Client(const Identity &identity, const Profile &profile, QObject *parent = nullptr);
    ~Client() override;

    /// Whether a Client lives in the thread that asks: then it must not wait.
    static bool livesInThisThread();

    /// What the other side may call here; not owned, may be null. It must outlive the client or be replaced.
    void setCommands(Commands *commands);

    /// \param expected  the pinned key; without it any key is taken and told by peerKey(), for a first contact
    void connectTo(const Address &address, const std::optional<PublicKey> &expected);
    void connectToLocal(const QString &path);
    /// Says goodbye and stays Idle.
    void disconnectFromPeer();
    /// Goes on over a new connection, at once. Nothing happens without a link that can.
    void renew();
    /// As deleting it: says goodbye, ends the calls without a callback, and nothing of it is called or calls any more.
    void retire();
    /// What the owner of this side says of links and dials from now on.
    void setLimits(const LinkLimits &links, const DialLimits &dials);
    /// Whether a connection has served long enough to be replaced.
    static bool isWornOut(const DialLimits &dials, Instant::duration age, quint64 bytes);
    /// How long a link waits for its next connection, finer than setLimits(); 0 for never. For links from now on.
    void setResumeWindow(milliseconds window) { m_resumeWindow = window; }
    /// Tries at once instead of waiting; a stranger comes again to see whether it was let in.
    void retryNow();

    State state() const { return m_state; }
    /// Why the last try failed or the last link ended.
    const Error &lastError() const { return m_lastError; }
    /// 0 unless Waiting or Suspended.
    milliseconds retryIn() const;
    const PublicKey &peerKey() const { return m_peerKey; }
    const Welcome &welcome() const { return m_welcome; } ///< of the last greeting
    Link *link() const { return m_link.get(); } ///< null unless Stranger, Ready or Suspended
    /// Frames for streams that were not open, over all links so far: late, doubled or foreign answers.
    quint64 droppedFrames() const;
    Link *presentBulk() const { return m_bulk ? m_bulk->link() : nullptr; } ///< its lane for bulk data; null: none
    const Identity &identity() const { return m_identity; }
    const Profile &profile() const { return m_profile; }
    void setProfile(const Profile &profile); ///< for the next greeting

    // Calls: `to` a key behind the broker, or the other end itself with a null key. Without a link they fail with
    // Unavailable, Begun::No, in a later turn of the event loop. Deleting the client ends them: callbacks are not called
    // any more, futures get Unavailable.
    Call *call(const Party &to, const QString &name, const Value &parameters = {}, const CallOptions &options = {});
    Result<void> send(
        const Party &to, const QString &name, const Value &parameters = {}, const CallOptions &options = {});
    using TypedCalls::call;
    using TypedCalls::send;

signals:
    void stateChanged(hawser::Client::State state);
    void ready(); ///< let in, over a new link
    void stranger(); ///< connected and not let in: ask (request/1)
    void lost(const hawser::Error &why); ///< the link has ended, after ready or stranger
    void suspended(const hawser::Error &why); ///< the connection broke; resumed, lost or away follow
    void away(); ///< suspended for LinkLimits::awaySeconds: nobody should count on the other side any more
    void resumed(); ///< Ready again over the same link
    void failed(const hawser::Error &why); ///< a try failed: which step, in one sentence

private:
    void dial();
    Hello hello() const;
    void encrypted();
    void greeted(const Welcome &welcome);
    void resume(const Welcome &welcome);
    bool maySuspend(const Welcome &welcome) const;
    void linkSuspended(const Error &why);
    void watchLink();
    void endLink(const Error &why);
    void dropConnection();
    bool endsTheLink(const Error &why) const;
    void checkAge();
    void networkChanged();
    Link *bulk();
    void startLane(quint32 lane);
    void dropLane();
    void enterLocal();
    void enter(const LinkSettings &settings, State state);
    void linkEnded(const Error &why);
    void closed(const Error &why);
    void tryAgain(const Error &why);
    bool isFinal(const Error &why) const;
    void begin();
    Link *letGo();
    void setState(State state);
    Error notConnected() const;

    Identity m_identity;
    Profile m_profile;
    Commands *m_none; // answers for programs that serve nothing
    Commands *m_commands;
    State m_state = State::Idle;
    Error m_lastError;
    Address m_address;
    QString m_localPath; // empty: the address holds
    std::optional<PublicKey> m_expected;
    PublicKey m_peerKey;
    Welcome m_welcome;
    QByteArray m_linkName; // 16 bytes
    quint32 m_connectionNumber = 0;
    quint32 m_lane = 0; // not 0: this is a lane of another client's link
    quint32 m_lastLane = 0;
    LaterPointer<Client> m_bulk; // the lane for bulk data
    LaterPointer<DialGreeting> m_greeting;
    quint64 m_dropped = 0; // of links that are over
    LaterPointer<Link> m_link; // runs on m_connection, is suspended, or is null
    LaterPointer<Connection> m_connection;
    QTimer *m_deadline; // of a greeting
    std::shared_ptr<NetworkWatch> m_network; // null for a control socket
    QTimer *m_retry;
    QTimer *m_watch; // of a suspended link
    LinkLimits m_links;
    DialLimits m_dials;
    milliseconds m_resumeWindow;
    Instant m_dialled {};
    Backoff m_backoff;
    std::optional<GoAway> m_toldToGo; // by the peer, on this connection
};

} // namespace hawser
