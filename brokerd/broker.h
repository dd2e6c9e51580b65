#pragma once

#include "brokerd/admin.h"
#include "brokerd/callers.h"
#include "brokerd/config.h"
#include "brokerd/mailbox.h"
#include "brokerd/offers.h"
#include "brokerd/people.h"
#include "brokerd/rates.h"
#include "brokerd/router.h"
#include "brokerd/topics.h"
#include "core/clock_watch.h"
#include "core/control_server.h"

#include <QTimer>

namespace hawser::broker {

/// A broker: who is let in, who is here, and streams between them. It wires its parts and decides who may open what.
class Broker : public QObject {
    Q_OBJECT

public:
    /// Opens what is kept in `folder`.
    /// \retval DataLoss, FailedPrecondition  as Database::open
    static Result<std::unique_ptr<Broker>> open(const QString &folder, const Identity &identity, const Config &config);
    ~Broker() override;

    /// Adds an address; port 0 lets the kernel choose.
    Result<Address> listen(const Address &address) { return m_listener.listen(address); }
    /// A socket that listens already.
    Result<Address> listen(int descriptor) { return m_listener.listen(descriptor); }
    QList<Address> addresses() const { return m_listener.addresses(); }
    /// What is limited and shown besides. \param control  outlives this
    void setControl(ControlServer &control);
    /// What calls by the control socket are answered with.
    Commands &commands() { return m_commands; }
    const QString &name() const { return m_name; }
    /// Limits and the address of invitations; name and listening stay until the next start.
    void apply(const Config &config);

    bool hasNobody() const { return m_accounts.isEmpty(); }
    /// A link that makes its guest an administrator; works once, 24 h.
    Result<QString> administratorLink();
    /// One line for people and systemd: "12 online, 1 request waits".
    QString summary() const;
    contracts::BrokerStatus::Reply status() const;

    /// Takes away what is over, unless the calendar was just set. Done again and again, with this machine's clocks.
    /// \param wall  ms since 1970 \param running  as runningTime()
    void keepHouse(WallTime wall, milliseconds running);

    /// Takes nobody in any more, lets what runs finish for a while, then tells all to go.
    void drain();

signals:
    void drained(); ///< nothing is left to do
    void summaryChanged();

private:
    Broker(const QString &folder, std::unique_ptr<Database> database, const Identity &identity, const Config &config,
        QByteArray device);
    Result<void> load(const QString &folder);
    void connectParts();
    Admission admit(const Hello &hello, const PublicKey &key, const QHostAddress &address);
    std::optional<GoAway> refusal(const Hello &hello, const PublicKey &key) const;
    void enter(Arrival &arrival);
    Result<std::vector<Link *>> resolve(Link &from, const OpenHead &head) const;
    Result<void> mayOpen(const Session &from, const OpenHead &head) const;
    Result<void> mayWrite(const PublicKey &from, const PublicKey &to) const;
    bool mayStillReach(const PublicKey &from, const PublicKey &to) const;
    Result<Nothing> mayCallNode(const PublicKey &user) const;
    Result<void> mayCall(const Caller &caller, const CommandSpec &spec) const;
    Result<void> mayCallNow(const Caller &caller, const CommandSpec &spec);
    Result<Nothing> rename(const Caller &caller, const QString &name);
    void accountRemoved(const Account &account);
    void sessionGone(const Session &session);
    void keepHouse();
    void readCalendar();
    void noteCalendar(WallTime wall);
    void finishDraining();
    GoAway farewell(Leave reason) const;
    Address reachable() const;
    void reportLimits(contracts::BrokerStatus::Reply &reply) const;

    std::unique_ptr<Database> m_database; // outlives all that follow
    Identity m_identity;
    Config m_config;
    QString m_name;
    QByteArray m_device;
    QByteArray m_session;
    Instant m_started;
    Accounts m_accounts;
    Invitations m_invitations;
    Requests m_requests;
    Sessions m_sessions;
    Knocks m_knocks;
    Offers m_offers;
    People m_people;
    Callers m_callers;
    Rates m_rates;
    Mailbox m_mailbox;
    Topics m_topics;
    SpliceRouter m_router;
    Commands m_commands;
    Admin m_admin;
    Listener m_listener;
    ControlServer *m_control = nullptr;
    mutable LimitHits m_hits; // counted where nothing else changes
    QTimer m_house;
    ClockWatch m_clock;
    QString m_calendarFile; // when it last kept house, for the next start
    WallTime m_calendarNoted = 0;
    QTimer m_drainCheck;
    std::optional<Instant> m_drainingSince;
};

} // namespace hawser::broker
