#pragma once

#include "core/contracts/control.h"

namespace hawser::cli {

/// A request as several lines: id and kind, claimed name, key words, number, where it came from, what it asks.
QString requestText(const contracts::WatchMyRequests::In &request);

} // namespace hawser::cli
