#include "desktop/views/machine_delegate.h"

#include "chat/widgets/safelabel.h"
#include "core/text.h"
#include "desktop/models/machine_model.h"
#include "desktop/views/painting.h"

#include <QAbstractItemView>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

namespace hawser::desktop {

void MachineDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const auto machine = index.data(MachineModel::RowRole).value<chat::Machine>();
    const QPalette &palette = option.palette;
    const QColor base = palette.color(QPalette::Base);
    if (option.state & QStyle::State_Selected)
        painter->fillRect(option.rect, mixed(base, palette.color(QPalette::Highlight), 0.22));
    if ((option.state & QStyle::State_HasFocus) && (option.state & QStyle::State_KeyboardFocusChange)) {
        painter->setPen(palette.color(QPalette::Highlight));
        painter->drawRect(option.rect.adjusted(0, 0, -1, -1));
    }
    const int line = option.fontMetrics.height();
    QRect text = option.rect.adjusted(line / 3, 0, -line / 3, 0);
    if (index.column() == MachineModel::State) {
        const double side = line * 0.6;
        const QRectF mark(text.left(), text.center().y() - side / 2 + 0.5, side, side);
        paintMark(painter, mark, machine.online ? Mark::Full : Mark::Ring, palette);
        text.setLeft(int(mark.right()) + line / 2);
    }
    const bool name = index.column() == MachineModel::Name;
    const QColor colour = machine.online ? palette.color(QPalette::Text) : quiet(palette);
    paintElided(painter, text, index.data().toString(), name ? bold(option.font) : option.font, colour);
}

bool MachineDelegate::helpEvent(
    QHelpEvent *event, QAbstractItemView *view, const QStyleOptionViewItem &option, const QModelIndex &index)
{
    const QString text = visible(index.data().toString());
    if (event->type() != QEvent::ToolTip || view == nullptr)
        return false;
    const bool cut = option.fontMetrics.horizontalAdvance(text) + option.fontMetrics.height() > option.rect.width();
    QToolTip::showText(event->globalPos(), cut ? chat::plainToolTip(text) : QString(), view, option.rect);
    return true;
}

} // namespace hawser::desktop
