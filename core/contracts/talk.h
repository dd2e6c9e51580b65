#pragma once

#include "core/commands.h"

namespace hawser::contracts {

/// What is said to a person: the body of a durable message of this kind (docs/protocol.md §7.7, §17).
struct ChatText {
    static constexpr const char *kind = "chat/1";
    QString text; ///< at most limits::chatBytes of UTF-8
    static void describe(auto &field)
    {
        field("text", &ChatText::text, { .description = "what is said", .required = true });
    }
};

/// Are you there? Any admitted peer may ask.
struct Ping {
    static constexpr const char *name = "ping/1";
    static constexpr StreamClass streamClass = StreamClass::Talk;
    struct Request {
        static void describe(auto &) { }
    };
    struct Reply {
        QString program;
        static void describe(auto &field) { field("program", &Reply::program, { .description = "name and version" }); }
    };
};

/// Files and folders on their way (docs/protocol.md §7.8 and §15, core/transfer). The OPEN is the offer; the called side accepts
/// by its first message and then takes a raw byte stream of records; its CLOSE is the receipt.
struct File {
    static constexpr const char *name = "file/1";
    static constexpr StreamClass streamClass = StreamClass::File;
    struct Request {
        QByteArray id; ///< 16 bytes
        QString title; ///< of one thing its name, exactly; else any text ("3 files")
        bool folder = false; ///< one folder whose name is the title
        quint64 files = 0; ///< counted at the time of the offer
        quint64 folders = 0;
        quint64 bytes = 0;
        QString note;
        bool accepted = false; ///< this id was offered durably and accepted: it begins
        static void describe(auto &field)
        {
            field("id", &Request::id, { .description = "16 bytes", .required = true });
            field("title", &Request::title, { .description = "what is offered", .required = true });
            field("folder", &Request::folder, { .description = "one folder of that name" });
            field("files", &Request::files, { .description = "how many" });
            field("folders", &Request::folders, { .description = "how many" });
            field("bytes", &Request::bytes, { .description = "in all" });
            field("note", &Request::note, { .description = "a sentence for the receiver" });
            field("accepted", &Request::accepted, { .description = "begins what was accepted before" });
        }
    };
    /// Receiver to sender. The first one is the acceptance.
    struct In {
        QString state; ///< "accepted", "paused", "going"
        QString why;
        quint64 bytes = 0; ///< written and verified so far
        quint64 files = 0;
        static void describe(auto &field)
        {
            field("state", &In::state, { .description = "accepted, paused, going", .required = true });
            field("why", &In::why, { .description = "a sentence for the sender" });
            field("bytes", &In::bytes, { .description = "on disk so far" });
            field("files", &In::files, { .description = "whole so far" });
        }
    };
    struct Reply {
        QByteArray root; ///< 32 bytes: hash over all entries as received
        quint64 files = 0;
        quint64 bytes = 0;
        QStringList failed; ///< paths that could not be taken, with a reason
        static void describe(auto &field)
        {
            field("root", &Reply::root, { .description = "32 bytes", .required = true });
            field("files", &Reply::files, { .description = "whole and verified" });
            field("bytes", &Reply::bytes, { .description = "whole and verified" });
            field("failed", &Reply::failed, { .description = "path: reason" });
        }
    };
};

/// Offers to somebody who is away are durable messages (docs/protocol.md §15.6); the body of this one is a File::Request.
inline constexpr const char *fileOfferKind = "file.offer/1";

/// Body of `file.answer/1`: what the receiver, or its program, says to a durable offer.
struct FileAnswer {
    static constexpr const char *kind = "file.answer/1";
    static constexpr const char *accepted = "accepted";
    static constexpr const char *declined = "declined";
    static constexpr const char *refused = "refused";
    PublicKey from; ///< whose offer it was; only towards own devices
    QByteArray device; ///< 8 bytes: which device of theirs offered
    QByteArray id; ///< 16 bytes
    QString answer;
    QString why;
    static void describe(auto &field)
    {
        field("from", &FileAnswer::from, { .description = "whose offer, towards own devices" });
        field("device", &FileAnswer::device, { .description = "8 bytes", .required = true });
        field("id", &FileAnswer::id, { .description = "16 bytes", .required = true });
        field("answer", &FileAnswer::answer, { .description = "accepted, declined, refused", .required = true });
        field("why", &FileAnswer::why, { .description = "a sentence" });
    }
};

/// Body of `file.withdrawn/1`: what was offered will not come.
struct FileWithdrawn {
    static constexpr const char *kind = "file.withdrawn/1";
    QByteArray id; ///< 16 bytes
    QByteArray device; ///< 8 bytes: only for this one of the receiver's; empty: for all
    QString why;
    static void describe(auto &field)
    {
        field("id", &FileWithdrawn::id, { .description = "16 bytes", .required = true });
        field("device", &FileWithdrawn::device, { .description = "only for this device" });
        field("why", &FileWithdrawn::why, { .description = "a sentence" });
    }
};

} // namespace hawser::contracts
