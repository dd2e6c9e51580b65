#pragma once

#include "core/commands.h"

/// Part of core/contracts/control.h: files and folders on their way.
namespace hawser::contracts {

struct TransferItem {
    QByteArray id;
    PublicKey peer;
    QString name; ///< shown name of the contact
    bool incoming = false;
    QString state; ///< counting, offered, waiting, going, paused, done, cancelled, failed
    QString offer; ///< of one that is kept because somebody was away: queued, at-broker, delivered, accepted
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
        field("offer", &TransferItem::offer, { .description = "kept: queued, at-broker, delivered, accepted" });
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
        bool keep = false; ///< the offer is kept at once, as if they were away
        static void describe(auto &field)
        {
            field("who", &Request::who, { .description = "a contact", .required = true });
            field("paths", &Request::paths, { .description = "absolute paths", .required = true });
            field("note", &Request::note, { .description = "a sentence for the receiver" });
            field("keep", &Request::keep, { .description = "the offer outlives this process" });
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

} // namespace hawser::contracts
