#pragma once

#include <QJsonObject>
#include <QString>

namespace hawser::probe {

/// Where a named thing is on the screen and what it shows.
///
/// \param question  the objectName of a widget, action or menu; or NAME/TEXT for what is inside it: an item of a view by
///                  the beginning of its text, a tab, an entry of a menu, a button or label; or * for all windows
/// \return `found`, and when true: `x y w h` (pixels of the screen), `shown` (the part not scrolled or cut away, as
///         `[x, y, w, h]`; click there), `visible enabled active focus highlighted`, `checked` and `armed` (null when
///         the thing has no such state), `text`, `accessible`, `rows` (of a view: its cells joined by tabs), `value`,
///         `dropTarget` (of an item: what hovers over it would be dropped on it)
QJsonObject answer(const QString &question);

} // namespace hawser::probe
