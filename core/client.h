#pragma once

#include "core/commands.h"
#include "core/connection.h"
#include "core/identity.h"

class QTimer;

namespace hawser {

/// What this program says about itself in greetings. `device` is kept beside the identity (core/device.h).
struct Profile {
    Role role = Role::Person;
    QString name;
    QString program;
    QString host;
    QByteArray device; ///< 8 bytes
    QByteArray session; ///< 8 bytes, made at program start
};

/// The programmer's door: connect, stay connected, call, serve. Reconnects by itself with back-off and full jitter. One
/// link to one broker, person or control socket. Lives on one thread.
class Client : public QObject {
    Q_OBJECT

public:
    enum class State {
        Idle, ///< not wanted
        Connecting,
        Stranger, ///< connected, not let in: only `request/1` may be called
        Ready, ///< let in: authenticated and usable
        Waiting, ///< for the next try (retryIn)
        Stopped, ///< will not try again by itself: changed key, replaced, refused (lastError)
    };
    Q_ENUM(State)

    Client(const Identity &identity, const Profile &profile, QObject *parent = nullptr);
    ~Client() override;

    /// What the other side may call here; not owned, may be null.
    void setCommands(Commands *commands) { m_commands = commands; }

    /// \param expected  the pinned key; without it any key is taken and told by peerKey(), for a first contact
    void connectTo(const Address &address, const std::optional<PublicKey> &expected);
    void connectToLocal(const QString &path);
    /// Says goodbye and stays Idle.
    void disconnectFromPeer();
    /// Tries at once instead of waiting.
    void retryNow();

    State state() const { return m_state; }
    const Error &lastError() const { return m_lastError; }
    milliseconds retryIn() const;
    const PublicKey &peerKey() const { return m_peerKey; }
    const Welcome &welcome() const { return m_welcome; } ///< of the last greeting
    Link *link() const { return m_link.get(); } ///< null unless Stranger or Ready
    const Identity &identity() const { return m_identity; }
    const Profile &profile() const { return m_profile; }
    void setProfile(const Profile &profile) { m_profile = profile; } ///< for the next greeting

    // Calls: `to` a key behind the broker, or the other end itself with a null key. Without a link they fail with
    // Unavailable, Begun::No, in a later turn of the event loop.
    Call *call(const Party &to, const QString &name, const Value &parameters = {}, CallOptions options = {});
    Result<void> send(const Party &to, const QString &name, const Value &parameters = {}, CallOptions options = {});
    template <typename C>
    Call *start(const Party &to, const typename C::Request &request, CallOptions options = {});
    /// `callback(Result<C::Reply>)` in context's thread, never when context is gone.
    template <typename C, typename Callback>
    Call *call(const Party &to, const typename C::Request &request, QObject *context, Callback callback,
        CallOptions options = {});
    template <typename C>
    QFuture<Result<typename C::Reply>> call(
        const Party &to, const typename C::Request &request, CallOptions options = {});
    template <typename C>
    Result<void> send(const Party &to, const typename C::Request &request, CallOptions options = {});

signals:
    void stateChanged(hawser::Client::State state);
    void ready(); ///< let in, each time
    void stranger(); ///< connected and not let in: ask (request/1)
    void lost(const hawser::Error &why); ///< after ready or stranger
    void failed(const hawser::Error &why); ///< a try failed: which step, in one sentence

private:
    class Dial; // one try: connection and greeting
    void dial();
    void greeted(const Welcome &welcome);
    void tryFailed(const Error &why);
    void linkEnded(const Error &why);
    void setState(State state);
    template <typename C>
    static CallOptions optionsFor(CallOptions options);

    Identity m_identity;
    Profile m_profile;
    Commands *m_commands = nullptr;
    State m_state = State::Idle;
    Error m_lastError;
    Address m_address;
    QString m_localPath;
    std::optional<PublicKey> m_expected;
    PublicKey m_peerKey;
    Welcome m_welcome;
    QByteArray m_linkName; // 16 bytes
    quint32 m_connectionNumber = 0;
    std::unique_ptr<Dial> m_dial;
    std::unique_ptr<Link> m_link;
    std::unique_ptr<Connection> m_connection;
    QTimer *m_retry;
    milliseconds m_backoff;
    Instant m_readySince {};
    GoAway m_lastGoAway {};
};

} // namespace hawser

#include "core/client_impl.h"
