#pragma once

#include <QStringList>

class QMimeData;

namespace hawser::desktop {

/// The files and folders of this machine that are being dragged; anything else is left out.
QStringList droppedPaths(const QMimeData *data);

} // namespace hawser::desktop
