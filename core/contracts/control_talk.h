#pragma once

#include "core/commands.h"

/// Part of core/contracts/control.h: what is said.
namespace hawser::contracts {

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
        QString sentence {}; ///< as WatchMessages'
        bool there = false; ///< they are online
        static void describe(auto &field)
        {
            field("key", &Reply::key, { .description = "of the contact" });
            field("name", &Reply::name, { .description = "shown name" });
            field("state", &Reply::state, { .description = "queued, at-broker, delivered, read" });
            field("id", &Reply::id, { .description = "of the message" });
            field("sentence", &Reply::sentence, { .description = "why it waits, or at which broker" });
            field("there", &Reply::there, { .description = "they are online" });
        }
    };
    using In = Reply; ///< with wait: how far it came so far, when it stays there
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
            field("sentence", &In::sentence, { .description = "why not, why it waits, or at which broker" });
            field("transfer", &In::transfer, { .description = "its id" });
        }
    };
    using Out = Nothing;
    using Reply = Nothing;
};

} // namespace hawser::contracts
