#pragma once

#include "core/commands.h"

namespace hawser::node {

/// Free and used space of the file system that holds a path.
/// \retval NotFound  no such path on this node
struct DiskUsage {
    static constexpr const char *name = "disk.usage";
    static constexpr bool idempotent = true; // it changes nothing
    static constexpr const char *description = "free and total space of the file system that holds a path";
    struct Request {
        QString path;
        static void describe(auto &field)
        {
            field("path", &Request::path, { .description = "where to look", .required = true });
        }
    };
    struct Reply {
        quint64 free = 0;
        quint64 total = 0;
        static void describe(auto &field)
        {
            field("free", &Reply::free, { .description = "bytes a user may still write" });
            field("total", &Reply::total, { .description = "bytes in all" });
        }
    };
};

void serveDiskUsage(Commands &commands);

} // namespace hawser::node
