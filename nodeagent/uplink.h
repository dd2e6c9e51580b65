#pragma once

#include "core/contracts/broker.h"
#include "nodeagent/joiner.h"

class QTimer;

namespace hawser::node {

/// The node at one broker: connected as long as it may be, its offer announced each time it is let in.
class Uplink : public QObject {
    Q_OBJECT

public:
    using Offer = contracts::AnnounceOffer::Request;

    /// \param commands  what the broker's people may call; outlives this
    Uplink(const Self &self, const Location &location, Commands &commands, QObject *parent = nullptr);

    void start();
    /// Announced now when connected, and at each later connection.
    void setOffer(const Offer &offer);
    void setProfile(const Profile &profile) { m_client.setProfile(profile); }
    /// For links from now on.
    void setLimits(const LinkLimits &links, const DialLimits &dials) { m_client.setLimits(links, dials); }
    const Client &client() const { return m_client; }
    void leave() { m_client.disconnectFromPeer(); }
    /// Something that was said has not been handed to the connection yet: GOAWAY would go before it.
    bool hasUnsent() const;

    const Location &location() const { return m_location; }
    Client &client() { return m_client; }
    Client::State state() const { return m_client.state(); }
    /// Why it is not connected; empty while it is.
    QString sentence() const;

private:
    void announce();
    void failed(const char *event, const Error &why);

    Location m_location;
    Offer m_offer;
    Client m_client;
    QTimer *m_knock; // a stranger comes again to see whether it was let in
};

QString nameOf(Client::State state);

} // namespace hawser::node
