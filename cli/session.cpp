#include "cli/session.h"

#include "core/contracts/talk.h"
#include "core/folders.h"

namespace hawser::cli {

namespace {

constexpr milliseconds ownerPatience { 5000 }; ///< for a program that holds the folder and does not answer yet
constexpr milliseconds brokerPatience { 10000 }; ///< for links that are still coming
constexpr milliseconds directPatience { 3000 }; ///< for contacts without a broker
constexpr milliseconds sayWhyAfter { 1000 };
constexpr milliseconds lookEvery { 100 };

Profile profileOf()
{
    Profile profile;
    profile.program = QStringLiteral("hawser " HAWSER_VERSION);
    return profile;
}

} // namespace

Session::Session(const QString &folder, QObject *parent)
    : QObject(parent), m_folder(folder), m_owner(Identity::generate(), profileOf())
{
    m_again.setInterval(lookEvery);
    connect(&m_owner, &Client::ready, this, [this] {
        if (std::exchange(m_isOpen, true))
            return;
        m_again.stop();
        m_since.start();
        emit opened();
    });
    connect(&m_owner, &Client::failed, this, &Session::ownerMissing);
    connect(&m_owner, &Client::lost, this, [this](const Error &why) {
        m_owner.disconnectFromPeer();
        emit failed({ Code::Unavailable, QStringLiteral("the program that owns the folder has gone: ") + why.sentence,
            Begun::Maybe });
    });
}

Session::~Session()
{
    m_owner.disconnect(this);
    m_owner.disconnectFromPeer();
}

void Session::open()
{
    m_since.start();
    const Result<QString> path = controlSocketPath(m_folder);
    if (path)
        return m_owner.connectToLocal(*path);
    if (path.error().code == Code::NotFound)
        return becomeOwner();
    emit failed(path.error());
}

/// Nobody answers at the socket: be the owner, unless somebody holds the folder and only does not answer yet.
void Session::ownerMissing(const Error &why)
{
    if (m_isOpen || m_person)
        return;
    if (!m_again.isActive())
        return becomeOwner();
    if (milliseconds(m_since.elapsed()) < ownerPatience)
        return;
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
    connect(&m_again, &QTimer::timeout, this, &Session::reachOwner, Qt::UniqueConnection);
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
    if (!m_person)
        return emit settled();
    QTimer::singleShot(sayWhyAfter, &m_again, [this] {
        for (const chat::Broker &broker : m_person->brokers().all())
            if (m_again.isActive() && isStillComing(broker))
                return emit slow(QStringLiteral("waiting for %1 (%2) …").arg(broker.name, broker.address.text()));
    });
    connect(&m_again, &QTimer::timeout, this, &Session::lookAgain, Qt::UniqueConnection);
    m_again.start();
    lookAgain();
}

bool Session::isStillComing(const chat::Broker &broker) const
{
    return broker.state == chat::Broker::State::Connecting && milliseconds(m_since.elapsed()) < brokerPatience;
}

/// A broker tells who and what is there as soon as we are let in, so after the answer to a later call it has come.
void Session::lookAgain()
{
    const QList<chat::Broker> brokers = m_person->brokers().all();
    for (const chat::Broker &broker : brokers)
        if (isStillComing(broker))
            return;
    if (std::exchange(m_askedBrokers, true))
        return;
    m_again.stop();
    m_answersMissing = 1;
    const auto answered = [this] {
        if (--m_answersMissing == 0)
            emit settled();
    };
    for (const chat::Broker &broker : brokers) {
        if (broker.state != chat::Broker::State::Ready)
            continue;
        ++m_answersMissing;
        CallOptions options;
        options.timeout = brokerPatience;
        m_person->brokers()
            .client(broker.key)
            ->call<contracts::Ping>(
                {}, {}, this, [answered](const Result<contracts::Ping::Reply> &) { answered(); }, options);
    }
    answered();
}

bool Session::mayComeStill(const Error &error) const
{
    const bool isAbsence = error.code == Code::Unavailable && error.begun != Begun::Maybe;
    return m_person && isAbsence && milliseconds(m_since.elapsed()) < directPatience;
}

} // namespace hawser::cli
