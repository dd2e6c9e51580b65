#pragma once

#include "nodeagent/options.h"

#include "core/value.h"

namespace hawser::node {

/// A line on standard output, whatever it holds made visible.
void say(const QString &line);
/// An object on a line of its own; bytes and keys are written as hex.
void sayJson(const Value &value);
/// One sentence on standard error, or the error as an object on standard output. \return `exitCode`
int complain(const Options &options, const Error &error, int exitCode);
/// The first line of standard input.
/// \retval InvalidArgument  there is none, or it is longer than a link can be
Result<QString> readLine();

} // namespace hawser::node
