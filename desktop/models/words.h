#pragma once

#include "chat/entry.h"
#include "chat/route.h"
#include "chat/transfers.h"

#include <QString>

namespace hawser::desktop {

// Numbers, times and states as people read them. What is foreign in them comes out visible (core/text.h).

QString sizeText(quint64 bytes); ///< "9.7 GB"
QString filesText(quint64 files); ///< "1 file", "10 000 files"
QString foldersText(quint64 folders);
QString durationText(milliseconds time); ///< "34 s", "1 m 44 s"
QString clockText(qint64 at); ///< "09:15" of ms since 1970
/// The day of a moment: "Today", "Yesterday", "21 November", with its year when it is another.
QString dayText(qint64 at, qint64 now);
QString momentText(qint64 at, qint64 now); ///< "09:15" today, else the day too
QString agoText(qint64 at, qint64 now); ///< "5 min ago"; empty for 0

QString presenceText(const chat::Presence &presence, qint64 lastSeen, qint64 now); ///< "online · direct · 3 ms"
/// The same without the way, which routeText() says: "online · 3 ms · waiting for 2 earlier messages or receipts"
QString headText(const chat::Presence &presence, qint64 lastSeen, quint64 waitingFor, qint64 now);
/// Who could read what is said there; empty while away.
QString routeText(const chat::Presence &presence);

/// How far a message of mine has come: "delivered". Empty for theirs.
QString stateText(const chat::Entry &entry);
/// The icon that says the same.
QString stateIcon(chat::Entry::State state);

/// "10 000 files · 412 folders · 9.7 GB"
QString contentText(const chat::Transfer &transfer);
/// Where it stands, in one line: "61 % · 112 MB/s · about 34 s left", "Delivered and verified · …"
QString progressText(const chat::Transfer &transfer);
/// 0 … 1
double progressOf(const chat::Transfer &transfer);

} // namespace hawser::desktop
