#pragma once

#include "core/client.h"

namespace hawser::chat {

struct Broker;
class Brokers;
class ChangedKeys;
class Contacts;
class Direct;

/// Whether and how a contact can be reached now.
struct Presence {
    bool online = false;
    bool direct = false;
    QString via; ///< the broker's name; empty: direct or away
    milliseconds roundTrip { 0 }; ///< 0: not measured
    QString obstacle {}; ///< away: why nothing goes to somebody who seems to be there, for people

    bool operator==(const Presence &) const = default;
};

/// A way to somebody: a link and what to write into OPEN. Valid until the event loop turns.
struct Path {
    Link *link = nullptr;
    Party to; ///< null key: the link's other end itself
    bool direct = false;
    PublicKey broker; ///< not direct: which
};

/// How to reach a key now: a direct link first, else a broker where both are and through
/// which they were let in (any other could put somebody else in their place). Remembered addresses are dialled again with
/// back-off (chat/direct.h).
class Route : public QObject {
    Q_OBJECT

public:
    /// All references outlive this.
    Route(const Contacts &contacts, const Brokers &brokers, const Direct &direct, const ChangedKeys &changedKeys);
    ~Route() override;

    Presence presence(const PublicKey &key) const;
    /// \retval Unavailable  away: Begun::No, and a sentence for people
    Result<Path> find(const PublicKey &key) const;
    /// The same, to one device of theirs.
    Result<Path> find(const PublicKey &key, const QByteArray &device) const;
    /// Asks for the round trip; presenceChanged follows.
    void measure(const PublicKey &key);

signals:
    void presenceChanged(const hawser::PublicKey &key);

private:
    bool isAt(const Broker &broker, const PublicKey &key) const;
    QString obstacle(const PublicKey &key) const;
    QString nameOf(const PublicKey &key) const;
    void refresh(const PublicKey &key);
    void refreshAll();

    const Contacts &m_contacts;
    const Brokers &m_brokers;
    const Direct &m_direct;
    const ChangedKeys &m_changedKeys;
    QHash<PublicKey, Presence> m_last;
    QHash<PublicKey, milliseconds> m_measured;
};

} // namespace hawser::chat
