#pragma once

#include "nodeagent/agent.h"
#include "nodeagent/options.h"

namespace hawser::node {

/// What main() starts and waits for. It says what happens on the terminal.
class Verb : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;
    /// `done` follows, not before the event loop runs.
    virtual void start() = 0;

signals:
    void done(int exitCode);
};

/// `check-config`. \return the exit code
int checkConfig(const Options &options);
/// `run`: serves until SIGTERM; SIGHUP reads the configuration again.
std::unique_ptr<Verb> runVerb(const Options &options, const Self &self, const Config &config);
/// `join`: through the agent that runs on this data folder, else directly.
std::unique_ptr<Verb> joinVerb(const Options &options, const Self &self, const Config &config);
/// `status`: of the agent that runs on this data folder, else of the folder.
std::unique_ptr<Verb> statusVerb(const Options &options, const Self &self);

/// Reads or makes what the data folder holds.
/// \retval PermissionDenied, DataLoss, FailedPrecondition  the folder or the identity cannot be used
Result<Self> loadSelf(const QString &folder, const Config &config);

} // namespace hawser::node
