#include "cli/entry_text.h"
#include "cli/verbs.h"
#include "cli/watching.h"

namespace hawser::cli {

namespace {

using contracts::WatchMessages;

class Messages : public Watching<WatchMessages> {
public:
    using Watching::Watching;

private:
    WatchMessages::Request request() override { return { typed().one("WHO"), follows(), true }; }
    QString textOf(const WatchMessages::In &in) override { return entryText(in); }
};

} // namespace

VerbEntry messagesVerb()
{
    return { { "messages", "what was said since the program that owns the folder began",
                 "  hawser messages bea\n"
                 "  hawser messages --follow --json\n",
                 { { "WHO", "a contact; without it everybody" }, followWord() } },
        makeVerb<Messages> };
}

} // namespace hawser::cli
