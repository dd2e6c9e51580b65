#include "chat/store.h"

namespace hawser::chat {

namespace {

Database::Steps steps()
{
    return {
        {
            QStringLiteral("CREATE TABLE contacts (key BLOB PRIMARY KEY, claim TEXT NOT NULL, alias TEXT NOT NULL,"
                           " verified INTEGER NOT NULL, verified_at INTEGER NOT NULL, since INTEGER NOT NULL,"
                           " last_seen INTEGER NOT NULL, last_address TEXT NOT NULL, broker BLOB NOT NULL)"),
            QStringLiteral("CREATE TABLE grants (key BLOB NOT NULL REFERENCES contacts(key) ON DELETE CASCADE,"
                           " name TEXT NOT NULL, lasting INTEGER NOT NULL, until INTEGER NOT NULL,"
                           " PRIMARY KEY (key, name))"),
            QStringLiteral("CREATE TABLE blocks (what INTEGER NOT NULL, key BLOB NOT NULL, claim TEXT NOT NULL,"
                           " address TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (what, key, address))"),
            QStringLiteral(
                "CREATE TABLE requests (id INTEGER PRIMARY KEY, since INTEGER NOT NULL, body BLOB NOT NULL)"),
            QStringLiteral("CREATE TABLE knocks (ask BLOB PRIMARY KEY, key BLOB NOT NULL, commitment BLOB NOT NULL,"
                           " nonce BLOB NOT NULL, since INTEGER NOT NULL, answer BLOB NOT NULL)"),
            QStringLiteral("CREATE TABLE asks (id BLOB PRIMARY KEY, since INTEGER NOT NULL, body BLOB NOT NULL)"),
            QStringLiteral("CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)"),
        },
        { QStringLiteral("ALTER TABLE blocks ADD COLUMN since INTEGER NOT NULL DEFAULT 0") },
    };
}

constexpr auto patience = std::chrono::milliseconds(50); // a window hangs no longer on another program

} // namespace

Result<std::unique_ptr<Database>> openStore(const QString &folder)
{
    Result<std::unique_ptr<Database>> database = Database::open(folder + QStringLiteral("/person.db"), steps());
    if (!database)
        return database;
    if (const Result<void> set = (*database)->setPatience(patience); !set)
        return set.error();
    return database;
}

QString setting(Database &database, const QString &name, const QString &fallback)
{
    Result<QSqlQuery> found = database.run(QStringLiteral("SELECT value FROM settings WHERE name = ?"), { name });
    return found && found->next() ? found->value(0).toString() : fallback;
}

Result<void> setSetting(Database &database, const QString &name, const QString &value)
{
    const auto done =
        database.run(QStringLiteral("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)"), { name, value });
    return done ? Result<void>() : done.error();
}

} // namespace hawser::chat
