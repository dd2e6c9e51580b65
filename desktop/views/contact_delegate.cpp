#include "desktop/views/contact_delegate.h"

#include "core/text.h"
#include "core/wall_clock.h"
#include "desktop/models/contact_model.h"
#include "desktop/models/words.h"
#include "desktop/views/painting.h"

#include <QPainter>
#include <QPersistentModelIndex>

namespace hawser::desktop {

namespace {

Mark markOf(const chat::Presence &presence)
{
    if (!presence.online)
        return Mark::Ring;
    return presence.direct ? Mark::Full : Mark::Half;
}

QString secondLine(const ContactRow &row, bool dropTarget)
{
    if (dropTarget)
        return ContactDelegate::tr("Send to %1").arg(visible(row.contact.shownName()));
    if (row.offers > 0)
        return ContactDelegate::tr("offers you something");
    return presenceText(row.presence, row.contact.lastSeen, wallClock());
}

bool isDropTarget(const QStyleOptionViewItem &option, const QModelIndex &index)
{
    return option.widget && option.widget->property("dropTarget").value<QPersistentModelIndex>() == index;
}

} // namespace

void ContactDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const auto row = index.data(ContactModel::RowRole).value<ContactRow>();
    const QString name = index.data().toString();
    const bool target = isDropTarget(option, index);
    paintRowGround(painter, option, target);

    const int line = option.fontMetrics.height();
    const int gap = line / 2;
    const int side = line * 2;
    const QRect inside = option.rect.adjusted(gap + 4, 0, -gap - 4, 0);
    const QRect avatar(inside.left(), inside.center().y() - side / 2, side, side);
    paintAvatar(painter, avatar, name, option.palette);
    const double mark = line * 0.62;
    paintMark(painter, QRectF(avatar.right() - mark, avatar.bottom() - mark, mark, mark), markOf(row.presence),
        option.palette);

    int right = inside.right();
    if (row.unread > 0)
        right -= gap + paintBadge(painter, { right, inside.center().y() }, QString::number(row.unread), option.palette);
    const QRect text(avatar.right() + gap + 4, inside.center().y() - line, right - avatar.right() - gap - 4, line);
    const QColor colour = option.palette.color(QPalette::Text);
    paintElided(painter, text, name, row.unread > 0 ? bold(option.font) : option.font, colour);
    paintElided(painter, text.translated(0, line + 1), secondLine(row, target), smaller(option.font),
        target || row.offers > 0 ? accent(option.palette) : quiet(option.palette));
}

QSize ContactDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &) const
{
    return { option.fontMetrics.height() * 12, option.fontMetrics.height() * 3 };
}

} // namespace hawser::desktop
