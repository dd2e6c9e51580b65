#pragma once

#include "core/result.h"

#include <QObject>
#include <functional>

namespace hawser::desktop {

/// Another program owns this data folder: asks it to come to the front and to take the link.
/// \param done  called once; a program without a window (`hawser listen`) says so in the error
void handOver(
    const QString &folder, const QString &link, QObject *context, std::function<void(const Result<void> &)> done);

} // namespace hawser::desktop
