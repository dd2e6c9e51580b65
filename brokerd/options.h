#pragma once

#include "core/location.h"
#include "core/value.h"

#include <variant>

namespace hawser::broker {

/// `run`: be the broker.
struct RunOptions {
    QList<Address> listen; ///< empty: as the configuration says
    QString config;
};

/// `check-config`.
struct CheckOptions {
    QString config;
};

/// A verb that a running broker answers through its control socket.
struct VerbOptions {
    QString verb;
    QString command; ///< its name on the wire
    Value parameters;
};

struct Options {
    QString data; ///< empty: the usual place
    bool json = false;
    std::variant<RunOptions, CheckOptions, VerbOptions> what;
};

/// What the command line says, or the exit code of what was printed instead (help, version, a mistake: 64).
std::variant<Options, int> readCommandLine(int argc, char **argv);

/// "90", "90s", "10m", "2h", "30d" as milliseconds.
/// \retval InvalidArgument  no time, none at all, or more than a hundred years
Result<quint64> readTime(const QString &text);

} // namespace hawser::broker
