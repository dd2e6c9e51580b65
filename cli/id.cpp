#include "cli/verbs.h"
#include "core/contracts/control.h"

namespace hawser::cli {

namespace {

using contracts::PersonId;

class Id : public Verb {
public:
    using Verb::Verb;

    void start() override
    {
        session().ask<PersonId>({}, this, [this](const Result<PersonId::Reply> &reply) {
            if (!reply)
                return fail(reply.error());
            const QString text = QStringLiteral("%1\n%2\n%3").arg(reply->key.hex(), reply->words, reply->name);
            answer(*reply, text);
        });
    }
};

} // namespace

VerbEntry idVerb()
{
    return { { "id", "who I am: key, key words, name",
                 "  hawser id           three lines: whole key, six words, name\n"
                 "  hawser id --json\n",
                 {} },
        makeVerb<Id> };
}

} // namespace hawser::cli
