#pragma once

#include "chat/grant.h"
#include "core/public_key.h"

#include <QObject>
#include <functional>
#include <memory>

namespace hawser {
class Database;
}

namespace hawser::chat {

/// How somebody's key came to be trusted.
enum class Verified : quint8 { No = 0, Number = 1, Invitation = 2 };

/// Somebody who was let in here once. Times are ms since 1970 by this machine's clock, for display.
struct Contact {
    PublicKey key;
    QString claim; ///< what they call themselves: text from others
    QString alias; ///< what I call them; empty: none
    Verified verified = Verified::No;
    qint64 verifiedAt = 0;
    qint64 since = 0;
    qint64 lastSeen = 0;
    Grants rights; ///< what they may do here
    QString lastAddress; ///< "host:port" where they could be dialled directly; empty: none
    QList<PublicKey> brokers; ///< that are believed about this key, because it was let in through them

    /// The alias, else the claim, else the key's words. Still text from others: show it as plain text.
    QString shownName() const;
    bool operator==(const Contact &) const = default;
};

/// A refusal that lasts.
struct Block {
    enum class What : quint8 { Key = 1, Address = 2, Strangers = 3 };
    What what = What::Key;
    PublicKey key; ///< What::Key
    QString claim; ///< What::Key: what they called themselves
    QString address; ///< What::Address
    qint64 until = 0; ///< ms since 1970; 0: no end
    qint64 since = 0; ///< ms since 1970; 0: not known

    bool operator==(const Block &) const = default;
};

/// The people this data folder knows, and whom it refuses. A change is on disk when the call returns
/// (a person decides rarely; no thread is worth it). Grants "this time" are kept in memory only.
class Contacts : public QObject {
    Q_OBJECT

public:
    /// \param database  of the data folder (chat/store.h); outlives this
    static Result<std::unique_ptr<Contacts>> open(Database &database);

    QList<Contact> all() const; ///< by shown name
    std::optional<Contact> find(const PublicKey &key) const;
    /// \param who  alias, claim, whole key, or unique prefix of a key (4 digits at least)
    /// \retval NotFound         nobody
    /// \retval InvalidArgument  several: the sentence lists them
    Result<Contact> resolve(const QString &who) const;
    /// A contact whose name looks like `name` (case folded, confusables of Unicode) and whose key is another.
    std::optional<Contact> lookAlike(const QString &name, const PublicKey &key) const;

    /// Adds, or replaces what is known of that key.
    Result<void> save(const Contact &contact);
    Result<void> setAlias(const PublicKey &key, const QString &alias);
    Result<void> setRights(const PublicKey &key, const Grants &grants);
    /// Takes one right away; `revoked` ends what uses it.
    Result<void> revoke(const PublicKey &key, Right right);
    /// Takes everything away and forgets them.
    Result<void> remove(const PublicKey &key);
    Result<void> sawNow(const PublicKey &key, const QString &claim, qint64 nowMs);
    /// The person said that a broker's new key is that broker: it is believed as the old one was.
    Result<void> replaceBroker(const PublicKey &old, const PublicKey &now);
    Result<void> setLastAddress(const PublicKey &key, const QString &address);

    /// Whether this right is given now.
    bool may(const PublicKey &key, Right right, qint64 nowMs) const;
    bool mayAnything(const PublicKey &key, qint64 nowMs) const;
    /// Whether this broker's word is taken that it is them. A null broker: direct, which TLS has proved.
    bool believes(const PublicKey &key, const PublicKey &broker) const;
    /// The link that "this time" meant is over.
    Result<void> endOnce(const PublicKey &key);
    /// Takes away what has run out; when the next one runs out (0: none).
    qint64 expire(qint64 nowMs);

    QList<Block> blocks() const;
    Result<void> block(const Block &block);
    Result<void> unblock(const Block &block);
    /// \param address  without port; empty: not known
    bool isBlocked(const PublicKey &key, const QString &address, qint64 nowMs) const;

signals:
    void added(const hawser::PublicKey &key);
    void changed(const hawser::PublicKey &key);
    void removed(const hawser::PublicKey &key);
    void revoked(const hawser::PublicKey &key, hawser::chat::Right right); ///< by me, by time, or with the link
    void blocksChanged();

private:
    explicit Contacts(Database &database) : m_database(database) { }
    Result<void> load();
    Result<void> loadRest();
    void tellRevoked(const PublicKey &key, const Grants &before, const Grants &now);
    Result<void> store(const Contact &contact);
    Result<void> change(const PublicKey &key, const std::function<void(Contact &)> &edit);

    Database &m_database;
    QHash<PublicKey, Contact> m_contacts;
    QList<Block> m_blocks;
};

} // namespace hawser::chat
