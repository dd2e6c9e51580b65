#include "cli/knock.h"
#include "cli/verbs.h"
#include "core/text.h"

namespace hawser::cli {

namespace {

using contracts::PingOther;

class PingVerb : public Verb {
public:
    using Verb::Verb;

    void start() override
    {
        session().ask<PingOther>({ typed().one("WHO") }, this, [this](const Result<PingOther::Reply> &reply) {
            if (!reply)
                return fail(reply.error());
            const QString via = reply->via.isEmpty() ? QStringLiteral("direct") : visible(reply->via);
            answer(*reply,
                QStringLiteral("%1 ms  via %2  %3")
                    .arg(QString::number(double(reply->roundTripUs) / 1000, 'f', 2), via, visible(reply->program)));
        });
    }
};

} // namespace

VerbEntry pingVerb()
{
    return { { "ping", "whether somebody is there, and how far away",
                 "  hawser ping bea\n"
                 "  hawser ping home --json\n",
                 { { "WHO", "contact, machine or broker", Word::Kind::Required } }, true },
        makeVerb<PingVerb> };
}

} // namespace hawser::cli
