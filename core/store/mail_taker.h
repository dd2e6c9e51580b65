#pragma once

#include "core/contracts/mail.h"
#include "core/store/inbox.h"

#include <QPointer>
#include <functional>

namespace hawser {

class Link;

/// Items that came from a broker's mailbox.
struct MailTaken {
    MailSource source;
    quint64 first = 0; ///< number of the first item
    QByteArray items; ///< packed, at least one, laid out as core/mail_items.h says
    quint64 count = 0;
};

/// The device's end of one `mail.take/1`: hands over what comes, in order, and acknowledges what its owner has on disk. What
/// could not be kept comes again; a broker sets it aside after the fifth time. One for each broker.
class MailTaker : public QObject {
    Q_OBJECT

public:
    /// Called once, when it is on disk, or with why it is not. Later than the taker's end it does nothing.
    using Done = std::function<void(const Result<void> &)>;

    /// \param take  is given each run of items, and calls `done`
    MailTaker(const PublicKey &me, std::function<void(const MailTaken &, Done)> take, QObject *parent = nullptr);
    ~MailTaker() override;

    /// Begins to take from the broker at the other end of a link that is ready; while it takes over that link already nothing
    /// happens. Ends by itself when the link goes. \param link  not null
    void start(Link *link);
    void stop();

signals:
    void lost(quint64 items); ///< so many went unseen by this device: too old, or too many

private:
    void took(const contracts::MailTake::In &in);

    PublicKey m_me;
    std::function<void(const MailTaken &, Done)> m_take;
    QPointer<Call> m_call;
    quint64 m_failedAt = 0; // what comes is passed over until this serial comes again
};

} // namespace hawser
