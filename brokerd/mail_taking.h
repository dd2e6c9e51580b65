#pragma once

#include "brokerd/mailbox.h"
#include "core/contracts/mail.h"

#include <deque>

namespace hawser::broker {

/// One `mail.take/1`: gives a device what waits for it, in order, as far as credit and a window go, and moves its cursor when
/// it says that it has it on disk. Owns the call, and goes with it.
class MailTaking : public QObject {
    Q_OBJECT

public:
    MailTaking(std::shared_ptr<IncomingCall> call, Mailbox &mailbox);
    ~MailTaking() override;

    const QByteArray &device() const { return m_call->caller().device; }
    /// There may be something new.
    void look();
    /// Another program of the same device takes now.
    void giveWay();

private:
    struct Given {
        quint64 first;
        quint64 last;
        qint64 bytes;
    };
    const PublicKey &user() const { return m_call->caller().user; }
    template <typename Work>
    auto asKnown(Work work) const;
    void begun(const Result<MailStore::Device> &device);
    void begin(const MailStore::Device &device);
    void fetched(const Result<MailStore::Fetched> &fetched);
    void take(const ChannelMessage &message);
    void acknowledged(quint64 upto);
    void saveCursor();
    void itemFailed(quint64 serial);
    void note(quint64 failed, quint64 givenTo);
    void countFailure(quint64 serial, quint64 givenTo, std::function<void(const Result<bool> &)> then);
    void stopped();
    void end(const Error &why);
    quint64 firstOpen() const;

    std::shared_ptr<IncomingCall> m_call;
    Mailbox &m_mailbox;
    bool m_begun = false;
    bool m_isKnown = false; ///< that it takes is on disk
    bool m_fetching = false;
    bool m_more = true; ///< something may lie behind m_given
    bool m_saving = false; ///< its cursor, or waits to try again
    bool m_counting = false; ///< a failed item
    bool m_waits = false; ///< the device's own disk takes nothing
    bool m_over = false;
    quint64 m_cursor = 0; ///< acknowledged
    quint64 m_saved = 0; ///< and on disk
    quint64 m_given = 0; ///< all up to this serial was given, or is not for this device
    quint64 m_singlyTo = 0;
    quint64 m_round = 0; ///< what was fetched for an older one is dropped
    std::deque<Given> m_open; ///< given and not acknowledged
    qint64 m_openBytes = 0;
};

} // namespace hawser::broker
