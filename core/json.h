#pragma once

#include "core/result.h"
#include "core/value.h"

namespace hawser {

/// One line of JSON. Bytes and keys are lower-case hex digits. What a terminal could act on, or nobody can see, is
/// written as \uXXXX, so the line is harmless wherever it is shown.
QByteArray jsonLine(const Value &value);
/// {"error": {"code", "sentence"}}, as every program tells a failure.
Value errorValue(const Error &error);

} // namespace hawser
