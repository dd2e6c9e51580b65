#include "brokerd/invitations.h"

#include "core/identity.h"

#include <QCryptographicHash>

namespace hawser::broker {

namespace {

constexpr int secretBytes = 16;

QByteArray hashOf(QByteArrayView secret)
{
    return QCryptographicHash::hash(secret.toByteArray(), QCryptographicHash::Blake2b_256);
}

} // namespace

Result<qint64> Invitations::open() const
{
    return m_database.number(QStringLiteral("SELECT COUNT(*) FROM invitations"));
}

void Invitations::report(LimitUse &use) const
{
    if (const Result<qint64> there = open())
        use.used("invitations", *there);
    m_hits.report(use);
}

Result<QByteArray> Invitations::make(const InvitationTerms &terms)
{
    const Result<qint64> there = open();
    if (!there)
        return there.error();
    if (*there >= m_most) {
        m_hits.count("invitations");
        return Error { Code::ResourceExhausted,
            QStringLiteral("%1 invitations are open already: wait until some have run out").arg(*there) };
    }
    const QByteArray secret = randomBytes(secretBytes);
    const auto kept = m_database.run(QStringLiteral("INSERT INTO invitations VALUES (?, ?, ?, ?, ?)"),
        { hashOf(secret), int(terms.kind), terms.administrator, terms.uses, terms.until });
    if (!kept)
        return kept.error();
    return secret;
}

Result<InvitationTerms> Invitations::take(QByteArrayView secret, AccountKind kind, WallTime now)
{
    const Error refused { Code::FailedPrecondition,
        QStringLiteral("this invitation does not work: it is used up, too old, for something else or not from here") };
    if (secret.size() != secretBytes)
        return refused;
    const QByteArray hash = hashOf(secret);
    const auto taken = m_database.run(
        QStringLiteral("UPDATE invitations SET uses = uses - 1 WHERE hash = ? AND kind = ? AND uses > 0 AND until > ?"),
        { hash, int(kind), now });
    if (!taken)
        return taken.error();
    if (taken->numRowsAffected() != 1)
        return refused;
    Result<QSqlQuery> row =
        m_database.run(QStringLiteral("SELECT administrator, uses, until FROM invitations WHERE hash = ?"), { hash });
    if (!row)
        return row.error();
    if (!row->next())
        return refused;
    return InvitationTerms { kind, row->value(0).toBool(), row->value(1).toULongLong(), row->value(2).toLongLong() };
}

Result<void> Invitations::expire(WallTime now)
{
    const auto gone = m_database.run(QStringLiteral("DELETE FROM invitations WHERE until <= ? OR uses = 0"), { now });
    return gone ? Result<void>() : gone.error();
}

} // namespace hawser::broker
