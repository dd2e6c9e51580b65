#pragma once

#include "core/contracts/link_state.h"

/// Part of core/contracts/control.h: who I am and how I stand.
namespace hawser::contracts {

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
        QString trouble; ///< why nothing that others write can be kept now; empty: it can
        QList<LinkState> links;
        Value limits { Value::Map {} }; ///< name → value; the names of docs/limits.md
        Value used { Value::Map {} }; ///< name → how much of it is used now
        Value hits { Value::Map {} }; ///< name → how often it refused, ended or slowed something
        Value counters { Value::Map {} }; ///< what → how many, or how often
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
            field("trouble", &Reply::trouble, { .description = "why nothing that others write can be kept now" });
            field("links", &Reply::links, { .description = "to brokers and people" });
            field("limits", &Reply::limits, { .description = "in force" });
            field("used", &Reply::used, { .description = "of the limits, now" });
            field("hits", &Reply::hits, { .description = "how often a limit did something" });
            field("counters", &Reply::counters, { .description = "what, and how many or how often" });
        }
    };
};

/// A `hawser` that is served by another program says so first, and keeps the channel open while it runs; one In at once.
/// Before that answer nothing it asked has begun, so it may look for another owner.
struct Attend {
    static constexpr const char *name = "person.attend";
    struct Request {
        bool endless = false; ///< it goes on until somebody ends it, and can begin anew with another owner
        static void describe(auto &field)
        {
            field("endless", &Request::endless, { .description = "the owner need not wait for it" });
        }
    };
    struct In {
        quint64 ageMs = 0;
        QString program;
        static void describe(auto &field)
        {
            field("age_ms", &In::ageMs, { .description = "how long the folder has had this owner" });
            field("program", &In::program, { .description = "that owns the folder" });
        }
    };
    using Out = Nothing;
    using Reply = Nothing;
};

/// Answered when what the owner knows of others has come, or cannot come now. An In says what is waited for.
struct Settle {
    static constexpr const char *name = "person.settle";
    using Request = Nothing;
    struct In {
        QString sentence;
        static void describe(auto &field) { field("sentence", &In::sentence, { .description = "what is waited for" }); }
    };
    using Out = Nothing;
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
