#pragma once

#include "core/commands.h"

/// Topics, for whoever owns a data folder: what its program serves on the control socket beside core/contracts/control.h.
namespace hawser::contracts {

/// `hawser publish`: a channel. Each message of the caller is one to the topic; after END the answer comes when the broker has
/// dealt with all of them.
/// \retval InvalidArgument  no topic, no such broker, or several and none was named
struct PublishTopic {
    static constexpr const char *name = "person.publish";
    struct Request {
        QString topic;
        QString broker; ///< a location's name or key; empty: the only one
        bool last = false; ///< kept as the topic's last value
        static void describe(auto &field)
        {
            field("topic", &Request::topic, { .description = "where to", .required = true });
            field("broker", &Request::broker, { .description = "which, when there are several" });
            field("last", &Request::last, { .description = "kept as the last value" });
        }
    };
    struct Reply {
        QString topic;
        QString broker;
        quint64 messages = 0; ///< all of them are with the broker
        static void describe(auto &field)
        {
            field("topic", &Reply::topic, { .description = "where to" });
            field("broker", &Reply::broker, { .description = "its name" });
            field("messages", &Reply::messages, { .description = "how many the broker has taken" });
        }
    };
};

/// `hawser subscribe`: a channel that goes on over reconnects until the caller goes or the broker refuses. Of a durable
/// subscription the caller acknowledges what it has handled: a message of 8 bytes, the number.
struct SubscribeTopic {
    static constexpr const char *name = "person.subscribe";
    struct Request {
        QString pattern;
        QString broker; ///< as above
        bool last = false;
        QString durable;
        static void describe(auto &field)
        {
            field("pattern", &Request::pattern, { .description = "'*' one token, '>' the rest", .required = true });
            field("broker", &Request::broker, { .description = "which, when there are several" });
            field("last", &Request::last, { .description = "first the last value of each topic" });
            field("durable", &Request::durable, { .description = "a name: nothing is lost while I am away" });
        }
    };
    struct In {
        QString state; ///< "message", "missed", "ready", "waits" (nothing comes until it is ready)
        QString topic;
        PublicKey publisher;
        QByteArray bytes;
        bool kept = false; ///< the last value from earlier
        quint64 number = 0; ///< durable; else 0
        quint64 missed = 0; ///< how many; 0: not known
        QString sentence; ///< why it waits
        static void describe(auto &field)
        {
            field("state", &In::state, { .description = "message, missed, ready, waits" });
            field("topic", &In::topic, { .description = "of the message" });
            field("publisher", &In::publisher, { .description = "who said it" });
            field("bytes", &In::bytes, { .description = "the message" });
            field("kept", &In::kept, { .description = "the last value from earlier" });
            field("number", &In::number, { .description = "durable: for the acknowledgement" });
            field("missed", &In::missed, { .description = "missed: how many; 0: not known" });
            field("sentence", &In::sentence, { .description = "waits: why" });
        }
    };
    struct Reply {
        static void describe(auto &) { }
    };
};

/// `hawser subscribe --forget NAME`
struct ForgetTopics {
    static constexpr const char *name = "person.unsubscribe";
    struct Request {
        QString durable;
        QString broker;
        static void describe(auto &field)
        {
            field("durable", &Request::durable, { .description = "its name", .required = true });
            field("broker", &Request::broker, { .description = "which, when there are several" });
        }
    };
    struct Reply {
        static void describe(auto &) { }
    };
};

} // namespace hawser::contracts
