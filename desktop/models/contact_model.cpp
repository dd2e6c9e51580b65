#include "desktop/models/contact_model.h"

#include "core/text.h"
#include "desktop/models/words.h"

#include <QDateTime>

namespace hawser::desktop {

namespace {

QString spoken(const ContactRow &row)
{
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    QStringList parts { visible(row.contact.shownName()), presenceText(row.presence, row.contact.lastSeen, now) };
    if (row.unread > 0)
        parts << ContactModel::tr("%1 unread").arg(row.unread);
    if (row.offers > 0)
        parts << ContactModel::tr("offers you something");
    return parts.join(QStringLiteral(", "));
}

} // namespace

QVariant ContactModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    switch (role) {
    case Qt::DisplayRole:
        return visible(row(index).contact.shownName());
    case Qt::AccessibleTextRole:
        return spoken(row(index));
    case RowRole:
        return QVariant::fromValue(row(index));
    default:
        return {};
    }
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
