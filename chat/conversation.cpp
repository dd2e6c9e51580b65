#include "chat/conversation.h"

#include "chat/call_on.h"
#include "chat/contacts.h"
#include "chat/me.h"
#include "chat/transfer_record.h"

namespace hawser::chat {

namespace {

constexpr int idBytes = 16;
constexpr int rememberedIds = 256; ///< theirs, of one conversation: the same message again is not shown twice
constexpr milliseconds patience = std::chrono::seconds(20); ///< for "delivered"

QString whyNot(const Error &error)
{
    switch (error.code) {
    case Code::PermissionDenied:
        return QStringLiteral("they do not take messages from you now");
    case Code::Unavailable:
        return error.sentence.isEmpty() ? QStringLiteral("they are away") : error.sentence;
    case Code::DeadlineExceeded:
        return QStringLiteral("no answer came in time; it may have arrived");
    default:
        return error.sentence;
    }
}

bool countsAsUnread(const Entry &entry)
{
    return !entry.mine && (entry.kind == Entry::Kind::Message || entry.kind == Entry::Kind::Transfer);
}

} // namespace

Conversations::Conversations(const QString &folder, const Contacts &contacts, const Route &route, Commands &served)
    : m_history(folder), m_contacts(contacts), m_route(route)
{
    served.serveLater<contracts::Chat>([this](const contracts::Chat::Request &request, const Caller &caller,
                                           const Reply<contracts::Chat> &reply) { hear(request, caller.user, reply); });
    connect(&m_history, &History::troubleChanged, this, &Conversations::troubleChanged);
    connect(&m_history, &History::opened, this, [this](const QList<Unread> &unread) {
        for (const Unread &talk : unread) {
            Talk &known = m_talks[talk.with];
            known.unread += talk.count;
            known.last = std::max(known.last, talk.last);
            emit unreadChanged(talk.with);
        }
    });
    connect(&contacts, &Contacts::removed, this, [this](const PublicKey &with) {
        m_talks.remove(with);
        m_history.write(
            this, [with](Database &database) { return history::forget(database, with); }, [](const Result<void> &) {});
        emit unreadChanged(with);
    });
}

Conversations::~Conversations() = default;

QString Conversations::trouble() const
{
    return m_history.trouble();
}

int Conversations::unread(const PublicKey &with) const
{
    return m_talks.value(with).unread;
}

int Conversations::unread() const
{
    int sum = 0;
    for (const Talk &talk : m_talks)
        sum += talk.unread;
    return sum;
}

void Conversations::markRead(const PublicKey &with)
{
    const auto found = m_talks.find(with);
    if (found == m_talks.end() || found->unread == 0)
        return;
    found->unread = 0;
    m_history.write(
        this, [with, last = found->last](Database &database) { return history::markRead(database, with, last); },
        [](const Result<QList<history::SeenMark>> &) {});
    emit unreadChanged(with);
}

void Conversations::came(const Entry &entry)
{
    Talk &talk = m_talks[entry.with];
    talk.last = std::max(talk.last, entry.id);
    emit added(entry);
    if (!countsAsUnread(entry))
        return;
    ++talk.unread;
    emit unreadChanged(entry.with);
}

// --- mine

Result<quint64> Conversations::say(const PublicKey &with, const QString &text)
{
    if (text.trimmed().isEmpty())
        return Error { Code::InvalidArgument, QStringLiteral("there is nothing to say") };
    if (text.toUtf8().size() > limits::chatBytes)
        return Error { Code::InvalidArgument,
            QStringLiteral("a message has at most %1 bytes; send a file").arg(limits::chatBytes) };
    if (!m_contacts.find(with))
        return Error { Code::NotFound, QStringLiteral("this contact is not known any more") };
    Entry entry;
    entry.id = m_history.nextId();
    entry.with = with;
    entry.mine = true;
    entry.text = text;
    entry.at = wallClock();
    entry.state = Entry::State::Saving;
    entry.transfer = randomBytes(idBytes);
    came(entry);
    m_history.write(
        this, [entry](Database &database) { return history::add(database, entry); },
        [this, entry](const Result<void> &kept) {
            if (!kept)
                return setState(entry, Entry::State::NotSent, kept.error().sentence);
            send(entry);
        });
    return entry.id;
}

void Conversations::tryAgain(quint64 id)
{
    m_history.read(
        this, [id](Database &database) { return history::find(database, id); },
        [this](const Result<Entry> &found) {
            if (!found || found->state != Entry::State::NotSent)
                return;
            setState(*found, Entry::State::Saving, {});
            send(*found);
        });
}

void Conversations::send(const Entry &entry)
{
    const Result<Path> path = m_route.find(entry.with);
    if (!path)
        return setState(entry, Entry::State::NotSent, whyNot(path.error()));
    const auto answered = [this, entry](const Result<contracts::Chat::Reply> &reply) {
        if (reply)
            return setState(entry, Entry::State::Delivered, {});
        setState(entry, Entry::State::NotSent, whyNot(reply.error()));
    };
    CallOptions options;
    options.timeout = patience;
    callOn<contracts::Chat>(*path, { entry.transfer, entry.text }, this, answered, options);
}

void Conversations::setState(Entry entry, Entry::State state, const QString &sentence)
{
    entry.state = state;
    entry.sentence = sentence;
    m_history.write(
        this, [entry](Database &database) { return history::setState(database, entry); }, [](const Result<void> &) {});
    emit changed(entry);
}

// --- theirs, and notes

void Conversations::hear(
    const contracts::Chat::Request &request, const PublicKey &from, const Reply<contracts::Chat> &reply)
{
    if (request.id.size() != idBytes || request.text.isEmpty() || request.text.toUtf8().size() > limits::chatBytes)
        return reply(Error { Code::InvalidArgument, QStringLiteral("this is no message of at most 8 KiB") });
    Talk &talk = m_talks[from];
    if (talk.heard.contains(request.id))
        return reply(contracts::Chat::Reply {});
    talk.heard.append(request.id);
    if (talk.heard.size() > rememberedIds)
        talk.heard.removeFirst();
    Entry entry;
    entry.id = m_history.nextId();
    entry.with = from;
    entry.text = request.text;
    entry.at = wallClock();
    m_history.write(
        this, [entry](Database &database) { return history::add(database, entry); },
        [this, entry, reply, id = request.id](const Result<void> &kept) {
            if (kept) {
                came(entry);
                return reply(contracts::Chat::Reply {});
            }
            m_talks[entry.with].heard.removeOne(id);
            reply(Error { Code::Unavailable, QStringLiteral("it could not be kept there") });
        });
}

/// What only tells of something is shown even when it cannot be kept.
void Conversations::addWhenKept(const Entry &entry)
{
    m_history.write(
        this, [entry](Database &database) { return history::add(database, entry); },
        [this, entry](const Result<void> &) { came(entry); });
}

void Conversations::notice(const PublicKey &with, const QString &sentence)
{
    Entry entry;
    entry.id = m_history.nextId();
    entry.with = with;
    entry.at = wallClock();
    entry.kind = Entry::Kind::Notice;
    entry.text = sentence;
    addWhenKept(entry);
}

void Conversations::addTransfer(const Transfer &transfer)
{
    Entry entry;
    entry.id = m_history.nextId();
    entry.with = transfer.peer;
    entry.at = wallClock();
    entry.kind = Entry::Kind::Transfer;
    entry.mine = transfer.direction == Transfer::Direction::Out;
    entry.text = transfer.title;
    entry.transfer = transfer.id;
    entry.details = recordOf(transfer);
    addWhenKept(entry);
}

void Conversations::keepTransfer(const Transfer &transfer)
{
    m_history.write(
        this,
        [id = transfer.id, details = recordOf(transfer)](Database &database) -> Result<void> {
            const Result<Entry> entry = history::findTransfer(database, id);
            return entry ? history::setDetails(database, entry->id, details) : Result<void>(entry.error());
        },
        [](const Result<void> &) {});
}

} // namespace hawser::chat
