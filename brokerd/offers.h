#pragma once

#include "brokerd/accounts.h"
#include "brokerd/feed.h"
#include "brokerd/session.h"
#include "core/contracts/broker.h"
#include "core/limit_use.h"

namespace hawser::broker {

/// What the nodes can do, as they say it, and whether they are here. What one said last is on disk: while it is away people
/// must know what can be sent to it durably.
class Offers : public QObject {
    Q_OBJECT

public:
    /// All outlive this.
    Offers(const Accounts &accounts, const Sessions &sessions, Database &database, QObject *parent = nullptr);

    Result<void> load();

    void serve(Commands &commands);
    int online() const;
    void setMostCommands(qint64 commands) { m_mostCommands = commands; }
    void report(LimitUse &use) const { m_hits.report(use); }

private:
    qint64 m_mostCommands = 512; // of one node
    LimitHits m_hits;
    using Announced = contracts::AnnounceOffer::Request;

    Result<contracts::AnnounceOffer::Reply> announce(const Announced &offer, const Caller &caller);
    void changed(const PublicKey &node);
    void sessionGone(const Session &session);
    void presenceChanged(const Session &session);
    Value describe(const PublicKey &node) const;
    bool isHere(const PublicKey &node) const;
    void keep(const Account &node, const Announced &offer);

    const Accounts &m_accounts;
    const Sessions &m_sessions;
    Database &m_database;
    Feed m_feed;
    QHash<PublicKey, Announced> m_offers; // the last of each
    QSet<PublicKey> m_announced; // who said it since it came
    QHash<PublicKey, Instant> m_gone; // since when
};

} // namespace hawser::broker
