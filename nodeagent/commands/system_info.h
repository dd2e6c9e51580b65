#pragma once

#include "core/commands.h"

namespace hawser::node {

/// What this machine is.
struct SystemInfo {
    static constexpr const char *name = "system.info";
    static constexpr bool idempotent = true; // it changes nothing
    static constexpr const char *description = "what this machine is: system, cores, memory, how long it runs";
    using Request = Nothing;
    struct Reply {
        QString host;
        QString system; ///< "Debian GNU/Linux 12 (bookworm)"
        QString kernel; ///< "6.1.0-18-amd64"
        QString architecture; ///< "x86_64"
        quint64 cores = 0;
        quint64 memoryTotal = 0;
        quint64 memoryAvailable = 0;
        double load = 0;
        quint64 uptimeMs = 0;
        static void describe(auto &field)
        {
            field("host", &Reply::host, { .description = "the machine's own name" });
            field("system", &Reply::system, { .description = "operating system" });
            field("kernel", &Reply::kernel, { .description = "version of the kernel" });
            field("architecture", &Reply::architecture, { .description = "of the processor" });
            field("cores", &Reply::cores, { .description = "processors that can be used" });
            field("memory_total", &Reply::memoryTotal, { .description = "bytes" });
            field("memory_available", &Reply::memoryAvailable, { .description = "bytes" });
            field("load", &Reply::load, { .description = "processes that wanted to run, mean of a minute" });
            field("uptime_ms", &Reply::uptimeMs, { .description = "since the machine started" });
        }
    };
};

/// How this machine is, each second until the caller has seen enough.
struct SystemWatch {
    static constexpr const char *name = "system.watch";
    static constexpr const char *description = "load, memory, disk and uptime, each second";
    using Request = Nothing;
    struct In {
        double load = 0;
        quint64 memoryTotal = 0;
        quint64 memoryAvailable = 0;
        quint64 diskTotal = 0;
        quint64 diskFree = 0;
        quint64 uptimeMs = 0;
        static void describe(auto &field)
        {
            field("load", &In::load, { .description = "processes that wanted to run, mean of a minute" });
            field("memory_total", &In::memoryTotal, { .description = "bytes" });
            field("memory_available", &In::memoryAvailable, { .description = "bytes" });
            field("disk_total", &In::diskTotal, { .description = "bytes of the root file system" });
            field("disk_free", &In::diskFree, { .description = "bytes of it that a user may still write" });
            field("uptime_ms", &In::uptimeMs, { .description = "since the machine started" });
        }
    };
    using Out = Nothing;
    using Reply = Nothing;
};

SystemInfo::Reply systemInfo();
SystemWatch::In systemSample();

void serveSystemInfo(Commands &commands);
/// \param period  between two samples
void serveSystemWatch(Commands &commands, milliseconds period = milliseconds(1000));

} // namespace hawser::node
