#include "cli/transfer_text.h"
#include "cli/verbs.h"
#include "cli/watching.h"

namespace hawser::cli {

namespace {

using contracts::WatchTransfers;

class TransfersVerb : public Watching<WatchTransfers> {
public:
    using Watching::Watching;

private:
    WatchTransfers::Request request() override { return { follows() }; }
    QString textOf(const contracts::TransferItem &in) override { return transferText(in); }
};

} // namespace

VerbEntry transfersVerb()
{
    return { { "transfers", "files on their way, both directions",
                 "  hawser transfers\n"
                 "  hawser transfers --follow --json\n",
                 { followWord() } },
        makeVerb<TransfersVerb> };
}

} // namespace hawser::cli
