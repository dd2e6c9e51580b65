#include "chat/control.h"
#include "chat/person.h"
#include "core/ticker.h"

#include <QTimer>

namespace hawser::chat {

namespace {

using contracts::SayTo;
using contracts::WatchMessages;

constexpr milliseconds patience = std::chrono::seconds(5); ///< for somebody who is there

QString nameOf(Entry::Kind kind)
{
    switch (kind) {
    case Entry::Kind::Message:
        return QStringLiteral("message");
    case Entry::Kind::Transfer:
        return QStringLiteral("transfer");
    case Entry::Kind::Notice:
        return QStringLiteral("notice");
    case Entry::Kind::Run:
        return QStringLiteral("run");
    case Entry::Kind::Missed:
        return QStringLiteral("missed");
    }
    return {};
}

QString nameOf(Entry::State state)
{
    switch (state) {
    case Entry::State::None:
        return {};
    case Entry::State::Saving:
        return QStringLiteral("sending");
    case Entry::State::Queued:
        return QStringLiteral("queued");
    case Entry::State::AtBroker:
        return QStringLiteral("at-broker");
    case Entry::State::Delivered:
        return QStringLiteral("delivered");
    case Entry::State::Read:
        return QStringLiteral("read");
    case Entry::State::NotSent:
        return QStringLiteral("not-sent");
    }
    return {};
}

QString nameOf(Person &person, const PublicKey &key)
{
    const std::optional<Contact> contact = person.contacts().find(key);
    const std::optional<Broker> broker = person.brokers().find(key);
    return contact ? contact->shownName() : broker ? broker->name : key.words();
}

WatchMessages::In itemOf(Person &person, const Entry &entry)
{
    WatchMessages::In in;
    in.id = entry.id;
    in.key = entry.with;
    in.name = nameOf(person, entry.with);
    in.kind = nameOf(entry.kind);
    in.mine = entry.mine;
    in.text = entry.text;
    in.at = entry.at;
    in.said = entry.said;
    in.state = nameOf(entry.state);
    in.sentence = entry.sentence;
    in.transfer = entry.kind == Entry::Kind::Transfer ? entry.transfer : QByteArray();
    return in;
}

Result<PageWish> wishOf(Person &person, const WatchMessages::Request &request)
{
    PageWish wish;
    if (!request.who.isEmpty()) {
        const Result<Contact> contact = person.contacts().resolve(request.who);
        if (!contact)
            return contact.error();
        wish.with = contact->key;
    }
    if (request.before > 0 && request.after > 0)
        return Error { Code::InvalidArgument, QStringLiteral("before one, or after one") };
    wish.from = request.before > 0 ? PageWish::From::Before
        : request.after > 0        ? PageWish::From::After
                                   : PageWish::From::Newest;
    wish.id = std::max(request.before, request.after);
    wish.count = int(request.limit);
    wish.since = request.since;
    wish.words = request.words;
    return wish;
}

/// What one who watches is told: a page first, then what comes; what comes while the page is read waits for it.
struct Watch {
    Person &person;
    IncomingCall *to;
    Ticker *ticker; ///< of who follows: what it does not read must not pile up
    PageWish wish;
    bool marksRead;
    bool hasPage = false;
    quint64 lastShown = 0;
    QList<Entry> waiting {};

    /// Something new, or further.
    void hear(const Entry &entry)
    {
        if (!wish.with.isNull() && wish.with != entry.with)
            return;
        if (!hasPage)
            return waiting.append(entry);
        tell(entry);
        if (marksRead)
            person.conversations().markShown(entry.with, entry.id, entry.id);
    }

    void tell(const Entry &entry)
    {
        const WatchMessages::In item = itemOf(person, entry);
        if (ticker)
            ticker->tell(QString::number(entry.id).rightJustified(20, QLatin1Char('0')), item);
        else
            to->send(item);
    }

