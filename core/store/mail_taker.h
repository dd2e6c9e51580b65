#pragma once

#include "core/contracts/mail.h"
#include "core/store/inbox.h"

#include <QPointer>
#include <QTimer>
#include <deque>
#include <functional>
#include <memory>

namespace hawser {

class Link;

/// Items that came from a broker's mailbox.
struct MailTaken {
    MailSource source;
    quint64 first = 0; ///< number of the first item
    QByteArray items; ///< packed, at least one, laid out as core/mail_items.h says
    quint64 count = 0;
    std::shared_ptr<bool> isCut = {}; ///< something before it could not be kept; of the store's thread alone

    /// The work that keeps it, for a StoreThread: it does nothing, and fails, behind what could not be kept.
    template <typename Work>
    auto inTurn(Work work) const;
};

/// The device's end of one `mail.take/1`: hands over what comes, in order, and acknowledges what its owner has on disk. One for
/// each broker. What is wrong in itself (InvalidArgument) is told to the broker, which gives it again and sets it aside after
/// the fifth time. Any other error is the store's: what came is kept here, as much as the broker gives unacknowledged, and handed
/// over again after a pause that grows; nothing behind it is before it, and nothing of it is lost.
class MailTaker : public QObject {
    Q_OBJECT

public:
    /// Called once, when it is on disk, or with why it is not. Later than the taker's end it does nothing.
    using Done = std::function<void(const Result<void> &)>;

    /// \param take  is given each run of items, and calls `done`; it may keep them in one job each, with MailTaken::inTurn,
    ///              posted before it returns
    MailTaker(const PublicKey &me, std::function<void(const MailTaken &, Done)> take, QObject *parent = nullptr);
    ~MailTaker() override;

    /// How long it waits before it hands over again what the store could not keep: grows from `first` to `most`.
    void setPauses(milliseconds first, milliseconds most);
    /// Begins to take from the broker at the other end of a link that is ready; while it takes over that link already nothing
    /// happens. Ends by itself when the link goes. What the broker cannot give now is asked for again as long as the link
    /// stands. \param link  not null
    void start(Link *link);
    void stop();

signals:
    void lost(quint64 items); ///< so many went unseen by this device: too old, or too many
    void storeFailed(const hawser::Error &why); ///< at each try; what came stays at the broker
    void storeWorks(); ///< again

private:
    struct Run {
        quint64 serial = 0;
        MailTaken taken {};
        std::optional<Error> why {}; ///< it is not kept
        quint64 last() const { return serial + taken.count - 1; }
        qint64 cost() const;
    };
    struct Group { // what is handed over at once
        std::deque<Run> runs {};
        size_t open = 0;
    };

    void took(const contracts::MailTake::In &in);
    void pump();
    void settle();
    void failed(quint64 serial);
    void wait(const Error &why);
    void drop();
    void startAgainLater(const Error &why);

    PublicKey m_me;
    std::function<void(const MailTaken &, Done)> m_take;
    QPointer<Link> m_link;
    QPointer<Call> m_call;
    QTimer m_startAgain;
    milliseconds m_startAgainIn;
    std::deque<Run> m_runs; // came, and not yet handed over
    std::shared_ptr<Group> m_group; // handed over, and not yet settled
    qint64 m_cost = 0; // of both, bytes
    QTimer m_pause;
    milliseconds m_pauseFirst;
    milliseconds m_pauseMost;
    milliseconds m_pauseNext;
    bool m_isWaiting = false; // for the store
    bool m_hasSaidSo = false; // on this channel
    quint64 m_failedAt = 0; // what comes is passed over until the broker has heard of it
};

template <typename Work>
auto MailTaken::inTurn(Work work) const
{
    return [isCut = isCut, work = std::move(work)](auto &store) {
        using Outcome = decltype(work(store));
        if (isCut && *isCut)
            return Outcome(Error { Code::Aborted, QStringLiteral("what came before it could not be kept") });
        Outcome outcome = work(store);
        if (isCut && !outcome)
            *isCut = true;
        return outcome;
    };
}

} // namespace hawser
