#pragma once

#include "core/client.h"
#include "core/contracts/node.h"

namespace hawser::chat {

/// One command on one machine, watched. Output comes as it is read; hold() makes the machine wait.
class Run : public QObject {
    Q_OBJECT

public:
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

    ~Run() override;

    quint64 id() const; ///< grows within this process
    const PublicKey &node() const;
    const PublicKey &broker() const;
    QString machine() const; ///< its name: text from others
    QString command() const;
    const Value &parameters() const;
    State state() const;
    bool isOver() const;
    /// "running", "finished (exit 3)", "stopped by ana", "unknown – link lost after start", …
    QString stateText() const;
    const std::optional<contracts::RunEnd> &end() const;
    qint64 pid() const; ///< 0: not known yet
    qint64 startedAt() const; ///< ms since 1970; 0: not yet
    milliseconds ranFor() const;
    const Error &error() const; ///< Refused, Unknown, Unavailable

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
    friend class Machines;
    class Private;
    explicit Run(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

} // namespace hawser::chat
