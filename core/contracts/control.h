#pragma once

#include "core/commands.h"

/// What a person's program (hawser-desktop, or a `hawser` that owns the data folder) serves on its control socket
/// (where it is: docs/protocol.md §1.8). WHO is an alias, a name, a whole key, a unique prefix of one; where it is said, HOST:PORT.
namespace hawser::contracts {

struct Nothing {
    static void describe(auto &) { }
};

/// `hawser id`
struct PersonId {
    static constexpr const char *name = "person.id";
    using Request = Nothing;
    struct Reply {
        PublicKey key;
        QString words;
        QString name;
        QString host;
        QString folder;
        QString program;
        static void describe(auto &field)
        {
            field("key", &Reply::key, { .description = "who I am" });
            field("words", &Reply::words, { .description = "six words, a label" });
            field("name", &Reply::name, { .description = "what I call myself" });
            field("host", &Reply::host, { .description = "this machine" });
            field("folder", &Reply::folder, { .description = "the data folder" });
            field("program", &Reply::program, { .description = "that owns the folder" });
        }
    };
};

struct BrokerItem {
    QString name;
    QString address;
    PublicKey key;
    QString state; ///< connecting, asking, ready, offline, changed-key, stopped
    QString sentence;
    bool administrator = false;
    quint64 retryMs = 0;
    quint64 roundTripMs = 0;
    PublicKey newKey;
    static void describe(auto &field)
    {
        field("name", &BrokerItem::name, { .description = "of the location" });
        field("address", &BrokerItem::address, { .description = "host:port" });
        field("key", &BrokerItem::key, { .description = "pinned" });
        field(
            "state", &BrokerItem::state, { .description = "connecting, asking, ready, offline, changed-key, stopped" });
        field("sentence", &BrokerItem::sentence, { .description = "what is wrong" });
        field("administrator", &BrokerItem::administrator, { .description = "I may decide there" });
        field("retry_ms", &BrokerItem::retryMs, { .description = "until the next try" });
        field("round_trip_ms", &BrokerItem::roundTripMs, { .description = "of the last ping" });
        field("new_key", &BrokerItem::newKey, { .description = "changed-key: what lives there now" });
    }
};

/// `hawser status`
struct PersonStatus {
    static constexpr const char *name = "person.status";
    using Request = Nothing;
    struct Reply {
        PublicKey key;
        QString name;
        QString program;
        QList<BrokerItem> brokers;
        bool listening = false;
        QStringList addresses;
        quint64 contacts = 0;
        quint64 contactsOnline = 0;
        quint64 requests = 0;
        quint64 asks = 0;
        quint64 transfers = 0; ///< under way
        quint64 unread = 0;
        static void describe(auto &field)
        {
            field("key", &Reply::key, { .description = "who I am" });
            field("name", &Reply::name, { .description = "what I call myself" });
            field("program", &Reply::program, { .description = "that owns the folder" });
            field("brokers", &Reply::brokers, { .description = "where I belong" });
            field("listening", &Reply::listening, { .description = "people reach me directly" });
            field("addresses", &Reply::addresses, { .description = "to tell them" });
            field("contacts", &Reply::contacts, { .description = "known people" });
            field("contacts_online", &Reply::contactsOnline, { .description = "of them here" });
            field("requests", &Reply::requests, { .description = "waiting for my answer" });
            field("asks", &Reply::asks, { .description = "I wait for" });
            field("transfers", &Reply::transfers, { .description = "under way" });
            field("unread", &Reply::unread, { .description = "messages" });
        }
    };
};

/// `hawser join`: a channel; one In whenever something changes; CLOSE when it is decided. Cancelling the call leaves the
/// request waiting; AskCancel takes it back.
struct Join {
    static constexpr const char *name = "person.join";
    struct Request {
        QString text; ///< link or address
        static void describe(auto &field)
        {
            field("text", &Request::text, { .description = "link or address", .required = true });
        }
    };
    struct In {
        QByteArray id;
        QString state; ///< connecting, waiting, no-answer, unreachable, changed-key, accepted, denied, failed
        QString to;
        QString number;
        quint64 leftMs = 0;
        QString sentence;
        static void describe(auto &field)
        {
            field("id", &In::id, { .description = "of the request" });
            field("state", &In::state,
                { .description =
                        "connecting, waiting, no-answer, unreachable, changed-key, accepted, denied, failed" });
            field("to", &In::to, { .description = "whom" });
            field("number", &In::number, { .description = "six digits to compare" });
            field("left_ms", &In::leftMs, { .description = "on the other screen" });
            field("sentence", &In::sentence, { .description = "for people" });
        }
    };
    using Out = Nothing;
    struct Reply {
        PublicKey key; ///< of the broker or person
        QString name;
        QString kind; ///< broker, person
        QStringList rights;
        static void describe(auto &field)
        {
            field("key", &Reply::key, { .description = "of the broker or person" });
            field("name", &Reply::name, { .description = "what it calls itself" });
            field("kind", &Reply::kind, { .description = "broker, person" });
            field("rights", &Reply::rights, { .description = "what was granted" });
        }
    };
};

/// Asks a user of a broker to become a contact; a channel as Join.
struct AskContact {
    static constexpr const char *name = "person.ask";
    struct Request {
        QString who; ///< a user of a broker: name, key, prefix
        static void describe(auto &field)
        {
            field("who", &Request::who, { .description = "a user of a broker", .required = true });
        }
    };
    using In = Join::In;
    using Out = Nothing;
    using Reply = Join::Reply;
};

struct AskCancel {
    static constexpr const char *name = "person.ask.cancel";
    struct Request {
        QByteArray id;
        static void describe(auto &field)
        {
            field("id", &Request::id, { .description = "of the request", .required = true });
        }
    };
    using Reply = Nothing;
};

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

/// `hawser message`: answers as soon as it is known how far the message comes by itself now, or why it was not sent.
struct SayTo {
    static constexpr const char *name = "person.say";
    struct Request {
        QString who;
        QString text;
        bool wait = false; ///< answers only when their program has it
        static void describe(auto &field)
        {
            field("who", &Request::who, { .description = "a contact", .required = true });
            field("text", &Request::text, { .description = "what to say", .required = true });
            field("wait", &Request::wait, { .description = "until their program has it" });
        }
    };
    struct Reply {
        PublicKey key;
        QString name;
        QString state; ///< as WatchMessages'
        quint64 id = 0; ///< of the message
        static void describe(auto &field)
        {
            field("key", &Reply::key, { .description = "of the contact" });
            field("name", &Reply::name, { .description = "shown name" });
            field("state", &Reply::state, { .description = "queued, at-broker, delivered, read" });
            field("id", &Reply::id, { .description = "of the message" });
        }
    };
};

/// `hawser messages`, `hawser chat`: lines of conversations, oldest first, then each new or changed one.
struct WatchMessages {
    static constexpr const char *name = "messages.watch";
    static constexpr quint64 mostLines = 10'000;
    struct Request {
        QString who; ///< empty: everybody
        bool follow = false;
        bool markRead = false;
        quint64 limit = 100; ///< lines before those that follow
        quint64 before = 0; ///< an id: the lines before it
        quint64 after = 0; ///< an id: the lines after it
        qint64 since = 0; ///< ms since 1970
        QString words; ///< messages that have all of these words, or words that begin so
        static void describe(auto &field)
        {
            field("who", &Request::who, { .description = "empty: everybody" });
            field("follow", &Request::follow, { .description = "go on" });
            field("mark_read", &Request::markRead, { .description = "what is sent here counts as read" });
            field("limit", &Request::limit, { .description = "how many at most", .most = double(mostLines) });
            field("before", &Request::before, { .description = "an id: the lines before it" });
            field("after", &Request::after, { .description = "an id: the lines after it" });
            field("since", &Request::since, { .description = "ms since 1970" });
            field("words", &Request::words, { .description = "all of these, or words that begin so" });
        }
    };
    struct In {
        quint64 id = 0;
        PublicKey key;
        QString name; ///< shown name of the contact
        QString kind; ///< message, transfer, notice, run
        bool mine = false;
        QString text;
        qint64 at = 0; ///< ms since 1970
        qint64 said = 0; ///< ms since 1970 by their clock; 0: not told
        QString state; ///< sending, queued, at-broker, delivered, read, not-sent; empty: theirs
        QString sentence;
        QByteArray transfer;
        static void describe(auto &field)
        {
            field("id", &In::id, { .description = "grows" });
            field("key", &In::key, { .description = "of the contact" });
            field("name", &In::name, { .description = "shown name" });
            field("kind", &In::kind, { .description = "message, transfer, notice, run" });
            field("mine", &In::mine, { .description = "I said it" });
            field("text", &In::text, { .description = "what was said" });
            field("at", &In::at, { .description = "ms since 1970" });
            field("said", &In::said, { .description = "ms since 1970 by their clock" });
            field("state", &In::state, { .description = "sending, queued, at-broker, delivered, read, not-sent" });
            field("sentence", &In::sentence, { .description = "why not" });
            field("transfer", &In::transfer, { .description = "its id" });
        }
    };
    using Out = Nothing;
    using Reply = Nothing;
};

struct TransferItem {
    QByteArray id;
    PublicKey peer;
    QString name; ///< shown name of the contact
    bool incoming = false;
    QString state; ///< counting, offered, waiting, going, paused, done, cancelled, failed
    QString title;
    QString note;
    bool folder = false;
    bool counting = false;
    quint64 files = 0;
    quint64 folders = 0;
    quint64 bytes = 0;
    quint64 done = 0;
    quint64 filesDone = 0;
    QString current;
    quint64 speed = 0;
    std::optional<qint64> timeLeftMs;
    QString sentence;
    QString saveTo;
    QStringList failed;
    QByteArray receipt;
    bool removed = false;
    static void describe(auto &field)
    {
        field("id", &TransferItem::id, { .description = "16 bytes" });
        field("peer", &TransferItem::peer, { .description = "key of the contact" });
        field("name", &TransferItem::name, { .description = "shown name" });
        field("incoming", &TransferItem::incoming, { .description = "they send" });
        field("state", &TransferItem::state,
            { .description = "counting, offered, waiting, going, paused, done, cancelled, failed" });
        field("title", &TransferItem::title, { .description = "what it is" });
        field("note", &TransferItem::note, { .description = "a sentence of the sender" });
        field("folder", &TransferItem::folder, { .description = "one folder" });
        field("counting", &TransferItem::counting, { .description = "numbers still grow" });
        field("files", &TransferItem::files, { .description = "how many" });
        field("folders", &TransferItem::folders, { .description = "how many" });
        field("bytes", &TransferItem::bytes, { .description = "in all" });
        field("done", &TransferItem::done, { .description = "bytes on the receiver's disk" });
        field("files_done", &TransferItem::filesDone, { .description = "whole" });
        field("current", &TransferItem::current, { .description = "path" });
        field("speed", &TransferItem::speed, { .description = "bytes a second" });
        field("time_left_ms", &TransferItem::timeLeftMs, { .description = "estimate" });
        field("sentence", &TransferItem::sentence, { .description = "why" });
        field("save_to", &TransferItem::saveTo, { .description = "where it goes or went" });
        field("failed", &TransferItem::failed, { .description = "path: reason" });
        field("receipt", &TransferItem::receipt, { .description = "32 bytes: root hash" });
        field("removed", &TransferItem::removed, { .description = "off the list" });
    }
};

/// `hawser send WHO PATH …`: a channel; one In a change; CLOSE at the end: the last state, or the error. Going away does
/// not stop the transfer.
struct SendFiles {
    static constexpr const char *name = "person.send";
    struct Request {
        QString who;
        QStringList paths; ///< absolute
        QString note;
        static void describe(auto &field)
        {
            field("who", &Request::who, { .description = "a contact", .required = true });
            field("paths", &Request::paths, { .description = "absolute paths", .required = true });
            field("note", &Request::note, { .description = "a sentence for the receiver" });
        }
    };
    using In = TransferItem;
    using Out = Nothing;
    using Reply = TransferItem;
};

/// `hawser transfers`, `hawser receive`: all, then each change.
struct WatchTransfers {
    static constexpr const char *name = "transfers.watch";
    struct Request {
        bool follow = false;
        static void describe(auto &field) { field("follow", &Request::follow, { .description = "go on" }); }
    };
    using In = TransferItem;
    using Out = Nothing;
    using Reply = Nothing;
};

/// Accepts, declines, cancels.
struct DecideTransfer {
    static constexpr const char *name = "transfer.decide";
    struct Request {
        QByteArray id;
        QString wish; ///< accept, decline, cancel
        QString folder; ///< accept: where to; empty: the usual place
        static void describe(auto &field)
        {
            field("id", &Request::id, { .description = "16 bytes", .required = true });
            field("wish", &Request::wish,
                { .description = "accept, decline, cancel",
                    .required = true,
                    .choices = { Value("accept"), Value("decline"), Value("cancel") } });
            field("folder", &Request::folder, { .description = "where to save" });
        }
    };
    using Reply = Nothing;
};

/// `hawser listen [HOST:PORT]`: opens or closes the listener.
struct Listen {
    static constexpr const char *name = "person.listen";
    struct Request {
        bool on = true;
        QString address; ///< empty: 4781 or the next free port, all addresses
        static void describe(auto &field)
        {
            field("on", &Request::on, { .description = "open or close" });
            field("address", &Request::address, { .description = "host:port" });
        }
    };
    struct Reply {
        bool listening = false;
        QStringList addresses;
        static void describe(auto &field)
        {
            field("listening", &Reply::listening, { .description = "open now" });
            field("addresses", &Reply::addresses, { .description = "to tell others" });
        }
    };
};

/// `hawser requests`: who asks me (mine, and of brokers I administer), then each change.
struct WatchMyRequests {
    static constexpr const char *name = "person.requests.watch";
    struct Request {
        bool follow = false;
        static void describe(auto &field) { field("follow", &Request::follow, { .description = "go on" }); }
    };
    struct In {
        quint64 id = 0;
        QString kind; ///< join-person, join-machine, contact-broker, contact-direct
        PublicKey key;
        QString words;
        QString claim;
        QString number;
        QString program;
        QString host;
        QString address;
        QStringList via; ///< names of brokers
        QStringList rights;
        QStringList commands;
        QString lookAlike;
        qint64 since = 0; ///< ms since 1970
        bool closed = false;
        QString sentence; ///< closed: why
        static void describe(auto &field)
        {
            field("id", &In::id, { .description = "for approve and deny" });
            field("kind", &In::kind, { .description = "join-person, join-machine, contact-broker, contact-direct" });
            field("key", &In::key, { .description = "who asks" });
            field("words", &In::words, { .description = "of the key" });
            field("claim", &In::claim, { .description = "what they call themselves" });
            field("number", &In::number, { .description = "six digits to compare" });
            field("program", &In::program, { .description = "name and version" });
            field("host", &In::host, { .description = "the machine's own name" });
            field("address", &In::address, { .description = "where it came from" });
            field("via", &In::via, { .description = "brokers it came through" });
            field("rights", &In::rights, { .description = "what is asked for" });
            field("commands", &In::commands, { .description = "what a machine would offer" });
            field("look_alike", &In::lookAlike, { .description = "a contact with such a name and another key" });
            field("since", &In::since, { .description = "ms since 1970" });
            field("closed", &In::closed, { .description = "decided or gone" });
            field("sentence", &In::sentence, { .description = "why" });
        }
    };
    using Out = Nothing;
    using Reply = Nothing;
};

/// `hawser approve`, `hawser deny`.
struct DecideMyRequest {
    static constexpr const char *name = "person.request.decide";
    struct Request {
        QString id; ///< id, whole key, unique prefix, unique claim
        QString wish; ///< allow, later, deny, block
        QString number; ///< allow: what was compared; must be the request's
        PublicKey key; ///< allow: or the whole key
        quint64 forMs = 0; ///< allow: 0 with once = false: always
        bool once = false;
        QStringList rights; ///< empty: what is asked for
        bool administrator = false;
        static void describe(auto &field)
        {
            field("id", &Request::id, { .description = "id, key, prefix or claim", .required = true });
            field("wish", &Request::wish,
                { .description = "allow, later, deny, block",
                    .required = true,
                    .choices = { Value("allow"), Value("later"), Value("deny"), Value("block") } });
            field("number", &Request::number, { .description = "six digits that were compared" });
            field("key", &Request::key, { .description = "the whole key that was compared" });
            field("for_ms", &Request::forMs, { .description = "0: no end" });
            field("once", &Request::once, { .description = "ends with the link" });
            field("rights", &Request::rights, { .description = "empty: as asked" });
            field("administrator", &Request::administrator, { .description = "may decide over others" });
        }
    };
    struct Reply {
        PublicKey key;
        QString name;
        static void describe(auto &field)
        {
            field("key", &Reply::key, { .description = "who was decided over" });
            field("name", &Reply::name, { .description = "what they call themselves" });
        }
    };
};

/// `hawser contacts`: all, then each change.
struct WatchContacts {
    static constexpr const char *name = "contacts.watch";
    struct Request {
        bool follow = false;
        static void describe(auto &field) { field("follow", &Request::follow, { .description = "go on" }); }
    };
    struct In {
        PublicKey key;
        QString words;
        QString name; ///< shown name
        QString claim;
        QString alias;
        QString verified; ///< no, number, invitation
        QStringList rights; ///< what they may do here now
        bool online = false;
        bool direct = false;
        QString via; ///< broker
        quint64 roundTripMs = 0;
        qint64 lastSeen = 0; ///< ms since 1970
        bool removed = false;
        static void describe(auto &field)
        {
            field("key", &In::key, { .description = "who" });
            field("words", &In::words, { .description = "of the key" });
            field("name", &In::name, { .description = "shown name" });
            field("claim", &In::claim, { .description = "what they call themselves" });
            field("alias", &In::alias, { .description = "what I call them" });
            field("verified", &In::verified, { .description = "no, number, invitation" });
            field("rights", &In::rights, { .description = "what they may do here" });
            field("online", &In::online, { .description = "reachable now" });
            field("direct", &In::direct, { .description = "without a broker" });
            field("via", &In::via, { .description = "which broker" });
            field("round_trip_ms", &In::roundTripMs, { .description = "measured last" });
            field("last_seen", &In::lastSeen, { .description = "ms since 1970" });
            field("removed", &In::removed, { .description = "forgotten" });
        }
    };
    using Out = Nothing;
    using Reply = Nothing;
};

/// Changes a contact: alias, rights taken away, forgotten.
struct EditContact {
    static constexpr const char *name = "contact.edit";
    struct Request {
        QString who;
        std::optional<QString> alias;
        QStringList revoke; ///< rights to take away
        bool remove = false;
        static void describe(auto &field)
        {
            field("who", &Request::who, { .description = "a contact", .required = true });
            field("alias", &Request::alias, { .description = "what to call them" });
            field("revoke", &Request::revoke, { .description = "rights to take away" });
            field("remove", &Request::remove, { .description = "forget them" });
        }
    };
    using Reply = Nothing;
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

/// A second start of hawser-desktop on this folder: the window comes to the front. A program without one does not serve it.
struct ShowWindow {
    static constexpr const char *name = "desktop.show";
    struct Request {
        QString link;
        static void describe(auto &field)
        {
            field("link", &Request::link, { .description = "link or address to join; empty: none" });
        }
    };
    using Reply = Nothing;
};

} // namespace hawser::contracts
