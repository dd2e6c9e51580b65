#pragma once

#include "core/commands.h"

namespace hawser::node {

/// The text and the bulk of the call, back.
struct Echo {
    static constexpr const char *name = "echo";
    static constexpr bool idempotent = true; // it changes nothing
    static constexpr const char *description = "says back what it is told";
    struct Request {
        QString text;
        static void describe(auto &field) { field("text", &Request::text, { .description = "what to say" }); }
    };
    struct Reply {
        QString text;
        static void describe(auto &field) { field("text", &Reply::text, { .description = "what was said" }); }
    };
};

void serveEcho(Commands &commands);

} // namespace hawser::node
