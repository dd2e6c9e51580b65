#pragma once

#include <QColor>
#include <QRect>
#include <QString>

class QFont;
class QPainter;
class QPalette;
class QStyleOptionViewItem;

namespace hawser::desktop {

// What rows of views are drawn with. All colours come from the palette; text is drawn as it is, never as markup.

/// What a click or a key does in a row.
enum class RowAction { None, TryAgain, Cancel, OpenFolder, ShowAll };

/// `share` of b in a.
QColor mixed(const QColor &a, const QColor &b, double share);
/// Text that stands back.
QColor quiet(const QPalette &palette);
/// A link or a mark in the accent colour, readable on the base.
QColor accent(const QPalette &palette);
QFont smaller(const QFont &font);
QFont bold(const QFont &font);

/// The ground of a row: chosen, under the pointer, under a drag, or nothing.
void paintRowGround(QPainter *painter, const QStyleOptionViewItem &option, bool dropTarget);
/// A circle with the first letter of a name.
void paintAvatar(QPainter *painter, const QRect &rect, const QString &name, const QPalette &palette);
/// Full: online direct; half: online through a broker; ring: away. A shape, not only a colour.
enum class Mark { Full, Half, Ring };
void paintMark(QPainter *painter, const QRectF &rect, Mark mark, const QPalette &palette);
/// A number in a pill. \return its width
int paintBadge(QPainter *painter, const QPoint &rightMiddle, const QString &text, const QPalette &palette);
void paintBar(QPainter *painter, const QRect &rect, double value, const QPalette &palette);
void paintElided(QPainter *painter, const QRect &rect, const QString &text, const QFont &font, const QColor &colour,
    Qt::Alignment alignment = Qt::AlignLeft | Qt::AlignVCenter);

} // namespace hawser::desktop
