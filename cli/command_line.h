#pragma once

#include "cli/typed.h"

#include <variant>

namespace hawser::cli {

/// Reads the command line; --help, --version and wrong usage are answered here.
/// \return what was typed, or the code to exit with
std::variant<Typed, int> readCommandLine(const QList<Syntax> &verbs, int argc, char **argv);

} // namespace hawser::cli
