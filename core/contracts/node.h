#pragma once

#include "core/commands.h"

namespace hawser::contracts {

// A node's own commands are channels whose names and parameters stand in its offer (docs/protocol.md §14). Output comes
// as byte messages: the first byte says which stream, the rest is output as it was written. The caller may send one
// message, RunControl; its cancel or its going is handled as the command's configuration says. CLOSE carries RunEnd.

enum class RunStream : quint8 { Out = 1, Err = 2, Started = 3 }; ///< Started: the rest is the pid as decimal text

struct RunControl {
    QString wish; ///< "stop"
    static void describe(auto &field) { field("wish", &RunControl::wish, { .description = "stop", .required = true }); }
};

/// The closed set of ways a run ends on the node; what the caller sees besides (refused, unknown …) is an error.
enum class RunOutcome : quint8 { Finished = 1, Killed = 2, Stopped = 3, TimeLimit = 4, FailedToStart = 5 };

struct RunEnd {
    RunOutcome outcome = RunOutcome::Finished;
    qint64 exitStatus = 0; ///< Finished
    qint64 signal = 0; ///< Killed, Stopped, TimeLimit
    QString detail; ///< FailedToStart: why; Stopped: by whom
    quint64 ranMs = 0;
    static void describe(auto &field)
    {
        field("outcome", &RunEnd::outcome,
            { .description = "1 finished, 2 killed, 3 stopped, 4 time limit, 5 failed to start",
                .required = true,
                .least = 1,
                .most = 5 });
        field("exit", &RunEnd::exitStatus, { .description = "exit status" });
        field("signal", &RunEnd::signal, { .description = "signal number" });
        field("detail", &RunEnd::detail, { .description = "a sentence" });
        field("ran_ms", &RunEnd::ranMs, { .description = "how long it ran" });
    }
};

} // namespace hawser::contracts
