#include "brokerd/accounts.h"

namespace hawser::broker {

namespace {

Result<void> withoutRows(const Result<QSqlQuery> &query)
{
    return query ? Result<void>() : query.error();
}

} // namespace

Database::Steps databaseSteps()
{
    return {
        {
            QStringLiteral("CREATE TABLE accounts (key BLOB PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL,"
                           " host TEXT NOT NULL, administrator INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER,"
                           " granted_by TEXT NOT NULL) WITHOUT ROWID"),
            QStringLiteral(
                "CREATE TABLE invitations (hash BLOB PRIMARY KEY, kind INTEGER NOT NULL,"
                " administrator INTEGER NOT NULL, uses INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID"),
            QStringLiteral("CREATE TABLE requests (key BLOB PRIMARY KEY, kind TEXT NOT NULL, serial INTEGER NOT NULL,"
                           " knock BLOB NOT NULL, commitment BLOB NOT NULL, nonce BLOB NOT NULL, number TEXT NOT NULL,"
                           " claim TEXT NOT NULL, program TEXT NOT NULL, host TEXT NOT NULL, rights TEXT NOT NULL,"
                           " commands TEXT NOT NULL, address TEXT NOT NULL, since INTEGER NOT NULL,"
                           " UNIQUE (kind, serial)) WITHOUT ROWID"),
            QStringLiteral("CREATE TABLE serials (kind TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID"),
            QStringLiteral("CREATE TABLE blocks (what TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID"),
        },
        { QStringLiteral("CREATE TABLE topic_grants (key BLOB NOT NULL, doing INTEGER NOT NULL, pattern TEXT NOT NULL,"
                         " PRIMARY KEY (key, doing, pattern)) WITHOUT ROWID") },
        { QStringLiteral("CREATE TABLE promises (knock BLOB PRIMARY KEY, key BLOB NOT NULL, kind TEXT NOT NULL,"
                         " commitment BLOB NOT NULL, nonce BLOB NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID") },
        { QStringLiteral("CREATE TABLE offers (node BLOB PRIMARY KEY, offer BLOB NOT NULL) WITHOUT ROWID") },
    };
}

Accounts::Accounts(Database &database, QObject *parent) : QObject(parent), m_database(database)
{
}

Result<void> Accounts::load()
{
    Result<QSqlQuery> rows = m_database.run(
        QStringLiteral("SELECT key, kind, name, host, administrator, since, until, granted_by FROM accounts"));
    if (!rows)
        return rows.error();
    while (rows->next()) {
        const Result<PublicKey> key = PublicKey::fromBytes(rows->value(0).toByteArray());
        if (!key)
            return Error { Code::DataLoss, QStringLiteral("an account has a damaged key") };
        Account account { *key, AccountKind(rows->value(1).toInt()), rows->value(2).toString(),
            rows->value(3).toString(), rows->value(4).toBool(), rows->value(5).toLongLong(), std::nullopt, false,
            rows->value(7).toString() };
        if (!rows->value(6).isNull())
            account.until = rows->value(6).toLongLong();
        m_accounts.insert(*key, account);
    }
    return {};
}

Result<void> Accounts::write(const Account &account)
{
    if (account.once)
        return {};
    return withoutRows(m_database.run(QStringLiteral("INSERT OR REPLACE INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
        { account.key.bytes(), int(account.kind), account.name, account.host, account.administrator, account.since,
            account.until ? QVariant(*account.until) : QVariant(), account.by }));
}

void Accounts::report(LimitUse &use) const
{
    use.used("accounts", m_accounts.size());
    m_hits.report(use);
}

Result<void> Accounts::admit(const Account &account, const std::function<Result<void>()> &within)
{
    if (!m_accounts.contains(account.key) && m_accounts.size() >= m_most) {
        m_hits.count("accounts");
        return Error { Code::ResourceExhausted,
            QStringLiteral("%1 are let in here already: nobody else has room").arg(m_accounts.size()) };
    }
    const Result<void> done = m_database.transaction([&]() -> Result<void> {
        if (within)
            if (const Result<void> first = within(); !first)
                return first;
        return write(account);
    });
    if (!done)
        return done;
    m_accounts.insert(account.key, account);
    emit changed(account);
    return {};
}

Result<Account> Accounts::revoke(const PublicKey &key)
{
    const auto found = m_accounts.constFind(key);
    if (found == m_accounts.constEnd())
        return Error { Code::NotFound, QStringLiteral("nobody with this key is let in") };
    const Account account = *found;
    if (const auto gone = m_database.run(QStringLiteral("DELETE FROM accounts WHERE key = ?"), { key.bytes() }); !gone)
        return gone.error();
    m_accounts.remove(key);
    emit removed(account);
    return account;
}

Result<void> Accounts::rename(const PublicKey &key, const QString &name, const QString &host)
{
    const auto found = m_accounts.constFind(key);
    if (found == m_accounts.constEnd())
        return {};
    Account account = *found;
    if (!name.isEmpty())
        account.name = name;
    account.host = host;
    return account == *found ? Result<void>() : admit(account);
}

void Accounts::expire(WallTime now)
{
    QList<PublicKey> over;
    for (const Account &account : std::as_const(m_accounts))
        if (account.until && *account.until <= now)
            over << account.key;
    for (const PublicKey &key : over)
        if (const Result<Account> revoked = revoke(key); !revoked)
            emit removed(m_accounts.take(key)); // though the disk refuses: its row is over at the next start too
}

std::optional<WallTime> Accounts::nextEnd() const
{
    std::optional<WallTime> next;
    for (const Account &account : m_accounts)
        if (account.until && (!next || *account.until < *next))
            next = account.until;
    return next;
}

const Account *Accounts::find(const PublicKey &key) const
{
    const auto found = m_accounts.constFind(key);
    return found == m_accounts.constEnd() ? nullptr : &*found;
}

Result<Account> Accounts::findByText(const QString &who) const
{
    const QString text = who.trimmed();
    QList<Account> found;
    for (const Account &account : m_accounts)
        if ((text.size() >= shortestPrefix && account.key.hex().startsWith(text, Qt::CaseInsensitive))
            || account.name.compare(text, Qt::CaseInsensitive) == 0)
            found << account;
    if (found.isEmpty())
        return Error { Code::NotFound,
            QStringLiteral("nobody here is called \"%1\" or has a key that begins so").arg(text) };
    if (found.size() > 1)
        return fitsSeveral(text, found.size());
    return found.first();
}

Error Accounts::fitsSeveral(const QString &text, qsizetype count)
{
    return { Code::InvalidArgument,
        QStringLiteral("there are %1 here that \"%2\" may mean: write more of the key")
            .arg(QString::number(count), text) };
}

QList<Account> Accounts::all(AccountKind kind) const
{
    QList<Account> accounts;
    for (const Account &account : m_accounts)
        if (account.kind == kind)
            accounts << account;
    return accounts;
}

} // namespace hawser::broker
