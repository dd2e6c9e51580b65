#pragma once

#include "chat/asks.h"
#include "chat/brokers.h"
#include "chat/changed_keys.h"
#include "chat/contacts.h"
#include "chat/conversation.h"
#include "chat/machines.h"
#include "chat/requests.h"
#include "chat/route.h"
#include "chat/transfers.h"

namespace hawser {
class ControlServer;
}

namespace hawser::chat {

struct PersonSettings {
    QString program; ///< "hawser-desktop 0.1.0"
    QString host; ///< empty: this machine's name
    QString downloads; ///< empty: the user's Downloads folder (with `--data DIR` say DIR/Downloads)
    bool serveControl = true; ///< the control socket other programs of this folder use
};

class Direct;

/// A whole person without a window: one data folder, its identity, its brokers, contacts, requests, conversations,
/// transfers and machines. What hawser-desktop draws and `hawser` uses headless. Lives on one thread.
class Person : public QObject {
    Q_OBJECT

public:
    /// Takes the folder, makes or reads the identity, opens the databases, connects to the brokers.
    /// \retval AlreadyExists       another program owns this folder: use its control socket
    /// \retval FailedPrecondition  the sentence names folder and reason
    static Result<std::unique_ptr<Person>> open(const QString &folder, const PersonSettings &settings);
    ~Person() override;

    const QString &folder() const;
    const PublicKey &key() const;
    QString name() const;
    /// Remembered; told to brokers at once, to direct contacts at the next greeting.
    Result<void> setName(const QString &name);
    QString host() const;
    QString program() const;
    QString controlPath() const; ///< empty: not served
    /// What other programs of this folder may call: whoever owns the person adds its own.
    Commands &controlCommands();
    /// Other programs that are served over the control socket now and end by themselves; whoever owns the person stays
    /// until there are none.
    int guests() const;

    const PersonLimits &limits() const;
    const Direct &direct() const;
    /// What others may call; for `status`.
    const Commands &served() const;
    const ControlServer *controlServer() const; ///< null: not served

    Brokers &brokers();
    Contacts &contacts();
    Requests &requests();
    Asks &asks();
    Conversations &conversations();
    Transfers &transfers();
    Machines &machines();
    Route &route();
    ChangedKeys &changedKeys();

    /// "Let people reach me directly": remembered. With a null address the port of last time, else 4781 or
    /// the next free one, IPv4 and IPv6.
    Result<void> setListening(bool on, const std::optional<Address> &at = {});
    bool isListening() const;
    /// What to tell others: this machine's addresses with the port.
    QList<Address> addresses() const;

    /// Takes away what is over, unless the calendar was just set. Done again and again, with this machine's clocks.
    /// \param wall  ms since 1970 \param running  as runningTime()
    void keepHouse(qint64 wall, milliseconds running);

    /// Who is meant: alias, claim, whole key or unique prefix of a contact or a user of a broker.
    Result<PublicKey> resolve(const QString &who) const;

signals:
    void nameChanged();
    void listeningChanged();
    void guestGone();
    void activity(const QString &sentence); ///< decisions, ends, revocations: for the Activity list

private:
    class Private;
    explicit Person(std::unique_ptr<Private> opened);
    Result<void> serveControl();
    void start();
    Result<void> listen(const std::optional<Address> &at);
    std::unique_ptr<Private> d;
};

} // namespace hawser::chat
