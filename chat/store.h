#pragma once

#include "core/store/database.h"

namespace hawser::chat {

/// FOLDER/person.db: contacts, grants, blocks, requests, asks and settings of one person.
Result<std::unique_ptr<Database>> openStore(const QString &folder);

/// A text for a column that is never NULL: Qt binds a null QString as NULL.
inline QString column(const QString &text)
{
    return text.isNull() ? QStringLiteral("") : text;
}

/// What a person chose and the program remembers.
QString setting(Database &database, const QString &name, const QString &fallback = {});
Result<void> setSetting(Database &database, const QString &name, const QString &value);

} // namespace hawser::chat
