#include "desktop/models/contact_model.h"

#include "core/text.h"
#include "core/wall_clock.h"
#include "desktop/models/words.h"

namespace hawser::desktop {

QString ContactModel::shown(const ContactRow &row, int) const
{
    return visible(row.contact.shownName());
}

QString ContactModel::spoken(const ContactRow &row, int) const
{
    const qint64 now = wallClock();
    QStringList parts { visible(row.contact.shownName()), presenceText(row.presence, row.contact.lastSeen, now) };
    if (row.unread > 0)
        parts << tr("%1 unread").arg(row.unread);
    if (row.offers > 0)
        parts << tr("offers you something");
    return parts.join(QStringLiteral(", "));
}

Qt::ItemFlags ContactModel::flags(const QModelIndex &index) const
{
    return index.isValid() ? Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsDropEnabled : Qt::NoItemFlags;
}

bool ContactModel::isBefore(const ContactRow &a, const ContactRow &b) const
{
    const int order = QString::localeAwareCompare(a.contact.shownName(), b.contact.shownName());
    return order != 0 ? order < 0 : a.contact.key < b.contact.key;
}

} // namespace hawser::desktop
