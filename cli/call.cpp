#include "cli/durably.h"
#include "cli/parameters.h"
#include "cli/verbs.h"
#include "core/contracts/control.h"
#include "core/json.h"

namespace hawser::cli {

namespace {

using contracts::CallOther;

class CallVerb : public Verb {
public:
    using Verb::Verb;

    Result<void> check() override
    {
        const Result<Value> parameters = readParameters(typed().all("name=value"));
        if (!parameters)
            return parameters.error();
        if (typed().has("--within"))
            return Error { Code::InvalidArgument, QStringLiteral("--within goes with --durable") };
        m_request = { typed().one("WHO"), typed().one("COMMAND"), *parameters, 0 };
        return {};
    }

    void start() override
    {
        session().ask<CallOther>(m_request, this, [this](const Result<CallOther::Reply> &reply) {
            if (!reply)
                return fail(withDoubt(reply.error()));
            printer().object(reply->result); // the answer's shape is the command's: JSON either way
            emit finished(exitOk);
        });
    }

private:
    CallOther::Request m_request;
};

} // namespace

VerbEntry callVerb()
{
    return { { "call", "one command of a machine, contact or broker, and its answer as JSON",
                 "  hawser call render-2 divide a=6 b=4\n"
                 "  hawser call home broker.status\n",
                 withDurable({ { "WHO", "machine, contact or broker", Word::Kind::Required },
                     { "COMMAND", "its name", Word::Kind::Required },
                     { "name=value", "its parameters", Word::Kind::Many } }),
                 true },
        makeNowOrDurably<CallVerb> };
}

} // namespace hawser::cli
