#pragma once

#include "core/contracts/control.h"

namespace hawser::cli {

/// "12.3 MB"
QString bytesText(quint64 bytes);
/// One line: direction, who, what, how far, why.
QString transferText(const contracts::TransferItem &item);
/// How far it is, for standard error; empty while there is nothing to say.
QString progressText(const contracts::TransferItem &item);
bool isOver(const contracts::TransferItem &item);
/// 0 whole, 74 some files failed, 77 declined, 69 not possible.
int exitCodeOf(const contracts::TransferItem &item);

} // namespace hawser::cli
