#include "chat/widgets/iconmark.h"

#include <QPainter>

namespace hawser::chat {

IconMark::IconMark(const QIcon &icon, double size, QWidget *parent) : QWidget(parent), m_icon(icon), m_size(size)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setFocusPolicy(Qt::NoFocus);
}

void IconMark::setIcon(const QIcon &icon)
{
    m_icon = icon;
    update();
}

QSize IconMark::sizeHint() const
{
    const int side = qRound(fontMetrics().height() * m_size);
    return { side, side };
}

void IconMark::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    m_icon.paint(&painter, rect(), Qt::AlignCenter, isEnabled() ? QIcon::Normal : QIcon::Disabled);
}

} // namespace hawser::chat
