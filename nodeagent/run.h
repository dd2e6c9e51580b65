#pragma once

#include "core/call.h"
#include "core/contracts/node.h"
#include "nodeagent/config.h"
#include "nodeagent/output.h"

#include <QTimer>

namespace hawser::node {

/// One run of an own command: its process on one side, its caller on the other (docs/protocol.md §14). Output is read
/// only as fast as the caller takes it.
class Run : public QObject {
    Q_OBJECT

public:
    Run(const OwnCommand &command, std::shared_ptr<IncomingCall> call, QObject *parent);
    ~Run() override;

    /// What cannot be started is told to the caller; `over` follows in any case.
    void start(const Launch &launch);
    /// TERM to the group, KILL after a while. \param who  as the caller reads it
    void stop(const QString &who);

    const QString &command() const { return m_command.name; }
    const PublicKey &caller() const { return m_caller; }
    pid_t pid() const { return m_child ? m_child->pid() : 0; }
    milliseconds ranFor() const;
    /// Bytes that were read from the program.
    quint64 bytesRead() const { return m_bytesRead; }

signals:
    void over(); ///< once, in a later turn than start()

private:
    using Outcome = contracts::RunOutcome;

    void watchCaller();
    void controlled(const ChannelMessage &message);
    void callerGone(const Error &why);
    void terminate(Outcome reason, const QString &detail);
    void forward(Output &output, contracts::RunStream stream);
    void forwardAll();
    qint64 roomNow() const;
    void leaderEnded();
    void settle();
    void drain(Output &output, contracts::RunStream stream);
    void conclude();
    void finish(const contracts::RunEnd &end);

    OwnCommand m_command;
    std::shared_ptr<IncomingCall> m_call;
    PublicKey m_caller;
    Instant m_started;
    std::unique_ptr<Child> m_child;
    std::unique_ptr<Output> m_out;
    std::unique_ptr<Output> m_error;
    std::optional<Outcome> m_reason; // why we end it
    QString m_detail;
    bool m_leaderEnded = false;
    bool m_over = false;
    quint64 m_bytesRead = 0;
    QTimer m_limit;
    QTimer m_kill;
    QTimer m_linger;
};

} // namespace hawser::node
