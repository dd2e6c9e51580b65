#pragma once

#include "core/commands.h"
#include "core/later.h"
#include "nodeagent/run.h"

namespace hawser::node {

/// Offers the own commands of a configuration and keeps their runs.
class Runner : public QObject {
    Q_OBJECT

public:
    /// \param commands  where they are served; outlives this
    explicit Runner(Commands &commands, QObject *parent = nullptr);
    ~Runner() override;

    /// From now on these are offered; what runs goes on.
    void setConfig(const Config &config);
    /// Asks all runs to end. \param who  as their callers read it
    void stopAll(const QString &who);
    QList<const Run *> runs() const;
    /// Runs that were refused because so many ran already.
    quint64 refused() const { return m_refused; }

signals:
    void idle(); ///< the last run has ended

private:
    void run(const OwnCommand &command, const Value &values, const std::shared_ptr<IncomingCall> &call);
    Result<void> mayRun(const OwnCommand &command) const;
    void forget(Run *run);

    Commands &m_commands;
    QStringList m_offered;
    qint64 m_mostAtOnce = 0;
    mutable quint64 m_refused = 0;
    bool m_stopping = false;
    std::map<Run *, LaterPointer<Run>> m_runs;
};

} // namespace hawser::node
