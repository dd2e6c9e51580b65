#pragma once

#include "brokerd/knocks.h"
#include "core/contracts/broker.h"

namespace hawser::broker {

class Feed;

/// What an administrator may do here: commands of the class `admin`, and `broker.status`.
class Admin : public QObject {
    Q_OBJECT

public:
    /// What the commands work on; all outlive this.
    struct Parts {
        Accounts &accounts;
        Invitations &invitations;
        Requests &requests;
        Sessions &sessions;
        Knocks &knocks;
        PublicKey key; ///< the broker's own
        std::function<Address()> address; ///< where others reach the broker
        std::function<quint64()> invitationMs; ///< how long one works, if nothing else is said
        std::function<contracts::BrokerStatus::Reply()> status;
        std::function<void()> drain;
    };
    explicit Admin(const Parts &parts, QObject *parent = nullptr);

    void serve(Commands &commands);
    /// The control socket's owner, or a user who is administrator.
    bool isAdministrator(const Caller &caller) const;
    /// An invitation link.
    Result<QString> invite(const InvitationTerms &terms);

private:
    using Decide = contracts::DecideRequest;
    Result<Decide::Reply> decide(const Decide::Request &decision, const Caller &caller);
    Result<void> compare(const Decide::Request &decision, const Waiting &request) const;
    Result<void> deny(const Decide::Request &decision, const Waiting &request, const QString &by);
    Result<contracts::Revoke::Reply> revoke(const contracts::Revoke::Request &wish, const Caller &caller);
    Result<contracts::Invite::Reply> invite(const contracts::Invite::Request &wish, const Caller &caller);
    Result<contracts::BrokerStatus::Reply> status(const Caller &caller) const;
    contracts::BrokerBlocks::Reply blocks(const QString &after) const;
    Result<contracts::LiftBrokerBlock::Reply> unblock(const QString &text, const Caller &caller);
    void watch(const contracts::WatchRequests::Request &wish, const std::shared_ptr<IncomingCall> &call);
    QString nameOf(const Caller &caller) const;

    Parts m_parts;
    Feed *m_feed;
};

} // namespace hawser::broker
