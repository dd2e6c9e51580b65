#pragma once

#include "core/commands.h"

namespace hawser::contracts {

/// A person says to a broker what it calls itself now, so that others need not wait for its next greeting.
struct CallMe {
    static constexpr const char *name = "me.name";
    static constexpr StreamClass streamClass = StreamClass::Talk;
    struct Request {
        QString name;
        static void describe(auto &field)
        {
            field("name", &Request::name, { .description = "what I call myself", .required = true });
        }
    };
    using Reply = Nothing;
};

} // namespace hawser::contracts
