#include "core/client.h"

#include "core/dial_greeting.h"
#include "core/parting.h"

#include <QPointer>
#include <QRandomGenerator>
#include <QTimer>

namespace hawser {

namespace {

thread_local int clientsHere = 0;

} // namespace

Client::Client(const Identity &identity, const Profile &profile, QObject *parent)
    : QObject(parent), m_identity(identity), m_none(new Commands(this)), m_commands(m_none),
      m_linkName(randomBytes(16)), m_deadline(new QTimer(this)), m_retry(new QTimer(this))
{
    ++clientsHere;
    setProfile(profile);
    m_deadline->setSingleShot(true);
    m_retry->setSingleShot(true);
    connect(m_deadline, &QTimer::timeout, this, [this] {
        closed({ Code::Unavailable, QStringLiteral("%1 did not answer our greeting in time").arg(m_address.text()) });
    });
    connect(m_retry, &QTimer::timeout, this, &Client::dial);
}

Client::~Client()
{
    qDeleteAll(findChildren<Call *>(Qt::FindDirectChildrenOnly)); // they cancel, and nobody is called any more
    sayGoodbye(letGo());
    --clientsHere;
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

void Client::setCommands(Commands *commands)
{
    if (m_link)
        m_commands->detach(m_link.get());
    m_commands = commands ? commands : m_none;
    if (m_link)
        m_commands->attach(m_link.get());
}

// --- what is wished

void Client::connectTo(const Address &address, const std::optional<PublicKey> &expected)
{
    m_address = address;
    m_localPath.clear();
    m_expected = expected;
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
    if (m_state == State::Waiting || m_state == State::Stopped || m_state == State::Stranger)
        begin();
}

milliseconds Client::retryIn() const
{
    return m_state == State::Waiting ? milliseconds(std::max(0, m_retry->remainingTime())) : milliseconds(0);
}

/// Ends whatever goes on; the state stays.
/// \return the link there was, for a goodbye at once
Link *Client::letGo()
{
    m_retry->stop();
    m_deadline->stop();
    Link *link = part(std::move(m_link), std::move(m_connection), this);
    m_greeting.reset();
    return link;
}

// --- what happens

void Client::dial()
{
    m_toldToGo.reset();
    m_dialled = now();
    if (m_localPath.isEmpty()) {
        m_connection.reset(Connection::dial(m_address, m_identity, m_expected).release());
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
    return hello;
}

void Client::encrypted()
{
    m_peerKey = m_connection->peerKey();
    if (!m_localPath.isEmpty())
        return enterLocal();
    const auto used = std::chrono::duration_cast<milliseconds>(now() - m_dialled);
    m_deadline->start(std::max(milliseconds(0), milliseconds(limits::connectDeadline) - used));
}

void Client::greeted(const Welcome &welcome)
{
    m_deadline->stop();
    m_welcome = welcome;
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

/// Only while there is no link: from then on the link tells.
void Client::closed(const Error &why)
{
    const QPointer<Client> alive(this);
    letGo();
    tryAgain(why);
    if (!alive.isNull())
        emit failed(why);
}

void Client::tryAgain(const Error &why)
{
    m_lastError = why;
    if (isFinal(why))
        return setState(State::Stopped);
    const milliseconds wait = m_backoff.next(QRandomGenerator::global()->generateDouble());
    m_retry->start(std::max(wait, m_toldToGo ? m_toldToGo->retryAfter : milliseconds(0)));
    setState(State::Waiting);
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
