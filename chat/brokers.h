#pragma once

#include "core/client.h"
#include "core/contracts/broker.h"

namespace hawser {
class Database;
}

namespace hawser::chat {

struct Me;

/// One broker this person belongs to, or wants to.
struct Broker {
    enum class State : quint8 {
        Connecting = 1,
        Asking = 2, ///< connected, not let in: `number` is to be compared
        Ready = 3,
        Offline = 4, ///< tries again in `retryIn`
        ChangedKey = 5, ///< another key lives there: stopped until replaceKey
        Stopped = 6, ///< replaced by another program with this device, revoked or refused
    };

    QString name; ///< of the location
    Address address;
    PublicKey key; ///< pinned
    State state = State::Connecting;
    QString sentence; ///< what is wrong, which step; empty: nothing
    bool administrator = false;
    milliseconds retryIn { 0 };
    milliseconds roundTrip { 0 };
    PublicKey newKey; ///< ChangedKey: what lives there now
    qint64 knownSince = 0; ///< ms since 1970

    bool operator==(const Broker &) const = default;
};

/// A user of a broker, as the broker says.
struct Member {
    PublicKey key;
    QString name; ///< text from others
    bool online = false;
    bool administrator = false;
    qint64 since = 0; ///< ms since 1970

    bool operator==(const Member &) const = default;
};

/// The brokers of this data folder, each with its own Client that stays connected.
class Brokers : public QObject {
    Q_OBJECT

public:
    /// All references outlive this. \param served  what others may call here
    Brokers(const Me &me, Database &database, Commands &served);
    ~Brokers() override;

    /// Connects to every location of the data folder.
    void start();
    /// A location that was found just now: saved and connected to. A known one is connected to again.
    Result<void> add(const Location &location);
    QList<Broker> all() const;
    std::optional<Broker> find(const PublicKey &key) const;
    /// People at that broker, me left out.
    QList<Member> people(const PublicKey &broker) const;
    std::optional<Member> member(const PublicKey &broker, const PublicKey &key) const;
    /// For calls to the broker itself, to its nodes, and through it; null when there is no such broker.
    Client *client(const PublicKey &broker) const;

    /// What is said of me in the next greetings; the name at once, too.
    void setProfile(const Profile &profile);
    void retryNow(const PublicKey &broker);
    /// Hangs up and stays Stopped until it is joined again. \param sentence  why
    void stop(const PublicKey &broker, const QString &sentence);
    /// Forgets it: location, link and all.
    Result<void> leave(const PublicKey &broker);
    /// "I know why – replace the key": pins what lives there now.
    /// \retval InvalidArgument     not the first of the new key's words
    /// \retval FailedPrecondition  its key has not changed
    Result<void> replaceKey(const PublicKey &broker, const QString &firstNewWord);
    /// Makes an invitation link (administrators). `callback(Result<Invite::Reply>)`
    void invite(const PublicKey &broker, const contracts::Invite::Request &request, QObject *context,
        std::function<void(const Result<contracts::Invite::Reply> &)> callback);
    /// Takes a user or node of that broker out (administrators).
    void revoke(const PublicKey &broker, const QString &who, QObject *context,
        std::function<void(const Result<contracts::Revoke::Reply> &)> callback);

signals:
    void added(const hawser::PublicKey &key);
    void changed(const hawser::PublicKey &key);
    void removed(const hawser::PublicKey &key);
    void peopleChanged(const hawser::PublicKey &broker);
    void memberChanged(const hawser::PublicKey &broker, const hawser::PublicKey &user);
    void keyReplaced(const hawser::PublicKey &old, const hawser::PublicKey &now);
    void keyChanged(const hawser::PublicKey &key); ///< rule 10: show the other dialog
    void ready(const hawser::PublicKey &key); ///< let in, each time
    void backAgain(const hawser::PublicKey &broker); ///< Ready again over the same link, after it was Offline
    void stranger(const hawser::PublicKey &key); ///< connected, not let in: ask
    void administratorChanged(const hawser::PublicKey &key);

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace hawser::chat
