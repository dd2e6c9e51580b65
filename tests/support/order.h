#pragma once

#include "core/commands.h"

namespace hawser::test {

/// A command that may be called durably.
struct Order {
    static constexpr const char *name = "order";
    static constexpr bool idempotent = true;
    struct Request {
        qint64 n = 0;
        static void describe(auto &field) { field("n", &Request::n, { .required = true }); }
    };
    using Reply = Request;
};

} // namespace hawser::test
