#pragma once

#include "nodeagent/config.h"

namespace hawser::node {

/// Names between braces in one argument of a template; braces around anything else are just braces.
QStringList placeholders(const QString &argument);

/// Bytes that one argument may have after its values are in.
inline constexpr qsizetype argumentBytes = 64 * 1024;

/// The arguments of a run: each value is put into its place as it is and never read again, so it stays part of one
/// argument. An argument that names a parameter without a value is left out.
/// \param values  a map that conforms to the command's schema
/// \retval InvalidArgument  a value holds a NUL, is too long, or begins with '-' where it could be taken for an option
Result<QStringList> argvFor(const OwnCommand &command, const Value &values);

} // namespace hawser::node
