#include "cli/session.h"

#include "core/folders.h"

namespace hawser::cli {

namespace {

constexpr milliseconds ownerPatience { 5000 }; ///< for a program that holds the folder and does not answer yet
constexpr milliseconds directPatience { 3000 }; ///< for contacts without a broker
constexpr milliseconds lookEvery { 100 };

Profile profileOf()
{
    Profile profile;
    profile.program = QStringLiteral("hawser " HAWSER_VERSION);
    return profile;
}

} // namespace

Session::Session(const QString &folder, bool endless, QObject *parent)
    : QObject(parent), m_folder(folder), m_endless(endless), m_owner(Identity::generate(), profileOf())
{
    m_again.setInterval(lookEvery);
    connect(&m_again, &QTimer::timeout, this, &Session::reachOwner);
    connect(&m_owner, &Client::ready, this, [this] {
        m_since = now();
        m_person ? setOpen() : attend();
    });
    connect(&m_owner, &Client::failed, this, &Session::ownerMissing);
    connect(&m_owner, &Client::lost, this, &Session::lost);
}

Session::~Session()
{
    m_owner.disconnect(this);
    m_owner.disconnectFromPeer();
}

void Session::open()
{
    m_since = now();
    const Result<QString> path = controlSocketPath(m_folder);
    if (path)
        return m_owner.connectToLocal(*path);
    if (path.error().code == Code::NotFound)
        return becomeOwner();
    emit failed(path.error());
}

/// Nothing is asked before the owner has said that it stays for us.
void Session::attend()
{
    Call *call = m_owner.start<contracts::Attend>({}, { m_endless });
    connect(call, &Channel::received, this, [this](const ChannelMessage &message) {
        const auto owner = message.as<contracts::Attend::In>();
        if (!owner)
            return;
        m_ownerStays = !owner->program.startsWith(QLatin1String("hawser "));
        m_since = now() - milliseconds(qint64(std::min<quint64>(owner->ageMs, 1ULL << 40)));
        setOpen();
    });
    connect(call, &Call::finished, this, [this](const Result<Payload> &result) {
        if (!m_isOpen && !hasLostOwner())
            emit failed(result ? Error { Code::Internal, QStringLiteral("the owner of the folder has no time") }
                               : result.error());
    });
}

void Session::setOpen()
{
    m_again.stop();
    if (!std::exchange(m_isOpen, true))
        emit opened();
}

void Session::lost(const Error &why)
{
    m_owner.disconnectFromPeer();
    if (!m_isOpen) // the owner was about to go
        return m_again.start();
    if (m_endless)
        return emit ownerGone();
    emit failed({ Code::Unavailable, QStringLiteral("the program that owns the folder has gone: ") + why.sentence,
        Begun::Maybe });
}

/// Nobody answers at the socket: be the owner, unless somebody holds the folder and only does not answer yet.
void Session::ownerMissing(const Error &why)
{
    if (m_isOpen || m_person)
        return;
    if (!m_again.isActive() || now() - m_since < ownerPatience)
        return becomeOwner();
    m_owner.disconnectFromPeer();
    m_again.stop();
    emit failed({ Code::Unavailable,
        QStringLiteral("another program works with %1, and its control socket does not answer: %2")
            .arg(m_folder, why.sentence) });
}

void Session::becomeOwner()
{
    chat::PersonSettings settings;
    settings.program = profileOf().program;
    auto person = chat::Person::open(m_folder, settings);
    if (person) {
        m_person = std::move(*person);
        connect(&m_person->brokers(), &chat::Brokers::changed, this, &Session::tellEnd);
        if (m_person->controlPath().isEmpty())
            return emit failed({ Code::FailedPrecondition, QStringLiteral("the control socket cannot be served") });
        return m_owner.connectToLocal(m_person->controlPath());
    }
    if (person.error().code != Code::AlreadyExists) {
        m_owner.disconnectFromPeer();
        return emit failed(person.error());
    }
    m_again.start();
}

/// A broker that will not have us any more says so to whoever looks on, whatever the verb.
void Session::tellEnd(const PublicKey &key)
{
    const std::optional<chat::Broker> broker = m_person->brokers().find(key);
    if (broker && broker->state == chat::Broker::State::Stopped && m_end != broker->sentence)
        emit ended(QStringLiteral("%1: %2").arg(broker->name, m_end = broker->sentence));
}

/// Somebody took the folder a moment ago; the socket follows.
void Session::reachOwner()
{
    if (m_isOpen || m_owner.state() == Client::State::Connecting)
        return;
    if (m_owner.state() == Client::State::Waiting)
        return m_owner.retryNow();
    if (const Result<QString> path = controlSocketPath(m_folder); path)
        m_owner.connectToLocal(*path);
}

void Session::settle()
{
    Call *call = m_owner.start<contracts::Settle>({}, {});
    connect(call, &Channel::received, this, [this](const ChannelMessage &message) {
        if (const auto in = message.as<contracts::Settle::In>(); in)
            emit slow(in->sentence);
    });
    connect(call, &Call::finished, this, &Session::settled);
}

void Session::release()
{
    if (m_person && m_person->guests() > 0) {
        connect(m_person.get(), &chat::Person::guestGone, this, &Session::release,
            Qt::ConnectionType(Qt::QueuedConnection | Qt::UniqueConnection));
        return;
    }
    m_owner.disconnect(this);
    m_owner.disconnectFromPeer();
    m_person.reset(); // from here on somebody else can be the owner
    emit released();
}

bool Session::isYoung() const
{
    return now() - m_since < directPatience;
}

bool Session::mayComeStill(const Error &error) const
{
    return isYoung() && error.code == Code::Unavailable && error.begun != Begun::Maybe;
}

} // namespace hawser::cli
