#pragma once

#include "core/contracts/mail.h"
#include "core/store/mail_taker.h"
#include "core/store/outbox.h"

#include <QSet>

namespace hawser {

/// A durable call of mine (docs/protocol.md §17.11), and what came of it.
struct SentCall {
    /// How far it has come; each is true when it is shown. The numbers stand in the database.
    enum class State : quint8 {
        Queued = 1, ///< on my disk; goes by itself as soon as it can
        AtBroker = 2, ///< on a broker's disk, until they come for it
        Taken = 3, ///< on their disk; it runs when its turn comes
        Done = 4, ///< `result` says what came of it
    };

    quint64 id = 0; ///< grows
    PublicKey to;
    PublicKey broker; ///< through which it goes, and its answer comes
    QString name; ///< what the one who is called is called: text from others
    QString command;
    Value parameters;
    qint64 at = 0; ///< ms since 1970 by this machine's clock
    qint64 until = 0; ///< later it does not begin
    State state = State::Queued;
    QString sentence; ///< Queued: what is in the way, if that is known; AtBroker: the broker's name
    bool mayHaveLeft = true; ///< Queued: somebody may have it by now, and it is not known here
    QByteArray device; ///< 8 bytes: whose number that is
    quint64 number = 0;
    contracts::DurableResult result; ///< Done; text and bytes in it are from others
    qint64 ended = 0; ///< Done: when that came here
    bool seen = false; ///< Done: somebody looked at it
    bool isOverdue = false; ///< Done: its time is over, and nothing is known. What came of it may still be told

    bool isDone() const { return state == State::Done; }
    /// Ok, or why there is no result.
    Error outcome() const;
};

/// Durable calls of mine: each lies in the outbox and here, on disk together, until its result came and was seen. Works on the
/// Database it is given, beside the Outbox and the Inbox of the same file, inside whatever transaction runs there. No state of its own.
class CallBook {
public:
    /// For a step of Database::Steps, and for a later one.
    static QStringList tables();
    static QStringList moreTables();

    /// \param most  calls kept, answered ones included
    explicit CallBook(Database &database, qint64 most = limits::durableCalls) : m_database(database), m_most(most) { }

    /// Into the outbox and the book; what was seen, and what nothing is known of, goes when there is no room.
    /// \return it, with its id and number
    /// \retval ResourceExhausted  too many are unanswered or unseen, or wait for them
    Result<SentCall> put(SentCall call);

    /// All, newest last, without their results.
    Result<QList<SentCall>> all();
    /// Those whose results nobody has looked at.
    Result<QList<SentCall>> unseen();
    /// \retval NotFound  no such call
    Result<SentCall> find(quint64 id);
    Result<void> markSeen(quint64 id);
    /// Whom I called, and through which broker.
    using Called = QSet<std::pair<PublicKey, PublicKey>>;
    Result<Called> called();
    /// Calls kept.
    Result<qint64> count();

    // What became of them, by the calendar `now`. Each returns those it changed.
    using Changed = Result<QList<SentCall>>;
    /// What is queued for this broker may leave from now on.
    Result<void> mayLeave(const PublicKey &broker);
    /// \param by  the broker's name
    Changed kept(const PublicKey &to, const PublicKey &broker, quint64 upto, const QString &by);
    /// \param forNow  it goes by itself later; else that one never does
    Changed refused(
        const PublicKey &to, const PublicKey &broker, quint64 number, bool forNow, const Error &why, qint64 now);
    /// Nobody fetched them from the broker in time.
    Changed expired(const contracts::MailExpired &gone, const PublicKey &by, qint64 now);
    /// What came by this broker from who was called: notes it in the inbox; receipts and results of this device do what they
    /// say. What did not come in the broker's conversation means nothing.
    /// \retval as Inbox::take
    Changed take(const MailTaken &taken, const PublicKey &broker, const QByteArray &myDevice, qint64 now);
    /// The broker's own words, for who does not read them otherwise: what expired.
    Changed takeExpiry(const MailTaken &taken, const QByteArray &myDevice, qint64 now);
    /// Ends those whose time is over: what did not leave is not sent any more; of the rest it is not known whether it was done.
    /// One that the machine has may still be running, and has a day more. Forgets what ended long ago.
    Changed endOverdue(qint64 now);
    /// When endOverdue() has something to do next, if ever.
    Result<std::optional<qint64>> nextOverdue();
    /// This folder is a copy that is behind: numbers above `after` grew by `by`.
    Result<void> renumber(const PublicKey &to, const PublicKey &broker, quint64 after, quint64 by);

private:
    Result<void> forgetOld(qint64 now);
    Result<void> makeRoom();
    Changed where(const QString &condition, const QVariantList &values, const char *result = "result");
    Changed change(const QString &set, const QVariantList &values, const QString &condition, const QVariantList &which);
    Changed end(const contracts::DurableResult &result, qint64 now, const QString &condition, const QVariantList &which,
        bool isOverdue = false);

    Database &m_database;
    qint64 m_most;
};

} // namespace hawser
