#pragma once

#include "core/store/database.h"

namespace hawser::chat::messages {

/// What the history, the outbox and the inbox of a person hold, for `status`.
struct Stored {
    qint64 outboxItems = 0; ///< that wait
    qint64 outboxBytes = 0;
    qint64 fullestItems = 0; ///< of them for the recipient for whom most wait
    qint64 fullestBytes = 0;
    qint64 inboxSources = 0; ///< devices and conversations of which is remembered what came
    qint64 historyEntries = 0;
    qint64 sentCalls = 0; ///< answered ones included
};
Result<Stored> stored(Database &database);

} // namespace hawser::chat::messages
