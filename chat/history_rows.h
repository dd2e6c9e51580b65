#pragma once

#include "chat/history_tables.h"

#include <QMap>

/// What the queries of history_tables.h share.
namespace hawser::chat::history {

/// Of entries `e`, as entryOf reads them.
extern const QString columns;
Entry entryOf(const QSqlQuery &row, const PublicKey &with);
Result<void> outcome(const Result<QSqlQuery> &done);
/// 0: nothing was said with them.
Result<qint64> talkOf(Database &database, const PublicKey &with);
Result<QMap<qint64, PublicKey>> talks(Database &database);

} // namespace hawser::chat::history
