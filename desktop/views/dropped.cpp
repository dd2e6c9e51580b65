#include "desktop/views/dropped.h"

#include <QMimeData>
#include <QUrl>

namespace hawser::desktop {

QStringList droppedPaths(const QMimeData *data)
{
    QStringList paths;
    for (const QUrl &url : data->urls()) {
        if (url.isLocalFile() && !url.toLocalFile().isEmpty())
            paths << url.toLocalFile();
    }
    return paths;
}

} // namespace hawser::desktop
