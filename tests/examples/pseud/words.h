#pragma once

#include <core/commands.h>

/// One text there, one text back.
struct Text {
    QString text;
    static void describe(auto &field) { field("text", &Text::text, { .required = true }); }
};

struct SayHello {
    static constexpr const char *name = "hello";
    using Request = Text;
    using Reply = Text;
};

struct Lower {
    static constexpr const char *name = "string.lower";
    using Request = Text;
    using Reply = Text;
};

struct Upper {
    static constexpr const char *name = "string.upper";
    using Request = Text;
    using Reply = Text;
};

struct Addition {
    static constexpr const char *name = "addition";
    struct Request {
        qint64 a = 0;
        qint64 b = 0;
        static void describe(auto &field)
        {
            field("a", &Request::a, { .required = true });
            field("b", &Request::b, { .required = true });
        }
    };
    struct Reply {
        qint64 sum = 0;
        static void describe(auto &field) { field("sum", &Reply::sum, {}); }
    };
};
