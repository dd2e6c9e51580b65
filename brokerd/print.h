#pragma once

#include "core/value.h"

namespace hawser::broker {

/// The answer to a verb as people read it on a terminal.
QByteArray printedAnswer(const QString &verb, const Value &request, const Value &reply, const Value::List &pending);
/// The same as one line of JSON (core/json.h).
QByteArray printedJson(const QString &verb, const Value &reply, const Value::List &pending);
QByteArray printedJsonError(const Error &error);

} // namespace hawser::broker
