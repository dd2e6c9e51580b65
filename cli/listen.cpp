#include "cli/talk.h"
#include "cli/verbs.h"

namespace hawser::cli {

namespace {

using contracts::Listen;
using contracts::PersonStatus;

class ListenVerb : public Verb {
public:
    explicit ListenVerb(const Desk &desk) : Verb(desk), m_talk(desk.session, desk.printer) { }

    Result<void> check() override { return m_talk.questions().setAccepted(typed().all("--accept")); }

    void start() override
    {
        connect(&m_talk, &Talk::ended, this, &ListenVerb::interrupt);
        connect(&m_talk, &Talk::failed, this, [this](const Error &error) {
            m_talk.stop();
            fail(error);
        });
        session().ask<PersonStatus>({}, this, [this](const Result<PersonStatus::Reply> &status) {
            if (!status)
                return fail(status.error());
            m_listenedBefore = status->listening;
            listen();
        });
    }

    /// The listener is as it was before.
    void interrupt() override
    {
        m_talk.stop();
        if (m_listenedBefore)
            return emit finished(exitOk);
        session().ask<Listen>({ false, {} }, this, [this](const Result<Listen::Reply> &) { emit finished(exitOk); });
    }

private:
    void listen()
    {
        session().ask<Listen>({ true, typed().one("HOST:PORT") }, this, [this](const Result<Listen::Reply> &reply) {
            if (!reply)
                return fail(reply.error());
            if (typed().json)
                printer().object(toValue(*reply));
            else
                printer().line(QStringLiteral("listening at ") + reply->addresses.join(QStringLiteral(", ")));
            m_talk.start({});
        });
    }

    Talk m_talk;
    bool m_listenedBefore = false;
};

} // namespace

VerbEntry listenVerb()
{
    return { { "listen", "let people reach me directly, and talk to them; asks on the terminal",
                 "  hawser listen\n"
                 "  hawser listen 192.0.2.7:4781 --accept 64-HEX-DIGITS\n",
                 { { "HOST:PORT", "where; without it the port of last time, else 4781 or the next free one" },
                     { "--accept", "let this key in without a question", Word::Kind::Many, "KEY" } },
                 false, false, true },
        makeVerb<ListenVerb> };
}

} // namespace hawser::cli
