#pragma once

#include "core/public_key.h"

#include <QSet>
#include <QStringList>

namespace hawser::cli {

/// What --accept says for requests: whole keys, nothing less proves who somebody is.
/// \retval InvalidArgument  one is no whole key
Result<QSet<PublicKey>> readKeys(const QStringList &words);

} // namespace hawser::cli
