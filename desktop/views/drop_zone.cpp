#include "desktop/views/drop_zone.h"

#include "desktop/views/painting.h"

#include <QPainter>

namespace hawser::desktop {

DropZone::DropZone(QWidget *owner) : QWidget(owner)
{
    setObjectName(QStringLiteral("dropZone"));
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setProperty("dropTarget", true);
    hide();
}

void DropZone::appear(const QString &text)
{
    m_text = text;
    setAccessibleName(text);
    setGeometry(parentWidget()->rect());
    raise();
    show();
    update();
}

void DropZone::paintEvent(QPaintEvent *)
{
    const QColor highlight = palette().color(QPalette::Highlight);
    QColor ground = mixed(palette().color(QPalette::Base), highlight, 0.18);
    ground.setAlphaF(0.93F);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(ground);
    painter.setPen(QPen(highlight, 2, Qt::DashLine));
    painter.drawRoundedRect(QRectF(rect()).adjusted(8, 8, -8, -8), 10, 10);
    QFont large = bold(font());
    large.setPointSizeF(font().pointSizeF() * 1.4);
    paintElided(
        &painter, rect().adjusted(24, 0, -24, 0), m_text, large, palette().color(QPalette::Text), Qt::AlignCenter);
}

} // namespace hawser::desktop
