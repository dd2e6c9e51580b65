#pragma once

#include "chat/history.h"
#include "chat/messages.h"
#include "core/contracts/mail.h"
#include "core/store/mail_poster.h"
#include "core/store/mail_posting.h"
#include "core/store/mail_taker.h"

#include <map>

namespace hawser::chat {

class Brokers;
class Calls;
class Contacts;
class Direct;
struct Me;

/// Carries durable messages (docs/protocol.md §17): what waits in my outbox goes to their program itself, else to a broker
/// where both are; what came is taken into the history, and only then acknowledged.
class Post : public QObject {
    Q_OBJECT

public:
    /// All references outlive this. \param served  gets `mail.post/1`
    Post(const Me &me, History &history, Calls &calls, const Contacts &contacts, const Brokers &brokers,
        const Direct &direct, Commands &served);
    ~Post() override;

    /// Who writes to them: this device, and where my other ones hear of it.
    messages::Myself myself(const PublicKey &with) const;
    /// Whether what is said to them goes somewhere now, or somebody may be found soon who takes it.
    bool hasWay(const PublicKey &with) const;
    bool mayHaveWaySoon(const PublicKey &with) const;
    /// Why what others write cannot be kept here now; it waits at the broker. Empty: it can.
    QString diskTrouble() const { return m_diskTrouble.empty() ? QString() : m_diskTrouble.begin()->second; }
    /// Something was put into the outbox, or another way may be open.
    void wake();
    /// The same for one; what they refused before is offered again.
    void wake(const PublicKey &with);

signals:
    void came(const hawser::chat::messages::News &news);
    void waysChanged(); ///< perhaps
    void diskTroubleChanged();

private:
    using NewsKey = std::tuple<PublicKey, QByteArray, quint64>; ///< a sender, its device, the first number of a run

    static NewsKey keyOf(const MailPosted &posted);
    void begin();
    void serve(Commands &served);
    Result<void> may(const Caller &from, MailPosted &post) const;
    MailKeeper keeper();

    void postTo(const PublicKey &broker);
    void postDirectly(const PublicKey &with);
    void follow(MailPoster &poster, const QString &broker);
    bool isCall(const MailSequence &sequence) const;
    bool goesBy(const PublicKey &broker, const MailSequence &sequence) const;
    std::optional<PublicKey> belongsTo(const MailSequence &sequence) const;
    void write(std::function<Result<messages::News>(Database &)> work);

    void takeFrom(const PublicKey &broker);
    void takeRun(const PublicKey &broker, const MailTaken &taken, const MailTaker::Done &done);
    void turnAway(const messages::Arrival &arrival);
    void setDiskTrouble(const PublicKey &broker, const QString &sentence);

    const Me &m_me;
    History &m_history;
    Calls &m_calls;
    const Contacts &m_contacts;
    const Brokers &m_brokers;
    const Direct &m_direct;
    bool m_isOpen = false; // the history
    std::map<NewsKey, messages::News> m_news; // of runs whose commit is not told yet
    std::map<PublicKey, std::unique_ptr<MailPoster>> m_toBrokers;
    std::map<PublicKey, std::unique_ptr<MailPoster>> m_toPeople;
    std::map<PublicKey, std::unique_ptr<MailTaker>> m_fromBrokers;
    std::map<PublicKey, QString> m_diskTrouble; // why nothing from that broker is kept
};

} // namespace hawser::chat
