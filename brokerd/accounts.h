#pragma once

#include "core/limit_use.h"
#include "core/public_key.h"
#include "core/store/database.h"

#include <QHash>
#include <QObject>
#include <optional>

namespace hawser::broker {

/// Wall time in ms since 1970, for what is kept on disk: passed in, never asked.
using WallTime = qint64;

/// The statements that make the broker's one database file.
Database::Steps databaseSteps();

enum class AccountKind : quint8 { User = 1, Node = 2 };

/// Somebody who was let in, and what for.
struct Account {
    PublicKey key;
    AccountKind kind = AccountKind::User;
    QString name; ///< a claim
    QString host; ///< a claim
    bool administrator = false;
    WallTime since = 0;
    std::optional<WallTime> until; ///< nullopt: no end
    bool once = false; ///< ends with its last session; never on disk
    QString by; ///< who let it in

    bool operator==(const Account &) const = default;
};

/// Who is let in: on disk before anybody is told, in memory for each OPEN.
class Accounts : public QObject {
    Q_OBJECT

public:
    static constexpr int shortestPrefix = 8; ///< hex digits of a key that are enough to name one

    /// \param database  outlives this
    explicit Accounts(Database &database, QObject *parent = nullptr);
    void setMost(qint64 accounts) { m_most = accounts; }
    void report(LimitUse &use) const;
    Result<void> load();

    /// Lets somebody in, or changes what was let in. All of `within` and this is on disk when it returns, or nothing.
    /// \retval ResourceExhausted  too many are let in
    Result<void> admit(const Account &account, const std::function<Result<void>()> &within = {});
    /// \retval NotFound  there is no such account
    Result<Account> revoke(const PublicKey &key);
    /// Keeps what an account calls itself now; one that says no name has the one it had.
    Result<void> rename(const PublicKey &key, const QString &name, const QString &host);
    /// Takes out whose time is over.
    void expire(WallTime now);
    /// When expire() has something to do next.
    std::optional<WallTime> nextEnd() const;

    const Account *find(const PublicKey &key) const;
    /// \param who  a whole key, a unique prefix of one (8 digits at least), or a unique name
    /// \retval NotFound         nobody
    /// \retval InvalidArgument  more than one
    Result<Account> findByText(const QString &who) const;
    /// What somebody hears whose words fit more than one.
    static Error fitsSeveral(const QString &text, qsizetype count);
    QList<Account> all(AccountKind kind) const;
    bool isEmpty() const { return m_accounts.isEmpty(); }

signals:
    void changed(const hawser::broker::Account &account); ///< new, or something about it
    void removed(const hawser::broker::Account &account);

private:
    Result<void> write(const Account &account);

    Database &m_database;
    QHash<PublicKey, Account> m_accounts;
    qint64 m_most = 100000;
    LimitHits m_hits;
};

} // namespace hawser::broker
