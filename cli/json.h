#pragma once

#include "core/value.h"

namespace hawser::cli {

/// One line of JSON. Bytes and keys are lower-case hex digits. What a terminal could act on, or nobody can see, is
/// written as \uXXXX, so the line is harmless wherever it is shown.
QByteArray jsonLine(const Value &value);

} // namespace hawser::cli
