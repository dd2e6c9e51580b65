#include "chat/conversation.h"

#include "chat/brokers.h"
#include "chat/contacts.h"
#include "chat/me.h"
#include "chat/route.h"
#include "chat/transfer_record.h"

namespace hawser::chat {

namespace {

constexpr qsizetype mostGapped = 32; // devices of one person

bool countsAsUnread(const Entry &entry)
{
    return !entry.mine
        && (entry.kind == Entry::Kind::Message || entry.kind == Entry::Kind::Transfer
            || entry.kind == Entry::Kind::Missed);
}

} // namespace

Conversations::Conversations(const Me &me, const Contacts &contacts, const Brokers &brokers, const Direct &direct,
    const Route &route, Commands &served)
    : m_me(me), m_contacts(contacts), m_route(route), m_history(me.folder), m_calls(me, m_history),
      m_post(me, m_history, m_calls, contacts, brokers, direct, served)
{
    connect(&m_post, &Post::came, this, &Conversations::tell);
    connect(&route, &Route::presenceChanged, this, &Conversations::explain);
    connect(&m_history, &History::troubleChanged, this, &Conversations::troubleChanged);
    connect(&m_post, &Post::diskTroubleChanged, this, &Conversations::troubleChanged);
    connect(&m_history, &History::opened, this, [this](const QList<Unread> &unread) {
        for (const Unread &talk : unread) {
            Talk &known = m_talks[talk.with];
            known.unread += talk.count;
            known.last = std::max(known.last, talk.last);
            explain(talk.with);
            emit unreadChanged(talk.with);
        }
    });
    connect(&contacts, &Contacts::removed, this, [this](const PublicKey &with) {
        m_talks.remove(with);
        m_history.write(
            this, [with](Database &database) { return messages::forget(database, with); },
            [this](const Result<void> &) { m_post.wake(); });
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

quint64 Conversations::waitingFor(const PublicKey &with) const
{
    quint64 sum = 0;
    const auto talk = m_talks.find(with);
    if (talk != m_talks.end())
        for (const Marks &marks : talk->gaps)
            sum += marks.missing();
    return sum;
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
        this,
        [with, last = found->last, me = m_post.myself(with)](
            Database &database) { return messages::markRead(database, with, last, me); },
        [this](const Result<void> &) { m_post.wake(); });
    emit unreadChanged(with);
}

void Conversations::markShown(const PublicKey &with, quint64 first, quint64 last)
{
    if (unread(with) == 0)
        return;
    m_history.write(
        this,
        [=, me = m_post.myself(with)](Database &database) -> Result<int> {
            const Result<int> above = history::unread(database, with, first);
            if (!above)
                return above;
            if (*above == 0)
                if (const Result<void> marked = messages::markRead(database, with, last, me); !marked)
                    return marked.error();
            return history::unread(database, with);
        },
        [this, with](const Result<int> &left) {
            const auto talk = m_talks.find(with);
            if (!left || talk == m_talks.end() || talk->unread == *left)
                return;
            talk->unread = *left;
            emit unreadChanged(with);
            m_post.wake();
        });
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
    entry.sentence = m_route.presence(with).obstacle;
    m_talks[with].obstacle = entry.sentence;
    came(entry);
    m_history.write(
        this, [entry, me = m_post.myself(with)](Database &database) { return messages::say(database, entry, me); },
        [this, entry](const Result<Entry> &posted) { said(entry, posted); });
    return entry.id;
}

void Conversations::said(const Entry &entry, const Result<Entry> &posted)
{
    if (posted) {
        emit changed(*posted);
        return m_post.wake(entry.with);
    }
    Entry notSent = entry;
    notSent.state = Entry::State::NotSent;
    notSent.sentence = posted.error().sentence;
    m_unkept.insert(entry.id, notSent);
    emit changed(notSent);
}

void Conversations::tryAgain(quint64 id)
{
    if (Entry entry = m_unkept.take(id); entry.id > 0) {
        entry.sentence = m_route.presence(entry.with).obstacle;
        return m_history.write(
            this,
            [entry, me = m_post.myself(entry.with)](Database &database) { return messages::say(database, entry, me); },
            [this, entry](const Result<Entry> &posted) { said(entry, posted); });
    }
    m_history.read(
        this, [id](Database &database) { return history::find(database, id); },
        [this](const Result<Entry> &entry) {
            if (entry)
                sayAgain(*entry);
        });
}

void Conversations::sayAgain(const Entry &entry)
{
    m_history.write(
        this,
        [id = entry.id, me = m_post.myself(entry.with)](
            Database &database) { return messages::sayAgain(database, id, me); },
        [this](const Result<Entry> &posted) {
            if (!posted)
                return;
            said(*posted, posted);
            m_talks[posted->with].obstacle.clear();
            explain(posted->with);
        });
}

/// What is queued for them says what is in its way.
void Conversations::explain(const PublicKey &with)
{
    const QString why = m_route.presence(with).obstacle;
    const auto talk = m_talks.find(with);
    if (talk == m_talks.end() || std::exchange(talk->obstacle, why) == why)
        return;
    m_history.write(
        this,
        [with, device = m_me.profile.device, why](
            Database &database) { return messages::explain(database, with, device, why); },
        [this](const Result<messages::News> &news) {
            if (news)
                tell(*news);
        });
}

// --- what came, and notes

void Conversations::tell(const messages::News &news)
{
    for (const Entry &entry : news.added)
        came(entry);
    for (const Entry &entry : news.changed)
        emit changed(entry);
    for (const PublicKey &with : news.read)
        countAgain(with);
    for (const messages::OutOfTurn &numbers : news.outOfTurn)
        note(numbers);
}

/// What came before this device or this talk was there is not missed: it will not come.
void Conversations::note(const messages::OutOfTurn &numbers)
{
    if (!m_contacts.find(numbers.from))
        return;
    QHash<QByteArray, Marks> &gaps = m_talks[numbers.from].gaps;
    const bool isJump = numbers.before > 0 && numbers.first > numbers.before + 1;
    if (!gaps.contains(numbers.device) && (!isJump || gaps.size() >= mostGapped))
        return;
    Marks &marks = gaps[numbers.device];
    if (marks.highest() < numbers.before) // what came in turn is not told
        marks.add(marks.highest() + 1, numbers.before);
    marks.add(numbers.first, numbers.last);
    if (marks.missing() == 0)
        gaps.remove(numbers.device);
    emit waitingForChanged(numbers.from);
}

/// Another device of mine has shown it.
void Conversations::countAgain(const PublicKey &with)
{
    m_history.read(
        this, [with](Database &database) { return history::unread(database, with); },
        [this, with](const Result<int> &count) {
            if (!count || !m_talks.contains(with))
                return;
            m_talks[with].unread = *count;
            emit unreadChanged(with);
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
    m_history.write(
        this,
        [entry](Database &database) -> Result<bool> {
            const Result<Entry> known = history::findTransfer(database, entry.transfer);
            if (known && known->with == entry.with)
                return false;
            const Result<void> added = history::add(database, entry);
            return added ? Result<bool>(true) : added.error();
        },
        [this, entry](const Result<bool> &added) {
            if (!added || *added)
                came(entry);
        });
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
