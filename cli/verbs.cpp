#include "cli/verbs.h"

namespace hawser::cli {

std::vector<VerbEntry> allVerbs()
{
    return { idVerb(), statusVerb(), joinVerb(), contactsVerb(), requestsVerb(), approveVerb(), denyVerb(),
        offersVerb(), runVerb(), callVerb(), resultsVerb(), messageVerb(), messagesVerb(), chatVerb(), listenVerb(),
        sendVerb(), receiveVerb(), transfersVerb(), publishVerb(), subscribeVerb(), pingVerb() };
}

} // namespace hawser::cli
