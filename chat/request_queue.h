#pragma once

#include "chat/grant.h"
#include "chat/person_limits.h"
#include "core/instant.h"
#include "core/limit_use.h"
#include "core/limits.h"
#include "core/public_key.h"

#include <QHash>
#include <QList>

namespace hawser::chat {

/// Who knocks, and where.
enum class Asking : quint8 {
    JoinPerson = 1, ///< an unknown user key at a broker of which I am administrator
    JoinMachine = 2, ///< an unknown node key there
    ContactThroughBroker = 3,
    ContactDirect = 4,
};

/// Where a request came in; the same key through two brokers or two devices is one request with two of them.
struct Door {
    PublicKey broker; ///< null: direct
    QString brokerName; ///< empty: direct
    QString remoteId; ///< JoinPerson, JoinMachine: the broker's id for it ("r7")
    QByteArray askId; ///< Contact…: 16 bytes, the asker's
    QString number; ///< six digits; empty until both nonces are known
    QString address; ///< direct: the asker's; join: as the broker saw it; without port
    QString interface; ///< direct: where it came in
    QString knownAs; ///< through a broker: the name the broker knows this key by
    qint64 knownSince = 0; ///< through a broker: ms since 1970
    bool present = false; ///< somebody stands there now (direct, through a broker)

    bool operator==(const Door &) const = default;
};

/// Somebody asks to be let in: everything the dialog shows (rule 1 of the approval dialog).
struct Request {
    enum class Place : quint8 { Screen = 1, Waiting = 2, Listed = 3 };

    quint64 id = 0; ///< of this data folder; stable over restarts
    Asking kind = Asking::ContactDirect;
    PublicKey key;
    QString claim; ///< what they call themselves: text from others, cut at limits::nameGraphemes
    QString program;
    QString host;
    QStringList rights; ///< what is asked for, names of the wire
    QStringList commands; ///< JoinMachine: what it would offer
    bool invited = false; ///< by an invitation of mine
    QString contact; ///< the name of the contact who has this very key; empty: none
    QString lookAlike; ///< a contact's name that looks like the claim and has another key; empty: none
    QList<Door> doors; ///< at least one
    qint64 since = 0; ///< ms since 1970
    Place place = Place::Listed; ///< the queue's

    /// The number to compare: of the first door that has one.
    QString number() const;
    bool operator==(const Request &) const = default;
};

/// Which request is on the screen, which wait, which are only listed; sans-I/O, told the time. One dialog at a time, some
/// behind it, some of one address, as RequestLimits says; the rest straight to the list; the same key asking the same is one
/// request; everything goes after RequestLimits::days.
class RequestQueue {
public:
    explicit RequestQueue(const RequestLimits &limits = {}) : m_limits(limits) { }

    /// Takes a knock in. A request of the same key and kind takes over its doors and, unless it is on the screen, its claims
    /// (what is seen is what is granted); its place stays.
    /// \return the id it has now; 0: too many are kept already, it was not taken
    quint64 knock(const Request &request, Instant now);
    /// Puts back what was kept on disk: listed. \param age  since it was first asked
    void restore(const Request &request, milliseconds age, Instant now);
    /// What a door knows has changed (number, present).
    void updateDoor(quint64 id, const Door &door);

    const Request *find(quint64 id) const;
    /// All, oldest first.
    const QList<Request> &all() const { return m_requests; }
    /// What stands on the screen.
    const Request *shown() const;
    void report(LimitUse &use) const;
    /// How many wait behind it: "1 of waiting() + 1".
    int waiting() const;
    /// Until the one on the screen counts as "not now"; nullopt: nobody is shown, or more time was wished for.
    std::optional<milliseconds> timeLeft(Instant now) const;

    /// The person looks at a listed one: it comes on the screen, whoever was there waits next.
    void review(quint64 id, Instant now);
    /// "Give me more time": the countdown stops.
    void moreTime(quint64 id);
    /// Off the screen, into the list.
    void notNow(quint64 id, Instant now);
    /// Everything on the screen and waiting goes into the list.
    void rejectAll();
    /// It is decided or gone.
    void remove(quint64 id, Instant now);

    /// Time passes. \return ids that ran out after RequestLimits::days
    QList<quint64> tick(Instant now);
    /// When tick() wants to be called; Instant::max(): never
    Instant deadline() const;

private:
    Request *entry(quint64 id);
    void enqueue(quint64 id, Instant now);
    void show(quint64 id, Instant now);
    void leaveLine(quint64 id);
    Request *same(const Request &request);
    bool tooMany(const QString &address, Instant now);
    void showNext(Instant now);

    QList<Request> m_requests;
    RequestLimits m_limits;
    LimitHits m_hits;
    QHash<quint64, Instant> m_asked; // when, for RequestLimits::days
    QHash<QString, QList<Instant>> m_fromAddress;
    QList<quint64> m_line; // waiting, in order
    quint64 m_shown = 0; // 0: nobody
    std::optional<Instant> m_shownUntil;
    quint64 m_nextId = 1;
};

} // namespace hawser::chat
