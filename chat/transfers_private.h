#pragma once

#include "chat/transfers.h"
#include "core/contracts/talk.h"
#include "core/later.h"
#include "core/transfer/download.h"
#include "core/transfer/upload.h"

#include <QPointer>
#include <map>

class QTimer;

namespace hawser {
class Database;
}

namespace hawser::chat {

/// One transfer and what moves it.
struct Moving {
    Transfer transfer;
    LaterPointer<transfer::Upload> upload;
    QPointer<Call> call; ///< Out
    std::optional<transfer::Total> sent; ///< Out: what the receipt must confirm
    LaterPointer<transfer::Download> download;
    std::shared_ptr<IncomingCall> offer; ///< In
    QByteArray only; ///< In: the name of the one thing that was offered; empty: several
    Instant began {};
    Instant lastMoved {};
    Instant lastTold {};
    quint64 lastBytes = 0;
};

class Transfers::Private : public QObject {
public:
    Private(Transfers *q, const Me &me, const Contacts &contacts, const Route &route, const QString &downloads);

    // transfers.cpp
    Moving *find(const QByteArray &id);
    int going(const PublicKey &peer, Transfer::Direction direction) const;
    void moved(Moving &moving, quint64 bytes, quint64 files);
    void end(Moving &moving, Transfer::State state, const QString &sentence);
    void watchStalls();
    QString nameOf(const PublicKey &key) const;

    // transfers_out.cpp
    void counted(const QByteArray &id, const transfer::Counted &counted);
    void offerNext(const PublicKey &peer);
    void offer(Moving &moving);
    void heard(const QByteArray &id, const contracts::File::In &in);
    void answered(const QByteArray &id, const Result<contracts::File::Reply> &reply);
    void stopOut(Moving &moving);

    // transfers_in.cpp
    void offered(const contracts::File::Request &request, const std::shared_ptr<IncomingCall> &call);
    Result<void> accept(Moving &moving, const QString &folder);
    void say(Moving &moving, const char *state, const QString &why = {});
    void finished(const QByteArray &id, const transfer::Receipt &receipt);
    void callerWent(const QByteArray &id, const Error &why);
    void refuse(Moving &moving, const Error &error, Transfer::State state, const QString &sentence);
    void revoked(const PublicKey &peer);

    Transfers *q;
    const Me &me;
    const Contacts &contacts;
    const Route &route;
    QString downloads;
    std::map<QByteArray, Moving> all;
    QList<QByteArray> order;
    QTimer *stalls;
};

} // namespace hawser::chat
