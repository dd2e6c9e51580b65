#include "brokerd/session.h"

namespace hawser::broker {

namespace {

/// Link and connection go together, after their last words.
void letGo(Session &session, const Error &why)
{
    Connection *connection = session.connection.release();
    Link *link = session.link.release();
    link->setParent(connection);
    QObject::connect(connection, &Connection::closed, connection, &QObject::deleteLater);
    connection->close(why);
}

} // namespace

Sessions::~Sessions()
{
    const std::vector<Session *> sessions = all();
    for (Session *session : sessions) {
        session->link->disconnect(this);
        session->link->setRouter(nullptr); // links are deleted later, when the router is gone
    }
}

Session &Sessions::add(Arrival &arrival, Instant now)
{
    auto session = std::make_shared<Session>();
    session->link.reset(arrival.link.release());
    session->connection.reset(arrival.connection.release());
    session->hello = arrival.hello;
    session->key = arrival.key;
    session->address = arrival.address.toString();
    session->standing = arrival.standing;
    session->since = now;
    Session &fresh = *session;
    Link *link = fresh.link.get();
    connect(link, &Link::ended, this, [this, link](const Error &why) { remove(link, why); });
    replaceOlder(fresh);
    m_sessions.insert(link, std::move(session));
    m_byKey.insert(fresh.key, &fresh);
    emit came(fresh);
    return fresh;
}

void Sessions::replaceOlder(const Session &fresh)
{
    const bool onlyOne = fresh.hello.role == Role::Node && fresh.isMember();
    const QList<Session *> older = m_byKey.values(fresh.key);
    for (Session *session : older) {
        const bool same = session->hello.device == fresh.hello.device && session->hello.session == fresh.hello.session;
        if (same || onlyOne)
            session->link->leave({ Leave::Replaced, {},
                same ? QStringLiteral("a newer connection of this program has taken over")
                     : QStringLiteral("another program with the same key has connected: only one may") });
    }
}

const Session *Sessions::of(const Link &link) const
{
    const auto found = m_sessions.constFind(&link);
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
        [standing](const auto &session) { return session->standing == standing; }));
}

void Sessions::remove(Link *link, const Error &why)
{
    const std::shared_ptr<Session> session = m_sessions.take(link);
    if (!session)
        return;
    m_byKey.remove(session->key, session.get());
    emit gone(*session);
    letGo(*session, why);
}

} // namespace hawser::broker
