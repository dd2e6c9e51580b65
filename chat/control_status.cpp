// What a person's programs say about themselves: `person.status`.
#include "chat/control.h"

#include "chat/direct.h"
#include "chat/person.h"
#include "core/control_server.h"
#include "core/limit_use.h"

namespace hawser::chat {

namespace {

using contracts::LinkState;
using Status = contracts::PersonStatus::Reply;

QString nameOf(Broker::State state)
{
    switch (state) {
    case Broker::State::Connecting:
        return QStringLiteral("connecting");
    case Broker::State::Asking:
        return QStringLiteral("asking");
    case Broker::State::Ready:
        return QStringLiteral("ready");
    case Broker::State::Offline:
        return QStringLiteral("offline");
    case Broker::State::ChangedKey:
        return QStringLiteral("changed-key");
    case Broker::State::Stopped:
        return QStringLiteral("stopped");
    }
    return {};
}

contracts::BrokerItem itemOf(const Broker &broker)
{
    contracts::BrokerItem item;
    item.name = broker.name;
    item.address = broker.address.text();
    item.key = broker.key;
    item.state = nameOf(broker.state);
    item.sentence = broker.sentence;
    item.administrator = broker.administrator;
    item.retryMs = quint64(broker.retryIn.count());
    item.roundTripMs = quint64(broker.roundTrip.count());
    if (!broker.newKey.isNull())
        item.newKey = broker.newKey;
    return item;
}

void count(Status &status, const char *name, quint64 number)
{
    status.counters.insert(QLatin1String(name), number);
}

QList<LinkState> linksOf(Person &person)
{
    QList<LinkState> links;
    for (const Broker &broker : person.brokers().all()) {
        const Client *client = person.brokers().client(broker.key);
        for (const Link *link : { client->link(), client->presentBulk() })
            if (link)
                links << contracts::linkState(*link, QStringLiteral("broker"), broker.name);
    }
    for (const Link *link : person.direct().links()) {
        const std::optional<Contact> contact = person.contacts().find(link->settings().peer);
        links << contracts::linkState(
            *link, QStringLiteral("direct"), contact ? contact->shownName() : link->settings().peer.words());
    }
    return links;
}

/// Late, doubled or foreign answers, over all links so far.
quint64 droppedBy(Person &person)
{
    quint64 dropped = person.direct().droppedFrames();
    for (const Broker &broker : person.brokers().all())
        dropped += person.brokers().client(broker.key)->droppedFrames();
    return dropped;
}

/// Of what each link or person may have, what the fullest has.
void reportUse(Person &person, const Status &status, LimitUse &use)
{
    quint64 kept = 0;
    quint64 timesFull = 0;
    for (const LinkState &link : status.links) {
        kept = qMax(kept, link.unacknowledgedBytes);
        timesFull += link.timesFull;
    }
    use.used("links_unacknowledged_bytes", qint64(kept));
    use.hit("links_unacknowledged_bytes", timesFull);
    use.used("links_call_bulk_bytes", person.served().heldBulk());
    use.hit("links_call_bulk_bytes", person.served().bulkRefused());
    if (const ControlServer *control = person.controlServer()) {
        use.used("control_connections", control->connections());
        use.hit("control_connections", control->refused());
    }
    person.transfers().report(use);
    person.requests().report(use);
    if (const Listener *listener = person.direct().listener())
        reportAdmission(*listener, use);
}

} // namespace

Status Control::status(const messages::Stored &stored) const
{
    Status status;
    status.key = m_person.key();
    status.name = m_person.name();
    status.program = m_person.program();
    for (const Broker &broker : m_person.brokers().all())
        status.brokers << itemOf(broker);
    status.listening = m_person.isListening();
    for (const Address &address : m_person.addresses())
        status.addresses << address.text();
    for (const Contact &contact : m_person.contacts().all()) {
        ++status.contacts;
        status.contactsOnline += m_person.route().presence(contact.key).online;
    }
    status.requests = quint64(m_person.requests().all().size());
    status.asks = quint64(m_person.asks().all().size());
    for (const Transfer &transfer : m_person.transfers().all())
        status.transfers += !transfer.isOver();
    status.unread = quint64(m_person.conversations().unread());
    status.trouble = m_person.conversations().trouble();
    if (status.trouble.isEmpty())
        status.trouble = m_person.conversations().diskTrouble();
    status.links = linksOf(m_person);
    PersonLimits limits = m_person.limits();
    report(describe(limits), status.limits);
    LimitUse use;
    reportUse(m_person, status, use);
    use.used("outbox_items", stored.fullestItems);
    use.used("outbox_bytes", stored.fullestBytes);
    use.used("calls_kept", stored.sentCalls);
    use.hit("calls_kept", m_person.conversations().calls().refused());
    status.used = use.now;
    status.hits = use.hits;
    count(status, "answers_dropped", droppedBy(m_person));
    count(status, "commands_refused", m_person.served().refused());
    count(status, "outbox_items", quint64(stored.outboxItems));
    count(status, "outbox_bytes", quint64(stored.outboxBytes));
    count(status, "inbox_sources", quint64(stored.inboxSources));
    count(status, "history_entries", quint64(stored.historyEntries));
    return status;
}

} // namespace hawser::chat
