#pragma once

#include "core/commands.h"

/// Part of core/contracts/control.h: machines, and commands of whoever can be reached.
namespace hawser::contracts {

/// `hawser offers [--follow]`: one In a machine, then one a change. With follow = false it closes after the first round.
struct WatchMachines {
    static constexpr const char *name = "machines.watch";
    struct Request {
        bool follow = false;
        static void describe(auto &field) { field("follow", &Request::follow, { .description = "go on" }); }
    };
    struct In {
        PublicKey key;
        QString name;
        QString host;
        QString broker;
        bool online = false;
        bool removed = false;
        Value::List commands; ///< of CommandSpec (specFromValue)
        static void describe(auto &field)
        {
            field("key", &In::key, { .description = "the node's" });
            field("name", &In::name, { .description = "what it calls itself" });
            field("host", &In::host, { .description = "the machine's own name" });
            field("broker", &In::broker, { .description = "where it is" });
            field("online", &In::online, { .description = "it can be called now" });
            field("removed", &In::removed, { .description = "no longer a node there" });
            field("commands", &In::commands, { .description = "what it can do" });
        }
    };
    using Out = Nothing;
    using Reply = Nothing;
};

/// `hawser run`: a channel. Byte messages from here as a node sends them (contracts/node.h: first byte RunStream, then
/// output), slowed to the caller's pace; the caller may send RunControl; CLOSE is RunEnd or the error.
struct RunOnMachine {
    static constexpr const char *name = "machine.run";
    struct Request {
        QString node; ///< name, key, prefix
        QString command;
        Value parameters; ///< map; texts are read as the schema's types
        quint64 timeLimitMs = 0; ///< 0: none
        static void describe(auto &field)
        {
            field("node", &Request::node, { .description = "name, key or prefix", .required = true });
            field("command", &Request::command, { .description = "one of its offers", .required = true });
            field("parameters", &Request::parameters, { .description = "map" });
            field("time_limit_ms", &Request::timeLimitMs, { .description = "0: none" });
        }
    };
};

/// `hawser call WHO COMMAND`: any command of a node, a contact or a broker, once, with its reply.
struct CallOther {
    static constexpr const char *name = "person.call";
    struct Request {
        QString who; ///< machine, contact or broker
        QString command;
        Value parameters; ///< map; texts are read as the schema's types where it is known
        quint64 timeoutMs = 0; ///< 0: 30 s
        static void describe(auto &field)
        {
            field("who", &Request::who, { .description = "machine, contact or broker", .required = true });
            field("command", &Request::command, { .description = "its name", .required = true });
            field("parameters", &Request::parameters, { .description = "map" });
            field("timeout_ms", &Request::timeoutMs, { .description = "0: 30 s" });
        }
    };
    struct Reply {
        Value result;
        static void describe(auto &field) { field("result", &Reply::result, { .description = "as it was answered" }); }
    };
};

/// `hawser ping WHO`
struct PingOther {
    static constexpr const char *name = "person.ping";
    struct Request {
        QString who; ///< contact, machine or broker
        static void describe(auto &field)
        {
            field("who", &Request::who, { .description = "contact, machine or broker", .required = true });
        }
    };
    struct Reply {
        quint64 roundTripUs = 0;
        QString via; ///< broker; empty: direct
        QString program;
        static void describe(auto &field)
        {
            field("round_trip_us", &Reply::roundTripUs, { .description = "microseconds" });
            field("via", &Reply::via, { .description = "broker; empty: direct" });
            field("program", &Reply::program, { .description = "name and version" });
        }
    };
};

} // namespace hawser::contracts
