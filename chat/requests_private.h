#pragma once

#include "chat/requests.h"
#include "core/contracts/broker.h"
#include "core/contracts/request.h"

#include <QSet>
#include <deque>

namespace hawser {
class Database;
}

class QTimer;

namespace hawser::chat {

/// Somebody who stands at my door now: the open `request/1` of a person.
struct Knock {
    std::shared_ptr<IncomingCall> call;
    contracts::AskToBeLetIn::Request request;
    PublicKey key;
    QByteArray nonce; ///< mine
    Door door;
    quint64 id = 0; ///< of the request; 0: not revealed yet, or not to be seen (blocked, too many)
    bool silent = false; ///< looks as if it waited
    bool revealed = false; ///< its nonce; only the first counts
};

class Requests::Private : public QObject {
public:
    Private(Requests *q, const Me &me, Database &database, Contacts &contacts, Brokers &brokers, Direct &direct,
        OnceGrants &once);

    // requests.cpp: the list
    void load();
    void keep(quint64 id);
    void forget(quint64 id);
    void take(const Request &request);
    void close(quint64 id, const QString &sentence);
    void told(quint64 shownBefore);
    void tick();

    // requests_door.cpp: who knocks at mine
    struct Nonce {
        QByteArray nonce;
        qint64 since = 0;
        bool answered = false; ///< yes was said to this one
    };
    void knocked(const contracts::AskToBeLetIn::Request &request, const std::shared_ptr<IncomingCall> &call);
    Result<Nonce> nonceFor(const contracts::AskToBeLetIn::Request &request, const PublicKey &key);
    bool asksTooOften(const PublicKey &key);
    Door doorOf(const contracts::AskToBeLetIn::Request &request, const IncomingCall &call) const;
    void revealed(IncomingCall *call, const ChannelMessage &message);
    void left(IncomingCall *call);
    Knock *standing(const IncomingCall *call);
    void letIn(const Request &request, const Decision &decision);
    contracts::AskToBeLetIn::Reply replyFor(const PublicKey &key) const;

    // requests_broker.cpp: who knocks at a broker I administer
    void administratorChanged(const PublicKey &broker);
    void heard(const PublicKey &broker, const contracts::WatchRequests::In &in);
    void listed(const PublicKey &broker, const QStringList &ids);
    quint64 idOf(const PublicKey &broker, const QString &remoteId) const;
    void decide(const Request &request, const contracts::DecideRequest::Request &decision, const QString &sentence);

    Requests *q;
    const Me &me;
    Database &database;
    Contacts &contacts;
    Brokers &brokers;
    Direct &direct;
    OnceGrants &once;
    RequestQueue queue;
    QTimer *timer;
    std::vector<Knock> knocks;
    std::deque<std::pair<Instant, PublicKey>> recent; ///< who asked something new in the window
    QHash<PublicKey, QPointer<Call>> watches;
    QSet<quint64> deciding; ///< by me, on the way to a broker
};

} // namespace hawser::chat
