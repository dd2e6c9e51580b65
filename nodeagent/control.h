#pragma once

#include "core/contracts/link_state.h"

/// What a running node agent serves on its control socket (docs/protocol.md §14).
namespace hawser::node {

struct BrokerState {
    QString name;
    QString address;
    PublicKey key;
    QString state; ///< idle, connecting, not-let-in, ready, waiting, stopped
    QString sentence;
    static void describe(auto &field)
    {
        field("name", &BrokerState::name, { .description = "of the location" });
        field("address", &BrokerState::address, { .description = "host:port" });
        field("key", &BrokerState::key, { .description = "pinned" });
        field("state", &BrokerState::state, { .description = "idle, connecting, not-let-in, ready, waiting, stopped" });
        field("sentence", &BrokerState::sentence, { .description = "why it is not ready" });
    }
};

struct RunState {
    QString command;
    PublicKey caller;
    qint64 pid = 0;
    quint64 ranMs = 0;
    quint64 bytes = 0;
    static void describe(auto &field)
    {
        field("command", &RunState::command, { .description = "its name" });
        field("caller", &RunState::caller, { .description = "who runs it" });
        field("pid", &RunState::pid, { .description = "of the process" });
        field("ran_ms", &RunState::ranMs, { .description = "so far" });
        field("bytes", &RunState::bytes, { .description = "of its output that were read" });
    }
};

struct NodeStatus {
    static constexpr const char *name = "node.status";
    using Request = Nothing;
    struct Reply {
        PublicKey key;
        QString name;
        QString version;
        quint64 uptimeMs = 0;
        QList<BrokerState> brokers;
        QStringList commands;
        QList<RunState> runs;
        QList<contracts::LinkState> links;
        Value limits { Value::Map {} }; ///< name → value; the names of docs/limits.md
        Value used { Value::Map {} }; ///< name → how much of it is used now
        Value hits { Value::Map {} }; ///< name → how often it refused, ended or slowed something
        Value counters { Value::Map {} }; ///< what → how often
        qint64 durableWaiting = 0;
        qint64 durableRunning = 0;
        quint64 durableAnswered = 0;
        QString durableSentence;
        static void describe(auto &field)
        {
            field("key", &Reply::key, { .description = "the node's" });
            field("name", &Reply::name, { .description = "what it calls itself" });
            field("version", &Reply::version, { .description = "of the program" });
            field("uptime_ms", &Reply::uptimeMs, { .description = "since it started" });
            field("brokers", &Reply::brokers, { .description = "where it belongs" });
            field("commands", &Reply::commands, { .description = "what it offers" });
            field("runs", &Reply::runs, { .description = "what runs now" });
            field("links", &Reply::links, { .description = "to brokers" });
            field("limits", &Reply::limits, { .description = "in force" });
            field("used", &Reply::used, { .description = "of the limits, now" });
            field("hits", &Reply::hits, { .description = "how often a limit did something" });
            field("counters", &Reply::counters, { .description = "what and how often" });
            field("durable_waiting", &Reply::durableWaiting, { .description = "durable calls without an answer" });
            field("durable_running", &Reply::durableRunning, { .description = "of which run" });
            field("durable_answered", &Reply::durableAnswered, { .description = "since the start" });
            field("durable_sentence", &Reply::durableSentence, { .description = "why none are taken" });
        }
    };
};

/// Joins while the agent runs. A channel: one In each time the number is known; CLOSE when it is decided. The request goes
/// on when the caller goes.
struct NodeJoin {
    static constexpr const char *name = "node.join";
    struct Request {
        QString text;
        static void describe(auto &field)
        {
            field("text", &Request::text, { .description = "link or address", .required = true });
        }
    };
    struct In {
        QString number;
        static void describe(auto &field)
        {
            field("number", &In::number, { .description = "six digits to compare", .required = true });
        }
    };
    using Out = Nothing;
    struct Reply {
        QString name;
        QString address;
        PublicKey key;
        static void describe(auto &field)
        {
            field("name", &Reply::name, { .description = "of the location" });
            field("address", &Reply::address, { .description = "host:port" });
            field("key", &Reply::key, { .description = "the broker's" });
        }
    };
};

} // namespace hawser::node
