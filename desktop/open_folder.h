#pragma once

#include <QObject>
#include <functional>

namespace hawser::desktop {

/// Shows a file or folder in the person's file manager, by D-Bus; opens nothing that was received.
/// \param failed  called when no file manager answers, unless context is gone
void showInFileManager(const QString &path, QObject *context, std::function<void()> failed);

} // namespace hawser::desktop
