#include "chat/direct.h"

#include "chat/contacts.h"
#include "chat/me.h"
#include "core/text.h"

#include <QNetworkInterface>

namespace hawser::chat {

namespace {

constexpr int portsTried = 64;

QString interfaceOf(const QHostAddress &address)
{
    for (const QNetworkInterface &interface : QNetworkInterface::allInterfaces())
        for (const QNetworkAddressEntry &entry : interface.addressEntries())
            if (entry.ip().isEqual(address, QHostAddress::TolerantConversion))
                return interface.name();
    return {};
}

QList<QHostAddress> ownAddresses()
{
    QList<QHostAddress> list;
    for (const QHostAddress &address : QNetworkInterface::allAddresses())
        if (!address.isLoopback() && !address.isLinkLocal())
            list.append(address);
    if (list.isEmpty())
        list.append(QHostAddress(QHostAddress::LocalHost));
    return list;
}

QString plain(const QHostAddress &address)
{
    bool mapped = false;
    const quint32 ipv4 = address.toIPv4Address(&mapped);
    return mapped ? QHostAddress(ipv4).toString() : address.toString();
}

} // namespace

Direct::Direct(const Me &me, Contacts &contacts, Commands &served) : m_me(me), m_contacts(contacts), m_served(served)
{
}

Direct::~Direct()
{
    blockSignals(true);
    m_closing = true;
    std::vector<Link *> links;
    for (const Incoming &incoming : m_incoming)
        links.push_back(incoming.link);
    for (Link *link : links)
        link->leave({ Leave::Leaving, milliseconds(0), {} });
    for (auto &[key, client] : m_dialled)
        client->disconnect(this);
}

// --- listening

Result<void> Direct::listen(const std::optional<Address> &at, quint16 lastPort)
{
    stop();
    if (at) {
        if (at->port == 0 && lastPort != 0 && listenOnce({ { at->host, lastPort } }))
            return {};
        return listenOnce({ *at });
    }
    const auto everywhere = [this](quint16 port) {
        return bool(listenOnce({ { QStringLiteral("0.0.0.0"), port }, { QStringLiteral("::"), port } }));
    };
    if (lastPort != 0 && everywhere(lastPort))
        return {};
    for (int offset = 0; offset < portsTried; ++offset)
        if (everywhere(firstPort + offset))
            return {};
    const Result<void> ipv4Only = listenOnce({ { QStringLiteral("0.0.0.0"), firstPort } });
    if (ipv4Only)
        return {};
    return Error { Code::Unavailable, QStringLiteral("no port from %1 on is free").arg(firstPort) };
}

Result<void> Direct::listenOnce(const QList<Address> &addresses)
{
    auto listener = std::make_unique<Listener>(m_me.identity);
    listener->setLimits(m_me.limits.admission);
    listener->setAdmission(
        [this](const Hello &hello, const PublicKey &key, const QHostAddress &) { return admit(hello, key); });
    for (const Address &address : addresses)
        if (const Result<Address> bound = listener->listen(address); !bound)
            return bound.error();
    connect(listener.get(), &Listener::arrived, this, &Direct::take);
    m_listener = std::move(listener);
    return {};
}

void Direct::stop()
{
    m_listener.reset();
}

QList<Address> Direct::addresses() const
{
    QList<Address> list;
    if (!m_listener)
        return list;
    for (const Address &bound : m_listener->addresses()) {
        const QHostAddress host(bound.host);
        const bool any4 = host == QHostAddress(QHostAddress::AnyIPv4);
        const bool any6 = host == QHostAddress(QHostAddress::AnyIPv6);
        if (!any4 && !any6) {
            list.append(bound);
            continue;
        }
        for (const QHostAddress &own : ownAddresses())
            if ((own.protocol() == QAbstractSocket::IPv4Protocol) == any4)
                list.append({ own.toString(), bound.port });
    }
    return list;
}

Admission Direct::admit(const Hello &hello, const PublicKey &key) const
{
    Admission admission;
    admission.use(m_me.limits.links);
    Welcome &welcome = admission.welcome;
    welcome.role = Role::Person;
    welcome.name = m_me.profile.name;
    welcome.program = m_me.profile.program;
    welcome.device = m_me.profile.device;
    welcome.session = m_me.profile.session;
    const bool known = hello.role == Role::Person && m_contacts.mayAnything(key, wallClock());
    welcome.standing = known ? Standing::Member : Standing::Stranger;
    return admission;
}

void Direct::take(Arrival &arrival)
{
    Incoming incoming;
    incoming.key = arrival.key;
    incoming.standing = arrival.standing;
    incoming.origin = { plain(arrival.address), interfaceOf(arrival.connection()->localAddress()) };
    Link *link = incoming.link = arrival.link();
    incoming.mooring = std::move(arrival.mooring);
    m_served.attach(link);
    connect(incoming.mooring.get(), &Mooring::laneMade, this, [this](Link *lane) { m_served.attach(lane); });
    const PublicKey key = arrival.key;
    connect(link, &Link::ended, this, [this, link] { ended(link); });
    connect(link, &Link::wentAway, this, [this, key] { checkLink(key); });
    connect(link, &Link::resumed, this, [this, key] { checkLink(key); });
    if (arrival.standing == Standing::Member)
        replaceOlder(key, arrival.hello.device);
    m_incoming.push_back(std::move(incoming));
    if (arrival.standing != Standing::Member)
        return;
    const Result<void> seen = m_contacts.sawNow(arrival.key, arrival.hello.name, wallClock());
    Q_UNUSED(seen) // only a date for display
    if (arrival.key < m_me.key())
        hangUp(arrival.key); // the link dialled by the smaller key stays
    checkLink(arrival.key);
}

/// One link a device: the newest has the place.
void Direct::replaceOlder(const PublicKey &key, const QByteArray &device)
{
    std::vector<Link *> older;
    for (const Incoming &incoming : m_incoming)
        if (incoming.key == key && incoming.standing == Standing::Member
            && incoming.link->settings().peerParty.device == device)
            older.push_back(incoming.link);
    for (Link *link : older)
        link->leave({ Leave::Replaced, {}, QStringLiteral("a newer link of this device has taken over") });
}

void Direct::ended(Link *link)
{
    const auto found = std::find_if(
        m_incoming.begin(), m_incoming.end(), [link](const Incoming &incoming) { return incoming.link == link; });
    if (found == m_incoming.end())
        return;
    const PublicKey key = found->key;
    m_dropped += link->dropped();
    m_incoming.erase(found);
    checkLink(key);
    keepInTouch();
}

// --- dialling

std::vector<const Link *> Direct::links() const
{
    std::vector<const Link *> links;
    for (const Incoming &incoming : m_incoming) {
        links.push_back(incoming.link);
        if (const Link *lane = incoming.mooring->presentLane())
            links.push_back(lane);
    }
    for (const auto &[key, client] : m_dialled)
        for (const Link *link : { client->link(), client->presentBulk() })
            if (link)
                links.push_back(link);
    return links;
}

quint64 Direct::droppedFrames() const
{
    quint64 dropped = m_dropped;
    for (const Incoming &incoming : m_incoming)
        dropped += incoming.link->dropped();
    for (const auto &[key, client] : m_dialled)
        dropped += client->droppedFrames();
    return dropped;
}

void Direct::keepInTouch()
{
    if (m_closing)
        return;
    for (const Contact &contact : m_contacts.all()) {
        if (contact.lastAddress.isEmpty() || m_dialled.contains(contact.key) || link(contact.key) != nullptr)
            continue;
        if (const Result<Address> address = Address::parse(contact.lastAddress, firstPort); address)
            dial(contact.key, *address);
    }
}

Client *Direct::dial(const PublicKey &key, const Address &address)
{
    LaterPointer<Client> &client = m_dialled[key];
    m_dropped += client ? client->droppedFrames() : 0;
    client.reset(new Client(m_me.identity, m_me.profile));
    client->setLimits(m_me.limits.links, m_me.limits.dials);
    client->setCommands(&m_served);
    connect(client.get(), &Client::stateChanged, this, [this, key] { stateChanged(key); });
    connect(client.get(), &Client::stranger, this, [this, key] { emit stranger(key); });
    connect(client.get(), &Client::away, this, [this, key] { checkLink(key); });
    client->connectTo(address, key);
    return client.get();
}

void Direct::stateChanged(const PublicKey &key)
{
    const Client *client = dialled(key);
    const bool greeted = client != nullptr && client->link() != nullptr;
    if (greeted && client->welcome().role != Role::Person)
        return hangUp(key); // whoever says it is a broker would be believed about who calls
    if (client != nullptr && client->state() == Client::State::Ready) {
        const Result<void> seen = m_contacts.sawNow(key, client->welcome().name, wallClock());
        Q_UNUSED(seen) // only a date for display
    }
    checkLink(key);
    emit changed(key);
}

void Direct::hangUp(const PublicKey &key)
{
    const auto found = m_dialled.find(key);
    if (found == m_dialled.end())
        return;
    const LaterPointer<Client> client = std::move(found->second);
    m_dialled.erase(found);
    m_dropped += client->droppedFrames();
    client->disconnect(this);
    client->disconnectFromPeer();
    checkLink(key);
}

Client *Direct::dialled(const PublicKey &key) const
{
    const auto found = m_dialled.find(key);
    return found == m_dialled.end() ? nullptr : found->second.get();
}

// --- both

Link *Direct::link(const PublicKey &key) const
{
    for (auto incoming = m_incoming.rbegin(); incoming != m_incoming.rend(); ++incoming)
        if (incoming->key == key && incoming->standing == Standing::Member && !incoming->link->isAway())
            return incoming->link;
    const Client *client = dialled(key);
    const bool letIn = client && client->link() && client->state() != Client::State::Stranger;
    return letIn && !client->link()->isAway() ? client->link() : nullptr;
}

void Direct::checkLink(const PublicKey &key)
{
    Link *now = link(key);
    Link *before = m_known.value(key);
    if (now == before)
        return;
    if (now == nullptr)
        m_known.remove(key);
    else
        m_known.insert(key, now);
    if (before == nullptr)
        emit linked(key);
    else if (now == nullptr)
        emit unlinked(key);
}

void Direct::drop(const PublicKey &key, const QString &sentence)
{
    hangUp(key);
    std::vector<Link *> links;
    for (const Incoming &incoming : m_incoming)
        if (incoming.key == key)
            links.push_back(incoming.link);
    for (Link *link : links)
        link->leave({ Leave::Refused, milliseconds(0), sentence });
}

std::optional<Origin> Direct::origin(const Link *link) const
{
    for (const Incoming &incoming : m_incoming)
        if (incoming.link == link)
            return incoming.origin;
    return std::nullopt;
}

void Direct::setProfile(const Profile &profile)
{
    for (auto &[key, client] : m_dialled)
        client->setProfile(profile);
}

} // namespace hawser::chat
