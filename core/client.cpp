#include "core/client.h"

#include "core/dial_greeting.h"
#include "core/network_watch.h"
#include "core/newcomer.h"
#include "core/parting.h"

#include <QNetworkInterface>
#include <QPointer>
#include <QRandomGenerator>
#include <QTimer>

#include <algorithm>

namespace hawser {

namespace {

thread_local int clientsHere = 0;

/// Whether a packet for `address` still comes to this machine.
bool isOurs(QHostAddress address)
{
    if (address.isLoopback())
        return true;
    address.setScopeId({});
    const QList<QHostAddress> all = QNetworkInterface::allAddresses();
    return std::any_of(all.begin(), all.end(), [&address](QHostAddress ours) {
        ours.setScopeId({});
        return ours == address;
    });
}

} // namespace

Client::Client(const Identity &identity, const Profile &profile, QObject *parent)
    : QObject(parent), m_identity(identity), m_none(new Commands(this)), m_commands(m_none),
      m_deadline(new QTimer(this)), m_retry(new QTimer(this)), m_watch(new QTimer(this)),
      m_resumeWindow(limits::resumeWindow)
{
    ++clientsHere;
    setProfile(profile);
    m_deadline->setSingleShot(true);
    m_retry->setSingleShot(true);
    m_retry->setTimerType(Qt::PreciseTimer); // never later than was said
    m_watch->setSingleShot(true);
    connect(m_deadline, &QTimer::timeout, this, [this] {
        closed({ Code::Unavailable, QStringLiteral("%1 did not answer our greeting in time").arg(m_address.text()) });
    });
    connect(m_retry, &QTimer::timeout, this, &Client::dial);
    connect(m_watch, &QTimer::timeout, this, &Client::watchLink);
}

Client::~Client()
{
    retire();
    --clientsHere;
}

void Client::retire()
{
    qDeleteAll(findChildren<Call *>(Qt::FindDirectChildrenOnly)); // they cancel, and nobody is called any more
    const QSignalBlocker quiet(this);
    disconnectFromPeer();
    m_commands = m_none;
}

bool Client::livesInThisThread()
{
    return clientsHere > 0;
}

void Client::setProfile(const Profile &profile)
{
    m_profile = profile;
    if (m_profile.device.isEmpty())
        m_profile.device = randomBytes(8);
    if (m_profile.session.isEmpty())
        m_profile.session = randomBytes(8);
}

void Client::setLimits(const LinkLimits &links, const DialLimits &dials)
{
    m_links = links;
    m_dials = dials;
    m_resumeWindow = seconds(links.resumeSeconds);
    m_backoff = Backoff(seconds(dials.retryMostSeconds));
    if (m_bulk)
        m_bulk->setLimits(links, dials);
}

void Client::setCommands(Commands *commands)
{
    if (m_link)
        m_commands->detach(m_link.get());
    m_commands = commands ? commands : m_none;
    if (m_link)
        m_commands->attach(m_link.get());
    if (m_bulk)
        m_bulk->setCommands(commands);
}

// --- what is wished

void Client::connectTo(const Address &address, const std::optional<PublicKey> &expected)
{
    m_address = address;
    m_localPath.clear();
    m_expected = expected;
    if (!m_network) {
        m_network = NetworkWatch::here();
        connect(m_network.get(), &NetworkWatch::changed, this, &Client::networkChanged);
    }
    begin();
}

void Client::connectToLocal(const QString &path)
{
    m_localPath = path;
    m_expected.reset();
    begin();
}

void Client::begin()
{
    Link *old = letGo();
    dial();
    sayGoodbye(old);
}

void Client::disconnectFromPeer()
{
    Link *old = letGo();
    setState(State::Idle);
    sayGoodbye(old);
}

void Client::retryNow()
{
    if (m_state == State::Suspended) {
        m_retry->stop();
        if (!m_connection)
            dial();
        return;
    }
    if (m_state == State::Waiting || m_state == State::Stopped || m_state == State::Stranger)
        begin();
}

quint64 Client::droppedFrames() const
{
    return m_dropped + (m_link ? m_link->dropped() : 0) + (m_bulk ? m_bulk->droppedFrames() : 0);
}

milliseconds Client::retryIn() const
{
    const bool waits = m_state == State::Waiting || m_state == State::Suspended;
    return waits ? milliseconds(std::max(0, m_retry->remainingTime())) : milliseconds(0);
}

/// Ends whatever goes on; the state stays.
/// \return the link there was, for a goodbye at once
Link *Client::letGo()
{
    m_retry->stop();
    m_watch->stop();
    dropLane();
    if (m_greeting)
        dropConnection(); // it carries no link yet
    m_dropped += m_link ? m_link->dropped() : 0;
    return part(std::move(m_link), std::move(m_connection), this);
}

/// A connection that carries no link.
void Client::dropConnection()
{
    m_deadline->stop();
    part(LaterPointer<Link>(), std::move(m_connection), this);
    m_greeting.reset();
}

// --- what happens

void Client::dial()
{
    m_toldToGo.reset();
    m_dialled = now();
    if (m_localPath.isEmpty()) {
        m_connection.reset(Connection::dial(m_address, m_identity, m_expected).release());
        m_connection->setConnectDeadline(seconds(m_dials.connectSeconds));
        if (!m_link) { // what ended here cannot be resumed
            m_linkName = randomBytes(16);
            m_connectionNumber = 0;
            m_lastLane = 0;
        }
        ++m_connectionNumber;
        m_greeting.reset(new DialGreeting(hello()));
        connect(m_greeting.get(), &DialGreeting::welcomed, this, &Client::greeted);
        connect(m_greeting.get(), &DialGreeting::refused, this, [this](const GoAway &goAway) { m_toldToGo = goAway; });
        m_connection->setSink(m_greeting.get());
    } else {
        m_connection.reset(Connection::dialLocal(m_localPath).release());
    }
    connect(m_connection.get(), &Connection::encrypted, this, &Client::encrypted);
    connect(m_connection.get(), &Connection::closed, this, &Client::closed);
    if (!m_link)
        setState(State::Connecting);
}

Hello Client::hello() const
{
    Hello hello;
    hello.role = m_profile.role;
    hello.name = m_profile.name;
    hello.program = m_profile.program;
    hello.host = m_profile.host;
    hello.device = m_profile.device;
    hello.session = m_profile.session;
    hello.link = m_linkName;
    hello.connection = m_connectionNumber;
    hello.lane = m_lane;
    hello.ping = quint32(m_links.pingSeconds);
    hello.opens = quint64(m_links.openStreams);
    if (m_resumeWindow > milliseconds(0))
        hello.features = QStringList { feature::resume, feature::lanes };
    if (m_link) {
        hello.taken = m_link->lane().takenCount();
        hello.opens = m_link->opensGranted();
    }
    return hello;
}

void Client::encrypted()
{
    m_peerKey = m_connection->peerKey();
    if (!m_localPath.isEmpty())
        return enterLocal();
    const auto used = std::chrono::duration_cast<milliseconds>(now() - m_dialled);
    m_deadline->start(std::max(milliseconds(0), milliseconds(seconds(m_dials.connectSeconds)) - used));
}

void Client::greeted(const Welcome &welcome)
{
    m_deadline->stop();
    m_welcome = welcome;
    if (welcome.resumed || m_lane != 0)
        return resume(welcome);
    if (m_link) { // the other side does not know it: another one begins under the name that was said
        const QPointer<Client> alive(this);
        const Connection *connection = m_connection.get();
        endLink({ Code::Unavailable, QStringLiteral("the other side began anew, and what was under way ended"),
            Begun::Maybe, Origin::Here });
        if (alive.isNull() || m_connection.get() != connection)
            return;
    }
    const Hello said = hello();
    const bool member = welcome.standing == Standing::Member;
    LinkSettings settings;
    settings.dialler = true;
    settings.peer = m_peerKey;
    settings.peerRole = welcome.role;
    settings.peerParty = { m_peerKey, welcome.device, welcome.session };
    settings.ping = seconds(std::max(said.ping, welcome.ping));
    settings.opensAllowed = welcome.opens;
    settings.opensGranted = said.opens;
    settings.retention = m_links.unacknowledgedBytes;
    settings.awayAfter = seconds(m_links.awaySeconds);
    settings.bounds = m_links;
    if (maySuspend(welcome))
        settings.resumeWindow = m_resumeWindow;
    if (member)
        m_connection->setMaxPayload(limits::framePayload);
    else
        settings.maxPayload = limits::greetingPayload;
    enter(settings, member ? State::Ready : State::Stranger);
}

void Client::enterLocal()
{
    LinkSettings settings;
    settings.dialler = true;
    settings.local = true;
    m_connection->setMaxPayload(limits::framePayload);
    enter(settings, State::Ready);
}

void Client::enter(const LinkSettings &settings, State state)
{
    m_link.reset(new Link(settings, now()));
    m_commands->attach(m_link.get());
    connect(m_link.get(), &Link::goingAway, this, [this](const GoAway &goAway) { m_toldToGo = goAway; });
    connect(m_link.get(), &Link::ended, this, &Client::linkEnded);
    connect(m_link.get(), &Link::suspended, this, &Client::linkSuspended);
    connect(m_link.get(), &Link::wentAway, this, &Client::away);
    connect(m_link.get(), &Link::pong, this, &Client::checkAge);
    if (settings.resumeWindow > milliseconds(0) && m_welcome.features.contains(feature::lanes)) {
        m_link->setBulk([this] { return bulk(); });
        connect(m_link.get(), &Link::laneAsked, this, &Client::startLane);
    }
    m_connection->setSink(m_link.get());
    m_greeting.reset();
    m_backoff.connected(now());
    const QPointer<Client> alive(this);
    setState(state);
    if (!alive.isNull() && m_state == state)
        state == State::Ready ? emit ready() : emit stranger();
}

void Client::linkEnded(const Error &why)
{
    const QPointer<Client> alive(this);
    letGo();
    m_backoff.lost(now());
    tryAgain(why);
    if (!alive.isNull())
        emit lost(why);
}

bool Client::maySuspend(const Welcome &welcome) const
{
    return welcome.standing == Standing::Member && welcome.features.contains(feature::resume);
}

/// The same link goes on.
void Client::resume(const Welcome &welcome)
{
    const QPointer<Client> alive(this);
    const bool mine = m_link && m_link->isSuspended() && m_link->settings().peer == m_peerKey && maySuspend(welcome);
    const Result<void> resumed = mine
        ? m_link->resume(welcome.taken, welcome.opens, seconds(std::max(hello().ping, welcome.ping)), now())
        : Error { Code::DataLoss, QStringLiteral("the other side goes on with a link that is not there") };
    if (alive.isNull())
        return;
    if (!resumed) {
        m_connection->write(goAwayFrame({ Leave::DataLoss, milliseconds(0), resumed.error().sentence }));
        return closed(resumed.error());
    }
    if (!m_link || m_link->isOver()) // somebody ended it when it went on
        return;
    m_watch->stop();
    m_connection->setMaxPayload(limits::framePayload);
    m_connection->setSink(m_link.get());
    m_greeting.reset();
    m_backoff.connected(now());
    setState(State::Ready);
    if (!alive.isNull() && m_state == State::Ready)
        emit this->resumed();
}

void Client::linkSuspended(const Error &why)
{
    const QPointer<Client> alive(this);
    dropConnection();
    m_backoff.lost(now());
    tryAgain(why);
    if (!alive.isNull())
        emit suspended(why);
    if (!alive.isNull())
        watchLink();
}

/// Nobody but us tells a suspended link the time.
void Client::watchLink()
{
    if (!m_link || !m_link->isSuspended())
        return;
    const QPointer<Client> alive(this);
    (void)m_link->tick(now()); // says by signals what happens
    if (alive.isNull() || !m_link || !m_link->isSuspended())
        return;
    const auto left = std::chrono::ceil<milliseconds>(m_link->deadline() - now());
    m_watch->start(std::max(left, milliseconds(1)));
}

void Client::renew()
{
    if (m_state != State::Ready || m_link->settings().resumeWindow <= milliseconds(0))
        return;
    m_toldToGo.reset();
    m_connection->setSink(nullptr);
    const QPointer<Client> alive(this);
    m_link->lost(
        { Code::Unavailable, QStringLiteral("another connection takes over"), Begun::Maybe, Origin::Here }, now());
    if (!alive.isNull())
        retryNow();
}

bool Client::isWornOut(const DialLimits &dials, Instant::duration age, quint64 bytes)
{
    return age >= std::chrono::hours(dials.connectionHours)
        || bytes >= quint64(dials.connectionGigabytes) * 1'000'000'000;
}

/// Nobody renews the keys of a TLS connection otherwise.
void Client::checkAge()
{
    if (isWornOut(m_dials, now() - m_dialled, m_connection->bytesRead() + m_connection->bytesWritten()))
        QMetaObject::invokeMethod(this, &Client::renew, Qt::QueuedConnection);
}

/// Another network: what waits for its next try need not wait so long, and a connection from an address that is not ours any
/// more is dead, which TCP would find out much later. Not all at once: whoever moves with us has the same idea.
void Client::networkChanged()
{
    if (m_retry->isActive()) {
        m_backoff = Backoff(seconds(m_dials.retryMostSeconds));
        const milliseconds wait = m_backoff.next(QRandomGenerator::global()->generateDouble());
        m_retry->start(std::min(wait, m_retry->remainingTimeAsDuration()));
    } else if (m_state == State::Ready && !isOurs(m_connection->localAddress())) {
        renew();
    }
}

/// Ends the link and leaves the connection.
void Client::endLink(const Error &why)
{
    const LaterPointer<Link> link = std::move(m_link);
    m_dropped += link->dropped();
    m_watch->stop();
    dropLane();
    link->disconnect(this);
    setState(State::Connecting);
    const QPointer<Client> alive(this);
    link->leave({ Leave::Leaving, milliseconds(0), why.sentence });
    if (!alive.isNull())
        emit lost(why);
}

/// Whether a dial that failed so shows that the suspended link cannot go on.
bool Client::endsTheLink(const Error &why) const
{
    if (m_toldToGo)
        return m_toldToGo->reason != Leave::Draining && m_toldToGo->reason != Leave::Busy;
    return why.code == Code::Unauthenticated || why.code == Code::Protocol || why.code == Code::DataLoss;
}

/// A dial failed. While a connection carries a link, the link tells.
void Client::closed(const Error &why)
{
    const QPointer<Client> alive(this);
    Link *ended = nullptr;
    if (m_link && !endsTheLink(why))
        dropConnection();
    else
        ended = letGo();
    tryAgain(why);
    if (ended) {
        ended->leave({ Leave::Leaving, milliseconds(0), why.sentence });
        if (!alive.isNull())
            emit lost(why);
    }
    if (!alive.isNull())
        emit failed(why);
}

void Client::tryAgain(const Error &why)
{
    m_lastError = why;
    if (isFinal(why) || (m_lane != 0 && !m_link)) // a lane ends once
        return setState(State::Stopped);
    const milliseconds wait = m_backoff.next(QRandomGenerator::global()->generateDouble());
    m_retry->start(std::max(wait, m_toldToGo ? m_toldToGo->retryAfter : milliseconds(0)));
    setState(m_link ? State::Suspended : State::Waiting);
}

/// Another try would end the same way, or take the place of somebody who is right.
bool Client::isFinal(const Error &why) const
{
    if (m_toldToGo)
        return m_toldToGo->reason == Leave::Replaced || m_toldToGo->reason == Leave::Refused;
    return why.code == Code::Unauthenticated;
}

void Client::setState(State state)
{
    if (std::exchange(m_state, state) != state)
        emit stateChanged(state);
}

// --- the lane for bulk data

Link *Client::bulk()
{
    if (!m_bulk || !m_bulk->m_link)
        startLane(m_lastLane + 1);
    return m_bulk->m_link.get();
}

/// A lane dials as its link does, with the same name, and what is said on it waits until it stands.
void Client::startLane(quint32 lane)
{
    if (lane <= m_lastLane || !m_link)
        return;
    dropLane();
    m_lastLane = lane;
    LinkSettings settings = m_link->settings();
    settings.lane = lane;
    m_bulk.reset(new Client(m_identity, m_profile));
    Client *bulk = m_bulk.get();
    bulk->m_lane = lane;
    bulk->m_linkName = m_linkName;
    bulk->setLimits(m_links, m_dials);
    bulk->m_resumeWindow = m_resumeWindow;
    bulk->m_address = m_address;
    bulk->m_expected = m_link->settings().peer;
    bulk->m_link.reset(new Link(settings, now()));
    bulk->setCommands(m_commands);
    connect(bulk->m_link.get(), &Link::ended, bulk, &Client::linkEnded);
    connect(bulk->m_link.get(), &Link::suspended, bulk, &Client::linkSuspended);
    connect(bulk->m_link.get(), &Link::pong, bulk, &Client::checkAge);
    connect(bulk, &Client::lost, this, [this, bulk] {
        if (m_bulk.get() != bulk)
            return;
        m_dropped += bulk->droppedFrames();
        m_bulk.reset();
    });
    bulk->m_state = State::Suspended;
    bulk->watchLink();
    bulk->dial();
}

void Client::dropLane()
{
    if (!m_bulk)
        return;
    const LaterPointer<Client> bulk = std::move(m_bulk);
    bulk->disconnectFromPeer();
    m_dropped += bulk->droppedFrames();
}

// --- calls

Error Client::notConnected() const
{
    const bool reason = m_state == State::Waiting || m_state == State::Stopped;
    return { Code::Unavailable,
        reason ? QStringLiteral("not connected: %1").arg(m_lastError.sentence) : QStringLiteral("not connected"),
        Begun::No };
}

Call *Client::call(const Party &to, const QString &name, const Value &parameters, const CallOptions &options)
{
    if (!m_link || m_link->isOver())
        return Call::refused(notConnected(), this);
    return startCall(m_link.get(), to, name, parameters, options, this);
}

Result<void> Client::send(const Party &to, const QString &name, const Value &parameters, const CallOptions &options)
{
    if (!m_link || m_link->isOver())
        return notConnected();
    return sendOneWay(m_link.get(), to, name, parameters, options);
}

} // namespace hawser
