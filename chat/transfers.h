#pragma once

#include "core/instant.h"
#include "core/public_key.h"

#include <QObject>
#include <QStringList>
#include <memory>

namespace hawser {
class Commands;
struct LimitUse;
} // namespace hawser

namespace hawser::chat {

class Brokers;
class Contacts;
class Conversations;
class Route;
struct Me;

/// Files or a folder on their way, as a person sees them.
struct Transfer {
    enum class Direction : quint8 { Out = 1, In = 2 };
    /// The closed set (ux.md 4.5–4.7).
    enum class State : quint8 {
        Counting = 1, ///< Out: still looking what there is
        Offered = 2, ///< Out: the other person has not answered; In: I have not
        Waiting = 3, ///< In: accepted, the first byte has not come; Out: four others go already
        Going = 4,
        Paused = 5, ///< `sentence` says why
        Done = 6, ///< delivered and verified
        Cancelled = 7, ///< `sentence` says by whom
        Failed = 8, ///< `sentence` says at which step
    };

    /// How far an offer has come that is kept because somebody was away (docs/protocol.md §15.6).
    enum class Offering : quint8 {
        Live = 0, ///< it is not kept: both were there
        Queued = 1,
        AtBroker = 2,
        Delivered = 3, ///< their program has it; In: mine
        Accepted = 4, ///< the data goes as soon as both are there
    };

    QByteArray id; ///< 16 bytes
    PublicKey peer;
    Direction direction = Direction::Out;
    State state = State::Counting;
    Offering offering = Offering::Live;
    QString title; ///< "shoot-42", "3 files": text from others when In
    QString note; ///< the same
    bool folder = false; ///< one folder of that title
    bool counting = false; ///< numbers still grow
    quint64 files = 0;
    quint64 folders = 0;
    quint64 bytes = 0;
    quint64 done = 0; ///< bytes on the receiver's disk
    quint64 filesDone = 0;
    QString current; ///< the path that goes now
    quint64 speed = 0; ///< bytes a second, smoothed
    std::optional<milliseconds> timeLeft;
    milliseconds took { 0 }; ///< Done: from accept to the receipt
    QString sentence;
    QString saveTo; ///< In: folder it goes to; Done: what it became there
    QStringList failed; ///< paths that were not taken or read, with a reason
    QByteArray receipt; ///< Done: 32 bytes, root hash of all entries
    QStringList paths; ///< Out: what was dropped

    bool isOver() const { return state == State::Done || state == State::Cancelled || state == State::Failed; }
    bool operator==(const Transfer &) const = default;
};

/// All transfers of this process, and those of earlier ones that were offered to somebody who was away, oldest first; of those
/// that are over with one person the last ones. Signals come at most 20 times a second a transfer.
class Transfers : public QObject {
    Q_OBJECT

public:
    /// All references outlive this. \param served  gets `file/1`
    Transfers(const Me &me, const Contacts &contacts, const Brokers &brokers, const Route &route,
        Conversations &conversations, const QString &downloads, Commands &served);
    ~Transfers() override;

    /// Calls `then` once what earlier processes left is in the list, never when context is gone by then.
    void whenLoaded(QObject *context, const std::function<void()> &then);
    QList<Transfer> all() const;
    std::optional<Transfer> find(const QByteArray &id) const;

    /// Offers files or folders: nothing is read on this thread.
    /// \param paths  absolute paths of this machine
    /// \retval InvalidArgument  nothing that could be sent: the sentence names what is wrong
    /// \param durably  keep the offer at once, as if they were away: it outlives this process
    /// \return its id; refused: it ends Failed with a sentence; away: the offer is kept until they come
    Result<QByteArray> send(
        const PublicKey &key, const QStringList &paths, const QString &note = {}, bool durably = false);
    /// Where a transfer goes when nothing else is said.
    QString saveFolder() const;
    /// \param folder  where to save; empty: saveFolder()
    /// \retval NotFound            no such offer any more
    /// \retval FailedPrecondition  the folder cannot be written or has too little room: the sentence says
    Result<void> accept(const QByteArray &id, const QString &folder = {});
    void decline(const QByteArray &id);
    void cancel(const QByteArray &id);
    /// Takes ended ones off the list.
    void clearEnded();
    /// Ends what waits for too long, once an hour. \param wall  ms since 1970, of a calendar that runs
    /// \param running  as runningTime()
    void keepHouse(qint64 wall, milliseconds running);
    void report(LimitUse &use) const;

signals:
    void loaded();
    void added(const QByteArray &id);
    void changed(const QByteArray &id);
    void removed(const QByteArray &id);
    void offered(const QByteArray &id); ///< somebody offers me something

private:
    class Private;
    void start(const QByteArray &id);
    std::unique_ptr<Private> d;
};

} // namespace hawser::chat
