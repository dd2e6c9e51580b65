#pragma once

#include "core/instant.h"
#include "core/result.h"

namespace hawser::cli {

/// "90s", "10m", "2h", "30d", or seconds without a unit.
/// \retval InvalidArgument  no such time, or none at all
Result<milliseconds> readLasting(const QString &text);

} // namespace hawser::cli
