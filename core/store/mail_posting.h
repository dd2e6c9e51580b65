#pragma once

#include "core/contracts/mail.h"
#include "core/store/inbox.h"
#include "core/store/store_thread.h"

#include <QHash>
#include <deque>

namespace hawser {

/// Items that somebody hands over, and what became of them.
struct MailPosted {
    MailSource source;
    quint64 first = 0;
    QByteArray items; ///< packed
    qint64 keepMs = 0; ///< 0: as long as the keeper likes

    quint64 kept = 0; ///< of these all up to this number is kept; 0: nothing
    quint64 refused = 0; ///< the first number that is not; 0: none
    Error why = {};
    qint64 retryMs = 0; ///< 0: never
    const char *limit = nullptr; ///< that stopped it, by its name in status
    quint64 fresh = 0; ///< how many were not here before
    int judged = 0; ///< what `may` has to tell `keep`
};

/// What a keeper of durable messages does: a broker's mailbox, or a person on a direct link.
struct MailKeeper {
    /// May the caller post that? In the owner's thread, again before each batch.
    std::function<Result<void>(const Caller &from, MailPosted &post)> may;
    /// In the store's thread, inside the batch's transaction: keeps what it can, from the first on, and says what stopped
    /// it. An error means that nothing was kept, for reasons of the database.
    std::function<Result<void>(Database &, MailPosted &)> keep;
    /// What is known of a source, in the store's thread.
    std::function<Result<Inbox::Highest>(Database &, const MailSource &)> highest;
    /// In the owner's thread, after it is on disk; `items` are what came.
    std::function<void(const MailPosted &)> kept;
    /// In the owner's thread, optional: may change how soon a refused post comes again.
    std::function<void(MailPosted &)> refused;
    /// In the owner's thread: the store cannot keep. The poster hears a plain sentence and tries again.
    std::function<void(const Error &)> failed;
};

/// The keeper's end of one `mail.post/1`: takes what comes under credit, keeps it in batches, and acknowledges what is on
/// disk. At most one batch of it is in the store at a time, so that others have their turn. Owns the call, and goes with it.
class MailPosting : public QObject {
    Q_OBJECT

public:
    /// \param store, keeper  outlive this
    MailPosting(std::shared_ptr<IncomingCall> call, StoreThread &store, const MailKeeper &keeper, QObject *parent);

private:
    struct Key {
        PublicKey to;
        QByteArray conversation;
        bool operator==(const Key &) const = default;
        friend size_t qHash(const Key &key, size_t seed) { return qHashMulti(seed, key.to, key.conversation); }
    };
    struct Step { // of a batch: a question or items
        MailPosted post;
        std::optional<Inbox::Highest> highest;
        bool skipped = false;
        Key key() const { return { post.source.recipient, post.source.conversation }; }
    };
    using Batch = std::deque<Step>;

    void take(const ChannelMessage &message);
    bool joins(const Step &step);
    void pump();
    Batch nextBatch();
    static Result<void> run(Database &database, Batch &batch, const MailKeeper &keeper);
    void ran(Batch batch, const Result<void> &result);
    void answer(Step &step, QHash<Key, contracts::MailPost::In> &answers);
    void refuse(const Key &key, quint64 number, const Error &why, qint64 retryMs);
    bool isPassedOver(const Step &step) const;

    std::shared_ptr<IncomingCall> m_call;
    StoreThread &m_store;
    const MailKeeper &m_keeper;
    Batch m_waiting;
    qint64 m_waitingBytes = 0;
    QHash<Key, quint64> m_refused; // what comes behind it is passed over, until it comes again
    bool m_running = false;
};

} // namespace hawser
