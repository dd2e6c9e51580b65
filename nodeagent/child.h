#pragma once

#include "core/result.h"

#include <QObject>
#include <QStringList>
#include <memory>
#include <sys/types.h>

class QSocketNotifier;

namespace hawser::node {

/// A descriptor that is closed with it.
class Descriptor {
public:
    explicit Descriptor(int number = -1) : m_number(number) { }
    Descriptor(Descriptor &&other) noexcept : m_number(std::exchange(other.m_number, -1)) { }
    Descriptor &operator=(Descriptor &&other) noexcept
    {
        std::swap(m_number, other.m_number);
        return *this;
    }
    ~Descriptor();
    int get() const { return m_number; }

private:
    int m_number;
};

/// What to start: an argument list for the kernel, no shell; the environment is all there is.
struct Launch {
    QStringList argv; ///< the first is the whole path of the program
    QStringList environment; ///< "NAME=value"
    QString folder;
};

/// A process that leads a session and a group of its own. It gets /dev/null to read, two pipes to write, no other
/// descriptor of ours, and signals as they are by default.
class Child : public QObject {
    Q_OBJECT

public:
    /// \retval FailedPrecondition  it could not be started: the sentence says why
    static Result<std::unique_ptr<Child>> start(const Launch &launch);
    /// Kills what is left of the group.
    ~Child() override;

    pid_t pid() const { return m_pid; }
    Descriptor takeOut() { return std::move(m_out); } ///< what it writes; does not block
    Descriptor takeError() { return std::move(m_error); }
    /// To the whole group. The number cannot be somebody else's: the leader is not reaped before reap().
    void signalGroup(int number);

    struct End {
        bool signalled = false;
        int number = 0; ///< of the signal, else the exit status
    };
    /// Lets the kernel forget the leader. \pre ended() was emitted
    End reap();

signals:
    void ended(); ///< the leader is dead

private:
    Child(pid_t pid, Descriptor handle, Descriptor out, Descriptor error);

    pid_t m_pid;
    bool m_reaped = false;
    Descriptor m_handle; // pidfd
    Descriptor m_out;
    Descriptor m_error;
    std::unique_ptr<QSocketNotifier> m_notifier;
};

} // namespace hawser::node
