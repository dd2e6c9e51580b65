#include "chat/conversation.h"

#include "chat/call_on.h"
#include "chat/contacts.h"
#include "chat/me.h"

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

} // namespace

Conversations::Conversations(const Contacts &contacts, const Route &route, Commands &served)
    : m_contacts(contacts), m_route(route)
{
    served.serve<contracts::Chat>(
        [this](const contracts::Chat::Request &request, const Caller &caller) { return hear(request, caller.user); });
    connect(&contacts, &Contacts::removed, this, [this](const PublicKey &key) {
        m_talks.remove(key);
        emit unreadChanged(key);
    });
}

Conversations::~Conversations() = default;

const QList<Entry> &Conversations::entries(const PublicKey &key) const
{
    static const QList<Entry> none;
    const auto found = m_talks.find(key);
    return found == m_talks.end() ? none : found->entries;
}

QList<PublicKey> Conversations::keys() const
{
    return m_talks.keys();
}

std::optional<Entry> Conversations::find(const PublicKey &key, quint64 id) const
{
    for (const Entry &entry : entries(key))
        if (entry.id == id)
            return entry;
    return std::nullopt;
}

Entry *Conversations::entry(const PublicKey &key, quint64 id)
{
    for (Entry &entry : m_talks[key].entries)
        if (entry.id == id)
            return &entry;
    return nullptr;
}

int Conversations::unread(const PublicKey &key) const
{
    const auto found = m_talks.find(key);
    return found == m_talks.end() ? 0 : found->unread;
}

int Conversations::unread() const
{
    int sum = 0;
    for (const Talk &talk : m_talks)
        sum += talk.unread;
    return sum;
}

void Conversations::markRead(const PublicKey &key)
{
    const auto found = m_talks.find(key);
    if (found != m_talks.end() && std::exchange(found->unread, 0) != 0)
        emit unreadChanged(key);
}

Entry &Conversations::add(const PublicKey &key, Entry entry)
{
    Talk &talk = m_talks[key];
    if (talk.entries.size() >= mostEntries) {
        const int gone = mostEntries / 10;
        for (const Entry &old : talk.entries.first(gone))
            talk.wireIds.remove(old.id);
        talk.entries.remove(0, gone);
        emit trimmed(key, gone);
    }
    entry.id = m_nextId++;
    entry.at = wallClock();
    talk.entries.append(entry);
    emit added(key, entry);
    return talk.entries.last();
}

// --- mine

Result<quint64> Conversations::say(const PublicKey &key, const QString &text)
{
    if (text.trimmed().isEmpty())
        return Error { Code::InvalidArgument, QStringLiteral("there is nothing to say") };
    if (text.toUtf8().size() > limits::chatBytes)
        return Error { Code::InvalidArgument,
            QStringLiteral("a message has at most %1 bytes; send a file").arg(limits::chatBytes) };
    if (!m_contacts.find(key))
        return Error { Code::NotFound, QStringLiteral("this contact is not known any more") };
    Entry entry;
    entry.mine = true;
    entry.text = text;
    entry.state = Entry::State::Sending;
    const quint64 id = add(key, entry).id;
    m_talks[key].wireIds.insert(id, randomBytes(idBytes));
    send(key, id);
    return id;
}

void Conversations::tryAgain(const PublicKey &key, quint64 id)
{
    const Entry *again = entry(key, id);
    if (again == nullptr || again->state != Entry::State::NotSent)
        return;
    setState(key, id, Entry::State::Sending, {});
    send(key, id);
}

void Conversations::send(const PublicKey &key, quint64 id)
{
    const Entry *said = entry(key, id);
    const Result<Path> path = m_route.find(key);
    if (!path)
        return setState(key, id, Entry::State::NotSent, whyNot(path.error()));
    const auto answered = [this, key, id](const Result<contracts::Chat::Reply> &reply) {
        if (reply)
            return setState(key, id, Entry::State::Delivered, {});
        setState(key, id, Entry::State::NotSent, whyNot(reply.error()));
    };
    CallOptions options;
    options.timeout = patience;
    callOn<contracts::Chat>(*path, { m_talks[key].wireIds.value(id), said->text }, this, answered, options);
}

void Conversations::setState(const PublicKey &key, quint64 id, Entry::State state, const QString &sentence)
{
    if (!m_talks.contains(key))
        return;
    Entry *found = entry(key, id);
    if (found == nullptr)
        return;
    found->state = state;
    found->sentence = sentence;
    emit changed(key, Entry(*found));
}

// --- theirs, and notes

Result<contracts::Chat::Reply> Conversations::hear(const contracts::Chat::Request &request, const PublicKey &from)
{
    if (request.id.size() != idBytes || request.text.isEmpty() || request.text.toUtf8().size() > limits::chatBytes)
        return Error { Code::InvalidArgument, QStringLiteral("this is no message of at most 8 KiB") };
    Talk &talk = m_talks[from];
    if (talk.heard.contains(request.id))
        return contracts::Chat::Reply {};
    talk.heard.append(request.id);
    if (talk.heard.size() > rememberedIds)
        talk.heard.removeFirst();
    ++talk.unread;
    Entry entry;
    entry.text = request.text;
    add(from, entry);
    emit unreadChanged(from);
    return contracts::Chat::Reply {};
}

void Conversations::notice(const PublicKey &key, const QString &sentence)
{
    Entry entry;
    entry.kind = Entry::Kind::Notice;
    entry.text = sentence;
    add(key, entry);
}

void Conversations::addTransfer(const PublicKey &key, const QByteArray &transfer, bool mine)
{
    Entry entry;
    entry.kind = Entry::Kind::Transfer;
    entry.mine = mine;
    entry.transfer = transfer;
    add(key, entry);
    if (mine)
        return;
    ++m_talks[key].unread;
    emit unreadChanged(key);
}

void Conversations::addRun(const PublicKey &key, quint64 run)
{
    Entry entry;
    entry.kind = Entry::Kind::Run;
    entry.mine = true;
    entry.run = run;
    add(key, entry);
}

} // namespace hawser::chat
