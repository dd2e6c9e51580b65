#include "chat/parts.h"

#include "core/transfer/landing.h"

namespace hawser::chat::parts {

namespace {
constexpr int mostNoted = 1000; ///< on disks that never come back
} // namespace

QStringList tables()
{
    return { QStringLiteral("CREATE TABLE parts (row INTEGER PRIMARY KEY, folder TEXT NOT NULL, part BLOB NOT NULL)") };
}

Result<void> note(Database &database, const QString &folder, const QByteArray &part)
{
    const auto old = database.run(
        QStringLiteral("DELETE FROM parts WHERE row <= (SELECT max(row) FROM parts) - ?"), { mostNoted - 1 });
    if (!old)
        return old.error();
    const auto noted = database.run(QStringLiteral("INSERT INTO parts (folder, part) VALUES (?, ?)"), { folder, part });
    return noted ? Result<void>() : noted.error();
}

Result<void> forget(Database &database, const QByteArray &part)
{
    const auto forgotten = database.run(QStringLiteral("DELETE FROM parts WHERE part = ?"), { part });
    return forgotten ? Result<void>() : forgotten.error();
}

Result<void> sweep(Database &database)
{
    Result<QSqlQuery> rows = database.run(QStringLiteral("SELECT folder, part FROM parts"));
    if (!rows)
        return rows.error();
    QByteArrayList gone;
    while (rows->next())
        if (const QByteArray part = rows->value(1).toByteArray();
            transfer::Landing::sweep(rows->value(0).toString(), part))
            gone << part;
    for (const QByteArray &part : std::as_const(gone))
        if (const Result<void> forgotten = forget(database, part); !forgotten)
            return forgotten;
    return {};
}

} // namespace hawser::chat::parts
