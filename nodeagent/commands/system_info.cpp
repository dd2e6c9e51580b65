#include "nodeagent/commands/system_info.h"

#include <QFile>
#include <QSysInfo>
#include <QThread>
#include <QTimer>
#include <cstdlib>
#include <sys/statvfs.h>
#include <time.h>

namespace hawser::node {

namespace {

constexpr qint64 largestProcFile = 64 * 1024; // bytes

struct Memory {
    quint64 total = 0;
    quint64 available = 0;
};

/// /proc/meminfo: "MemTotal:       16316412 kB"
Memory memory()
{
    Memory memory;
    QFile file(QStringLiteral("/proc/meminfo"));
    if (!file.open(QIODevice::ReadOnly))
        return memory;
    const QList<QByteArray> lines = file.read(largestProcFile).split('\n');
    for (const QByteArray &line : lines) {
        const QByteArray number = line.mid(line.indexOf(':') + 1).trimmed();
        const quint64 bytes = number.left(number.indexOf(' ')).toULongLong() * 1024;
        if (line.startsWith("MemTotal:"))
            memory.total = bytes;
        else if (line.startsWith("MemAvailable:"))
            memory.available = bytes;
    }
    return memory;
}

double load()
{
    double mean = 0;
    return ::getloadavg(&mean, 1) == 1 ? mean : 0;
}

quint64 uptimeMs()
{
    timespec time {};
    if (::clock_gettime(CLOCK_BOOTTIME, &time) != 0)
        return 0;
    return quint64(time.tv_sec) * 1000 + quint64(time.tv_nsec) / 1000000;
}

} // namespace

SystemInfo::Reply systemInfo()
{
    const Memory now = memory();
    SystemInfo::Reply reply;
    reply.host = QSysInfo::machineHostName();
    reply.system = QSysInfo::prettyProductName();
    reply.kernel = QSysInfo::kernelVersion();
    reply.architecture = QSysInfo::currentCpuArchitecture();
    reply.cores = quint64(QThread::idealThreadCount());
    reply.memoryTotal = now.total;
    reply.memoryAvailable = now.available;
    reply.load = load();
    reply.uptimeMs = uptimeMs();
    return reply;
}

SystemWatch::In systemSample()
{
    const Memory now = memory();
    SystemWatch::In sample;
    sample.load = load();
    sample.memoryTotal = now.total;
    sample.memoryAvailable = now.available;
    struct statvfs disk { };
    if (::statvfs("/", &disk) == 0) {
        sample.diskTotal = quint64(disk.f_blocks) * disk.f_frsize;
        sample.diskFree = quint64(disk.f_bavail) * disk.f_frsize;
    }
    sample.uptimeMs = uptimeMs();
    return sample;
}

void serveSystemInfo(Commands &commands)
{
    commands.serve<SystemInfo>(
        [](const Nothing &, const Caller &) -> Result<SystemInfo::Reply> { return systemInfo(); });
}

void serveSystemWatch(Commands &commands, milliseconds period)
{
    commands.serveChannel<SystemWatch>([period](const Nothing &, const std::shared_ptr<IncomingCall> &call) {
        auto *timer = new QTimer(call.get());
        const auto say = [call = call.get()] {
            if (call->room() > 0) // who does not read misses samples, they do not pile up
                call->send(systemSample());
        };
        // The connection to `stopped` keeps the call until the caller has gone.
        QObject::connect(call.get(), &IncomingCall::stopped, timer, [timer, call] {
            timer->stop();
            timer->deleteLater();
        });
        QObject::connect(timer, &QTimer::timeout, timer, say);
        say();
        timer->start(period);
    });
}

} // namespace hawser::node
