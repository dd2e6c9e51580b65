#include "cli/knock.h"
#include "cli/talk.h"
#include "cli/verbs.h"
#include "core/text.h"

namespace hawser::cli {

namespace {

using contracts::WatchContacts;

class ChatVerb : public Verb {
public:
    explicit ChatVerb(const Desk &desk)
        : Verb(desk), m_knock(desk.session, desk.printer), m_talk(desk.session, desk.printer)
    {
    }

    Result<void> check() override { return m_talk.questions().setAccepted(typed().all("--accept")); }

    void start() override
    {
        connect(&m_talk, &Talk::ended, this, [this] { end(exitOk); });
        connect(&m_talk, &Talk::inputEnded, this, [this] { end(exitOk); });
        connect(&m_talk, &Talk::failed, this, &ChatVerb::stopAndFail);
        connect(&m_knock, &Knock::failed, this, &ChatVerb::stopAndFail);
        connect(&m_knock, &Knock::accepted, this,
            [this](const contracts::Join::Reply &reply) { talkTo(reply.key.hex(), reply.name); });
        const QString who = typed().one("WHO");
        if (who.isEmpty())
            return m_talk.start({});
        if (Knock::isAddress(who))
            return m_knock.join(who);
        find(who);
    }

    void interrupt() override { end(exitOk); }

private:
    /// Somebody who is no contact yet is asked.
    void find(const QString &who)
    {
        Call *call = session().start<WatchContacts>({ false });
        connect(call, &Channel::received, this, [this, who](const ChannelMessage &message) {
            const auto contact = message.as<WatchContacts::In>();
            if (!contact)
                return;
            const bool isPrefix = who.size() >= 4 && contact->key.hex().startsWith(who.toLower());
            if (isPrefix || contact->alias == who || contact->name == who || contact->claim == who)
                m_found << *contact;
        });
        connect(call, &Call::finished, this, [this, who](const Result<Payload> &result) {
            if (!result)
                return stopAndFail(result.error());
            if (m_found.isEmpty())
                return m_knock.ask(who);
            talkTo(m_found.size() == 1 ? m_found.first().key.hex() : who, m_found.first().name);
        });
    }

    void talkTo(const QString &who, const QString &name)
    {
        m_talk.setTarget(who, name);
        m_talk.start(who);
    }

    void end(int exitCode)
    {
        m_talk.stop();
        emit finished(exitCode);
    }

    void stopAndFail(const Error &error)
    {
        m_talk.stop();
        fail(error);
    }

    Knock m_knock;
    Talk m_talk;
    QList<WatchContacts::In> m_found;
};

} // namespace

VerbEntry chatVerb()
{
    return { { "chat", "talk on the terminal; /help says what can be typed",
                 "  hawser chat bea\n"
                 "  hawser chat 192.0.2.7:4781            the person who listens there\n"
                 "  hawser chat                           everybody; answers go to who spoke\n",
                 { { "WHO", "a contact, a person at a broker, or HOST:PORT" },
                     { "--accept", "let this key in without a question", Word::Kind::Many, "KEY" } },
                 true, false, true },
        makeVerb<ChatVerb> };
}

} // namespace hawser::cli
