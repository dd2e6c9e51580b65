#include "core/folders.h"
#include "core/limit_use.h"
#include "core/number.h"
#include "nodeagent/terminal.h"
#include "nodeagent/verbs.h"

namespace hawser::node {

namespace {

class StatusVerb final : public Verb {
public:
    StatusVerb(const Options &options, const Self &self)
        : m_options(options), m_self(self), m_agent(self.identity, self.profile)
    {
        connect(&m_agent, &Client::ready, this, [this] {
            m_agent.call<NodeStatus>({}, {}, this, [this](const Result<NodeStatus::Reply> &reply) {
                if (!reply)
                    return finish(complain(m_options, reply.error(), exitCodeFor(reply.error())));
                show(*reply, true);
            });
        });
        connect(&m_agent, &Client::failed, this, [this] { show(fromFolder(), false); });
    }

    void start() override
    {
        const Result<QString> path = controlSocketPath(m_self.folder);
        if (!path)
            return finish(complain(m_options, path.error(), ExitSystem));
        m_agent.connectToLocal(*path);
    }

private:
    NodeStatus::Reply fromFolder() const
    {
        NodeStatus::Reply status;
        status.key = m_self.identity.key();
        status.name = m_self.profile.name;
        status.version = m_self.profile.program;
        const QList<Location> locations = Locations(m_self.folder).all();
        for (const Location &location : locations)
            status.brokers << BrokerState { location.name, location.address.text(), location.broker,
                QStringLiteral("idle"), {} };
        return status;
    }

    void show(const NodeStatus::Reply &status, bool running)
    {
        m_agent.disconnect(this);
        if (m_options.json)
            showJson(status, running);
        else
            showLines(status, running);
        finish(running ? ExitDone : ExitUnavailable);
    }

    void showJson(const NodeStatus::Reply &status, bool running)
    {
        Value value = toValue(status);
        value.insert(QStringLiteral("running"), running);
        value.insert(QStringLiteral("folder"), m_self.folder);
        if (const std::optional<Pending> pending = loadPending(m_self.folder)) {
            value.insert(QStringLiteral("asking"), pending->address.text());
            value.insert(QStringLiteral("number"), pending->proof.number);
        }
        sayJson(value);
    }

    void showLines(const NodeStatus::Reply &status, bool running)
    {
        say(QStringLiteral("%1  %2").arg(status.name, status.key.words()));
        say(running ? QStringLiteral("runs since %1 s, offers %2 commands")
                          .arg(QString::number(status.uptimeMs / 1000), QString::number(status.commands.size()))
                    : QStringLiteral("does not run"));
        for (const BrokerState &broker : status.brokers)
            say(QStringLiteral("broker %1 (%2): %3  %4")
                    .arg(broker.name, broker.address, broker.state, broker.sentence));
        for (const RunState &run : status.runs)
            say(QStringLiteral("run %1: pid %2, %3 s")
                    .arg(run.command, QString::number(run.pid), QString::number(run.ranMs / 1000)));
        if (status.durableWaiting > 0)
            say(QStringLiteral("durable calls: %1 wait or run").arg(status.durableWaiting));
        if (!status.durableSentence.isEmpty())
            say(QStringLiteral("durable calls: %1").arg(status.durableSentence));
        for (const contracts::LinkState &link : status.links)
            say(QStringLiteral("link ") + contracts::lineOf(link));
        const QStringList limits = limitLines(status.limits, status.used, status.hits).split(u'\n', Qt::SkipEmptyParts);
        for (const QString &line : limits)
            say(line);
        if (const std::optional<Pending> pending = loadPending(m_self.folder))
            say(QStringLiteral("asks %1 to be let in: %2")
                    .arg(pending->address.text(), showNumber(pending->proof.number)));
    }

    void finish(int exitCode) { emit done(exitCode); }

    Options m_options;
    Self m_self;
    Client m_agent;
};

} // namespace

std::unique_ptr<Verb> statusVerb(const Options &options, const Self &self)
{
    return std::make_unique<StatusVerb>(options, self);
}

} // namespace hawser::node
