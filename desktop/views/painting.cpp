#include "desktop/views/painting.h"

#include <QApplication>
#include <QPainter>
#include <QPainterPath>
#include <QStyleOptionViewItem>

namespace hawser::desktop {

QColor mixed(const QColor &a, const QColor &b, double share)
{
    const auto part = [share](double x, double y) { return float(x + (y - x) * share); };
    return QColor::fromRgbF(part(a.redF(), b.redF()), part(a.greenF(), b.greenF()), part(a.blueF(), b.blueF()));
}

QColor quiet(const QPalette &palette)
{
    return mixed(palette.color(QPalette::Text), palette.color(QPalette::Base), 0.38);
}

QColor accent(const QPalette &palette)
{
    return mixed(palette.color(QPalette::Highlight), palette.color(QPalette::Text), 0.25);
}

QFont smaller(const QFont &font)
{
    QFont small = font;
    small.setPointSizeF(font.pointSizeF() * 0.88);
    return small;
}

QFont bold(const QFont &font)
{
    QFont strong = font;
    strong.setWeight(QFont::DemiBold);
    return strong;
}

void paintRowGround(QPainter *painter, const QStyleOptionViewItem &option, bool dropTarget)
{
    const QPalette &palette = option.palette;
    const QColor base = palette.color(QPalette::Base);
    const QColor highlight = palette.color(QPalette::Highlight);
    const QRectF rect = QRectF(option.rect).adjusted(4, 1, -4, -1);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    if (option.state & QStyle::State_Selected)
        painter->setBrush(mixed(base, highlight, 0.22));
    else if (option.state & QStyle::State_MouseOver)
        painter->setBrush(mixed(base, palette.color(QPalette::Text), 0.05));
    if (dropTarget) {
        painter->setBrush(mixed(base, highlight, 0.35));
        painter->setPen(QPen(highlight, 2));
    } else if ((option.state & QStyle::State_HasFocus) && (option.state & QStyle::State_KeyboardFocusChange)) {
        painter->setPen(QPen(highlight, 1.5));
    }
    if (painter->brush().style() != Qt::NoBrush || painter->pen().style() != Qt::NoPen)
        painter->drawRoundedRect(rect, 7, 7);
    painter->restore();
}

void paintAvatar(QPainter *painter, const QRect &rect, const QString &name, const QPalette &palette)
{
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(mixed(palette.color(QPalette::Base), palette.color(QPalette::Highlight), 0.3));
    painter->drawEllipse(rect);
    QFont font = bold(painter->font());
    font.setPixelSize(std::max(8, int(rect.height() * 0.46)));
    painter->setFont(font);
    painter->setPen(palette.color(QPalette::Text));
    painter->drawText(rect, Qt::AlignCenter | Qt::TextSingleLine, name.left(1).toUpper());
    painter->restore();
}

void paintMark(QPainter *painter, const QRectF &rect, Mark mark, const QPalette &palette)
{
    const QColor base = palette.color(QPalette::Base);
    const QColor colour = mark == Mark::Ring ? quiet(palette) : accent(palette);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(base);
    painter->drawEllipse(rect.adjusted(-2, -2, 2, 2));
    painter->setPen(QPen(colour, rect.width() * 0.18));
    painter->setBrush(mark == Mark::Full ? QBrush(colour) : QBrush(base));
    const double inset = rect.width() * 0.09;
    const QRectF circle = rect.adjusted(inset, inset, -inset, -inset);
    painter->drawEllipse(circle);
    if (mark == Mark::Half) {
        painter->setBrush(colour);
        painter->drawChord(circle, 90 * 16, 180 * 16);
    }
    painter->restore();
}

int paintBadge(QPainter *painter, const QPoint &rightMiddle, const QString &text, const QPalette &palette)
{
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setFont(bold(smaller(painter->font())));
    const QFontMetrics metrics(painter->font());
    const int height = metrics.height() + 2;
    const int width = std::max(height, metrics.horizontalAdvance(text) + metrics.height() / 2 + 4);
    const QRect rect(rightMiddle.x() - width, rightMiddle.y() - height / 2, width, height);
    painter->setPen(Qt::NoPen);
    painter->setBrush(palette.color(QPalette::Highlight));
    painter->drawRoundedRect(rect, height / 2.0, height / 2.0);
    painter->setPen(palette.color(QPalette::HighlightedText));
    painter->drawText(rect, Qt::AlignCenter | Qt::TextSingleLine, text);
    painter->restore();
    return width;
}

void paintBar(QPainter *painter, const QRect &rect, double value, const QPalette &palette)
{
    const double radius = rect.height() / 2.0;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(mixed(palette.color(QPalette::Base), palette.color(QPalette::Text), 0.14));
    painter->drawRoundedRect(rect, radius, radius);
    QPainterPath clip;
    clip.addRoundedRect(rect, radius, radius);
    painter->setClipPath(clip, Qt::IntersectClip);
    painter->setBrush(palette.color(QPalette::Highlight));
    painter->drawRect(QRectF(rect.left(), rect.top(), rect.width() * std::clamp(value, 0.0, 1.0), rect.height()));
    painter->restore();
}

void paintElided(QPainter *painter, const QRect &rect, const QString &text, const QFont &font, const QColor &colour,
    Qt::Alignment alignment)
{
    constexpr qsizetype enough = 1000; // characters: no line on a screen holds more
    painter->save();
    painter->setFont(font);
    painter->setPen(colour);
    const QString shown = QFontMetrics(font).elidedText(text.left(enough), Qt::ElideRight, rect.width());
    painter->drawText(rect, int(alignment) | Qt::TextSingleLine, shown);
    painter->restore();
}

} // namespace hawser::desktop
