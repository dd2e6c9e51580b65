// What a broker says about itself, how others reach it, and how it stops.
#include "brokerd/broker.h"

#include "core/wall_clock.h"

#include <QCoreApplication>
#include <QNetworkInterface>
#include <QRandomGenerator>
#include <QSysInfo>

namespace hawser::broker {

namespace {

constexpr auto lastWords = std::chrono::milliseconds(200); // for farewells to leave
constexpr int retryLeast = 500; // ms
constexpr int retryPerSession = 5; // ms: so many that come back at once would take longer to let in
constexpr int retryMost = 30000; // ms

bool isWildcard(const QString &host)
{
    const QHostAddress address(host);
    return address == QHostAddress(QHostAddress::AnyIPv4) || address == QHostAddress(QHostAddress::AnyIPv6)
        || address == QHostAddress(QHostAddress::Any);
}

/// An address of this machine that others may reach.
QString ownAddress()
{
    QString six;
    const QList<QHostAddress> addresses = QNetworkInterface::allAddresses();
    for (const QHostAddress &address : addresses) {
        if (address.isLoopback() || address.isLinkLocal())
            continue;
        if (address.protocol() == QAbstractSocket::IPv4Protocol)
            return address.toString();
        six = address.toString();
    }
    return six.isEmpty() ? QSysInfo::machineHostName() : six;
}

void insert(Value &map, const char *name, qint64 number)
{
    map.insert(QLatin1String(name), Value(number));
}

Value countersOf(
    const Listener &listener, const Sessions &sessions, const RouterCounters &router, const Commands &commands)
{
    Value counters { Value::Map {} };
    const QHash<QByteArray, quint64> admission = listener.counters();
    for (auto it = admission.begin(); it != admission.end(); ++it)
        counters.insert(QStringLiteral("connections_") + QString::fromLatin1(it.key()), Value(it.value()));
    insert(counters, "streams_opened", qint64(router.opened));
    insert(counters, "streams_one_way", qint64(router.oneWay));
    insert(counters, "streams_refused", qint64(router.refused));
    insert(counters, "streams_cut", qint64(router.cut));
    insert(counters, "frames_dropped", qint64(router.dropped + sessions.droppedFrames()));
    for (const Code code : Sessions::brokenRules)
        counters.insert(QStringLiteral("links_ended_") + QLatin1String(name(code)), Value(sessions.ended(code)));
    insert(counters, "sessions_suspended", sessions.suspended());
    insert(counters, "suspended_bytes", sessions.suspendedBytes());
    insert(counters, "commands_refused", qint64(commands.refused()));
    return counters;
}

/// What both sides have to agree about.
void insertFixed(Value &map)
{
    insert(map, "frame_bytes", limits::framePayload);
    insert(map, "stranger_frame_bytes", limits::greetingPayload);
    insert(map, "message_bytes", limits::message);
    insert(map, "topic_message_bytes", limits::topicMessage);
    insert(map, "topics_per_publisher", limits::topicsOfPublisher);
}

} // namespace

Address Broker::reachable() const
{
    if (m_config.address)
        return *m_config.address;
    const QList<Address> listening = addresses();
    for (const Address &address : listening)
        if (!isWildcard(address.host))
            return address;
    return { ownAddress(), listening.isEmpty() ? Address().port : listening.first().port };
}

Result<QString> Broker::administratorLink()
{
    const WallTime until = wallClock() + m_config.invitationHours * 60 * 60 * 1000;
    return m_admin.invite({ AccountKind::User, true, 1, until });
}

QString Broker::summary() const
{
    const qsizetype waiting = m_requests.all().size();
    QString text = QStringLiteral("%1 online, %2 %3 waiting")
                       .arg(QString::number(m_sessions.count(Standing::Member)), QString::number(waiting),
                           waiting == 1 ? QStringLiteral("request") : QStringLiteral("requests"));
    const QList<Address> listening = addresses();
    for (const Address &address : listening)
        text +=
            (&address == &listening.first() ? QStringLiteral(", listening ") : QStringLiteral(" ")) + address.text();
    return text;
}

contracts::BrokerStatus::Reply Broker::status() const
{
    contracts::BrokerStatus::Reply reply;
    reply.name = m_name;
    reply.version = QCoreApplication::applicationVersion();
    reply.key = m_identity.key();
    reply.uptimeMs = quint64(std::chrono::duration_cast<milliseconds>(now() - m_started).count());
    const QList<Address> listening = addresses();
    for (const Address &address : listening)
        reply.listening << address.text();
    reply.sessions = quint64(m_sessions.count(Standing::Member));
    reply.users = quint64(m_accounts.all(AccountKind::User).size());
    reply.nodes = quint64(m_accounts.all(AccountKind::Node).size());
    reply.nodesOnline = quint64(m_offers.online());
    reply.requests = quint64(m_requests.all().size());
    if (const QString why = m_mailbox.trouble(); !why.isEmpty())
        reply.trouble << QStringLiteral("messages cannot be kept: ") + why;
    if (const QString why = m_topics.trouble(); !why.isEmpty())
        reply.trouble << QStringLiteral("what waits in topics cannot be kept: ") + why;
    reply.counters = countersOf(m_listener, m_sessions, m_router.counters(), m_commands);
    insert(reply.counters, "strangers_now", m_listener.strangers());
    insert(reply.counters, "streams_now", m_router.active());
    reportLimits(reply);
    return reply;
}

void Broker::reportLimits(contracts::BrokerStatus::Reply &reply) const
{
    insertFixed(reply.limits);
    Config config = m_config;
    report(describe(config), reply.limits);
    insert(reply.limits, "descriptors", m_listener.mostDescriptors());
    LimitUse use;
    m_mailbox.report(reply.counters, reply.limits, use);
    m_sessions.report(use);
    m_accounts.report(use);
    m_requests.report(use);
    m_invitations.report(use);
    m_offers.report(use);
    m_topics.report(reply.counters, use);
    reportAdmission(m_listener, use);
    use.used("links_call_bulk_bytes", m_commands.heldBulk());
    use.hit("links_call_bulk_bytes", m_commands.bulkRefused());
    if (m_control) {
        use.used("control_connections", m_control->connections());
        use.hit("control_connections", m_control->refused());
    }
    m_hits.report(use);
    reply.used = use.now;
    reply.hits = use.hits;
}

// --- stopping

GoAway Broker::farewell(Leave reason) const
{
    const int sessions = m_sessions.count(Standing::Member);
    const int spread = std::clamp(sessions * retryPerSession, retryLeast, retryMost);
    const milliseconds retry(retryLeast + QRandomGenerator::global()->bounded(spread));
    return { reason, retry, QStringLiteral("the broker stops; it may come back") };
}

void Broker::drain()
{
    if (m_drainingSince)
        return;
    m_drainingSince = now();
    m_mailbox.drain();
    m_listener.stop();
    m_sessions.tellAll([this] { return farewell(Leave::Draining); });
    m_drainCheck.start();
}

void Broker::finishDraining()
{
    const bool busy = m_router.active() > 0 || m_sessions.hasUnwritten(); // a GOAWAY overtakes what waits
    if (busy && now() - *m_drainingSince < seconds(m_config.drainSeconds))
        return;
    m_drainCheck.stop();
    m_sessions.tellAll([this] { return farewell(Leave::Leaving); });
    QTimer::singleShot(lastWords, this, &Broker::drained);
}

} // namespace hawser::broker
