#pragma once

#include "core/public_key.h"

#include <QHash>
#include <QObject>

namespace hawser::chat {

class Brokers;
class Contacts;
class Direct;

/// Ends what was granted "this time" when the link it was granted on ends: the direct one, or either side's link to the
/// broker it came through.
class OnceGrants : public QObject {
    Q_OBJECT

public:
    /// All references outlive this.
    OnceGrants(Contacts &contacts, const Brokers &brokers, const Direct &direct);

    /// \param broker  null: direct. A direct asker comes back as a member within a minute, or it has ended.
    void given(const PublicKey &key, const PublicKey &broker);

private:
    void end(const PublicKey &key);
    void endThrough(const PublicKey &broker);

    Contacts &m_contacts;
    const Brokers &m_brokers;
    const Direct &m_direct;
    QHash<PublicKey, PublicKey> m_through;
};

} // namespace hawser::chat
