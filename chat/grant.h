#pragma once

#include <QFlags>
#include <QMap>
#include <QStringList>
#include <optional>

namespace hawser::chat {

/// What a contact may do with this person; enforced here, on every stream (docs/protocol.md §7.5).
enum class Right : quint8 { Messages = 1, Files = 2 };
Q_DECLARE_FLAGS(Rights, Right)
Q_DECLARE_OPERATORS_FOR_FLAGS(Rights)

/// "messages", "files": the names on the wire, in files and on the command line.
QString name(Right right);
QStringList names(Rights rights);
/// Names that are not known are left out.
Rights rightsFromNames(const QStringList &names);

/// How long a yes lasts.
enum class Lasting : quint8 {
    Once = 1, ///< this time: ends with the link
    Days = 2, ///< 30 days
    Always = 3,
};

/// One right of one contact.
struct Grant {
    Lasting lasting = Lasting::Once;
    qint64 until = 0; ///< Days: ms since 1970 by this machine's clock

    bool operator==(const Grant &) const = default;
};
using Grants = QMap<Right, Grant>;

} // namespace hawser::chat
