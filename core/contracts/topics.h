#pragma once

#include "core/commands.h"

/// Topics at a broker (docs/protocol.md §16). Addressed to the link's other end (a null key).
namespace hawser::contracts {

/// A stream that stays open; its messages are laid out as core/topic_messages.h says.
struct PublishTopics {
    static constexpr const char *name = "topic.publish";
    static constexpr const char *description = "publishes to topics";
    static constexpr StreamClass streamClass = StreamClass::Topic;
    struct Request {
        static void describe(auto &) { }
    };
    using Reply = Request;
};

/// A stream on which messages keep coming; laid out as core/topic_messages.h says.
struct SubscribeTopics {
    static constexpr const char *name = "topic.subscribe";
    static constexpr const char *description = "the messages of the topics that fit a pattern";
    static constexpr StreamClass streamClass = StreamClass::Topic;
    struct Request {
        QString pattern;
        bool last = false; ///< first what was kept of each topic
        QString durable; ///< a name: the broker keeps what I have not acknowledged while I am away
        std::optional<qint64> after; ///< durable: the last number I have, if I know better than the broker
        static void describe(auto &field)
        {
            field("pattern", &Request::pattern, { .description = "'*' one token, '>' the rest", .required = true });
            field("last", &Request::last, { .description = "first the last value of each topic" });
            field("durable", &Request::durable, { .description = "a name: nothing is lost while I am away" });
            field("after", &Request::after, { .description = "durable: the last number I have", .least = 0 });
        }
    };
    struct Reply {
        static void describe(auto &) { }
    };
};

/// Ends a durable subscription of mine and forgets what waits for it.
/// \retval NotFound  I have none of this name
struct ForgetSubscription {
    static constexpr const char *name = "topic.forget";
    static constexpr const char *description = "ends a durable subscription";
    static constexpr StreamClass streamClass = StreamClass::Topic;
    struct Request {
        QString durable;
        static void describe(auto &field)
        {
            field("durable", &Request::durable, { .description = "its name", .required = true });
        }
    };
    struct Reply {
        static void describe(auto &) { }
    };
};

/// Gives somebody topics beyond what the broker's configuration gives everybody, or takes that away again.
/// Administrators and the control socket. With no pattern it only says what there is.
/// \retval NotFound         no such account
/// \retval InvalidArgument  no pattern, or one of the broker's own topics
struct GrantTopics {
    static constexpr const char *name = "topic.grant";
    static constexpr StreamClass streamClass = StreamClass::Admin;
    struct Request {
        QString who; ///< a key, eight digits or more of one, or a name
        QStringList publish;
        QStringList subscribe;
        bool remove = false; ///< takes these away instead
        static void describe(auto &field)
        {
            field("who", &Request::who, { .description = "key, prefix or name", .required = true });
            field("publish", &Request::publish, { .description = "patterns" });
            field("subscribe", &Request::subscribe, { .description = "patterns" });
            field("remove", &Request::remove, { .description = "takes these away instead" });
        }
    };
    struct Reply {
        PublicKey key;
        QString name;
        QStringList publish; ///< all that hold now, with what everybody may
        QStringList subscribe;
        static void describe(auto &field)
        {
            field("key", &Reply::key, { .description = "who" });
            field("name", &Reply::name, { .description = "what it calls itself" });
            field("publish", &Reply::publish, { .description = "where it may publish" });
            field("subscribe", &Reply::subscribe, { .description = "what it may read" });
        }
    };
};

} // namespace hawser::contracts
