#pragma once

#include "core/clock_watch.h"
#include "core/store/call_book.h"
#include "core/store/mail_poster.h"

namespace hawser {

/// What becomes of durable calls of mine (docs/protocol.md §17.11), on its way into the CallBook: what posters say of them, what
/// came for them, and that their time is over. Lives in the store's owner's thread.
class CallNews : public QObject {
    Q_OBJECT

public:
    /// \param store      its file has the tables of Outbox, Inbox and CallBook; outlives this
    /// \param device     8 bytes: with which device I call
    /// \param wallClock  ms since 1970: a call waits until a date, and its caller is told when it ended
    CallNews(
        StoreThread &store, const QByteArray &device, std::function<qint64()> wallClock, QObject *parent = nullptr);

    /// Before a poster is started towards this broker: notes it with each call. As long as that is not on disk it is tried
    /// again, and no call goes there.
    void mayLeave(const PublicKey &broker);
    /// Whether it was to be noted: so is what is put from then on.
    bool mayHaveLeft(const PublicKey &broker) const { return m_leaving.contains(broker); }
    /// Whether it is on disk: calls may go there. A poster that is followed looks again when they may.
    bool mayGo(const PublicKey &broker) const { return m_leaving.value(broker); }
    /// Hears how far calls come that go by this poster. \param name  what the broker is called: asked when it has one
    void follow(MailPoster &poster, const PublicKey &broker, std::function<QString()> name);
    /// Takes what came by a broker from who was called.
    void take(const MailTaken &taken, const PublicKey &broker, const MailTaker::Done &done);
    /// Takes what a broker says itself.
    void takeExpiry(const MailTaken &taken, const MailTaker::Done &done);
    /// Tells those that are done and that nobody has looked at.
    void tellUnseen();
    /// Ends those whose time is over, now and from now on, but none for a while after the calendar was set. To be called at
    /// first, before and after each that was put.
    void look() { look(m_wallClock(), runningTime()); }
    /// \param wall  ms since 1970 \param running  as runningTime()
    void look(qint64 wall, milliseconds running);

signals:
    void changed(const hawser::SentCall &call);
    void failed(const hawser::Error &why); ///< the file cannot be used now; what is in it stays
    void going(const hawser::PublicKey &broker); ///< mayGo() from now on

private:
    void noteLeaving(const PublicKey &broker);
    template <typename Work>
    void write(Work work, const MailTaker::Done &done = {});

    StoreThread &m_store;
    QByteArray m_device;
    std::function<qint64()> m_wallClock;
    QHash<PublicKey, bool> m_leaving; // brokers for which calls may leave, and whether that is on disk
    QTimer m_look;
    ClockWatch m_clock;
};

} // namespace hawser
