#pragma once

#include "core/store/database.h"

namespace hawser::chat {

/// FOLDER/person.db: contacts, grants, blocks, requests, asks and settings of one person.
Result<std::unique_ptr<Database>> openStore(const QString &folder);

/// What a person chose and the program remembers.
QString setting(Database &database, const QString &name, const QString &fallback = {});
Result<void> setSetting(Database &database, const QString &name, const QString &value);

} // namespace hawser::chat
