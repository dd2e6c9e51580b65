#pragma once

#include "chat/contacts.h"
#include "chat/request_queue.h"
#include "core/call.h"

namespace hawser {
class Commands;
class Database;
} // namespace hawser

namespace hawser::chat {

class Brokers;
class Direct;
class OnceGrants;
struct Me;

/// A yes.
struct Decision {
    Rights rights; ///< Contact…: what is ticked
    Lasting lasting = Lasting::Once;
    bool compared = false; ///< "It matches" was said; Lasting::Always needs it, or an invitation
    bool administrator = false; ///< JoinPerson only
    milliseconds lastsFor { std::chrono::hours(24 * 30) }; ///< Lasting::Days only

    bool operator==(const Decision &) const = default;
};

/// Who asks this person to be let in: by their own listener, through a broker, or at a broker they administer. One list,
/// kept over restarts (FOLDER/requests.db).
class Requests : public QObject {
    Q_OBJECT

public:
    /// All references outlive this. \param served  gets `request/1`
    Requests(const Me &me, Database &database, Contacts &contacts, Brokers &brokers, Direct &direct, OnceGrants &once,
        Commands &served);
    ~Requests() override;

    const QList<Request> &all() const;
    std::optional<Request> find(quint64 id) const;
    /// What the dialog shows; nullopt: no dialog.
    std::optional<Request> shown() const;
    int waiting() const; ///< behind the shown one
    std::optional<milliseconds> timeLeft() const;
    /// \param text  an id, a whole key, a unique prefix of one, or a unique claim
    Result<Request> resolve(const QString &text) const;

    // What a person may do. Nothing happens when the id is gone.
    /// \retval FailedPrecondition  always without comparing
    Result<void> allow(quint64 id, const Decision &decision);
    void notNow(quint64 id);
    void rejectAll();
    void moreTime(quint64 id);
    void review(quint64 id);
    /// \param what  of a join the broker blocks (key, address); of a contact this data folder
    Result<void> block(quint64 id, Block::What what);
    /// A broker's no, which is told: joins only.
    Result<void> deny(quint64 id);

    void report(LimitUse &use) const;
    /// What knocked too long ago is forgotten. \param wall  ms since 1970, of a calendar that was not just set
    void keepHouse(qint64 wall);

signals:
    void changed(); ///< anything: number of requests, place, content
    void shownChanged(); ///< another request is on the screen, or none
    void arrived(quint64 id); ///< for the notification
    void closed(quint64 id, const QString &sentence); ///< "Carl answered", "allowed", …
    void failed(quint64 id, const QString &sentence); ///< a broker did not take the decision
    void decided(const QString &sentence); ///< an Activity entry

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace hawser::chat
