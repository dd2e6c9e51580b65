#pragma once

#include "core/result.h"

#include <QString>

namespace hawser::node {

/// Exit codes (docs/nodeagent.md), as sysexits.h has them.
enum ExitCode : int {
    ExitDone = 0,
    ExitUsage = 64,
    ExitUnavailable = 69,
    ExitSoftware = 70,
    ExitSystem = 71,
    ExitPending = 75,
    ExitProtocol = 76,
    ExitRefused = 77,
    ExitConfig = 78,
};

/// What the command line says.
struct Options {
    enum class Verb { Run, Join, CheckConfig, Status } verb = Verb::Run;
    QString data; ///< empty: the usual place
    QString config; ///< empty: the usual place
    QString target; ///< join: link, address, or "-"
    bool wait = true; ///< join
    bool json = false;
};

/// An exit code instead when there is nothing to do: help, version, or an error that was told.
std::variant<Options, int> parseOptions(int argc, char **argv);

/// The exit code that goes with an error of join or run.
int exitCodeFor(const Error &error);

} // namespace hawser::node
