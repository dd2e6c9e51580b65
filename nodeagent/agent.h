#pragma once

#include "core/control_server.h"
#include "core/durable_server.h"
#include "nodeagent/control.h"
#include "nodeagent/runner.h"
#include "nodeagent/uplink.h"

#include <vector>

namespace hawser::node {

/// A running node: what it offers, at every broker it belongs to, and its control socket.
class Agent : public QObject {
    Q_OBJECT

public:
    Agent(const Self &self, const Config &config, QObject *parent = nullptr);
    ~Agent() override;

    /// Takes the control socket and connects to each location.
    /// \retval AlreadyExists  another agent has this data folder
    Result<void> start(const QString &controlPath);
    /// Offers this from now on.
    void setConfig(const Config &config);
    /// Ends what runs, then `stopped`.
    void stop();

    NodeStatus::Reply status() const;
    Commands &commands() { return m_commands; }
    const Runner &runner() const { return m_runner; }

signals:
    void stopped();

private:
    void serveControl();
    void join(const NodeJoin::Request &request, const std::shared_ptr<IncomingCall> &call);
    void addUplink(const Location &location);
    Uplink::Offer offer() const;
    void allEnded();
    void leaveWhenSaid();
    void leave();

    void reportLimits(NodeStatus::Reply &status) const;

    Self m_self;
    Config m_config;
    Instant m_started;
    Commands m_commands; // for brokers' people
    Commands m_controlCommands; // for the owner of the folder
    Runner m_runner;
    DurableServer m_durable;
    ControlServer m_control;
    std::vector<LaterPointer<Uplink>> m_uplinks;
    bool m_stopping = false;
    Instant m_leaveBy {};
};

/// What a node with this configuration would offer: checks what the configuration alone cannot.
/// \retval ResourceExhausted  the offer is larger than one frame
Result<void> checkOffer(const Config &config);

/// All that is built in.
void serveBuiltIns(Commands &commands);

} // namespace hawser::node
