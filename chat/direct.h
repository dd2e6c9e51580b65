#pragma once

#include "core/client.h"
#include "core/listener.h"

#include <map>

namespace hawser::chat {

class Contacts;
struct Me;

/// Where a peer of mine came in.
struct Origin {
    QString address; ///< without port
    QString interface;
};

/// Links between people without a broker: my listener, and dials to remembered addresses. When two contacts dial each
/// other, the link dialled by the smaller key stays.
class Direct : public QObject {
    Q_OBJECT

public:
    static constexpr quint16 firstPort = 4781; ///< that one, or the next free one, where none is said

    /// All references outlive this. \param served  what others may call here
    Direct(const Me &me, Contacts &contacts, Commands &served);
    ~Direct() override;

    /// \param at  null: IPv4 and IPv6, port 4781 or the next free one
    /// \param lastPort  where nothing else is said this one first, since it is what others remember; 0: none
    Result<void> listen(const std::optional<Address> &at, quint16 lastPort);
    quint16 port() const { return m_listener ? m_listener->addresses().value(0).port : 0; }
    void stop();
    bool isListening() const { return m_listener != nullptr; }
    /// To tell others: this machine's addresses with the port.
    QList<Address> addresses() const;

    /// Dials contacts whose address is remembered, as long as they are contacts.
    void keepInTouch();
    /// Connects to this key at this address and stays connected. \return never null, owned here
    Client *dial(const PublicKey &key, const Address &address);
    void hangUp(const PublicKey &key);
    Client *dialled(const PublicKey &key) const;
    /// A link over which both are let in; null: none.
    Link *link(const PublicKey &key) const;
    /// Ends every link with that key at once.
    void drop(const PublicKey &key, const QString &sentence);
    std::optional<Origin> origin(const Link *link) const;
    void setProfile(const Profile &profile);
    /// All there are, strangers' and those for bulk data too.
    std::vector<const Link *> links() const;
    /// Frames for streams that were not open, over all links so far.
    quint64 droppedFrames() const;
    /// Null: nobody is let in here.
    const Listener *listener() const { return m_listener.get(); }

signals:
    void linked(const hawser::PublicKey &key);
    void unlinked(const hawser::PublicKey &key); ///< the last one is gone
    void stranger(const hawser::PublicKey &key); ///< I dialled and was not let in: ask
    void changed(const hawser::PublicKey &key); ///< state of my dial

private:
    struct Incoming {
        PublicKey key;
        Standing standing = Standing::Stranger;
        Origin origin;
        LaterPointer<Mooring> mooring;
        Link *link = nullptr;
    };
    Result<void> listenOnce(const QList<Address> &addresses);
    Admission admit(const Hello &hello, const PublicKey &key) const;
    void take(Arrival &arrival);
    void replaceOlder(const PublicKey &key, const QByteArray &device);
    void ended(Link *link);
    void stateChanged(const PublicKey &key);
    void checkLink(const PublicKey &key);

    const Me &m_me;
    Contacts &m_contacts;
    Commands &m_served;
    std::unique_ptr<Listener> m_listener;
    std::vector<Incoming> m_incoming;
    std::map<PublicKey, LaterPointer<Client>> m_dialled;
    quint64 m_dropped = 0; // of those who came in and went
    bool m_closing = false;
    QHash<PublicKey, Link *> m_known; ///< what linked() was said for
};

} // namespace hawser::chat
