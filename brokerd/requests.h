#pragma once

#include "brokerd/accounts.h"
#include "core/instant.h"
#include "core/limit_use.h"

#include <QStringList>
#include <deque>

namespace hawser::broker {

/// What a stranger says when it knocks. All of it but key and address are claims.
struct Knock {
    PublicKey key;
    AccountKind kind = AccountKind::User;
    QByteArray id; ///< 16 bytes; the same when the same request knocks again
    QByteArray commitment; ///< core/number.h
    QString claim;
    QString program;
    QString host;
    QStringList rights;
    QStringList commands;
    QString address; ///< as we saw it, without the port
};

/// A knock whose number is known: what an administrator decides over.
struct Waiting {
    QString id; ///< "r7" people, "n3" machines; never used twice
    Knock knock;
    QByteArray nonce; ///< ours, so that the number stays when it knocks again
    QString number;
    WallTime since = 0;
};

struct RequestLimits {
    qint64 waiting = 8;
    qint64 perAddress = 3; ///< in …
    qint64 windowMinutes = 10;
    qint64 unanswered = 256; ///< numbers told to who has not shown its own
    qint64 days = 7; ///< one waits
    qint64 blocks = 10000;
};

/// The requests that wait for an administrator, on disk, and who is not asked about for a while.
class Requests : public QObject {
    Q_OBJECT

public:
    /// \param database  outlives this
    Requests(Database &database, const PublicKey &own, QObject *parent = nullptr);
    Result<void> load();
    void setLimits(const RequestLimits &limits) { m_limits = limits; }

    /// What a knock is answered with.
    struct Answer {
        QByteArray nonce;
        WallTime since = 0; ///< when it knocked first
        bool operator==(const Answer &) const = default;
    };
    /// The nonce of before when the same request knocks again, revealed or not. Each
    /// fresh one counts: whoever sees many before it reveals could choose the one whose number fits.
    /// \retval InvalidArgument    its id is that of another request
    /// \param running  what is counted in a window goes by this clock, which nobody sets
    /// \retval ResourceExhausted  too many wait, or came from this address lately
    Result<Answer> answerTo(const Knock &knock, WallTime now, Instant running);
    /// Whether this may be revealed; also asked for who is blocked, so that they see no difference.
    /// \retval InvalidArgument    it is not what was committed to
    /// \retval ResourceExhausted  too many wait
    Result<void> mayReveal(const Knock &knock, QByteArrayView revealed) const;
    /// The asker revealed: the request waits from now on. A key has one at most: the newest replaces. Who asks again says
    /// of themselves what they said at first: it may be on a screen. Errors of mayReveal().
    Result<Waiting> reveal(const Knock &knock, const QByteArray &nonce, QByteArrayView revealed, WallTime now);
    /// Deletes it without a signal: part of the transaction that lets in. Follow with forget().
    Result<void> erase(const PublicKey &key);
    /// After erase(): takes it off the lists.
    void forget(const PublicKey &key, const QString &by);
    /// erase() and forget().
    Result<void> close(const PublicKey &key, const QString &by);

    /// \param text  "r7", or a whole key
    /// \retval NotFound  no such request waits
    Result<Waiting> find(const QString &text) const;
    const Waiting *find(const PublicKey &key) const;
    const QList<Waiting> &all() const { return m_waiting; } ///< oldest first

    /// \param what  a key in hex, or an address
    /// \retval ResourceExhausted  too many are blocked
    Result<void> block(const QString &what, WallTime until);
    /// Lets them ask again. \retval NotFound  nothing like that is blocked
    Result<void> unblock(const QString &what);
    /// What is blocked, and until when.
    const QHash<QString, WallTime> &blocks() const { return m_blocks; }
    void report(LimitUse &use) const;
    bool isBlocked(const PublicKey &key, const QString &address, WallTime now) const;

    /// What is too old goes, by a calendar that nobody doubts.
    void expire(WallTime now);

signals:
    void changed(const hawser::broker::Waiting &request); ///< new, or asked anew
    void closed(const hawser::broker::Waiting &request, const QString &by); ///< decided, or too old (by is empty)

private:
    /// A nonce that was told and not yet answered, or answered by somebody who is blocked; on disk too, so that a restart
    /// makes no difference to them.
    struct Promise {
        Knock knock;
        QByteArray nonce;
        WallTime since = 0;
    };

    Result<void> isOwnId(const Knock &knock) const;
    Result<void> hasRoom(const Knock &knock) const;
    Result<void> mayKnock(const Knock &knock) const;
    WallTime kept() const;
    /// Drops what is out of the window.
    void forgetRecent(Instant running);
    Result<QString> freshId(AccountKind kind);
    Result<void> write(const Waiting &request);
    Result<void> loadPromises();
    void forgetPromises(WallTime now);

    Database &m_database;
    PublicKey m_own;
    RequestLimits m_limits;
    mutable LimitHits m_hits; // counted where nothing else changes
    QList<Waiting> m_waiting;
    std::deque<Promise> m_promises;
    std::deque<std::pair<Instant, QString>> m_recent; // when · address
    QHash<QString, WallTime> m_blocks;
};

} // namespace hawser::broker