    void show(const Page &page)
    {
        hasPage = true;
        QMap<PublicKey, quint64> first;
        QMap<PublicKey, quint64> last;
        for (const Entry &entry : page.entries) {
            tell(entry);
            lastShown = entry.id;
            first.insert(entry.with, first.value(entry.with, entry.id));
            last.insert(entry.with, entry.id);
        }
        if (marksRead && wish.words.isEmpty()) // what was looked for has gaps
            for (auto talk = first.begin(); talk != first.end(); ++talk)
                person.conversations().markShown(talk.key(), talk.value(), last.value(talk.key()));
        for (const Entry &entry : std::exchange(waiting, {}))
            if (entry.mine || entry.id > lastShown)
                hear(entry);
    }
};

} // namespace

void Control::serveMessages()
{
    m_commands.serveChannel<SayTo>([this](const SayTo::Request &request, const std::shared_ptr<IncomingCall> &call) {
        const Result<Contact> contact = m_person.contacts().resolve(request.who);
        if (!contact)
            return call->fail(contact.error());
        IncomingCall *to = keep(call);
        m_person.conversations().history().whenKnown(to, [this, to, key = contact->key, request] {
            const bool isNow = m_person.conversations().history().isOpen() && m_person.route().presence(key).online;
            if (const auto trouble = historyTrouble(); trouble && !isNow)
                return finish(to, *trouble);
            const Result<quint64> id = m_person.conversations().say(key, request.text);
            if (!id)
                return finish(to, id.error());
            followSaid(key, *id, request.wait, to);
        });
    });
    m_commands.serveChannel<WatchMessages>(
        [this](const WatchMessages::Request &request, const std::shared_ptr<IncomingCall> &call) {
            const Result<PageWish> wish = wishOf(m_person, request);
            if (!wish)
                return call->fail(wish.error());
            IncomingCall *to = keep(call);
            const auto watch = std::make_shared<Watch>(
                Watch { m_person, to, request.follow ? new Ticker(to) : nullptr, *wish, request.markRead });
            Conversations &talks = m_person.conversations();
            if (request.follow) {
                const auto tell = [watch](const Entry &entry) { watch->hear(entry); };
                connect(&talks, &Conversations::added, to, tell);
                connect(&talks, &Conversations::changed, to, tell);
            }
            talks.history().whenKnown(to, [this, watch, to, follow = request.follow] {
                if (const auto trouble = historyTrouble(); trouble && !follow)
                    return finish(to, *trouble);
                m_person.conversations().page(watch->wish, to, [this, watch, to, follow](const Result<Page> &page) {
                    if (!page)
                        return finish(to, page.error());
                    watch->show(*page);
                    if (!follow)
                        finish(to, Value(Value::Map {}));
                });
            });
        });
}

/// Then, or never: it is said why.
void Control::whenHistory(IncomingCall *to, const std::function<void()> &then)
{
    m_person.conversations().history().whenKnown(to, [this, to, then] {
        if (const auto trouble = historyTrouble())
            return finish(to, *trouble);
        then();
    });
}

/// Why nothing can be kept, or read back, now.
std::optional<Error> Control::historyTrouble() const
{
    const QString why = m_person.conversations().trouble();
    if (why.isEmpty())
        return std::nullopt;
    return Error { Code::Unavailable,
        QStringLiteral("conversations cannot be opened, and nothing can be kept: %1").arg(why), Begun::No };
}

/// Why it goes nowhere now, for people.
QString Control::whyQueued(const PublicKey &with) const
{
    const QString name = nameOf(m_person, with);
    for (const Broker &broker : m_person.brokers().all())
        if (broker.state != Broker::State::Ready && m_person.contacts().believes(with, broker.key))
            return QStringLiteral("%1 is away, and %2 cannot be reached now").arg(name, broker.name);
    return QStringLiteral("%1 is away, and there is no broker where it could wait for them").arg(name);
}

/// Answers when it is known how far a message comes now. To somebody who is there that takes a moment.
void Control::followSaid(const PublicKey &with, quint64 id, bool wait, IncomingCall *to)
{
    const auto said = std::make_shared<Entry>();
    said->state = Entry::State::Saving;
    const auto reply = [this, with, id, said] {
        return SayTo::Reply { with, nameOf(m_person, with), nameOf(said->state), id, said->sentence,
            m_person.route().presence(with).online };
    };
    const auto answer = [this, to, wait, said, reply] {
        if (wait && (said->state == Entry::State::Queued || said->state == Entry::State::AtBroker))
            to->send(reply());
        if (wait && said->state < Entry::State::Delivered)
            return;
        if (const auto trouble = historyTrouble(); trouble && said->state < Entry::State::Delivered)
            return finish(to,
                Error { Code::Unavailable,
                    QStringLiteral("it has not come there, and can wait no longer than this program runs: %1")
                        .arg(m_person.conversations().trouble()),
                    Begun::Maybe });
        finish(to, toValue(reply()));
    };
    const bool isThere = m_person.route().presence(with).online;
    const auto look = [this, to, id, wait, isThere, said, answer](const Entry &entry) {
        if (entry.id != id)
            return;
        *said = entry;
        if (entry.state == Entry::State::NotSent)
            return finish(to, Error { Code::FailedPrecondition, QStringLiteral("not sent: %1").arg(entry.sentence) });
        const bool isDelivered = entry.state == Entry::State::Delivered || entry.state == Entry::State::Read;
        const bool comesNoFurther = entry.state == Entry::State::AtBroker && !isThere;
        if (isDelivered || comesNoFurther)
            answer();
    };
    connect(&m_person.conversations(), &Conversations::changed, to, look);
    const auto seeWhetherItGoes = [this, with, said, answer] {
        const Post &post = m_person.conversations().post();
        if (said->state != Entry::State::Queued || post.hasWay(with) || post.mayHaveWaySoon(with))
            return;
        if (said->sentence.isEmpty())
            said->sentence = whyQueued(with);
        answer();
    };
    connect(&m_person.conversations(), &Conversations::changed, to, seeWhetherItGoes);
    connect(&m_person.conversations().post(), &Post::waysChanged, to, seeWhetherItGoes);
    QTimer::singleShot(patience, to, answer);
}

} // namespace hawser::chat
