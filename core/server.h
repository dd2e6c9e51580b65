#pragma once

#include "core/client.h"
#include "core/listener.h"

namespace hawser {

/// The other end of a Client, for programs that link directly, without a broker: waits for them, lets in whom its door
/// lets in, serves its Commands to all of them and calls each. Lives on one thread.
class Server : public QObject, public TypedCalls<Server> {
    Q_OBJECT

public:
    /// What is said to somebody at the door: nothing, or why not.
    using Door = std::function<Result<void>(const PublicKey &key, const Hello &hello)>;

    Server(const Identity &identity, const Profile &profile, QObject *parent = nullptr);
    ~Server() override;

    /// Asked for each newcomer. Until it is set nobody comes in.
    void setDoor(Door door) { m_door = std::move(door); }
    static Result<void> anybody(const PublicKey &, const Hello &) { return {}; }
    /// What those who are in may call here; not owned, must outlive the server. \pre before anybody is in
    void setCommands(Commands *commands) { m_commands = commands; }

    /// \retval Unavailable  as Listener::listen
    Result<Address> listen(const Address &address) { return m_listener.listen(address); }
    const PublicKey &key() const { return m_identity.key(); }
    /// Who is in; somebody whose connection broke just now too.
    QList<Party> present() const;
    /// What a link may hold and how long it waits, of those who come from now on.
    void setLimits(const LinkLimits &links);
    /// How long a link waits for its next connection, and from when on somebody without one is not called any more, finer than
    /// setLimits(). For those who come from now on.
    void setResume(milliseconds window, milliseconds awayAfter);
    Listener &listener() { return m_listener; }
    /// What carries the newest link of somebody present; null: nobody like that.
    Mooring *mooring(const Party &who) const;

    // Calls: `to` is somebody present: a key, or one of its devices and sessions; the newest that fits. Otherwise they fail
    // with Unavailable, Begun::No, in a later turn of the event loop.
    Call *call(const Party &to, const QString &name, const Value &parameters = {}, const CallOptions &options = {});
    Result<void> send(
        const Party &to, const QString &name, const Value &parameters = {}, const CallOptions &options = {});
    using TypedCalls::call;
    using TypedCalls::send;

signals:
    void came(const hawser::Party &who, const hawser::Hello &hello);
    void left(const hawser::Party &who, const hawser::Error &why);

private:
    struct Guest {
        LaterPointer<Mooring> mooring;
        Link *link;
    };

    Admission admit(const PublicKey &key, const Hello &hello) const;
    void take(Arrival &arrival);
    void replaceOlder(const Party &who);
    Link *linkTo(const Party &to) const;
    void guestLeft(Link *link, const Error &why);

    Identity m_identity;
    Profile m_profile;
    Door m_door;
    LinkLimits m_links;
    milliseconds m_resumeWindow { limits::resumeWindow };
    milliseconds m_awayAfter { limits::awayAfter };
    Commands *m_none; // answers for programs that serve nothing
    Commands *m_commands;
    std::vector<Guest> m_guests; // oldest first
    Listener m_listener;
};

} // namespace hawser
