#pragma once

#include "core/later.h"
#include "core/limit_use.h"
#include "core/listener.h"

#include <QHash>
#include <array>
#include <deque>
#include <vector>

namespace hawser::broker {

/// One running program that is connected here, or was a moment ago and may come back to its link.
struct Session {
    LaterPointer<Mooring> mooring;
    Link *link = nullptr;
    Hello hello;
    PublicKey key;
    QString address; ///< without the port
    Standing standing = Standing::Stranger;
    Instant since;

    bool isMember() const { return standing == Standing::Member; }
    /// Connected, or its connection broke only just now.
    bool isHere() const { return !link->isAway(); }
};

/// Who is connected. A session goes with its link; before that it may be away for a while.
class Sessions : public QObject {
    Q_OBJECT

public:
    explicit Sessions(QObject *parent = nullptr) : QObject(parent) { }
    ~Sessions() override;

    /// Takes the link and the connection over. An older session that the new one stands for is told `replaced`: any of a
    /// node, one of the same device of a person.
    Session &add(Arrival &arrival, Instant now);
    /// A link that lost its place while it could not be told.
    bool wasReplaced(const PublicKey &key, const Hello &hello) const;
    /// By any lane of its link.
    const Session *of(const Link &link) const;
    /// Members of this key, also those that are away.
    std::vector<Session *> members(const PublicKey &key) const;
    /// One of them is not away.
    bool isHere(const PublicKey &key) const;
    bool hasAny(const PublicKey &key) const { return !members(key).empty(); }
    /// What is held for a suspended link; kept and waiting bytes without it. All together they have
    /// setSuspendedBudget(), and the largest falls first.
    void setCost(std::function<qint64(const Link &)> cost) { m_cost = std::move(cost); }
    void setSuspendedBudget(qint64 bytes) { m_suspendedBudget = bytes; }
    int suspended() const;
    qint64 suspendedBytes() const;
    quint64 droppedFrames() const;
    /// Why a link ends here when the other side broke the rules; ResourceExhausted: by a frame beyond all size.
    static constexpr std::array brokenRules { Code::Protocol, Code::DataLoss, Code::ResourceExhausted };
    /// Links and their further lanes that ended for one of them.
    quint64 ended(Code why) const { return m_ends.value(why); }
    void report(LimitUse &use) const;
    /// Tells all sessions of a key to go, strangers too, and why.
    int end(const PublicKey &key, const GoAway &goAway);
    /// To all; `draining` ends nothing yet.
    void tellAll(const std::function<GoAway()> &goAway);
    /// Those with a connection.
    int count(Standing standing) const;
    /// Something was said to somebody connected that is not in a socket yet.
    bool hasUnwritten() const;

signals:
    void came(const hawser::broker::Session &session);
    void laneMade(hawser::Link *lane); ///< a further lane of a session's link, before anything comes on it
    void presenceChanged(const hawser::broker::Session &session); ///< it is away, or back again
    void gone(const hawser::broker::Session &session); ///< its link is over; it is not in any list any more

private:
    void remove(Link *link);
    void countEnd(const Link &link, const Error &why);
    void broke(const Link &link, const Error &why);
    void watch(const Session &session);
    void watchLane(Link *lane, Link *link);
    std::vector<Link *> suspendedLinks() const;
    void replaceOlder(const Session &fresh);
    void keepBudgetLater();
    void keepBudget();
    qint64 costOf(const Link &link) const;
    std::vector<Session *> all() const;

    QHash<const Link *, std::shared_ptr<Session>> m_sessions;
    QMultiHash<PublicKey, Session *> m_byKey;
    QHash<const Link *, const Link *> m_lanes; // further lane → the session's link
    std::deque<QByteArray> m_replaced; // key and link, the last limits::resumeWindow's or so
    std::function<qint64(const Link &)> m_cost;
    qint64 m_suspendedBudget = limits::suspendedBudget;
    bool m_isBudgetDue = false;
    QHash<Code, quint64> m_ends;
    quint64 m_dropped = 0; // frames of links that are over
    quint64 m_timesFull = 0; // the same
    LimitHits m_hits;
};

} // namespace hawser::broker
