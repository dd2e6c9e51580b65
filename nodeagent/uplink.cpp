#include "nodeagent/uplink.h"

#include "core/log.h"

#include <QTimer>

namespace hawser::node {

namespace {
constexpr milliseconds knockAgain { 60000 };
} // namespace

Uplink::Uplink(const Self &self, const Location &location, Commands &commands, QObject *parent)
    : QObject(parent), m_location(location), m_client(self.identity, self.profile), m_knock(new QTimer(this))
{
    m_client.setCommands(&commands);
    m_knock->setSingleShot(true);
    connect(m_knock, &QTimer::timeout, &m_client, &Client::retryNow);
    connect(&m_client, &Client::ready, this, [this] {
        log(Level::Notice, "broker.connected",
            { { "location", m_location.name }, { "address", m_location.address.text() } });
        announce();
    });
    connect(&m_client, &Client::stranger, this, [this] {
        log(Level::Warning, "broker.does_not_know_us", { { "location", m_location.name } });
        m_knock->start(knockAgain);
    });
    connect(&m_client, &Client::lost, this, [this](const Error &why) { failed("broker.lost", why); });
    connect(&m_client, &Client::failed, this, [this](const Error &why) { failed("broker.not_reached", why); });
}

void Uplink::start()
{
    m_client.connectTo(m_location.address, m_location.broker);
}

void Uplink::setOffer(const Offer &offer)
{
    m_offer = offer;
    if (m_client.state() == Client::State::Ready)
        announce();
}

void Uplink::announce()
{
    m_client.call<contracts::AnnounceOffer>(
        {}, m_offer, this, [this](const Result<contracts::AnnounceOffer::Reply> &reply) {
            if (!reply)
                failed("offer.refused", reply.error());
        });
}

void Uplink::failed(const char *event, const Error &why)
{
    const bool stopped = m_client.state() == Client::State::Stopped;
    log(stopped ? Level::Error : Level::Warning, event,
        { { "location", m_location.name }, { "code", QLatin1String(hawser::name(why.code)) },
            { "sentence", why.sentence }, { "retry_ms", qint64(m_client.retryIn().count()) } });
}

bool Uplink::hasUnsent() const
{
    Link *link = m_client.link();
    return link && !link->isOver() && link->lane().waiting() > 0;
}

QString Uplink::sentence() const
{
    switch (m_client.state()) {
    case Client::State::Stranger:
        return QStringLiteral("the broker does not know this node (any more): join it again");
    case Client::State::Waiting:
    case Client::State::Suspended:
    case Client::State::Stopped:
        return m_client.lastError().sentence;
    default:
        return {};
    }
}

QString nameOf(Client::State state)
{
    switch (state) {
    case Client::State::Idle:
        return QStringLiteral("idle");
    case Client::State::Connecting:
        return QStringLiteral("connecting");
    case Client::State::Stranger:
        return QStringLiteral("not-let-in");
    case Client::State::Ready:
        return QStringLiteral("ready");
    case Client::State::Waiting:
        return QStringLiteral("waiting");
    case Client::State::Stopped:
        return QStringLiteral("stopped");
    case Client::State::Suspended:
        return QStringLiteral("suspended");
    }
    return {};
}

} // namespace hawser::node
