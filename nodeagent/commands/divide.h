#pragma once

#include "core/commands.h"

namespace hawser::node {

/// One number by another.
/// \retval InvalidArgument  b is zero
struct Divide {
    static constexpr const char *name = "divide";
    static constexpr bool idempotent = true; // it changes nothing
    static constexpr const char *description = "divides a by b";
    struct Request {
        double a = 0;
        double b = 0;
        static void describe(auto &field)
        {
            field("a", &Request::a, { .description = "what is divided", .required = true });
            field("b", &Request::b, { .description = "what it is divided by", .required = true });
        }
    };
    struct Reply {
        double quotient = 0;
        static void describe(auto &field) { field("quotient", &Reply::quotient, { .description = "a divided by b" }); }
    };
};

void serveDivide(Commands &commands);

} // namespace hawser::node
