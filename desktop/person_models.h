#pragma once

#include "chat/person.h"
#include "desktop/models/contact_model.h"
#include "desktop/models/conversation_model.h"
#include "desktop/models/machine_model.h"
#include "desktop/models/request_model.h"
#include "desktop/models/transfer_model.h"

namespace hawser::desktop {

/// The models of one person, kept up to date.
class PersonModels : public QObject {
    Q_OBJECT

public:
    /// \param person  outlives this
    explicit PersonModels(chat::Person &person, QObject *parent = nullptr);

    ContactModel &contacts() { return m_contacts; }
    MachineModel &machines() { return m_machines; }
    TransferModel &transfers() { return m_transfers; }
    RequestModel &requests() { return m_requests; }
    ConversationModel &conversation() { return m_conversation; }

    /// The conversation is with them from now on; null: with nobody.
    void talkWith(const PublicKey &key);
    const PublicKey &partner() const { return m_partner; }
    ContactRow contactRow(const PublicKey &key) const;
    /// What somebody offers me and waits for my answer, oldest first.
    QList<chat::Transfer> offersFrom(const PublicKey &key) const;
    /// The shown name of a contact, else the words of the key.
    QString nameOf(const PublicKey &key) const;

signals:
    /// Anything a row or the head of a conversation shows.
    void contactChanged(const hawser::PublicKey &key);

private:
    void followContacts();
    void followConversations();
    void followTransfers();
    void followMachines();
    void followRequests();
    void putContact(const PublicKey &key);
    void putTransfer(const QByteArray &id);

    chat::Person &m_person;
    ContactModel m_contacts;
    MachineModel m_machines;
    TransferModel m_transfers;
    RequestModel m_requests;
    ConversationModel m_conversation;
    PublicKey m_partner;
    QHash<QByteArray, quint64> m_numbers; // of transfers, in the order they came
    QHash<QByteArray, chat::Transfer::State> m_states;
};

} // namespace hawser::desktop
