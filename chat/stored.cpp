#include "chat/stored.h"

#include "core/store/outbox.h"

namespace hawser::chat::messages {

Result<Stored> stored(Database &database)
{
    Outbox outbox(database);
    const Result<QList<MailSequence>> waiting = outbox.waiting();
    if (!waiting)
        return waiting.error();
    Stored stored;
    for (const MailSequence &sequence : *waiting) {
        const Result<MailProgress> progress = outbox.progress(sequence);
        if (!progress)
            return progress.error();
        const qint64 items = qint64(progress->last - progress->kept);
        stored.outboxItems += items;
        stored.outboxBytes += progress->bytes;
        stored.fullestItems = qMax(stored.fullestItems, items);
        stored.fullestBytes = qMax(stored.fullestBytes, progress->bytes);
    }
    Result<QSqlQuery> rows =
        database.run(QStringLiteral("SELECT (SELECT COUNT(*) FROM inbox_sources), (SELECT COUNT(*) FROM entries),"
                                    " (SELECT COUNT(*) FROM sent_calls)"));
    if (!rows)
        return rows.error();
    if (rows->next()) {
        stored.inboxSources = rows->value(0).toLongLong();
        stored.historyEntries = rows->value(1).toLongLong();
        stored.sentCalls = rows->value(2).toLongLong();
    }
    return stored;
}

} // namespace hawser::chat::messages
