#include "desktop/dialogs/placing.h"

#include <algorithm>

namespace hawser::desktop {

namespace {

constexpr int margin = 24; // a hand is not still

QPoint onScreen(const QRect &screen, const QSize &size, const QPoint &corner)
{
    const int right = std::max(screen.left(), screen.left() + screen.width() - size.width());
    const int bottom = std::max(screen.top(), screen.top() + screen.height() - size.height());
    return { std::clamp(corner.x(), screen.left(), right), std::clamp(corner.y(), screen.top(), bottom) };
}

bool isControlUnder(const QPoint &pointer, const QPoint &corner, const QList<QRect> &controls)
{
    return std::any_of(controls.begin(), controls.end(), [&](const QRect &control) {
        return control.translated(corner).adjusted(-margin, -margin, margin, margin).contains(pointer);
    });
}

int distance(const QPoint &a, const QPoint &b)
{
    return (a - b).manhattanLength();
}

} // namespace

QPoint placeAside(
    const QRect &screen, const QSize &size, const QList<QRect> &controls, const QPoint &pointer, const QPoint &wish)
{
    const QPoint wished = onScreen(screen, size, wish);
    QList<QPoint> beside = { wished };
    for (const int x : { pointer.x() + margin, pointer.x() - margin - size.width() })
        beside << onScreen(screen, size, { x, wished.y() });
    for (const int y : { pointer.y() + margin, pointer.y() - margin - size.height() })
        beside << onScreen(screen, size, { wished.x(), y });
    const auto nearest = [&wished](
                             const QPoint &a, const QPoint &b) { return distance(a, wished) < distance(b, wished); };
    std::stable_sort(beside.begin(), beside.end(), nearest);
    for (const QPoint &corner : std::as_const(beside)) {
        if (!QRect(corner, size).adjusted(-margin, -margin, margin, margin).contains(pointer))
            return corner;
    }
    // No room beside the pointer: move the window until what lies under it is no control.
    QList<QPoint> under;
    for (int y = screen.top(); y <= screen.top() + screen.height(); y += margin / 2) {
        for (int x = screen.left(); x <= screen.left() + screen.width(); x += margin / 2)
            under << onScreen(screen, size, { x, y });
    }
    std::stable_sort(under.begin(), under.end(), nearest);
    for (const QPoint &corner : std::as_const(under)) {
        if (!isControlUnder(pointer, corner, controls))
            return corner;
    }
    return wished;
}

} // namespace hawser::desktop
