#pragma once

#include "core/contracts/control.h"

namespace hawser::cli {

/// One line about a command that was called durably.
QString sentCallText(const contracts::SentCallItem &item);

} // namespace hawser::cli
