#pragma once

#include "cli/verb.h"

#include <vector>

namespace hawser::cli {

// Each in a file of its own name.
VerbEntry idVerb();
VerbEntry statusVerb();
VerbEntry joinVerb();
VerbEntry offersVerb();
VerbEntry runVerb();
VerbEntry callVerb();
VerbEntry resultsVerb();
VerbEntry messageVerb();
VerbEntry messagesVerb();
VerbEntry chatVerb();
VerbEntry listenVerb();
VerbEntry sendVerb();
VerbEntry receiveVerb();
VerbEntry transfersVerb();
VerbEntry requestsVerb();
VerbEntry approveVerb();
VerbEntry denyVerb();
VerbEntry contactsVerb();
VerbEntry pingVerb();
VerbEntry publishVerb();
VerbEntry subscribeVerb();

/// All of them, in the order of --help.
std::vector<VerbEntry> allVerbs();

} // namespace hawser::cli
