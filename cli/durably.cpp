#include "cli/durably.h"

#include "cli/call_text.h"
#include "cli/lasting.h"
#include "cli/parameters.h"
#include "core/text.h"

namespace hawser::cli {

namespace {

using contracts::CallDurably;

class Durably : public Verb {
public:
    using Verb::Verb;

    Result<void> check() override
    {
        const Result<Value> parameters = readParameters(typed().all("name=value"));
        if (!parameters)
            return parameters.error();
        const QString node = typed().one("NODE");
        m_request = { node.isEmpty() ? typed().one("WHO") : node, typed().one("COMMAND"), *parameters, 0 };
        if (!typed().has("--within"))
            return {};
        const Result<milliseconds> within = readLasting(typed().one("--within"));
        if (!within)
            return within.error();
        m_request.withinMs = quint64(within->count());
        return {};
    }

    void start() override
    {
        session().ask<CallDurably>(m_request, this, [this](const Result<CallDurably::Reply> &reply) {
            if (!reply) {
                printer().error(reply.error());
                const bool isRun = typed().verb == QLatin1String("run");
                emit finished(isRun ? runExitCodeOf(reply.error()) : exitCodeOf(reply.error()));
                return;
            }
            if (typed().json)
                printer().object(toValue(*reply));
            else
                printer().line(sentCallText(*reply));
            emit finished(exitOk);
        });
    }

private:
    CallDurably::Request m_request;
};

} // namespace

QList<Word> withDurable(QList<Word> words)
{
    words << Word { "--durable", "the machine may be away; hawser results tells what came of it" }
          << Word { "--within", "with --durable: begin within 10m, 2h, 30d, or never; else 7d", Word::Kind::Optional,
                 "TIME" };
    return words;
}

std::unique_ptr<Verb> makeDurably(const Desk &desk)
{
    return std::make_unique<Durably>(desk);
}

} // namespace hawser::cli
