#include "core/server.h"

#include "core/parting.h"

namespace hawser {

Server::Server(const Identity &identity, const Profile &profile, QObject *parent)
    : QObject(parent), m_identity(identity), m_profile(profile), m_none(new Commands(this)), m_commands(m_none),
      m_listener(identity)
{
    if (m_profile.device.isEmpty())
        m_profile.device = randomBytes(8);
    if (m_profile.session.isEmpty())
        m_profile.session = randomBytes(8);
    m_listener.setAdmission(
        [this](const Hello &hello, const PublicKey &key, const QHostAddress &) { return admit(key, hello); });
    connect(&m_listener, &Listener::arrived, this, &Server::take);
}

Server::~Server()
{
    qDeleteAll(findChildren<Call *>(Qt::FindDirectChildrenOnly)); // they cancel, and nobody is called any more
    for (Guest &guest : m_guests)
        sayGoodbye(part(std::move(guest.link), std::move(guest.connection), this));
}

Admission Server::admit(const PublicKey &key, const Hello &hello) const
{
    const Result<void> open =
        m_door ? m_door(key, hello) : Error { Code::PermissionDenied, QStringLiteral("nobody is let in here") };
    Admission admission;
    if (!open)
        admission.refusal = GoAway { Leave::Refused, milliseconds(0), open.error().sentence };
    admission.welcome.role = m_profile.role;
    admission.welcome.name = m_profile.name;
    admission.welcome.program = m_profile.program;
    admission.welcome.device = m_profile.device;
    admission.welcome.session = m_profile.session;
    admission.welcome.standing = Standing::Member;
    return admission;
}

void Server::take(Arrival &arrival)
{
    Link *link = arrival.link.get();
    m_guests.push_back(
        { LaterPointer<Link>(arrival.link.release()), LaterPointer<Connection>(arrival.connection.release()) });
    m_commands->attach(link);
    connect(link, &Link::ended, this, [this, link](const Error &why) { guestLeft(link, why); });
    emit came(link->settings().peerParty, arrival.hello);
}

void Server::guestLeft(Link *link, const Error &why)
{
    const auto found =
        std::find_if(m_guests.begin(), m_guests.end(), [link](const Guest &guest) { return guest.link.get() == link; });
    if (found == m_guests.end())
        return;
    Guest guest = std::move(*found);
    m_guests.erase(found);
    const Party who = link->settings().peerParty;
    part(std::move(guest.link), std::move(guest.connection), this);
    emit left(who, why);
}

QList<Party> Server::present() const
{
    QList<Party> present;
    for (const Guest &guest : m_guests)
        present.append(guest.link->settings().peerParty);
    return present;
}

Link *Server::linkTo(const Party &to) const
{
    const auto fits = [&to](const Guest &guest) {
        const Party &party = guest.link->settings().peerParty;
        return party.user == to.user && (to.device.isEmpty() || party.device == to.device)
            && (to.session.isEmpty() || party.session == to.session);
    };
    const auto found = std::find_if(m_guests.rbegin(), m_guests.rend(), fits);
    return found == m_guests.rend() ? nullptr : found->link.get();
}

Call *Server::call(const Party &to, const QString &name, const Value &parameters, const CallOptions &options)
{
    return startCall(linkTo(to), {}, name, parameters, options, this);
}

Result<void> Server::send(const Party &to, const QString &name, const Value &parameters, const CallOptions &options)
{
    return sendOneWay(linkTo(to), {}, name, parameters, options);
}

} // namespace hawser
