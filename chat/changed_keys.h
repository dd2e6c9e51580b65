#pragma once

#include "core/public_key.h"

#include <QHash>
#include <QObject>

namespace hawser::chat {

class Contacts;
class Direct;
struct Me;

/// Contacts at whose remembered address somebody with another key answers (rule 10 of the approval dialog). Nothing is
/// sent there until the person has decided.
class ChangedKeys : public QObject {
    Q_OBJECT

public:
    /// All references outlive this.
    ChangedKeys(const Me &me, Contacts &contacts, Direct &direct);

    /// What lives at this contact's address now; null: nobody else.
    PublicKey now(const PublicKey &contact) const { return m_now.value(contact); }
    /// "Disconnect": their address is forgotten and not dialled again. Other ways to them stay.
    Result<void> disconnectFrom(const PublicKey &contact);
    /// "I know why": the old key goes with its rights, the new one has their name and none. Ask it to be let in there.
    /// \return the address to ask at
    /// \retval FailedPrecondition  its key has not changed
    /// \retval InvalidArgument     not the first of the new key's words
    Result<QString> replace(const PublicKey &contact, const QString &firstNewWord);

signals:
    void found(const hawser::PublicKey &contact);
    void forgotten(const hawser::PublicKey &contact); ///< its address is: nothing is known to be in the way

private:
    void look(const PublicKey &contact);

    const Me &m_me;
    Contacts &m_contacts;
    Direct &m_direct;
    QHash<PublicKey, PublicKey> m_now;
};

} // namespace hawser::chat
