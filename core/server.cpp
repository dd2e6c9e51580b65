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
    for (const Guest &guest : m_guests) {
        guest.link->disconnect(this);
        sayGoodbye(guest.link);
    }
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
    admission.use(m_links);
    admission.resumeWindow = m_resumeWindow;
    admission.awayAfter = m_awayAfter;
    return admission;
}

void Server::take(Arrival &arrival)
{
    Link *link = arrival.link();
    connect(arrival.mooring.get(), &Mooring::laneMade, this, [this](Link *lane) { m_commands->attach(lane); });
    replaceOlder(link->settings().peerParty);
    m_guests.push_back({ std::move(arrival.mooring), link });
    m_commands->attach(link);
    connect(link, &Link::ended, this, [this, link](const Error &why) { guestLeft(link, why); });
    emit came(link->settings().peerParty, arrival.hello);
}

/// One link a device: the newest has the place.
void Server::replaceOlder(const Party &who)
{
    std::vector<Link *> older;
    for (const Guest &guest : m_guests) {
        const Party &party = guest.link->settings().peerParty;
        if (party.user == who.user && party.device == who.device)
            older.push_back(guest.link);
    }
    for (Link *link : older)
        link->leave({ Leave::Replaced, {}, QStringLiteral("a newer program of this device has connected") });
}

void Server::setLimits(const LinkLimits &links)
{
    m_links = links;
    setResume(seconds(links.resumeSeconds), seconds(links.awaySeconds));
}

void Server::setResume(milliseconds window, milliseconds awayAfter)
{
    m_resumeWindow = window;
    m_awayAfter = awayAfter;
}

void Server::guestLeft(Link *link, const Error &why)
{
    const auto found =
        std::find_if(m_guests.begin(), m_guests.end(), [link](const Guest &guest) { return guest.link == link; });
    if (found == m_guests.end())
        return;
    const Guest guest = std::move(*found);
    m_guests.erase(found);
    const Party who = link->settings().peerParty;
    emit left(who, why);
}

QList<Party> Server::present() const
{
    QList<Party> present;
    for (const Guest &guest : m_guests)
        present.append(guest.link->settings().peerParty);
    return present;
}

Mooring *Server::mooring(const Party &who) const
{
    const auto fits = [&who](const Guest &guest) {
        const Party &party = guest.link->settings().peerParty;
        return party.user == who.user && (who.device.isEmpty() || party.device == who.device)
            && (who.session.isEmpty() || party.session == who.session);
    };
    const auto found = std::find_if(m_guests.rbegin(), m_guests.rend(), fits);
    return found == m_guests.rend() ? nullptr : found->mooring.get();
}

/// Null as well when it is away: nobody waits for it.
Link *Server::linkTo(const Party &to) const
{
    const Mooring *found = mooring(to);
    return found && !found->link()->isAway() ? found->link() : nullptr;
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
