#pragma once

#include "core/contracts/request.h"
#include "core/instant.h"
#include "core/location.h"

#include <QObject>
#include <memory>

namespace hawser {
class Database;
}

namespace hawser::chat {

class Brokers;
class Contacts;
class Direct;
class OnceGrants;
struct Me;

/// What was put into the join field.
struct Recognised {
    enum class What : quint8 { Nothing = 0, Link = 1, Address = 2 };
    What what = What::Nothing;
    std::optional<Invitation> invitation;
    std::optional<Address> address;
    QString sentence; ///< for under the field: what it is, or why it is nothing

    bool operator==(const Recognised &) const = default;
};
Recognised recognise(const QString &text);

/// What I am waiting for: somebody else's yes.
struct Ask {
    enum class State : quint8 {
        Connecting = 1,
        Waiting = 2, ///< asked; `number` is to be compared
        NoAnswer = 3, ///< it left the other screen; they can still accept later, it knocks again at each connection
        Unreachable = 4, ///< nobody there now; it tries again
        ChangedKey = 5, ///< another key lives there: stopped
        Accepted = 6,
        Denied = 7, ///< a broker said no
        Failed = 8, ///< it cannot work: the sentence says why
        Already = 9, ///< a contact or a broker of mine before: nothing was asked
    };

    QByteArray id; ///< 16 bytes
    contracts::AskToBeLetIn::Kind kind = contracts::AskToBeLetIn::Kind::Contact;
    State state = State::Connecting;
    QString to; ///< whom: a name once known, else the address
    std::optional<Address> address; ///< a direct contact or a broker
    PublicKey key; ///< of the other end; null until known
    PublicKey broker; ///< contact through it; null: direct
    QString number; ///< six digits; empty until known
    bool compared = false; ///< I said that it is the same on their screen
    std::optional<Instant> until; ///< how long the question stays on the other screen
    QStringList rights; ///< what I ask for
    QString sentence; ///< for people
    qint64 since = 0; ///< ms since 1970

    bool operator==(const Ask &) const = default;
};

/// My own requests, kept over restarts; each knocks again with the same id whenever the other end can be reached.
class Asks : public QObject {
    Q_OBJECT

public:
    /// All references outlive this.
    Asks(const Me &me, Database &database, Contacts &contacts, Brokers &brokers, Direct &direct, OnceGrants &once);
    ~Asks() override;
    /// Goes on with what was kept.
    void start();

    QList<Ask> all() const;
    std::optional<Ask> find(const QByteArray &id) const;
    /// Joins a broker, or asks the person who lives at an address: the greeting tells which. What waits for them already
    /// goes on under the new id, with its number.
    /// \retval InvalidArgument  neither link nor address
    Result<QByteArray> join(const QString &text);
    /// Asks a user of a broker to become a contact.
    Result<QByteArray> contact(const PublicKey &broker, const PublicKey &key, const QString &name);
    /// "It is the same on their screen": whom I asked is verified by the number, now or once they have accepted.
    /// \retval NotFound  it is not there any more, or has no number
    Result<void> setCompared(const QByteArray &id);
    /// I do not want it any more.
    void cancel(const QByteArray &id);

signals:
    void added(const QByteArray &id);
    void changed(const QByteArray &id);
    void removed(const QByteArray &id); ///< cancelled, taken over, or a while after Accepted, Denied, Failed, Already
    void accepted(const QByteArray &id);

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace hawser::chat
