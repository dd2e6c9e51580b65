#pragma once

#include <QIcon>
#include <QString>

namespace hawser::chat {

/// One of our line icons (resources/icons) in the colour of the text around it, also in dark mode and when disabled or
/// selected. Names are the files' names without the ending.
QIcon icon(const QString &name);
/// The icon of the programs, in its own colours.
QIcon applicationIcon();

} // namespace hawser::chat
