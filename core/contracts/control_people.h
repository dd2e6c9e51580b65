#pragma once

#include "core/commands.h"

/// Part of core/contracts/control.h: contacts, requests of others, and my own.
namespace hawser::contracts {

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
        quint64 waitingFor = 0; ///< of theirs
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
            field("waiting_for", &In::waitingFor,
                { .description = "messages or receipts of theirs that have not come, although later ones have" });
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

/// `hawser contacts --blocked`: whom this person refuses, one In each.
struct ListBlocks {
    static constexpr const char *name = "blocks.list";
    using Request = Nothing;
    struct In {
        QString what; ///< key, address, strangers
        PublicKey key; ///< what is "key"
        QString words;
        QString claim;
        QString address; ///< what is "address"
        qint64 since = 0; ///< ms since 1970; 0: not known
        qint64 until = 0; ///< ms since 1970; 0: no end
        static void describe(auto &field)
        {
            field("what", &In::what, { .description = "key, address, strangers" });
            field("key", &In::key, { .description = "who" });
            field("words", &In::words, { .description = "of the key" });
            field("claim", &In::claim, { .description = "what they called themselves" });
            field("address", &In::address, { .description = "where from" });
            field("since", &In::since, { .description = "ms since 1970" });
            field("until", &In::until, { .description = "ms since 1970; 0: no end" });
        }
    };
    using Out = Nothing;
    using Reply = Nothing;
};

/// Refuses somebody no longer: they may ask again.
struct Unblock {
    static constexpr const char *name = "blocks.remove";
    struct Request {
        QString who; ///< key, unique prefix, claim, address, or "strangers"
        static void describe(auto &field)
        {
            field("who", &Request::who, { .description = "who is blocked", .required = true });
        }
    };
    using Reply = Nothing;
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

/// `hawser join --number`: "I compared it with them". The person who is asked is verified by it.
struct AskCompared {
    static constexpr const char *name = "person.ask.compared";
    struct Request {
        QByteArray id;
        QString number; ///< what their screen shows
        static void describe(auto &field)
        {
            field("id", &Request::id, { .description = "of the request", .required = true });
            field("number", &Request::number, { .description = "six digits on their screen", .required = true });
        }
    };
    using Reply = Nothing;
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

} // namespace hawser::contracts
