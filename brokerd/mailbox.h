#pragma once

#include "brokerd/mail_store.h"
#include "core/limit_use.h"
#include "core/store/mail_posting.h"
#include "core/store/store_thread.h"
#include "core/store/store_trouble.h"

namespace hawser::broker {

class MailTaking;

/// Durable messages at the broker (docs/protocol.md §17): keeps what members post for each other, acknowledges what is on
/// disk, and hands it to each device of its recipient. Its database is a file of its own with a thread of its own; when that
/// is damaged, locked or full, posters hear it and everything else is served on.
class Mailbox : public QObject {
    Q_OBJECT

public:
    /// Whether a member may write to somebody; what it says otherwise goes to the sender.
    using MayWrite = std::function<Result<void>(const PublicKey &from, const PublicKey &to)>;

    /// Whether what a member wrote may still be given to whom it is for; if not it goes unseen.
    using MayReach = std::function<bool(const PublicKey &from, const PublicKey &to)>;

    /// \param path  of its own database file
    Mailbox(const QString &path, MayWrite mayWrite, MayReach mayReach, QObject *parent = nullptr);
    ~Mailbox() override;

    void serve(Commands &commands);
    void setLimits(const MailboxLimits &limits);
    /// The account has ended: what waits for it goes.
    void forget(const PublicKey &recipient);
    /// Lets go what is too old.
    void keepHouse(WallTime wall, const PublicKey &broker);
    /// From now on who goes without acknowledging has not failed.
    void drain() { m_draining = true; }
    /// What status shows.
    void report(Value &counters, Value &limits, LimitUse &use) const;
    /// Why nothing is kept now; empty: all is well.
    QString trouble() const { return m_trouble.sentence(); }

private:
    friend class MailTaking;
    template <typename Work>
    auto withStore(Work work) const
    {
        return [limits = m_limits, work = std::move(work)](Database &database) {
            MailStore store(database, limits);
            return work(store);
        };
    }
    void begin(std::shared_ptr<IncomingCall> call);
    void wereKept(const MailPosted &post);
    void worked();
    void refresh();

    MailboxLimits m_limits;
    MayWrite m_mayWrite;
    MayReach m_mayReach;
    MailKeeper m_keeper;
    QMultiHash<PublicKey, MailTaking *> m_takers;
    MailShelf::Totals m_totals;
    quint64 m_posted = 0;
    quint64 m_given = 0;
    quint64 m_withheld = 0;
    quint64 m_expired = 0;
    quint64 m_damaged = 0;
    LimitHits m_hits;
    StoreTrouble m_trouble { m_store, "mailbox" };
    bool m_refreshing = false;
    bool m_draining = false;
    StoreThread m_store; // last: its thread ends before the rest goes
};

} // namespace hawser::broker
