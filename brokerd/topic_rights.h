#pragma once

#include "brokerd/accounts.h"
#include "brokerd/config.h"

namespace hawser::broker {

/// Who may publish and read where: what the configuration gives everybody, and what an administrator gave somebody. There
/// are only permissions; what none of them fits is forbidden, and the broker's own topics always are.
class TopicRights : public QObject {
    Q_OBJECT

public:
    enum class Doing : quint8 { Publish = 1, Subscribe = 2 };

    /// Both outlive this.
    TopicRights(const Accounts &accounts, Database &database, QObject *parent = nullptr);
    Result<void> load();
    void apply(const TopicDefaults &defaults, qint64 mostGrants);

    bool allows(const PublicKey &who, Doing doing, QByteArrayView topic) const;
    /// Whether there is a topic that fits the pattern and is allowed.
    bool allowsSome(const PublicKey &who, Doing doing, QByteArrayView pattern) const;
    /// All patterns that hold for somebody now; none for who is not let in.
    QByteArrayList patterns(const PublicKey &who, Doing doing) const;

    /// On disk when it returns. \pre isTopicPattern, each
    Result<void> change(const PublicKey &who, Doing doing, const QByteArrayList &patterns, bool remove);

signals:
    void changed(const hawser::PublicKey &who); ///< nobody: everybody

private:
    void forget(const PublicKey &who);
    QByteArrayList &granted(const PublicKey &who, Doing doing);

    const Accounts &m_accounts;
    Database &m_database;
    TopicDefaults m_defaults;
    qint64 m_mostGrants = 256; // of one account, each way
    QHash<PublicKey, QByteArrayList> m_publish; // beyond the defaults
    QHash<PublicKey, QByteArrayList> m_subscribe;
};

} // namespace hawser::broker
