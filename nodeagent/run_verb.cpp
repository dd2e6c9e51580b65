#include "core/folders.h"
#include "core/log.h"
#include "core/number.h"
#include "nodeagent/signals.h"
#include "nodeagent/terminal.h"
#include "nodeagent/verbs.h"

#include <systemd/sd-daemon.h>

namespace hawser::node {

namespace {

class RunVerb final : public Verb {
public:
    RunVerb(const Options &options, const Self &self, const Config &config)
        : m_options(options), m_self(self), m_agent(self, config)
    {
        connect(&m_signals, &Signals::terminate, this, &RunVerb::terminate);
        connect(&m_signals, &Signals::reload, this, &RunVerb::reload);
        connect(&m_agent, &Agent::stopped, this, [this] { finish(ExitDone); });
    }

    void start() override
    {
        if (Locations(m_self.folder).all().isEmpty())
            return finish(complain(m_options, notJoined(), ExitConfig));
        const Result<QString> path = controlSocketPath(m_self.folder);
        if (!path)
            return finish(complain(m_options, path.error(), ExitSystem));
        if (const Result<void> started = m_agent.start(*path); !started)
            return finish(complain(m_options, started.error(), exitCodeFor(started.error())));
        tellReady();
    }

private:
    Error notJoined() const
    {
        const QString advice = QStringLiteral("join one first: hawser-nodeagent join LINK-OR-ADDRESS");
        const std::optional<Pending> pending = loadPending(m_self.folder);
        if (!pending)
            return { Code::FailedPrecondition, QStringLiteral("this node belongs to no broker: %1").arg(advice) };
        return { Code::FailedPrecondition,
            QStringLiteral("this node belongs to no broker yet; %1 has not decided about it (number %2): "
                           "hawser-nodeagent join %1 waits for that")
                .arg(pending->address.text(), showNumber(pending->proof.number)) };
    }

    void tellReady()
    {
        const QStringList commands = m_agent.status().commands;
        Value value;
        value.insert(QStringLiteral("state"), QStringLiteral("running"));
        value.insert(QStringLiteral("key"), m_self.identity.key().hex());
        value.insert(QStringLiteral("commands"), qint64(commands.size()));
        if (m_options.json)
            sayJson(value);
        else
            say(QStringLiteral("hawser-nodeagent runs as %1, %2 commands")
                    .arg(m_self.profile.name, QString::number(commands.size())));
        ::sd_notify(0, "READY=1");
    }

    void terminate()
    {
        if (std::exchange(m_terminating, true))
            return finish(ExitDone); // asked twice: at once, what runs is killed
        ::sd_notify(0, "STOPPING=1");
        m_agent.stop();
    }

    /// What is wrong leaves everything as it was.
    void reload()
    {
        ::sd_notify(0, "RELOADING=1");
        const Result<Config> config = loadConfigOrDefault(m_options.config);
        const Result<void> fits = config ? checkOffer(*config) : Result<void>(config.error());
        if (!fits) {
            log(Level::Error, "config.kept", { { "sentence", fits.error().sentence } });
        } else {
            m_agent.setConfig(*config);
            log(Level::Notice, "config.read", { { "commands", qint64(config->commands.size()) } });
        }
        ::sd_notify(0, "READY=1");
    }

    void finish(int exitCode) { emit done(exitCode); }

    Options m_options;
    Self m_self;
    Signals m_signals; // before any thread
    Agent m_agent;
    bool m_terminating = false;
};

} // namespace

std::unique_ptr<Verb> runVerb(const Options &options, const Self &self, const Config &config)
{
    return std::make_unique<RunVerb>(options, self, config);
}

} // namespace hawser::node
