#pragma once

#include "core/later.h"
#include "core/listener.h"

#include <QHash>
#include <vector>

namespace hawser::broker {

/// One running program that is connected here.
struct Session {
    LaterPointer<Link> link;
    LaterPointer<Connection> connection;
    Hello hello;
    PublicKey key;
    QString address; ///< without the port
    Standing standing = Standing::Stranger;
    Instant since;

    bool isMember() const { return standing == Standing::Member; }
};

/// Who is connected. A session goes with its link.
class Sessions : public QObject {
    Q_OBJECT

public:
    explicit Sessions(QObject *parent = nullptr) : QObject(parent) { }
    ~Sessions() override;

    /// Takes the link and the connection over. An older session that the new one stands for is told `replaced`: any of a
    /// node, one of the same device and program of a person.
    Session &add(Arrival &arrival, Instant now);
    const Session *of(const Link &link) const;
    /// Members of this key.
    std::vector<Session *> members(const PublicKey &key) const;
    bool isHere(const PublicKey &key) const { return !members(key).empty(); }
    /// Tells all sessions of a key to go, strangers too, and why.
    int end(const PublicKey &key, const GoAway &goAway);
    /// To all; `draining` ends nothing yet.
    void tellAll(const std::function<GoAway()> &goAway);
    int count(Standing standing) const;

signals:
    void came(const hawser::broker::Session &session);
    void gone(const hawser::broker::Session &session); ///< its link is over; it is not in any list any more

private:
    void remove(Link *link, const Error &why);
    void replaceOlder(const Session &fresh);
    std::vector<Session *> all() const;

    QHash<const Link *, std::shared_ptr<Session>> m_sessions;
    QMultiHash<PublicKey, Session *> m_byKey;
};

} // namespace hawser::broker
