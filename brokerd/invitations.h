#pragma once

#include "brokerd/accounts.h"
#include "core/limit_use.h"

namespace hawser::broker {

/// What an invitation gives to whoever has its secret.
struct InvitationTerms {
    AccountKind kind = AccountKind::User;
    bool administrator = false;
    quint64 uses = 1;
    WallTime until = 0;
};

/// Links that let in without a question. Only hashes of their secrets are kept.
class Invitations {
public:
    /// \param database  outlives this
    explicit Invitations(Database &database) : m_database(database) { }

    void setMost(qint64 open) { m_most = open; }
    /// A secret of 16 bytes that works so often and so long.
    /// \retval ResourceExhausted  too many are open
    Result<QByteArray> make(const InvitationTerms &terms);
    /// Uses it once: of many at the same time only as many succeed as it has uses. Undone with the transaction around it.
    /// \retval FailedPrecondition  unknown, used up, over, or made for the other kind
    Result<InvitationTerms> take(QByteArrayView secret, AccountKind kind, WallTime now);
    Result<void> expire(WallTime now);
    Result<qint64> open() const;
    void report(LimitUse &use) const;

private:
    qint64 m_most = 1000;
    LimitHits m_hits;
    Database &m_database;
};

} // namespace hawser::broker
