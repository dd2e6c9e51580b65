#pragma once

#include "chat/asks.h"
#include "core/asker.h"

#include <map>

class QTimer;

namespace hawser {
class Database;
}

namespace hawser::chat {

/// One request of mine and what goes on for it.
struct Mine {
    Ask ask;
    QByteArray secret; ///< of an invitation
    LaterPointer<Asker> asker; ///< never null
    LaterPointer<Client> scout; ///< finds out who lives at an address
};

/// Nobody has decided yet.
bool isOpen(const Ask &ask);

class Asks::Private : public QObject {
public:
    Private(Asks *q, const Me &me, Database &database, Contacts &contacts, Brokers &brokers, Direct &direct,
        OnceGrants &once);

    // asks.cpp: what it is
    Mine *find(const QByteArray &id);
    Mine *openAskTo(const PublicKey &key, bool join);
    Mine &add(const Ask &ask, const AskProof &proof);
    QByteArray fresh();
    void setState(Mine &mine, Ask::State state, const QString &sentence);
    void forgetLater(const QByteArray &id);
    void load();
    Result<void> keep(const Mine &mine);
    void drop(const QByteArray &id);

    // asks_scout.cpp: who lives there
    void scout(const QByteArray &id, const Address &address, const std::optional<PublicKey> &expected);
    void scoutArrived(const QByteArray &id);
    void scoutFailed(const QByteArray &id, const Error &why);
    void foundBroker(Mine &mine, const Welcome &welcome, bool letIn);
    void foundPerson(Mine &mine, bool letIn);
    void takeOver(Mine &mine);
    QString freeLocationName(const QString &wish, const Address &address) const;

    // asks_knock.cpp: asking
    void brokerChanged(const PublicKey &broker);
    void brokerStranger(const PublicKey &broker);
    void brokerReady(const PublicKey &broker);
    void memberChanged(const PublicKey &broker, const PublicKey &user);
    void directChanged(const PublicKey &key);
    void directOpen(const PublicKey &key);
    void knock(Mine &mine, Client *client, const Party &to);
    Result<void> kept(const QByteArray &id, const AskProof &proof);
    void waits(const QByteArray &id, milliseconds left);
    void failed(const QByteArray &id, const Error &why);
    void answered(const QByteArray &id, const Result<contracts::AskToBeLetIn::Reply> &reply);
    void accept(Mine &mine, const contracts::AskToBeLetIn::Reply &reply);
    Result<void> verify(const PublicKey &key);
    Result<void> becomeContact(const Mine &mine, const contracts::AskToBeLetIn::Reply &reply);

    Asks *q;
    const Me &me;
    Database &database;
    Contacts &contacts;
    Brokers &brokers;
    Direct &direct;
    OnceGrants &once;
    std::map<QByteArray, Mine> mine;
};

} // namespace hawser::chat
