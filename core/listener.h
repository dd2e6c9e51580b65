#pragma once

#include "core/admission.h"
#include "core/connection.h"
#include "core/greeting.h"
#include "core/limit_use.h"
#include "core/mooring.h"

#include <QTcpServer>

namespace hawser {

/// What the owner of a listener says to a peer whose key is proven and whose HELLO was read.
struct Admission {
    Welcome welcome; ///< standing, name, role …; the listener fills in ping, taken, resumed
    qint64 retention = limits::sessionBudget;
    milliseconds resumeWindow { limits::resumeWindow }; ///< of a member; 0: the link ends with its connection
    milliseconds awayAfter { limits::awayAfter };
    std::optional<GoAway> refusal; ///< set: no link, this is said instead
    LinkLimits bounds = {}; ///< of the link, see use()

    /// The owner's limits: those above that are among them, and the rest.
    void use(const LinkLimits &links);
};

/// One who came in: everything the greeting told.
struct Arrival {
    LaterPointer<Mooring> mooring; ///< runs already
    Link *link() const { return mooring->link(); }
    Connection *connection() const { return mooring->connection(); }
    Hello hello;
    PublicKey key;
    QHostAddress address;
    Standing standing;
};

/// A HELLO that goes on with a link this listener knows never arrives again: it brings the link its next connection.
///
/// Accepts TLS connections on several addresses, with admission control of its own (never QSslServer: it goes deaf):
/// AdmissionLimits by number, source and memory, one absolute deadline from accept to the greeting's answer,
/// penalties per source. Everything that is refused is counted under a reason.
class Listener : public QObject {
    Q_OBJECT

public:
    explicit Listener(const Identity &identity, QObject *parent = nullptr);
    ~Listener() override;

    /// Adds an address. "0.0.0.0", "::", names of interfaces' addresses; port 0 lets the kernel choose.
    /// \retval Unavailable  in use, not ours, no permission: the sentence says which
    Result<Address> listen(const Address &address);
    /// Takes over a socket that listens already (systemd's).
    /// \retval InvalidArgument  it is no listening TCP socket
    Result<Address> listen(int descriptor);
    QList<Address> addresses() const;
    /// Stops accepting; who is in stays.
    void stop();

    /// Asked once for each HELLO, before WELCOME is sent.
    void setAdmission(std::function<Admission(const Hello &, const PublicKey &, const QHostAddress &)> admission);
    /// What strangers may cost from now on.
    void setLimits(const AdmissionLimits &limits);
    /// How long a peer may take from accept to the answer of its greeting, finer than setLimits().
    void setGreetingDeadline(milliseconds deadline);
    /// The owner has taken a stranger in or found it breaking the rules: counts against its source.
    void penalise(const QHostAddress &source, milliseconds penalty);
    /// Strangers that were welcomed as Standing::Stranger stay in the count of strangers until their arrival's link ends.
    int strangers() const;
    /// Sources that misbehaved lately; bytes of half greetings; descriptors that connections may use.
    int penalised() const;
    qint64 strangerBytes() const;
    int mostDescriptors() const;
    /// Reason → how often: penalty, source, crowded, descriptors (refused at accept), dropped (for a newcomer), not_tls,
    /// tls, closed, deadline, memory, protocol, own_key, refused (by the owner), busy (too many strangers stay), stale,
    /// data_loss (counts that cannot be true), and accepted, arrived, resumed.
    QHash<QByteArray, quint64> counters() const;

signals:
    /// The owner moves the mooring out of the arrival in its (direct) slot.
    void arrived(hawser::Arrival &arrival);

private:
    class Private;
    std::unique_ptr<Private> d;
};

/// What of AdmissionLimits is used, and how often each refused somebody.
void reportAdmission(const Listener &listener, LimitUse &use);

} // namespace hawser
