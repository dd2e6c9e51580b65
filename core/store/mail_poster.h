#pragma once

#include "core/contracts/mail.h"
#include "core/later.h"
#include "core/mail_items.h"
#include "core/store/outbox.h"
#include "core/store/store_thread.h"

#include <QTimer>
#include <deque>

namespace hawser {

/// Sends what waits in the outbox over one `mail.post/1`, in order, and tells the outbox what was acknowledged. One for
/// each way: a broker, a direct link. Asks each sequence where the other side is before it posts; after a refusal it goes on
/// with what was refused. A few MiB are under way or in memory, however much waits. Lives in the store's owner's thread.
class MailPoster : public QObject {
    Q_OBJECT

public:
    /// \param store  its file has Outbox::tables(); outlives this
    explicit MailPoster(StoreThread &store, QObject *parent = nullptr);
    ~MailPoster() override;

    /// Which sequences go this way; without it all do. Asked again at each look().
    void setChoice(std::function<bool(const MailSequence &)> choice) { m_choice = std::move(choice); }
    /// Begins to post to the other end of a link that is ready; ends by itself when the link goes. When the other end cannot
    /// take anything now it is asked again, as long as the link stands. \param link  not null
    void start(Link *link);
    void stop();
    /// Something was put into the outbox, or the choice is another one.
    void look();
    /// A sequence that was refused because they cannot be reached this way is asked about again.
    void again(const MailSequence &sequence);

    /// Puts and sends, without a job of your own: what comes while the store works lies in one row. `stored` says when it is
    /// on disk.
    void put(const MailSequence &sequence, const MailItem &item);

signals:
    void stored(const hawser::MailSequence &sequence, quint64 first, quint64 count);
    void notStored(const hawser::MailSequence &sequence, quint64 count, const hawser::Error &why);
    /// The other side has it on its disk, and the outbox knows.
    void kept(const hawser::MailSequence &sequence, const hawser::MailProgress &progress);
    /// \param retryMs  it is tried again after so long, or with again() or the next start(); 0: given up (`mail.gone`)
    void refused(const hawser::MailSequence &sequence, quint64 number, const hawser::Error &why, qint64 retryMs);
    /// This folder is a copy behind what was sent: numbers in the outbox have changed.
    void restored(const hawser::MailSequence &sequence, const hawser::Outbox::Restored &how);
    /// The store failed; what waits stays.
    void storeFailed(const hawser::Error &why);

private:
    using Post = contracts::MailPost;
    enum class State {
        Asking,
        Posting,
        Blocked, ///< until it is tried again
        NoWay, ///< the same, or until again()
    };
    /// A sequence that goes this way.
    struct Way {
        State state = State::Asking;
        quint64 queuedTo = 0; ///< the highest number that is posted or in the queue
        quint64 keptTo = 0; ///< told by the other side
        quint64 notedTo = 0; ///< and in the outbox
        std::deque<Outbox::Run> queue {}; ///< to post
        qint64 queueBytes = 0;
        std::deque<std::pair<quint64, qint64>> flying {}; ///< last number and bytes of what is not acknowledged
        qint64 flyingBytes = 0;
        bool reading = false;
        bool noting = false;
        bool more = false; ///< the outbox may hold something behind queuedTo
        quint64 gaveUp = 0; ///< the number that was refused for good last
        quint64 turn = 0; ///< answers of the store for an older one mean nothing
    };
    struct Gathered {
        std::deque<Outbox::Run> runs;
        bool storing = false;
    };

    void take(const ChannelMessage &message);
    void takeHighest(const MailSequence &sequence, const Post::In &in);
    void takeKept(const MailSequence &sequence, Way &way, quint64 kept);
    void takeRefused(const MailSequence &sequence, Way &way, const Post::In &in);
    void begin(const MailSequence &sequence);
    void ask(const MailSequence &sequence);
    void read(const MailSequence &sequence);
    void post(const MailSequence &sequence, Way &way);
    void postAll();
    void note(const MailSequence &sequence, Way &way);
    void giveUp(const MailSequence &sequence, quint64 number);
    void retryLater(const MailSequence &sequence, qint64 ms);
    qint64 retryNoWay(const MailSequence &sequence);
    void goBack(Way &way, quint64 to);
    void storeGathered(const MailSequence &sequence);
    void startAgainLater(const Error &why);
    void wasStored(const MailSequence &sequence, quint64 first, Outbox::Run run);
    Way *find(const MailSequence &sequence, quint64 turn);

    StoreThread &m_store;
    std::function<bool(const MailSequence &)> m_choice;
    QPointer<Link> m_link;
    QPointer<Call> m_call;
    QTimer m_startAgain;
    milliseconds m_startAgainIn; // grows until the other end says something
    QHash<MailSequence, Way> m_ways;
    QHash<MailSequence, qint64> m_noWay; // ms until the next try, of those that nobody keeps who is asked
    QHash<MailSequence, Gathered> m_gathered;
    quint64 m_turn = 0; // grows whenever a way begins anew
    bool m_looking = false;
    bool m_lookAgain = false;
};

} // namespace hawser
