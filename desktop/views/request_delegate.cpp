#include "desktop/views/request_delegate.h"

#include "chat/widgets/icon.h"
#include "core/number.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "desktop/models/request_model.h"
#include "desktop/models/words.h"
#include "desktop/views/painting.h"

#include <QPainter>

namespace hawser::desktop {

void RequestDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const auto request = index.data(RequestModel::RowRole).value<chat::Request>();
    paintRowGround(painter, option, false);
    const int line = option.fontMetrics.height();
    const QRect inside = option.rect.adjusted(line, line / 2, -line, -line / 2);
    const bool machine = request.kind == chat::Asking::JoinMachine;
    const QRect mark(inside.left(), inside.top() + line / 3, line * 3 / 2, line * 3 / 2);
    chat::icon(machine ? QStringLiteral("machine") : QStringLiteral("person")).paint(painter, mark);

    const QColor text = option.palette.color(QPalette::Text);
    QRect row(mark.right() + line / 2, inside.top(), inside.right() - mark.right() - line / 2, line);
    const QString when = agoText(request.since, wallClock());
    paintElided(painter, row, when, smaller(option.font), quiet(option.palette), Qt::AlignRight | Qt::AlignVCenter);
    const QString claim =
        request.claim.isEmpty() ? request.key.words() : QStringLiteral("“%1”").arg(visible(request.claim));
    row.setRight(row.right() - option.fontMetrics.horizontalAdvance(when) - line);
    paintElided(painter, row, claim + QStringLiteral("  ") + wishText(request), bold(option.font), text);
    row.setRight(inside.right());
    row.translate(0, line + 2);
    paintElided(painter, row, originText(request), option.font, quiet(option.palette));
    row.translate(0, line + 2);
    const QString number =
        request.number().isEmpty() ? QString() : tr("number %1 · ").arg(showNumber(request.number()));
    paintElided(
        painter, row, number + tr("key %1").arg(request.key.words()), smaller(option.font), quiet(option.palette));
}

QSize RequestDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &) const
{
    return { option.fontMetrics.height() * 20, option.fontMetrics.height() * 4 + 8 };
}

} // namespace hawser::desktop
