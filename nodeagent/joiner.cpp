#include "nodeagent/joiner.h"

#include <QRegularExpression>

namespace hawser::node {

namespace {

std::optional<PublicKey> keyKnownFor(const QString &folder, const Address &address)
{
    const QList<Location> known = Locations(folder).all();
    for (const Location &location : known) {
        if (location.address == address)
            return location.broker;
    }
    return std::nullopt;
}

} // namespace

Joiner::Joiner(const Self &self, const QStringList &commands, QObject *parent)
    : QObject(parent), m_self(self), m_commands(commands), m_client(self.identity, self.profile),
      m_asker(AskProof::fresh(), [this](const AskProof &proof) { return keep(proof); })
{
    connect(&m_client, &Client::ready, this, &Joiner::letIn);
    connect(&m_client, &Client::stranger, this, &Joiner::ask);
    connect(&m_client, &Client::failed, this, &Joiner::couldNot);
    connect(&m_client, &Client::lost, this, &Joiner::couldNot);
    connect(&m_asker, &Asker::waiting, this, [this] { emit waiting(m_asker.proof().number); });
    connect(&m_asker, &Asker::answered, this, &Joiner::answered);
    connect(&m_asker, &Asker::failed, this, &Joiner::failed);
}

Joiner::~Joiner() = default;

Result<void> Joiner::start(const QString &text)
{
    const QString trimmed = text.trimmed();
    if (trimmed.startsWith(QLatin1String("hawser:"))) {
        const Result<Invitation> invitation = Invitation::parse(trimmed);
        if (!invitation)
            return invitation.error();
        m_address = invitation->address;
        m_invitation = invitation->secret;
        m_client.connectTo(m_address, invitation->key);
        return {};
    }
    const Result<Address> address = Address::parse(trimmed);
    if (!address)
        return address.error();
    m_address = *address;
    if (const std::optional<Pending> pending = loadPending(m_self.folder); pending && pending->address == m_address) {
        m_broker = pending->broker;
        m_asker.setProof(pending->proof);
    }
    m_client.connectTo(m_address, keyKnownFor(m_self.folder, m_address));
    return {};
}

void Joiner::ask()
{
    const PublicKey broker = m_client.peerKey();
    if (m_broker != broker && !m_broker.isNull())
        m_asker.setProof(AskProof::fresh());
    m_broker = broker;
    Ask::Request request;
    request.kind = Ask::Kind::Machine;
    request.rights = QStringList { QStringLiteral("node") };
    request.commands = m_commands;
    request.invitation = m_invitation;
    m_asker.ask(m_client, {}, request);
}

Result<void> Joiner::keep(const AskProof &proof)
{
    return savePending(m_self.folder, { m_address, m_broker, proof });
}

void Joiner::answered(const Result<Ask::Reply> &reply)
{
    if (reply)
        return letIn();
    const Error &why = reply.error();
    if (why.code == Code::Unavailable || why.code == Code::Cancelled)
        return; // the link went: the client comes again
    Error said = why;
    if (!m_invitation.isEmpty() && why.code != Code::ResourceExhausted)
        said.code = Code::PermissionDenied;
    if (said.code == Code::PermissionDenied && m_invitation.isEmpty())
        removePending(m_self.folder);
    end(said);
}

void Joiner::failed(const Error &why)
{
    if (why.code != Code::Unauthenticated)
        return end(why);
    removePending(m_self.folder);
    end(Error { Code::Unauthenticated,
        QStringLiteral("the number has changed since the last time: the broker has forgotten the request, or "
                       "somebody is in between. Stopped; join again to compare a new number") });
}

void Joiner::letIn()
{
    end(store());
}

void Joiner::couldNot(const Error &why)
{
    const bool hasAsked = !m_asker.proof().number.isEmpty();
    if (m_client.state() == Client::State::Stopped || !hasAsked)
        end(why);
}

Result<Location> Joiner::store()
{
    if (m_client.welcome().role != Role::Broker)
        return Error { Code::FailedPrecondition,
            QStringLiteral("%1 is no broker: a node joins a broker").arg(m_address.text()) };
    Locations locations(m_self.folder);
    const Location location { freeName(locations), m_address, m_client.peerKey() };
    if (const Result<void> saved = locations.save(location); !saved)
        return saved.error();
    removePending(m_self.folder);
    return location;
}

/// The name of the location that this broker has already, else its own name made fit for a folder.
QString Joiner::freeName(const Locations &locations) const
{
    QStringList taken;
    const QList<Location> known = locations.all();
    for (const Location &location : known) {
        if (location.broker == m_client.peerKey())
            return location.name;
        taken << location.name;
    }
    QString name = m_client.welcome().name.left(32);
    name.replace(QRegularExpression(QStringLiteral("[^A-Za-z0-9._-]")), QStringLiteral("-"));
    if (!isLocationName(name))
        name = QStringLiteral("broker");
    QString free = name;
    for (int number = 2; taken.contains(free); ++number)
        free = QStringLiteral("%1-%2").arg(name, QString::number(number));
    return free;
}

void Joiner::end(const Result<Location> &result)
{
    if (std::exchange(m_ended, true))
        return;
    m_client.disconnect(this);
    m_client.disconnectFromPeer();
    emit ended(result);
}

} // namespace hawser::node
