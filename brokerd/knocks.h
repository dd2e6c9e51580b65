#pragma once

#include "brokerd/invitations.h"
#include "brokerd/requests.h"
#include "brokerd/session.h"
#include "core/contracts/request.h"

namespace hawser::broker {

/// Answers who knocks (`request/1`, docs/protocol.md §7): an invitation is taken at once, everybody else waits for an
/// administrator. What is not told looks like waiting.
class Knocks : public QObject {
    Q_OBJECT

public:
    using Ask = contracts::AskToBeLetIn;

    /// All outlive this.
    Knocks(Accounts &accounts, Invitations &invitations, Requests &requests, const Sessions &sessions, QString name,
        QObject *parent = nullptr);

    void serve(Commands &commands);

    /// Lets in who waits under this request.
    Result<void> allow(const Waiting &request, Account account);
    /// \param told  false: it looks like waiting to the one who asked
    Result<void> deny(const Waiting &request, const QString &by, bool told);

signals:
    void invited(const hawser::broker::Account &account);
    void invitationRefused(const hawser::broker::Session &session);

private:
    using CallPointer = std::shared_ptr<IncomingCall>;

    void ask(const Ask::Request &request, const CallPointer &call);
    Result<Knock> knockOf(const Ask::Request &request, const Session &session) const;
    void takeInvitation(const Knock &knock, const QByteArray &secret, const CallPointer &call);
    void wait(const Knock &knock, const CallPointer &call);
    void revealed(const Knock &knock, const QByteArray &nonce, bool blocked, const ChannelMessage &message,
        const CallPointer &call);
    Ask::Reply replyFor(const Account &account) const;
    void welcome(const Account &account, const CallPointer &call);
    CallPointer takeCall(const PublicKey &key);

    Accounts &m_accounts;
    Invitations &m_invitations;
    Requests &m_requests;
    const Sessions &m_sessions;
    QString m_name;
    QHash<PublicKey, CallPointer> m_calls; // who waits and is connected
};

} // namespace hawser::broker
