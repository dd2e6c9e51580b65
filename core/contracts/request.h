#pragma once

#include "core/commands.h"

namespace hawser::contracts {

/// Somebody asks to be let in (docs/protocol.md §7): by a broker (a person or a machine joins), or by a person (contact,
/// direct or through a broker). The only command a stranger may open. A channel: the asker commits, the decider sends a
/// nonce, the asker reveals, then both wait; CLOSE with a Reply is *yes*. Nothing but a broker's `deny` is ever told as
/// no (PermissionDenied): not now, time-out, block and absence all look like waiting.
struct AskToBeLetIn {
    static constexpr const char *name = "request/1";
    static constexpr StreamClass streamClass = StreamClass::Talk;

    enum class Kind : quint8 { Person = 1, Machine = 2, Contact = 3 };

    struct Request {
        Kind kind = Kind::Contact;
        QByteArray id; ///< 16 bytes; the same when the same request knocks again, so that the number stays
        QString claim; ///< what the asker calls itself
        QString program;
        QString host;
        QStringList rights; ///< contact: "messages", "files"; person: "member"; machine: "node"
        QStringList commands; ///< machine: the names of what it would offer
        QByteArray commitment; ///< 32 bytes, core/number.h
        QByteArray invitation; ///< 16 bytes, or empty
        static void describe(auto &field)
        {
            field("kind", &Request::kind,
                { .description = "1 person, 2 machine, 3 contact", .required = true, .least = 1, .most = 3 });
            field("id", &Request::id, { .description = "16 bytes", .required = true });
            field("claim", &Request::claim, { .description = "what the asker calls itself" });
            field("program", &Request::program, { .description = "name and version" });
            field("host", &Request::host, { .description = "the machine's own name" });
            field("rights", &Request::rights, { .description = "what is asked for" });
            field("commands", &Request::commands, { .description = "what a machine would offer" });
            field("commitment", &Request::commitment, { .description = "32 bytes", .required = true });
            field("invitation", &Request::invitation, { .description = "the secret of an invitation" });
        }
    };
    /// Decider to asker, first message.
    struct In {
        QByteArray nonce; ///< 32 bytes of the decider
        quint64 leftMs = 0; ///< how long the question stays on a screen
        static void describe(auto &field)
        {
            field("nonce", &In::nonce, { .description = "32 bytes", .required = true });
            field("left_ms", &In::leftMs, { .description = "how long the question is on a screen" });
        }
    };
    /// Asker to decider, the answer to it.
    struct Out {
        QByteArray nonce; ///< 32 bytes that the commitment was made of
        static void describe(auto &field)
        {
            field("nonce", &Out::nonce, { .description = "32 bytes", .required = true });
        }
    };
    struct Reply {
        QStringList rights; ///< what was granted
        quint64 forMs = 0; ///< 0: always (or, for "once", as long as the link lasts)
        bool once = false;
        bool administrator = false;
        QString claim; ///< what the decider calls itself
        static void describe(auto &field)
        {
            field("rights", &Reply::rights, { .description = "what was granted" });
            field("for_ms", &Reply::forMs, { .description = "0: no end" });
            field("once", &Reply::once, { .description = "ends with the link" });
            field("administrator", &Reply::administrator, { .description = "may decide over others" });
            field("claim", &Reply::claim, { .description = "what the decider calls itself" });
        }
    };
};

} // namespace hawser::contracts
