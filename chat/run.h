#pragma once

#include "core/client.h"
#include "core/contracts/node.h"

#include <QPointer>

namespace hawser::chat {

/// One command on one machine, watched. Output comes as it is read; hold() makes the machine wait.
class Run : public QObject {
    Q_OBJECT

public:
    /// \param client  of the broker; outlives this or its call is over
    Run(quint64 id, Client *client, const PublicKey &node, const QString &machine, const CommandSpec &spec,
        const Value &parameters, milliseconds timeLimit);

    /// The closed set (ux.md 4.8).
    enum class State : quint8 {
        Queued = 1,
        Sent = 2,
        Refused = 3, ///< by policy
        Starting = 4,
        Running = 5,
        Finished = 6, ///< exitStatus()
        Killed = 7, ///< by a signal
        Stopped = 8, ///< by whom
        TimeLimit = 9,
        FailedToStart = 10,
        Unknown = 11, ///< the link was lost after the start
        Unavailable = 12, ///< never begun
    };
    Q_ENUM(State)

    quint64 id() const { return m_id; } ///< grows within this process
    const PublicKey &node() const { return m_node; }
    const PublicKey &broker() const { return m_broker; }
    const QString &machine() const { return m_machine; } ///< its name: text from others
    const QString &command() const { return m_command; }
    const Value &parameters() const { return m_parameters; }
    State state() const { return m_state; }
    bool isOver() const;
    /// "running", "finished (exit 3)", "stopped by ana", "unknown – link lost after start", …
    QString stateText() const;
    const std::optional<contracts::RunEnd> &end() const { return m_end; }
    qint64 pid() const { return m_pid; } ///< 0: not known yet
    qint64 startedAt() const { return m_startedAt; } ///< ms since 1970; 0: not yet
    milliseconds ranFor() const;
    const Error &error() const { return m_error; } ///< Refused, Unknown, Unavailable

    /// TERM, then KILL, for the whole process group.
    void stop();
    /// The reader has no room: after what is under way nothing more comes until resume().
    void hold();
    void resume();

signals:
    void output(
        hawser::contracts::RunStream stream, QByteArrayView bytes); ///< as written; any bytes; valid in the slot
    void stateChanged(hawser::chat::Run::State state);
    void over(); ///< once, last

private:
    void take(const ChannelMessage &message);
    void finish(const Result<Payload> &result);
    void began();
    void setState(State state);
    void say(const Value &value);

    const quint64 m_id;
    const PublicKey m_node;
    const PublicKey m_broker;
    const QString m_machine;
    const QString m_command;
    const Value m_parameters;
    QPointer<Call> m_call;
    State m_state = State::Queued;
    std::optional<contracts::RunEnd> m_end;
    Error m_error { Code::Ok, {} };
    qint64 m_pid = 0;
    qint64 m_startedAt = 0;
    Instant m_since;
    milliseconds m_ran { 0 };
    bool m_stopWished = false;
};

} // namespace hawser::chat
