#pragma once

#include <core/commands.h>

// The commands that broker, node and client of this example share.

struct WriteNote {
    static constexpr const char *name = "write_note";
    struct Request {
        QString note;
        static void describe(auto &field) { field("note", &Request::note, { .required = true }); }
    };
};

struct FetchNotes {
    static constexpr const char *name = "fetch_notes";
    using Request = hawser::Nothing;
    struct Reply {
        QStringList notes;
        static void describe(auto &field) { field("notes", &Reply::notes, {}); }
    };
};

struct RaiseError {
    static constexpr const char *name = "raise_error";
    using Request = hawser::Nothing;
    using Reply = hawser::Nothing;
};

struct Divide {
    static constexpr const char *name = "divide";
    struct Request {
        double dividend = 0;
        double divisor = 0;
        static void describe(auto &field)
        {
            field("dividend", &Request::dividend, { .required = true });
            field("divisor", &Request::divisor, { .required = true });
        }
    };
    struct Reply {
        double quotient = 0;
        static void describe(auto &field) { field("quotient", &Reply::quotient, {}); }
    };
};
