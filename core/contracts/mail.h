#pragma once

#include "core/commands.h"

#include <optional>

/// Durable messages (docs/protocol.md §17). A **sequence** is what one device of a sender says to one recipient in one
/// conversation; its numbers begin with 1 and grow by one, and none is ever left out: what is given up keeps its number as
/// an item of kind `mail.gone`. Items are packed as core/mail_items.h says.
///
/// The sender's side of the disk is core/store/outbox.h, the receiver's core/store/inbox.h; a poster that drives
/// `mail.post` is core/mail_poster.h.
namespace hawser::contracts {

/// Hands durable messages over: to a broker (kept: committed on its disk) or, on a direct link, to the person itself
/// (delivered: committed on theirs). A channel; it stays open as long as the link. Who posts, and with which device, is
/// what the link knows of the caller.
///
/// In each sequence a poster first asks (an Out without items), hears `highest`, and then posts without waiting. What is
/// refused at number n is refused with all of its sequence that was posted behind it; the poster goes on with n again.
struct MailPost {
    static constexpr const char *name = "mail.post/1";
    static constexpr StreamClass streamClass = StreamClass::Talk;
    struct Request {
        static void describe(auto &) { }
    };
    /// Poster to keeper.
    struct Out {
        PublicKey to; ///< the recipient; the poster's own key: his other devices
        QByteArray conversation; ///< 16 bytes; zero: the conversation of sender and recipient
        quint64 first = 0; ///< number of the first item
        QByteArray items; ///< one after the other, their numbers grow by one; empty: what is the highest you have?
        quint64 keepMs = 0; ///< how long they wait for somebody away; 0: as long as the keeper likes
        static void describe(auto &field)
        {
            field("to", &Out::to, { .description = "the recipient", .required = true });
            field("conversation", &Out::conversation, { .description = "16 bytes", .required = true });
            field("first", &Out::first, { .description = "number of the first item" });
            field("items", &Out::items, { .description = "packed; empty: asks for the highest" });
            field("keep_ms", &Out::keepMs, { .description = "0: as long as the keeper likes" });
        }
    };
    /// Keeper to poster.
    struct In {
        PublicKey to;
        QByteArray conversation;
        quint64 kept = 0; ///< on disk: all that was posted in this sequence on this channel up to here
        std::optional<quint64> highest = {}; ///< answer to a question: the highest number ever kept, 0: none
        QByteArray digest = {}; ///< with it: of the item with that number (itemDigest), if it is still known
        quint64 refused = 0; ///< the first number that was refused, 0: none
        quint8 code = 0; ///< why: a number of §11
        QString sentence = {};
        quint64 retryMs = 0; ///< post it again after so long; 0: the same again will never be taken
        static void describe(auto &field)
        {
            field("to", &In::to, { .description = "the recipient", .required = true });
            field("conversation", &In::conversation, { .description = "16 bytes", .required = true });
            field("kept", &In::kept, { .description = "on disk up to here" });
            field("highest", &In::highest, { .description = "answer to a question" });
            field("digest", &In::digest, { .description = "16 bytes, of the item with the highest number" });
            field("refused", &In::refused, { .description = "the first number refused" });
            field("code", &In::code, { .description = "why" });
            field("sentence", &In::sentence, { .description = "why, for people" });
            field("retry_ms", &In::retryMs, { .description = "post it again after so long; 0: never" });
        }
    };
    using Reply = Request;
};

/// Takes what waits in the broker's mailbox for the caller, and what comes from then on. A channel. The broker remembers
/// for each device what it has taken, so a device never says where it was; an item may come again (its number tells), never
/// out of order within its sequence. A newer `mail.take` of the same device ends the older with `aborted`.
struct MailTake {
    static constexpr const char *name = "mail.take/1";
    static constexpr StreamClass streamClass = StreamClass::Talk;
    struct Request {
        static void describe(auto &) { }
    };
    /// Broker to taker.
    struct In {
        quint64 serial = 0; ///< of the first item in this mailbox; those of the next ones grow by one
        PublicKey from; ///< who sent them, as the broker knows it
        QByteArray device; ///< 8 bytes: with which device
        QByteArray conversation; ///< 16 bytes
        quint64 first = 0; ///< number of the first item in its sequence
        QByteArray items; ///< packed
        quint64 waitedMs = 0; ///< how long they lay here
        quint64 lost = 0; ///< instead of all that: so many items went unseen by this device (too old, too many)
        quint64 failed = 0; ///< or: that this serial failed is noted; behind this comes what is given anew
        static void describe(auto &field)
        {
            field("serial", &In::serial, { .description = "of the first item here" });
            field("from", &In::from, { .description = "who sent them" });
            field("device", &In::device, { .description = "8 bytes" });
            field("conversation", &In::conversation, { .description = "16 bytes" });
            field("first", &In::first, { .description = "number of the first item" });
            field("items", &In::items, { .description = "packed" });
            field("waited_ms", &In::waitedMs, { .description = "how long they lay here" });
            field("lost", &In::lost, { .description = "items that went unseen by this device" });
            field("failed", &In::failed, { .description = "noted: what comes now is given anew" });
        }
    };
    /// Taker to broker.
    struct Out {
        quint64 upto = 0; ///< on my disk: all up to this serial
        quint64 failed = 0; ///< something is wrong with this one: it comes again, and is set aside after the fifth time
        bool waits =
            false; ///< until it says something else: its disk takes nothing now, which is no fault of what is open
        static void describe(auto &field)
        {
            field("upto", &Out::upto, { .description = "on disk up to this serial" });
            field("failed", &Out::failed, { .description = "this serial could not be taken" });
            field("waits", &Out::waits, { .description = "its disk takes nothing now" });
        }
    };
    using Reply = Request;
};

/// Receipts are durable messages too: body of `mail.delivered/1`, `mail.read/1` and `mail.refused/1` from a receiver to the
/// sender. Everything of the sender's sequence to this receiver up to the number is delivered, or read, or, what is not
/// delivered, was not taken. `mail.read/1` to the reader's own key, with `from`, tells his other devices: read on one is read on
/// all.
struct MailReceipt {
    static constexpr const char *delivered = "mail.delivered/1";
    static constexpr const char *read = "mail.read/1";
    static constexpr const char *refused = "mail.refused/1";
    PublicKey from; ///< whose message it was; only towards own devices
    QByteArray device; ///< 8 bytes: which device sent it
    quint64 upto = 0;
    quint64 first = 0; ///< of those that this very device took or turned down just now; 0: not said
    static void describe(auto &field)
    {
        field("from", &MailReceipt::from, { .description = "whose message, towards own devices" });
        field("device", &MailReceipt::device, { .description = "8 bytes", .required = true });
        field("upto", &MailReceipt::upto, { .description = "the highest number", .required = true });
        field("first", &MailReceipt::first, { .description = "the lowest that came just now" });
    }
};

/// To one's own key: what one device said, or heard directly, its person's other devices show too (§17.10).
///
/// `mail.sent/1`: it said this. Its device is the one that posts it.
struct MailSent {
    static constexpr const char *kind = "mail.sent/1";
    PublicKey to; ///< whom
    quint64 number = 0; ///< in the sequence to them
    QByteArray what; ///< the kind of it
    QByteArray body;
    bool again = false; ///< said before under another number, which means nothing any more
    static void describe(auto &field)
    {
        field("to", &MailSent::to, { .description = "whom", .required = true });
        field("number", &MailSent::number, { .description = "in the sequence to them", .required = true });
        field("kind", &MailSent::what, { .description = "what the body is", .required = true });
        field("body", &MailSent::body, { .description = "as it was posted", .required = true });
        field("again", &MailSent::again, { .description = "it had another number before" });
    }
};

/// `mail.state/1`: how far messages of that device have come, where the others do not hear it themselves.
struct MailState {
    static constexpr const char *kind = "mail.state/1";
    enum State : quint8 { AtBroker = 1, Delivered = 2, NotSent = 3 };
    PublicKey to;
    quint64 first = 0;
    quint64 upto = 0;
    quint8 state = 0; ///< State; a higher one means nothing here
    QString sentence; ///< AtBroker: its name; NotSent: why
    static void describe(auto &field)
    {
        field("to", &MailState::to, { .description = "whom they were for", .required = true });
        field("first", &MailState::first, { .description = "the lowest number", .required = true });
        field("upto", &MailState::upto, { .description = "the highest number", .required = true });
        field(
            "state", &MailState::state, { .description = "1 at a broker, 2 delivered, 3 not sent", .required = true });
        field("sentence", &MailState::sentence, { .description = "where, or why" });
    }
};

/// `mail.heard/1`: items that came directly, as they came.
struct MailHeard {
    static constexpr const char *kind = "mail.heard/1";
    PublicKey from;
    QByteArray device; ///< 8 bytes
    QByteArray conversation; ///< 16 bytes
    quint64 first = 0;
    QByteArray items; ///< packed
    static void describe(auto &field)
    {
        field("from", &MailHeard::from, { .description = "who said it", .required = true });
        field("device", &MailHeard::device, { .description = "8 bytes: with which device", .required = true });
        field("conversation", &MailHeard::conversation, { .description = "16 bytes", .required = true });
        field("first", &MailHeard::first, { .description = "number of the first item", .required = true });
        field("items", &MailHeard::items, { .description = "packed", .required = true });
    }
};

/// Body of `mail.expired/1`, from a broker to a sender: what nobody took in time is no longer there.
struct MailExpired {
    static constexpr const char *kind = "mail.expired/1";
    PublicKey to;
    QByteArray device; ///< 8 bytes: which device sent it
    QByteArray conversation; ///< 16 bytes
    quint64 first = 0;
    quint64 upto = 0;
    static void describe(auto &field)
    {
        field("to", &MailExpired::to, { .description = "who did not come for it", .required = true });
        field("device", &MailExpired::device, { .description = "8 bytes", .required = true });
        field("conversation", &MailExpired::conversation, { .description = "16 bytes", .required = true });
        field("first", &MailExpired::first, { .description = "the lowest number", .required = true });
        field("upto", &MailExpired::upto, { .description = "the highest number", .required = true });
    }
};

/// A durable call: body of `call/1`, to who serves the command.
struct DurableCall {
    static constexpr const char *kind = "call/1";
    QString command;
    Value parameters;
    qint64 until = 0; ///< ms since 1970 by the caller's clock: later it does not begin
    static void describe(auto &field)
    {
        field("command", &DurableCall::command, { .description = "its name", .required = true });
        field("parameters", &DurableCall::parameters, { .description = "map" });
        field("until", &DurableCall::until,
            { .description = "ms since 1970: later it does not begin", .required = true });
    }
};

/// What came of one: body of `result/1`, back to the caller.
struct DurableResult {
    static constexpr const char *kind = "result/1";
    QByteArray device; ///< 8 bytes: which device of the caller's
    quint64 number = 0; ///< of its call/1
    quint8 code = 0; ///< a number of §11
    QString sentence = {};
    quint8 begun = 0; ///< as in CLOSE
    Value result = {}; ///< with code 0
    Value::List output = {}; ///< of a run: its messages (node.h), as bytes
    quint64 leftOut = 0; ///< bytes of output and bulk that had no room
    static void describe(auto &field)
    {
        field("device", &DurableResult::device, { .description = "8 bytes: which device called", .required = true });
        field("number", &DurableResult::number, { .description = "of its call", .required = true });
        field("code", &DurableResult::code, { .description = "a number of §11", .required = true });
        field("sentence", &DurableResult::sentence, { .description = "why, for people" });
        field("begun", &DurableResult::begun, { .description = "1 no, 2 maybe" });
        field("result", &DurableResult::result, { .description = "map, with code 0" });
        field("output", &DurableResult::output, { .description = "messages of a run" });
        field("left_out", &DurableResult::leftOut, { .description = "bytes that had no room" });
    }
};

} // namespace hawser::contracts
