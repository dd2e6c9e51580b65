#pragma once

#include "core/commands.h"

/// What a broker serves (docs/protocol.md §13.5). All are addressed to the link's other end (a null key).
namespace hawser::contracts {

/// A node says what it can do; again whenever that changes. Nodes only.
struct AnnounceOffer {
    static constexpr const char *name = "offer.announce";
    static constexpr StreamClass streamClass = StreamClass::Command;
    struct Request {
        QString name; ///< what the node calls itself
        QString host;
        Value::List commands; ///< of CommandSpec (specToValue)
        static void describe(auto &field)
        {
            field("name", &Request::name, { .description = "what the node calls itself", .required = true });
            field("host", &Request::host, { .description = "the machine's own name" });
            field("commands", &Request::commands, { .description = "what it can do", .required = true });
        }
    };
    struct Reply {
        static void describe(auto &) { }
    };
};

/// Whether a person may call the machine that asks, now and as long as this stays open: it asks before it begins what it was
/// sent durably, and ends it when the right ends. Machines only. A channel: one In, he may; CLOSE when he may not any more.
/// \retval NotFound  nobody here has this key, or may call this machine
struct MayCall {
    static constexpr const char *name = "caller.may/1";
    static constexpr StreamClass streamClass = StreamClass::Command;
    struct Request {
        PublicKey user;
        static void describe(auto &field)
        {
            field("user", &Request::user, { .description = "who wants to call", .required = true });
        }
    };
    using In = Nothing;
    using Out = Nothing;
    using Reply = Nothing;
};

/// Offers as they come, change and go. A channel: one In for each node at the start, then one for each change.
struct WatchOffers {
    static constexpr const char *name = "offers.watch";
    struct Request {
        static void describe(auto &) { }
    };
    struct In {
        PublicKey node;
        QString name;
        QString host;
        bool online = false; ///< false: the node is gone (it stays known)
        bool removed = false; ///< revoked: forget it
        quint64 goneMs = 0; ///< how long ago it went
        Value::List commands;
        static void describe(auto &field)
        {
            field("node", &In::node, { .description = "the node's key", .required = true });
            field("name", &In::name, { .description = "what it calls itself" });
            field("host", &In::host, { .description = "the machine's own name" });
            field("online", &In::online, { .description = "it can be called now" });
            field("removed", &In::removed, { .description = "no longer a node here" });
            field("gone_ms", &In::goneMs, { .description = "how long ago it went" });
            field("commands", &In::commands, { .description = "what it can do" });
        }
    };
    using Out = Request;
    using Reply = Request;
};

/// Who belongs to this broker and who is here, as it changes. A channel like WatchOffers.
struct WatchPeople {
    static constexpr const char *name = "people.watch";
    static constexpr StreamClass streamClass = StreamClass::Talk;
    struct Request {
        static void describe(auto &) { }
    };
    struct In {
        PublicKey user;
        QString name;
        bool online = false;
        bool administrator = false;
        bool removed = false;
        quint64 knownMs = 0; ///< how long it has been a user here
        static void describe(auto &field)
        {
            field("user", &In::user, { .description = "the key", .required = true });
            field("name", &In::name, { .description = "what it calls itself" });
            field("online", &In::online, { .description = "a session is here" });
            field("administrator", &In::administrator, { .description = "may decide over others" });
            field("removed", &In::removed, { .description = "no longer a user here" });
            field("known_ms", &In::knownMs, { .description = "how long it has been a user here" });
        }
    };
    using Out = Request;
    using Reply = Request;
};

/// The broker's waiting requests, as they come and go. Administrators and the control socket.
struct WatchRequests {
    static constexpr const char *name = "requests.watch";
    static constexpr StreamClass streamClass = StreamClass::Admin;
    struct Request {
        bool follow = true; ///< false: the waiting ones, then the end
        static void describe(auto &field) { field("follow", &Request::follow, { .description = "go on" }); }
    };
    struct In {
        QString id; ///< "r7", "n3"
        PublicKey key;
        bool machine = false;
        QString claim;
        QString program;
        QString host;
        QString number; ///< six digits
        QString address; ///< as the broker saw it, without the port
        QStringList rights;
        QStringList commands;
        quint64 sinceMs = 0;
        bool closed = false; ///< decided or gone: take it off the list
        QString by; ///< who decided
        static void describe(auto &field)
        {
            field("id", &In::id, { .description = "for approve and deny", .required = true });
            field("key", &In::key, { .description = "who asks", .required = true });
            field("machine", &In::machine, { .description = "a node" });
            field("claim", &In::claim, { .description = "what it calls itself" });
            field("program", &In::program, { .description = "name and version" });
            field("host", &In::host, { .description = "the machine's own name" });
            field("number", &In::number, { .description = "six digits to compare" });
            field("address", &In::address, { .description = "as the broker saw it" });
            field("rights", &In::rights, { .description = "what is asked for" });
            field("commands", &In::commands, { .description = "what it would offer" });
            field("since_ms", &In::sinceMs, { .description = "how long it waits" });
            field("closed", &In::closed, { .description = "decided or gone" });
            field("by", &In::by, { .description = "who decided" });
        }
    };
    using Out = Request;
    struct Reply {
        static void describe(auto &) { }
    };
};

/// Decides over a request. Administrators and the control socket.
struct DecideRequest {
    static constexpr const char *name = "request.decide";
    static constexpr StreamClass streamClass = StreamClass::Admin;
    struct Request {
        QString id; ///< "r7", or a whole key
        bool allow = false;
        QString number; ///< what was compared; checked by the broker when given
        PublicKey key; ///< checked by the broker when given
        quint64 forMs = 0; ///< 0: always
        bool once = false; ///< ends with the asker's session
        bool administrator = false;
        quint64 blockMs = 0; ///< with allow = false: this key does not ask again so long
        bool blockAddress = false; ///< and nobody from its address
        bool quietly = false; ///< with allow = false: not now: nothing is told, the request stays
        static void describe(auto &field)
        {
            field("id", &Request::id, { .description = "the request, or a whole key", .required = true });
            field("allow", &Request::allow, { .description = "yes", .required = true });
            field("number", &Request::number, { .description = "six digits that were compared" });
            field("key", &Request::key, { .description = "the key that was compared" });
            field("for_ms", &Request::forMs, { .description = "0: no end" });
            field("once", &Request::once, { .description = "ends with the session" });
            field("administrator", &Request::administrator, { .description = "may decide over others" });
            field("block_ms", &Request::blockMs, { .description = "does not ask again so long" });
            field("block_address", &Request::blockAddress, { .description = "nor anybody from its address" });
            field("quietly", &Request::quietly, { .description = "not now: it stays in the list" });
        }
    };
    struct Reply {
        PublicKey key;
        QString name;
        static void describe(auto &field)
        {
            field("key", &Reply::key, { .description = "who was decided over" });
            field("name", &Reply::name, { .description = "what it calls itself" });
        }
    };
};

/// Takes somebody's right to be here away: accounts, nodes, and their live sessions. Administrators, control socket.
struct Revoke {
    static constexpr const char *name = "account.revoke";
    static constexpr StreamClass streamClass = StreamClass::Admin;
    struct Request {
        QString who; ///< whole key, unique prefix of one (8 digits at least), or a unique name
        static void describe(auto &field)
        {
            field("who", &Request::who, { .description = "key, prefix or name", .required = true });
        }
    };
    struct Reply {
        PublicKey key;
        QString name;
        quint64 sessions = 0; ///< how many were ended
        static void describe(auto &field)
        {
            field("key", &Reply::key, { .description = "who" });
            field("name", &Reply::name, { .description = "what it called itself" });
            field("sessions", &Reply::sessions, { .description = "how many were ended" });
        }
    };
};

/// Who is refused without a question: blocked with `request.decide`. Administrators and the control socket.
struct BrokerBlocks {
    static constexpr const char *name = "block.list";
    static constexpr StreamClass streamClass = StreamClass::Admin;
    struct Item {
        QString what; ///< a key in hex, or an address
        quint64 leftMs = 0;
        static void describe(auto &field)
        {
            field("what", &Item::what, { .description = "a key or an address" });
            field("left_ms", &Item::leftMs, { .description = "until it ends by itself" });
        }
    };
    struct Request {
        QString after; ///< the last one that is known; empty: from the beginning
        static void describe(auto &field) { field("after", &Request::after, { .description = "goes on behind it" }); }
    };
    struct Reply {
        QList<Item> blocks; ///< sorted, at most 1000
        bool more = false;
        static void describe(auto &field)
        {
            field("blocks", &Reply::blocks, { .description = "in order" });
            field("more", &Reply::more, { .description = "ask again with the last one" });
        }
    };
};

/// Lets somebody who is blocked ask again. Administrators and the control socket.
struct LiftBrokerBlock {
    static constexpr const char *name = "block.lift";
    static constexpr StreamClass streamClass = StreamClass::Admin;
    struct Request {
        QString what; ///< a key, eight digits or more of one, or an address
        static void describe(auto &field)
        {
            field("what", &Request::what, { .description = "a key or an address", .required = true });
        }
    };
    struct Reply {
        QString what;
        static void describe(auto &field) { field("what", &Reply::what, { .description = "what was blocked" }); }
    };
};

/// Makes an invitation link. Administrators and the control socket.
struct Invite {
    static constexpr const char *name = "invitation.make";
    static constexpr StreamClass streamClass = StreamClass::Admin;
    struct Request {
        bool machine = false;
        bool administrator = false;
        quint64 uses = 1;
        quint64 forMs = 0; ///< 0: 24 h
        static void describe(auto &field)
        {
            field("machine", &Request::machine, { .description = "for a node" });
            field("administrator", &Request::administrator, { .description = "the guest may decide over others" });
            field("uses", &Request::uses, { .description = "how often it works", .least = 1, .most = 10000 });
            field("for_ms", &Request::forMs, { .description = "0: 24 hours" });
        }
    };
    struct Reply {
        QString link;
        static void describe(auto &field) { field("link", &Reply::link, { .description = "hawser:join/1/…" }); }
    };
};

/// What the broker says about itself. Members see name, version and uptime; administrators and the control socket all.
struct BrokerStatus {
    static constexpr const char *name = "broker.status";
    struct Request {
        static void describe(auto &) { }
    };
    struct Reply {
        QString name;
        QString version;
        PublicKey key;
        quint64 uptimeMs = 0;
        QStringList listening;
        quint64 sessions = 0;
        quint64 users = 0;
        quint64 nodes = 0;
        quint64 nodesOnline = 0;
        quint64 requests = 0;
        QStringList trouble; ///< what cannot be kept now, and why; a sentence each
        Value counters; ///< map: reason → how often
        Value limits { Value::Map {} }; ///< name → value; the names of docs/limits.md
        Value used { Value::Map {} }; ///< name → how much of it is used now
        Value hits { Value::Map {} }; ///< name → how often it refused, ended or slowed something
        static void describe(auto &field)
        {
            field("name", &Reply::name, { .description = "what the broker calls itself" });
            field("version", &Reply::version, { .description = "of the program" });
            field("key", &Reply::key, { .description = "its key" });
            field("uptime_ms", &Reply::uptimeMs, { .description = "since it started" });
            field("listening", &Reply::listening, { .description = "addresses" });
            field("sessions", &Reply::sessions, { .description = "live ones" });
            field("users", &Reply::users, { .description = "accounts" });
            field("nodes", &Reply::nodes, { .description = "accounts" });
            field("nodes_online", &Reply::nodesOnline, { .description = "live ones" });
            field("requests", &Reply::requests, { .description = "waiting" });
            field("trouble", &Reply::trouble, { .description = "what cannot be kept now, and why" });
            field("counters", &Reply::counters, { .description = "reason and how often" });
            field("limits", &Reply::limits, { .description = "in force" });
            field("used", &Reply::used, { .description = "of the limits, now" });
            field("hits", &Reply::hits, { .description = "how often a limit did something" });
        }
    };
};

/// SIGTERM by wire: stop accepting, tell all, exit 0. Control socket only.
struct Drain {
    static constexpr const char *name = "broker.drain";
    static constexpr StreamClass streamClass = StreamClass::Admin;
    struct Request {
        static void describe(auto &) { }
    };
    using Reply = Request;
};

} // namespace hawser::contracts
