#include "nodeagent/child.h"

#include <QFileInfo>
#include <QSocketNotifier>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern "C" {
#include <sys/pidfd.h> // Debian 12's has no extern "C" of its own
}

namespace hawser::node {

namespace {

Error failed(const QString &what, int error)
{
    return { Code::FailedPrecondition, QStringLiteral("%1: %2").arg(what, qt_error_string(error)) };
}

/// A list of C strings that ends with null, as execve wants it.
class CStrings {
public:
    explicit CStrings(const QStringList &texts)
    {
        for (const QString &text : texts)
            m_bytes.push_back(text.toUtf8());
        for (QByteArray &bytes : m_bytes)
            m_pointers.push_back(bytes.data());
        m_pointers.push_back(nullptr);
    }
    char **data() { return m_pointers.data(); }

private:
    std::vector<QByteArray> m_bytes;
    std::vector<char *> m_pointers;
};

struct Pipe {
    Descriptor read;
    Descriptor write;
};

Result<Pipe> makePipe()
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return failed(QStringLiteral("no pipe could be made"), errno);
    Pipe pipe { Descriptor(ends[0]), Descriptor(ends[1]) };
    if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) // only our end: the program's blocks
        return failed(QStringLiteral("no pipe could be made"), errno);
    return pipe;
}

/// The two structures that posix_spawn wants.
class Spawn {
public:
    Spawn()
    {
        ::posix_spawn_file_actions_init(&m_actions);
        ::posix_spawnattr_init(&m_attributes);
    }
    ~Spawn()
    {
        ::posix_spawn_file_actions_destroy(&m_actions);
        ::posix_spawnattr_destroy(&m_attributes);
    }
    Q_DISABLE_COPY_MOVE(Spawn)

    int prepare(int out, int error, const QByteArray &folder)
    {
        sigset_t none;
        sigset_t all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::posix_spawnattr_setsigmask(&m_attributes, &none);
        ::posix_spawnattr_setsigdefault(&m_attributes, &all);
        ::posix_spawnattr_setflags(&m_attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        int bad = ::posix_spawn_file_actions_adddup2(&m_actions, out, STDOUT_FILENO);
        bad = bad ? bad : ::posix_spawn_file_actions_adddup2(&m_actions, error, STDERR_FILENO);
        bad = bad ? bad : ::posix_spawn_file_actions_addopen(&m_actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        bad = bad ? bad : ::posix_spawn_file_actions_addclosefrom_np(&m_actions, STDERR_FILENO + 1);
        return bad ? bad : ::posix_spawn_file_actions_addchdir_np(&m_actions, folder.constData());
    }
    int run(pid_t *pid, char **argv, char **environment)
    {
        return ::posix_spawn(pid, argv[0], &m_actions, &m_attributes, argv, environment);
    }

private:
    posix_spawn_file_actions_t m_actions;
    posix_spawnattr_t m_attributes;
};

QString whatFailed(const Launch &launch, int error)
{
    if (!QFileInfo(launch.folder).isDir())
        return QStringLiteral("the working folder %1").arg(launch.folder);
    if (error == EAGAIN || error == ENOMEM)
        return QStringLiteral("no further process");
    return QStringLiteral("the program %1").arg(launch.argv[0]);
}

} // namespace

Descriptor::~Descriptor()
{
    if (m_number >= 0)
        ::close(m_number);
}

Result<std::unique_ptr<Child>> Child::start(const Launch &launch)
{
    Result<Pipe> out = makePipe();
    if (!out)
        return out.error();
    Result<Pipe> error = makePipe();
    if (!error)
        return error.error();
    CStrings argv(launch.argv);
    CStrings environment(launch.environment);
    Spawn spawn;
    pid_t pid = -1;
    int bad = spawn.prepare(out->write.get(), error->write.get(), launch.folder.toUtf8());
    bad = bad ? bad : spawn.run(&pid, argv.data(), environment.data());
    if (bad)
        return failed(whatFailed(launch, bad), bad);
    Descriptor handle(::pidfd_open(pid, 0)); // is close-on-exec
    if (handle.get() < 0) {
        const int why = errno;
        ::kill(-pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        return failed(QStringLiteral("the process could not be watched"), why);
    }
    return std::unique_ptr<Child>(new Child(pid, std::move(handle), std::move(out->read), std::move(error->read)));
}

Child::Child(pid_t pid, Descriptor handle, Descriptor out, Descriptor error)
    : m_pid(pid), m_handle(std::move(handle)), m_out(std::move(out)), m_error(std::move(error)),
      m_notifier(std::make_unique<QSocketNotifier>(m_handle.get(), QSocketNotifier::Read))
{
    connect(m_notifier.get(), &QSocketNotifier::activated, this, [this] {
        m_notifier->setEnabled(false);
        emit ended();
    });
}

Child::~Child()
{
    if (m_reaped)
        return;
    signalGroup(SIGKILL);
    ::waitpid(m_pid, nullptr, WNOHANG); // who hangs in the kernel is left to init
}

void Child::signalGroup(int number)
{
    if (!m_reaped)
        ::kill(-m_pid, number);
}

Child::End Child::reap()
{
    int status = 0;
    const pid_t pid = ::waitpid(m_pid, &status, 0);
    m_reaped = true;
    if (pid != m_pid)
        return {};
    if (WIFSIGNALED(status))
        return { true, WTERMSIG(status) };
    return { false, WEXITSTATUS(status) };
}

} // namespace hawser::node
