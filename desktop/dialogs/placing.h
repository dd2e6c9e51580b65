#pragma once

#include <QList>
#include <QRect>

namespace hawser::desktop {

/// Where a window comes up that nobody asked for: the pointer may be about to click on what is there, so no control lies
/// under it. Beside the pointer if there is room, else with the pointer over what is no control.
///
/// \param screen    that may be used
/// \param size      of the window with its frame
/// \param controls  in the window's coordinates
/// \param wish      top left corner that would look best
/// \return top left corner, on the screen if the window fits
QPoint placeAside(
    const QRect &screen, const QSize &size, const QList<QRect> &controls, const QPoint &pointer, const QPoint &wish);

} // namespace hawser::desktop
