#include "cli/request_text.h"
#include "cli/verbs.h"
#include "cli/watching.h"

namespace hawser::cli {

namespace {

using contracts::WatchMyRequests;

class RequestsVerb : public Watching<WatchMyRequests> {
public:
    using Watching::Watching;

private:
    WatchMyRequests::Request request() override { return { follows() }; }
    QString textOf(const WatchMyRequests::In &in) override { return requestText(in); }
};

} // namespace

VerbEntry requestsVerb()
{
    return { { "requests", "who asks to be let in or to be a contact",
                 "  hawser requests\n"
                 "  hawser requests --follow --json\n",
                 { followWord() }, true },
        makeVerb<RequestsVerb> };
}

} // namespace hawser::cli
