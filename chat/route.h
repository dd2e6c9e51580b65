#pragma once

#include "core/client.h"

namespace hawser::chat {

/// Whether and how a contact can be reached now.
struct Presence {
    bool online = false;
    bool direct = false;
    QString via; ///< the broker's name; empty: direct or away
    milliseconds roundTrip { 0 }; ///< 0: not measured

    bool operator==(const Presence &) const = default;
};

/// A way to somebody: a link and what to write into OPEN. Valid until the event loop turns.
struct Path {
    Link *link = nullptr;
    Party to; ///< null key: the link's other end itself
    bool direct = false;
    PublicKey broker; ///< not direct: which
};

/// A contact's address where another key lives now.
struct ChangedKey {
    PublicKey known;
    PublicKey now;
    QString address;

    bool operator==(const ChangedKey &) const = default;
};

/// How to reach a key now: a direct link first, else a broker where both are. Remembered addresses are dialled again with
/// back-off while "Let people reach me directly" of the other side may still be on.
class Route : public QObject {
    Q_OBJECT

public:
    ~Route() override;

    Presence presence(const PublicKey &key) const;
    /// \retval Unavailable  away: Begun::No, and a sentence for people
    Result<Path> find(const PublicKey &key) const;
    /// Asks for the round trip; presenceChanged follows.
    void measure(const PublicKey &key);
    /// Contacts at whose remembered address somebody else answers.
    QList<ChangedKey> changedKeys() const;

signals:
    void presenceChanged(const hawser::PublicKey &key);
    void keyChanged(const hawser::PublicKey &known);

private:
    friend class Person;
    class Private;
    explicit Route(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

} // namespace hawser::chat
