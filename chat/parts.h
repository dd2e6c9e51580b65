#pragma once

#include "core/store/database.h"

namespace hawser::chat {

/// The private folders (core/transfer/landing.h) into which transfers come now that both are there for: whoever is killed in
/// the midst of one finds here what nobody goes on with. For the thread of the database; writers belong into a transaction of
/// their caller.
namespace parts {

/// For a step of Database::Steps.
QStringList tables();
/// Before anything comes into it.
Result<void> note(Database &database, const QString &folder, const QByteArray &part);
/// It is gone.
Result<void> forget(Database &database, const QByteArray &part);
/// Takes away those that nobody uses; what cannot be reached now, on a disk that is not there, stays noted.
Result<void> sweep(Database &database);

} // namespace parts

} // namespace hawser::chat
