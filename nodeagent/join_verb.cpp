#include "core/folders.h"
#include "core/number.h"
#include "nodeagent/terminal.h"
#include "nodeagent/verbs.h"

namespace hawser::node {

namespace {

class JoinVerb final : public Verb {
public:
    JoinVerb(const Options &options, const Self &self, const Config &config)
        : m_options(options), m_self(self), m_joiner(self, commandNames(config)), m_agent(self.identity, self.profile)
    {
        connect(&m_joiner, &Joiner::waiting, this, &JoinVerb::waiting);
        connect(&m_joiner, &Joiner::ended, this, &JoinVerb::ended);
        connect(&m_agent, &Client::ready, this, &JoinVerb::throughAgent);
        connect(&m_agent, &Client::failed, this, &JoinVerb::directly);
        connect(&m_agent, &Client::lost, this, [this](const Error &why) { ended(why); });
    }

    void start() override
    {
        Result<QString> text = m_options.target == u"-" ? readLine() : Result<QString>(m_options.target);
        if (!text)
            return finish(complain(m_options, text.error(), ExitUsage));
        m_text = *text;
        const Result<QString> path = controlSocketPath(m_self.folder);
        if (!path)
            return finish(complain(m_options, path.error(), ExitSystem));
        m_agent.connectToLocal(*path);
    }

private:
    static QStringList commandNames(const Config &config)
    {
        QStringList names = builtInNames();
        for (const OwnCommand &command : config.commands)
            names << command.name;
        return names;
    }

    void throughAgent()
    {
        Call *call = m_agent.start<NodeJoin>({}, { m_text });
        connect(call, &Channel::received, this, [this](const ChannelMessage &message) {
            if (const Result<NodeJoin::In> in = message.as<NodeJoin::In>())
                waiting(in->number);
        });
        connect(call, &Call::finished, this, [this](const Result<Payload> &result) {
            const Result<NodeJoin::Reply> reply = replyOf<NodeJoin>(result);
            if (!reply)
                return ended(reply.error());
            const Result<Address> address = Address::parse(reply->address);
            ended(Location { reply->name, address ? *address : Address {}, reply->key });
        });
    }

    /// No agent runs on this folder.
    void directly()
    {
        m_agent.disconnect(this);
        m_agent.disconnectFromPeer();
        if (const Result<void> started = m_joiner.start(m_text); !started)
            ended(started.error());
    }

    void waiting(const QString &number)
    {
        if (std::exchange(m_number, number) == number)
            return;
        if (m_options.json) {
            Value value;
            value.insert(QStringLiteral("state"), QStringLiteral("waiting"));
            value.insert(QStringLiteral("number"), number);
            sayJson(value);
        } else {
            say(QStringLiteral("An administrator of the broker has to let this node in.\n"
                               "The number to compare: %1")
                    .arg(showNumber(number)));
        }
        if (!m_options.wait)
            finish(ExitPending);
    }

    void ended(const Result<Location> &result)
    {
        if (!result)
            return finish(complain(m_options, result.error(), exitCodeFor(result.error())));
        if (m_options.json) {
            Value value;
            value.insert(QStringLiteral("state"), QStringLiteral("joined"));
            value.insert(QStringLiteral("name"), result->name);
            value.insert(QStringLiteral("address"), result->address.text());
            value.insert(QStringLiteral("key"), result->broker.hex());
            sayJson(value);
        } else {
            say(QStringLiteral("Joined %1 (%2).").arg(result->name, result->address.text()));
        }
        finish(ExitDone);
    }

    void finish(int exitCode)
    {
        if (!std::exchange(m_finished, true))
            emit done(exitCode);
    }

    Options m_options;
    Self m_self;
    Joiner m_joiner;
    Client m_agent; // the one that runs on this folder
    QString m_text;
    QString m_number;
    bool m_finished = false;
};

} // namespace

std::unique_ptr<Verb> joinVerb(const Options &options, const Self &self, const Config &config)
{
    return std::make_unique<JoinVerb>(options, self, config);
}

} // namespace hawser::node
