#pragma once

#include "core/commands.h"

/// Part of core/contracts/control.h: commands of machines that are called durably.
namespace hawser::contracts {

/// One of them.
struct SentCallItem {
    quint64 id = 0;
    PublicKey key; ///< of the machine
    QString name; ///< what it calls itself
    QString command;
    Value parameters;
    qint64 at = 0; ///< ms since 1970
    qint64 until = 0;
    QString state; ///< queued, at-broker, taken, done
    QString sentence; ///< queued: why, if that is known; at-broker: which; done: how it ended
    bool there = false; ///< at-broker: the machine is online and has not taken it yet
    QString code; ///< done: ok, or of §11 why there is no result
    QString begun; ///< done without a result: no, maybe
    qint64 ended = 0;
    bool seen = false;
    Value result; ///< done, and only of one that is asked for by its id
    Value::List output; ///< the same: messages of a run (node.h)
    quint64 leftOut = 0; ///< bytes of output that were not kept
    static void describe(auto &field)
    {
        field("id", &SentCallItem::id, { .description = "grows" });
        field("key", &SentCallItem::key, { .description = "of the machine" });
        field("name", &SentCallItem::name, { .description = "what it calls itself" });
        field("command", &SentCallItem::command, { .description = "its name" });
        field("parameters", &SentCallItem::parameters, { .description = "map" });
        field("at", &SentCallItem::at, { .description = "ms since 1970" });
        field("until", &SentCallItem::until, { .description = "later it does not begin" });
        field("state", &SentCallItem::state, { .description = "queued, at-broker, taken, done" });
        field("sentence", &SentCallItem::sentence, { .description = "why, at which broker, how it ended" });
        field("there", &SentCallItem::there, { .description = "at-broker: the machine is online" });
        field("code", &SentCallItem::code, { .description = "done: ok, or why there is no result" });
        field("begun", &SentCallItem::begun, { .description = "without a result: no, maybe" });
        field("ended", &SentCallItem::ended, { .description = "ms since 1970" });
        field("seen", &SentCallItem::seen, { .description = "its result was looked at" });
        field("result", &SentCallItem::result, { .description = "map" });
        field("output", &SentCallItem::output, { .description = "messages of a run" });
        field("left_out", &SentCallItem::leftOut, { .description = "bytes of output that were not kept" });
    }
};

/// `hawser run --durable`, `hawser call --durable`: answers once it is on disk and it is known how far it comes by itself now.
/// \retval FailedPrecondition  the command takes no idempotency key: nothing was queued
struct CallDurably {
    static constexpr const char *name = "machine.call-durably";
    struct Request {
        QString node; ///< name, key, prefix
        QString command;
        Value parameters; ///< map; texts are read as the schema's types
        quint64 withinMs = 0; ///< it begins within this time or not at all; 0: 7 days
        static void describe(auto &field)
        {
            field("node", &Request::node, { .description = "name, key or prefix", .required = true });
            field("command", &Request::command, { .description = "one of its offers", .required = true });
            field("parameters", &Request::parameters, { .description = "map" });
            field("within_ms", &Request::withinMs, { .description = "0: 7 days", .most = 30.0 * 24 * 3600 * 1000 });
        }
    };
    using Reply = SentCallItem;
};

/// `hawser results [--follow]`: one In a call, oldest first, then one a change. With follow = false it closes after the first
/// round.
struct WatchCalls {
    static constexpr const char *name = "calls.watch";
    struct Request {
        bool follow = false;
        static void describe(auto &field) { field("follow", &Request::follow, { .description = "go on" }); }
    };
    using In = SentCallItem;
    using Out = Nothing;
    using Reply = Nothing;
};

/// `hawser results ID`: one call with its result, which counts as looked at. A channel: one In, then the end.
/// \retval NotFound  no such call
struct ShowCall {
    static constexpr const char *name = "call.show";
    struct Request {
        quint64 id = 0;
        quint64 waitMs = 0; ///< for its end, at most
        static void describe(auto &field)
        {
            field("id", &Request::id, { .description = "as calls.watch says it", .required = true });
            field("wait_ms", &Request::waitMs,
                { .description = "for its end, at most", .most = 30.0 * 24 * 3600 * 1000 });
        }
    };
    using In = SentCallItem;
    using Out = Nothing;
    using Reply = Nothing;
};

} // namespace hawser::contracts
