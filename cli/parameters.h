#pragma once

#include "core/value.h"

#include <QStringList>

namespace hawser::cli {

/// "name=value …" as a map of texts; who knows the schema reads them as its types.
/// \retval InvalidArgument  a word without "=", or a name twice
Result<Value> readParameters(const QStringList &words);

} // namespace hawser::cli
