#pragma once

#include "core/result.h"

#include <QByteArray>
#include <QList>
#include <span>

namespace hawser {

/// One durable message as its sender wrote it (docs/protocol.md §17.2).
struct MailItem {
    QByteArray kind; ///< what `body` is: a name as of a command ("chat/1"); see isCommandName
    QByteArray body;
    qint64 written = 0; ///< ms since 1970 by the sender's clock: a claim, for display

    bool operator==(const MailItem &) const = default;
};

/// Stands for a number whose message was given up: its reader goes on with the next.
inline constexpr const char *goneKind = "mail.gone";
/// \param bytes  one item, as cutItems says where
bool isGone(QByteArrayView bytes);

/// No number of a durable message is larger.
inline constexpr quint64 mostMailNumber = quint64(1) << 62;

/// Items one after the other, as they lie on the wire and in the stores: for each u32 length · i64 written · u8 n ·
/// n bytes of kind · body. Whoever keeps them need not look into them.
void appendItem(QByteArray &run, const MailItem &item);
QByteArray packItems(std::span<const MailItem> items);

/// Where each item of a run lies: offsets of their beginnings and one past the end.
/// \retval InvalidArgument    it is not laid out as above, or a kind is no name
/// \retval ResourceExhausted  more than limits::mailItems, or one larger than limits::mailItem
Result<QList<quint32>> cutItems(QByteArrayView run);
/// \param bytes  one item, as cutItems says where
MailItem itemOf(QByteArrayView bytes);
/// \retval as cutItems
Result<QList<MailItem>> unpackItems(QByteArrayView run);

/// 16 bytes that tell whether two items are the same: BLAKE2b of all that appendItem wrote.
QByteArray itemDigest(QByteArrayView bytes);

} // namespace hawser
