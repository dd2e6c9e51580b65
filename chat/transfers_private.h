#pragma once

#include "chat/conversation.h"
#include "chat/offers.h"
#include "chat/route.h"
#include "chat/transfers.h"
#include "core/contracts/talk.h"
#include "core/later.h"
#include "core/limit_use.h"
#include "core/transfer/download.h"
#include "core/transfer/upload.h"

#include <QPointer>
#include <map>

class QTimer;

namespace hawser::chat {

constexpr int mostFailedKept = 100; ///< lines of what was not taken or read, on disk

/// One transfer and what moves it.
struct Moving {
    Transfer transfer;
    LaterPointer<transfer::Upload> upload;
    QPointer<Call> call; ///< Out
    std::optional<transfer::Total> sent; ///< Out: what the receipt must confirm
    LaterPointer<transfer::Download> download;
    std::shared_ptr<IncomingCall> offer; ///< In
    QByteArray only; ///< In: the name of the one thing that was offered; empty: several
    QByteArray part; ///< In, not kept: the private folder that is noted on disk
    QByteArray fingerprint; ///< Out: of what was counted
    bool isDurable = false; ///< Out: is to be kept at once
    std::optional<Offer> kept; ///< what is on disk of it
    std::optional<QString> tell; ///< when it ends they are told, and why
    bool isLanding = false; ///< In, kept: nothing stops it any more …
    bool isStuck = false; ///< … but this: it cannot get its place now
    std::optional<contracts::File::Reply> early; ///< Out, kept: a receipt for what went before this process
    int broken = 0; ///< kept: Out: streams that broke since they were last found there; In: places it did not get
    Instant notBefore {}; ///< and when the next may begin
    quint64 ended = 0; ///< it was the so-manieth to end
    Instant began {};
    Instant lastMoved {};
    Instant lastTold {};
    quint64 lastBytes = 0;
};

class Transfers::Private : public QObject {
public:
    Private(Transfers *q, const Me &me, const Contacts &contacts, const Brokers &brokers, const Route &route,
        Conversations &conversations, const QString &downloads);
    ~Private() override;

    // transfers.cpp
    Moving *find(const QByteArray &id);
    int going(const PublicKey &peer, Transfer::Direction direction) const;
    void moved(Moving &moving, quint64 bytes, quint64 files);
    void end(Moving &moving, Transfer::State state, const QString &sentence);
    void countEnd(Moving &moving);
    void forgetOldest();
    void drop(const QByteArray &id);
    void report(LimitUse &use) const;
    void watchStalls();
    QString nameOf(const PublicKey &key) const;

    // transfers_out.cpp
    void makeUpload(Moving &moving);
    void counted(const QByteArray &id, const transfer::Counted &counted);
    void offerNext(const PublicKey &peer);
    void offer(Moving &moving);
    void open(Moving &moving, const Path &path);
    void heard(const QByteArray &id, const contracts::File::In &in);
    void answered(const QByteArray &id, const Result<contracts::File::Reply> &reply);
    void compare(Moving &moving, const contracts::File::Reply &receipt);
    QString takesNoFiles(const PublicKey &peer) const;
    void stopOut(Moving &moving);

    // transfers_in.cpp
    void offered(const contracts::File::Request &request, const std::shared_ptr<IncomingCall> &call);
    Result<QString> placeFor(Moving &moving, const QString &folder);
    Result<void> accept(Moving &moving, const QString &folder);
    void receive(Moving &moving);
    void say(Moving &moving, const char *state, const QString &why = {});
    void opened(Moving &moving, const QByteArray &part);
    void came(Moving &moving, quint64 bytes, quint64 files, const QString &current);
    void paused(Moving &moving, const QString &why);
    void resumed(Moving &moving);
    void failed(Moving &moving, const Error &why);
    void leavePart(Moving &moving);
    static contracts::File::Reply received(Moving &moving, const transfer::Receipt &receipt);
    void finished(Moving &moving, const transfer::Receipt &receipt);
    void callerWent(const QByteArray &id, const Error &why);
    void refuse(Moving &moving, const Error &error, Transfer::State state, const QString &sentence);
    void revoked(const PublicKey &peer);

    // transfers_kept.cpp
    void load();
    void show(const Offer &offer);
    void took(const Offer &offer);
    void fill(Moving &moving);
    QString sentenceOf(const Offer &offer) const;
    milliseconds nextPause(Moving &moving) const;
    void keepEnd(Moving &moving);
    struct End {
        Offer offer;
        std::optional<QString> tell;
        bool sweeps = false; ///< then nothing of it is to stay
        milliseconds pause = seconds(5); ///< until it is tried again
    };
    void keepEnd(const End &end);
    void writeEnd(const QByteArray &id);
    void note(const Moving &moving);
    void removed(const PublicKey &peer);
    void expire(qint64 wall);

    // transfers_kept_out.cpp
    void keepOffer(Moving &moving);
    void keptOffer(const QByteArray &id, const Result<Offer> &sent);
    void beginKept();
    void beginKept(Moving &moving);
    void countedAgain(Moving &moving, const transfer::Counted &counted);
    void answeredKept(Moving &moving, const Result<contracts::File::Reply> &reply);
    void brokeOff(Moving &moving, const Error &why);

    // transfers_kept_in.cpp
    Result<void> acceptKept(Moving &moving, const QString &folder);
    void takeUp(const contracts::File::Request &request, const std::shared_ptr<IncomingCall> &call);
    void takeUp(const Offer &kept, const contracts::File::Request &request, const std::shared_ptr<IncomingCall> &call);
    void land(Moving &moving, const transfer::Receipt &receipt);
    void landed(Moving &moving, const transfer::Receipt &receipt);
    void landLater(Moving &moving);
    void tookPlace(Moving &moving, const Result<Offer> &done);
    void stuck(Moving &moving, const Error &why);
    void keptBack(Moving &moving, const Error &why);
    void sweep(const Offer &offer);
    void close(const Offer &done);
    void brokeOffIn(Moving &moving, const Error &why);

    Transfers *q;
    const Me &me;
    const Contacts &contacts;
    const Brokers &brokers;
    const Route &route;
    History &history;
    Post &post;
    QString downloads;
    bool isLoaded = false;
    std::optional<milliseconds> lookNext; // what has waited for too long, as runningTime()
    std::map<QByteArray, Moving> all;
    QList<QByteArray> order;
    std::map<QByteArray, End> ends; // that are not on disk
    LimitHits hits;
    quint64 endings = 0;
    bool isTidying = false;
    QTimer *stalls;
};

} // namespace hawser::chat
