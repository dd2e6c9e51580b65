#pragma once

#include "cli/printer.h"

namespace hawser::cli {

/// Runs what was typed after "!" in a shell of this machine and prints its output as lines of ours.
void runLocally(const QString &command, Printer &printer, QObject *parent);

} // namespace hawser::cli
