#include "chat/widgets/panel.h"

#include <QPainter>

namespace hawser::chat {

namespace {

QColor mix(const QColor &a, const QColor &b, double part)
{
    const auto between = [part](int from, int to) { return qRound(from + (to - from) * part); };
    return { between(a.red(), b.red()), between(a.green(), b.green()), between(a.blue(), b.blue()) };
}

QColor colourOf(Panel::Tone tone, const QPalette &palette)
{
    switch (tone) {
    case Panel::Tone::Warning:
        return QColor(0xe0, 0x94, 0x10);
    case Panel::Tone::Danger:
        return QColor(0xd4, 0x2d, 0x2d);
    default:
        return palette.color(QPalette::WindowText);
    }
}

} // namespace

Panel::Panel(Tone tone, QWidget *parent) : QWidget(parent), m_tone(tone)
{
}

void Panel::setTone(Tone tone)
{
    m_tone = tone;
    update();
}

void Panel::setBorder(double width)
{
    m_border = width;
    update();
}

void Panel::paintEvent(QPaintEvent *)
{
    const QColor colour = colourOf(m_tone, palette());
    const QColor ground = palette().color(m_tone == Tone::Plain ? QPalette::Base : QPalette::Window);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(mix(palette().color(QPalette::Window), colour, m_tone == Tone::Plain ? 0.25 : 0.8), m_border));
    painter.setBrush(m_tone == Tone::Plain ? ground : mix(ground, colour, 0.16));
    const double inset = m_border / 2;
    painter.drawRoundedRect(QRectF(rect()).adjusted(inset, inset, -inset, -inset), 6, 6);
}

} // namespace hawser::chat
