#pragma once

#include "core/public_key.h"
#include "core/store/database.h"

namespace hawser::chat {

/// Files or a folder offered durably (docs/protocol.md §15.6), as it is kept on disk by who offers and by who is offered.
struct Offer {
    enum class State : quint8 {
        Open = 1, ///< not answered
        Accepted = 2, ///< the data has not come, or not all of it
        Landing = 3, ///< not mine: all of it is in the private folder `part`, durable, and only wants its names
        Done = 4,
        Cancelled = 5, ///< `sentence` says by whom
        Failed = 6, ///< `sentence` says why
    };
    /// How far a word of mine has come.
    enum class Way : quint8 { Queued = 0, AtBroker = 1, Delivered = 2 };

    QByteArray id; ///< 16 bytes
    PublicKey peer;
    bool mine = false; ///< I offer
    State state = State::Open;
    qint64 since = 0; ///< ms since 1970: offered, then accepted
    quint64 number = 0; ///< mine: of its message
    Way way = Way::Queued; ///< mine: of the offer
    bool isHidden = false; ///< over, and cleared from the list
    quint64 ended = 0; ///< over: of those of this peer the so-manieth; the tables count

    // What was offered (core/contracts/talk.h)
    QString title;
    QString note;
    bool folder = false;
    quint64 files = 0;
    quint64 folders = 0;
    quint64 bytes = 0;

    QByteArray device; ///< mine: of theirs that accepted; theirs: that offered
    QStringList paths; ///< mine
    QByteArray fingerprint; ///< mine: of what was offered (core/transfer/upload.h)
    QString broker; ///< mine: AtBroker: its name
    QString saveTo; ///< theirs: the folder; Done: what it became there
    QByteArray part; ///< theirs: private folder in saveTo
    QString landedIn; ///< theirs, Done: the folder in which `part` is still to be taken away
    quint64 tries = 0; ///< mine: how often its stream broke; theirs: how often one began
    QString sentence;
    quint64 doneFiles = 0; ///< Landing, Done
    quint64 doneBytes = 0;
    QByteArray root; ///< Landing, Done: 32 bytes, the receipt
    QStringList failed;
    quint64 tookMs = 0;

    bool isOver() const { return state >= State::Done; }
    bool operator==(const Offer &) const = default;
    /// What nobody asks the database for.
    static void describe(auto &field)
    {
        field("way", &Offer::way, {});
        field("title", &Offer::title, {});
        field("note", &Offer::note, {});
        field("folder", &Offer::folder, {});
        field("files", &Offer::files, {});
        field("folders", &Offer::folders, {});
        field("bytes", &Offer::bytes, {});
        field("device", &Offer::device, {});
        field("paths", &Offer::paths, {});
        field("fingerprint", &Offer::fingerprint, {});
        field("broker", &Offer::broker, {});
        field("save_to", &Offer::saveTo, {});
        field("part", &Offer::part, {});
        field("landed_in", &Offer::landedIn, {});
        field("tries", &Offer::tries, {});
        field("sentence", &Offer::sentence, {});
        field("done_files", &Offer::doneFiles, {});
        field("done_bytes", &Offer::doneBytes, {});
        field("root", &Offer::root, {});
        field("failed", &Offer::failed, {});
        field("took_ms", &Offer::tookMs, {});
    }
};

/// The table of durable offers. For the thread of the database; writers belong into a transaction of their caller.
namespace offers {

/// For steps of Database::Steps: the table, and the order in which they ended.
QStringList tables();
QStringList orderOfEnds();

/// All, oldest first.
Result<QList<Offer>> all(Database &database);
/// \retval NotFound
Result<Offer> find(Database &database, const PublicKey &peer, bool mine, const QByteArray &id);
/// That id is known of anybody, in either direction.
Result<bool> isKnown(Database &database, const QByteArray &id);
/// How many are not over.
Result<int> open(Database &database, const PublicKey &peer, bool mine);
/// Mine to them whose number lies between, and that are not answered.
Result<QList<Offer>> unanswered(Database &database, const PublicKey &peer, quint64 from, quint64 upto);
/// Adds, or replaces what is known of it.
Result<void> save(Database &database, const Offer &offer);
/// Off the list, if it is there and over.
Result<void> hide(Database &database, const Offer &ended);
/// Of theirs and mine to them that are over the last `most` to end stay.
Result<void> forgetEnded(Database &database, const PublicKey &peer, qint64 most);
/// Numbers above `after` grew by `by`.
Result<void> renumber(Database &database, const PublicKey &peer, quint64 after, quint64 by);
Result<void> remove(Database &database, const PublicKey &peer);
/// Those that are over and were last answered before then.
Result<void> removeEnded(Database &database, qint64 before);

} // namespace offers

} // namespace hawser::chat
