#include "desktop/person_models.h"

namespace hawser::desktop {

using chat::Transfer;

PersonModels::PersonModels(chat::Person &person, QObject *parent) : QObject(parent), m_person(person)
{
    followContacts();
    followConversations();
    followTransfers();
    followMachines();
    followRequests();
}

void PersonModels::talkWith(const PublicKey &key)
{
    m_partner = key;
    m_conversation.open(key, key.isNull() ? QString() : nameOf(key), m_person.transfers().all());
    if (key.isNull())
        return;
    m_person.conversations().markRead(key);
    m_person.route().measure(key);
}

ContactRow PersonModels::contactRow(const PublicKey &key) const
{
    const auto contact = m_person.contacts().find(key);
    if (!contact)
        return {};
    return { *contact, m_person.route().presence(key), m_person.conversations().unread(key),
        int(offersFrom(key).size()), m_person.conversations().waitingFor(key) };
}

QList<Transfer> PersonModels::offersFrom(const PublicKey &key) const
{
    QList<Transfer> offers;
    for (const Transfer &transfer : m_person.transfers().all()) {
        if (transfer.peer == key && transfer.direction == Transfer::Direction::In
            && transfer.state == Transfer::State::Offered)
            offers << transfer;
    }
    return offers;
}

QString PersonModels::nameOf(const PublicKey &key) const
{
    const auto contact = m_person.contacts().find(key);
    return contact ? contact->shownName() : key.words();
}

void PersonModels::followContacts()
{
    chat::Contacts &contacts = m_person.contacts();
    for (const chat::Contact &contact : contacts.all())
        putContact(contact.key);
    connect(&contacts, &chat::Contacts::added, this, &PersonModels::putContact);
    connect(&contacts, &chat::Contacts::changed, this, &PersonModels::putContact);
    connect(&contacts, &chat::Contacts::removed, this, [this](const PublicKey &key) {
        m_contacts.remove(key);
        emit contactChanged(key);
    });
    connect(&m_person.route(), &chat::Route::presenceChanged, this, &PersonModels::putContact);
}

void PersonModels::followConversations()
{
    chat::Conversations &conversations = m_person.conversations();
    connect(&m_conversation, &ConversationModel::wanted, this, [this](const chat::PageWish &wish) {
        m_person.conversations().page(wish, this,
            [this, wish](const Result<chat::Page> &page) { m_conversation.take(wish, page ? *page : chat::Page {}); });
    });
    connect(&conversations, &chat::Conversations::added, this, [this](const chat::Entry &entry) {
        if (entry.with != m_partner)
            return;
        if (const auto transfer = m_person.transfers().find(entry.transfer))
            m_conversation.putTransfer(*transfer);
        m_conversation.append(entry);
    });
    connect(&conversations, &chat::Conversations::changed, this, [this](const chat::Entry &entry) {
        if (entry.with == m_partner)
            m_conversation.change(entry);
    });
    connect(&conversations, &chat::Conversations::unreadChanged, this, &PersonModels::putContact);
    connect(&conversations, &chat::Conversations::waitingForChanged, this, &PersonModels::putContact);
}

void PersonModels::followTransfers()
{
    chat::Transfers &transfers = m_person.transfers();
    for (const Transfer &transfer : transfers.all())
        putTransfer(transfer.id);
    connect(&transfers, &chat::Transfers::added, this, &PersonModels::putTransfer);
    connect(&transfers, &chat::Transfers::changed, this, &PersonModels::putTransfer);
    connect(&transfers, &chat::Transfers::removed, this, [this](const QByteArray &id) {
        m_transfers.remove(id);
        m_numbers.remove(id);
        m_states.remove(id);
    });
}

void PersonModels::followMachines()
{
    chat::Machines &machines = m_person.machines();
    for (const chat::Machine &machine : machines.all())
        m_machines.put(machine);
    const auto put = [this](const PublicKey &key) {
        if (const auto machine = m_person.machines().find(key))
            m_machines.put(*machine);
    };
    connect(&machines, &chat::Machines::added, this, put);
    connect(&machines, &chat::Machines::changed, this, put);
    connect(&machines, &chat::Machines::removed, this, [this](const PublicKey &key) { m_machines.remove(key); });
}

void PersonModels::followRequests()
{
    const auto follow = [this] {
        const QList<chat::Request> now = m_person.requests().all();
        for (const chat::Request &known : QList(m_requests.rows())) {
            const bool there = std::ranges::any_of(now, [&](const chat::Request &r) { return r.id == known.id; });
            if (!there)
                m_requests.remove(known.id);
        }
        for (const chat::Request &request : now)
            m_requests.put(request);
    };
    follow();
    connect(&m_person.requests(), &chat::Requests::changed, this, follow);
}

void PersonModels::putContact(const PublicKey &key)
{
    const ContactRow row = contactRow(key);
    if (row.contact.key.isNull())
        return;
    m_contacts.put(row);
    if (key == m_partner)
        m_conversation.setName(row.contact.shownName());
    emit contactChanged(key);
}

void PersonModels::putTransfer(const QByteArray &id)
{
    const auto transfer = m_person.transfers().find(id);
    if (!transfer)
        return;
    if (!m_numbers.contains(id))
        m_numbers.insert(id, quint64(m_numbers.size()) + 1);
    m_transfers.put({ *transfer, nameOf(transfer->peer), m_numbers.value(id) });
    if (transfer->peer == m_partner)
        m_conversation.putTransfer(*transfer);
    const bool another = !m_states.contains(id) || m_states.value(id) != transfer->state;
    m_states.insert(id, transfer->state);
    if (another)
        putContact(transfer->peer); // an offer came or went
}

} // namespace hawser::desktop
