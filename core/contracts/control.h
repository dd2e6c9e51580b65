#pragma once

#include "core/contracts/control_calls.h"
#include "core/contracts/control_files.h"
#include "core/contracts/control_machines.h"
#include "core/contracts/control_people.h"
#include "core/contracts/control_self.h"
#include "core/contracts/control_talk.h"

/// What a person's program (hawser-desktop, or a `hawser` that owns the data folder) serves on its control socket
/// (where it is: docs/protocol.md §1.8). WHO is an alias, a name, a whole key, a unique prefix of one; where it is said, HOST:PORT.
namespace hawser::contracts {

using hawser::Nothing;

} // namespace hawser::contracts
