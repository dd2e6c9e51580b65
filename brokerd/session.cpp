#include "brokerd/session.h"

#include "core/log.h"

#include <algorithm>
#include <map>

namespace hawser::broker {

namespace {
constexpr size_t mostReplaced = 1024; // names of links that may still come back
} // namespace

Sessions::~Sessions()
{
    const std::vector<Session *> sessions = all();
    for (Session *session : sessions) {
        session->link->disconnect(this);
        session->link->setRouter(nullptr); // links are deleted later, when the router is gone
        if (Link *lane = session->mooring->presentLane())
            lane->setRouter(nullptr);
    }
}

Session &Sessions::add(Arrival &arrival, Instant now)
{
    auto session = std::make_shared<Session>();
    session->mooring = std::move(arrival.mooring);
    session->link = session->mooring->link();
    session->hello = arrival.hello;
    session->key = arrival.key;
    session->address = arrival.address.toString();
    session->standing = arrival.standing;
    session->since = now;
    Session &fresh = *session;
    watch(fresh);
    m_sessions.insert(fresh.link, std::move(session));
    m_byKey.insert(fresh.key, &fresh);
    replaceOlder(fresh);
    emit came(fresh);
    return fresh;
}

void Sessions::watch(const Session &session)
{
    Link *link = session.link;
    connect(session.mooring.get(), &Mooring::laneMade, this, [this, link](Link *lane) { watchLane(lane, link); });
    const auto tell = [this, link] {
        if (const Session *session = of(*link))
            emit presenceChanged(*session);
    };
    connect(link, &Link::ended, this, [this, link](const Error &why) {
        countEnd(*link, why);
        remove(link);
    });
    connect(link, &Link::suspended, this, [this, link](const Error &why) { broke(*link, why); });
    connect(link, &Link::wentAway, this, tell);
    connect(link, &Link::resumed, this, tell);
}

void Sessions::watchLane(Link *lane, Link *link)
{
    m_lanes.insert(lane, link);
    connect(lane, &Link::ended, this, [this, lane](const Error &why) {
        countEnd(*lane, why);
        m_dropped += lane->dropped();
        m_timesFull += lane->lane().timesFull();
        m_lanes.remove(lane);
    });
    connect(lane, &Link::suspended, this, [this, lane](const Error &why) { broke(*lane, why); });
    emit laneMade(lane);
}

void Sessions::replaceOlder(const Session &fresh)
{
    const bool onlyOne = fresh.hello.role == Role::Node && fresh.isMember();
    const QList<Session *> older = m_byKey.values(fresh.key);
    for (Session *session : older) {
        const bool same = session->hello.device == fresh.hello.device;
        if (session == &fresh || !(same || onlyOne))
            continue;
        if (session->link->isSuspended())
            m_replaced.push_back(session->key.bytes() + session->hello.link);
        if (m_replaced.size() > mostReplaced)
            m_replaced.pop_front();
        session->link->leave({ Leave::Replaced, {},
            same ? QStringLiteral("a newer link of this device has taken over")
                 : QStringLiteral("another program with the same key has connected: only one may") });
    }
}

const Session *Sessions::of(const Link &link) const
{
    const auto found = m_sessions.constFind(m_lanes.value(&link, &link));
    return found == m_sessions.constEnd() ? nullptr : found->get();
}

std::vector<Session *> Sessions::members(const PublicKey &key) const
{
    std::vector<Session *> members;
    for (auto found = m_byKey.constFind(key); found != m_byKey.constEnd() && found.key() == key; ++found)
        if ((*found)->isMember())
            members.push_back(*found);
    return members;
}

bool Sessions::wasReplaced(const PublicKey &key, const Hello &hello) const
{
    return std::find(m_replaced.begin(), m_replaced.end(), key.bytes() + hello.link) != m_replaced.end();
}

bool Sessions::isHere(const PublicKey &key) const
{
    const std::vector<Session *> known = members(key);
    return std::any_of(known.begin(), known.end(), [](const Session *session) { return session->isHere(); });
}

int Sessions::end(const PublicKey &key, const GoAway &goAway)
{
    const QList<Session *> sessions = m_byKey.values(key);
    for (Session *session : sessions)
        session->link->leave(goAway);
    return int(sessions.size());
}

std::vector<Session *> Sessions::all() const
{
    std::vector<Session *> sessions;
    for (const auto &session : m_sessions)
        sessions.push_back(session.get());
    return sessions;
}

void Sessions::tellAll(const std::function<GoAway()> &goAway)
{
    for (Session *session : all())
        session->link->leave(goAway());
}

int Sessions::count(Standing standing) const
{
    return int(std::count_if(m_sessions.begin(), m_sessions.end(),
        [standing](const auto &session) { return session->standing == standing && !session->link->isSuspended(); }));
}

bool Sessions::hasUnwritten() const
{
    return std::any_of(m_sessions.begin(), m_sessions.end(),
        [](const auto &session) { return session->link->lane().waiting() > 0 && !session->link->isSuspended(); });
}

void Sessions::remove(Link *link)
{
    const std::shared_ptr<Session> session = m_sessions.take(link);
    if (!session)
        return;
    m_dropped += link->dropped();
    m_timesFull += link->lane().timesFull();
    m_byKey.remove(session->key, session.get());
    emit gone(*session);
}

/// Who breaks the rules is named, once a second at most.
void Sessions::countEnd(const Link &link, const Error &why)
{
    const bool isBroken = std::find(brokenRules.begin(), brokenRules.end(), why.code) != brokenRules.end();
    if (!isBroken || why.origin == Origin::Peer) // it left, and said why
        return;
    ++m_ends[why.code];
    if (const Session *session = of(link))
        log(Level::Notice, "link-broke-rules",
            { { "why", why.sentence }, { "peer", session->key.words() }, { "source", session->address } });
}

// --- suspended links

int Sessions::suspended() const
{
    return int(std::count_if(
        m_sessions.begin(), m_sessions.end(), [](const auto &session) { return session->link->isSuspended(); }));
}

/// What lies here for it, and what others may still send to it: nothing more is granted while it is suspended.
qint64 Sessions::costOf(const Link &link) const
{
    return link.lane().kept() + link.lane().waiting() + (m_cost ? m_cost(link) : 0);
}

std::vector<Link *> Sessions::suspendedLinks() const
{
    std::vector<Link *> links;
    for (const auto &session : m_sessions) {
        if (session->link->isSuspended())
            links.push_back(session->link);
        if (Link *lane = session->mooring->presentLane(); lane && lane->isSuspended())
            links.push_back(lane);
    }
    return links;
}

qint64 Sessions::suspendedBytes() const
{
    qint64 bytes = 0;
    for (const Link *link : suspendedLinks())
        bytes += link->lane().kept() + link->lane().waiting();
    return bytes;
}

/// A connection broke: of our doing it was, when a limit says so.
void Sessions::broke(const Link &link, const Error &why)
{
    if (why.code == Code::DeadlineExceeded)
        m_hits.count(link.lane().unacknowledged() ? "links_unacknowledged_seconds" : "links_silence_seconds");
    else if (why.code == Code::ResourceExhausted)
        m_hits.count("links_no_progress_seconds");
    keepBudgetLater();
}

/// Once a turn of the event loop: a network that goes takes all links at the same time.
void Sessions::keepBudgetLater()
{
    if (!std::exchange(m_isBudgetDue, true))
        QMetaObject::invokeMethod(this, &Sessions::keepBudget, Qt::QueuedConnection);
}

void Sessions::keepBudget()
{
    m_isBudgetDue = false;
    std::multimap<qint64, Link *> suspended;
    qint64 held = 0;
    for (Link *link : suspendedLinks()) {
        const qint64 cost = costOf(*link);
        held += cost;
        suspended.emplace(cost, link);
    }
    for (auto largest = suspended.rbegin(); largest != suspended.rend() && held > m_suspendedBudget; ++largest) {
        held -= largest->first;
        m_hits.count("suspended_megabytes");
        largest->second->leave(
            { Leave::Leaving, {}, QStringLiteral("too much is kept for links without a connection") });
    }
}

/// Of what each link may hold, what the fullest holds.
void Sessions::report(LimitUse &use) const
{
    quint64 timesFull = m_timesFull;
    qint64 fullest[2] = { 0, 0 }; // people, machines
    qsizetype most = 0;
    for (const auto &session : m_sessions) {
        const bool machine = session->isMember() && session->hello.role == Role::Node;
        timesFull += session->link->lane().timesFull();
        fullest[machine] = qMax(fullest[machine], session->link->lane().kept());
        if (session->isMember() && !machine)
            most = qMax(most, qsizetype(members(session->key).size()));
    }
    use.used("links_unacknowledged_bytes", fullest[0]);
    use.used("links_node_unacknowledged_bytes", fullest[1]);
    use.used("sessions_per_user", most);
    use.used("suspended_megabytes", suspendedBytes() >> 20);
    use.hit("links_unacknowledged_bytes", timesFull);
    m_hits.report(use);
}

quint64 Sessions::droppedFrames() const
{
    quint64 dropped = m_dropped;
    for (const auto &session : m_sessions)
        dropped += session->link->dropped();
    return dropped;
}

} // namespace hawser::broker
