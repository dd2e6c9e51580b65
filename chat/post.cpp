#include "chat/post.h"

#include "chat/brokers.h"
#include "chat/calls.h"
#include "chat/contacts.h"
#include "chat/direct.h"
#include "chat/me.h"
#include "chat/offers.h"

namespace hawser::chat {

using contracts::MailPost;
using messages::News;

namespace {

messages::Arrival arrivalOf(History &history, const MailSource &source, quint64 first, const QByteArray &items)
{
    messages::Arrival arrival { source, first, items };
    arrival.now = wallClock();
    arrival.nextId = [&history] { return history.nextId(); };
    return arrival;
}

/// Leaves of file offers those before one that cannot be read, which is refused. Returns how many are left.
Result<quint64> cutUnreadable(MailPosted &posted)
{
    const Result<QList<quint32>> cut = cutItems(posted.items);
    if (!cut)
        return cut.error();
    if (!offers::isOffers({ posted.source.sender, posted.source.conversation }))
        return quint64(cut->size() - 1);
    const Result<QList<MailItem>> items = unpackItems(posted.items);
    if (!items)
        return items.error();
    const qsizetype readable = offers::readable(*items);
    if (readable < items->size()) {
        posted.items.truncate((*cut)[readable]);
        posted.refused = posted.first + quint64(readable);
        posted.why = { Code::InvalidArgument, QStringLiteral("a file offer that cannot be read") };
    }
    return quint64(readable);
}

Result<News> newsOf(const Result<QList<Offer>> &changed)
{
    return changed ? Result<News>(News { {}, {}, {}, {}, *changed }) : changed.error();
}

} // namespace

Post::Post(const Me &me, History &history, Calls &calls, const Contacts &contacts, const Brokers &brokers,
    const Direct &direct, Commands &served)
    : m_me(me), m_history(history), m_calls(calls), m_contacts(contacts), m_brokers(brokers), m_direct(direct)
{
    serve(served);
    connect(&calls, &Calls::loaded, this, &Post::begin);
    connect(&calls, &Calls::queued, this, [this] { wake(); });
    connect(this, &Post::came, &calls, [&calls](const News &news) { calls.tell(news.calls); });
    connect(&brokers, &Brokers::ready, this, [this](const PublicKey &broker) {
        postTo(broker);
        takeFrom(broker);
    });
    connect(&brokers, &Brokers::removed, this, [this](const PublicKey &broker) {
        m_fromBrokers.erase(broker);
        setDiskTrouble(broker, {});
    });
    connect(&brokers, &Brokers::memberChanged, this, [this](const PublicKey &, const PublicKey &user) { wake(user); });
    connect(&brokers, &Brokers::peopleChanged, this, [this] { wake(); });
    connect(&contacts, &Contacts::added, this, [this] { wake(); });
    connect(&contacts, &Contacts::changed, this, [this] { wake(); }); // perhaps believed where it was not
    connect(&direct, &Direct::linked, this, &Post::postDirectly);
    connect(&direct, &Direct::changed, this, &Post::waysChanged);
    connect(&brokers, &Brokers::changed, this, &Post::waysChanged);
    connect(&direct, &Direct::unlinked, this, [this](const PublicKey &with) {
        m_toPeople.erase(with);
        for (const Broker &broker : m_brokers.all()) // what went the other way is known there only after asking anew
            postTo(broker.key);
    });
}

Post::~Post() = default;

void Post::begin()
{
    m_isOpen = true;
    for (const Broker &broker : m_brokers.all()) {
        postTo(broker.key);
        takeFrom(broker.key);
    }
    for (const Contact &contact : m_contacts.all())
        postDirectly(contact.key);
}

void Post::wake()
{
    for (const auto &[broker, poster] : m_toBrokers)
        poster->look();
    for (const auto &[with, poster] : m_toPeople)
        poster->look();
}

void Post::wake(const PublicKey &with)
{
    for (const MailSequence &sequence : { messages::sequenceTo(with), offers::sequenceTo(with) }) {
        for (const auto &[broker, poster] : m_toBrokers)
            poster->again(sequence);
        if (const auto poster = m_toPeople.find(with); poster != m_toPeople.end())
            poster->second->again(sequence);
    }
}

/// By the broker where they belong: only what that one is believed about goes by it.
messages::Myself Post::myself(const PublicKey &with) const
{
    messages::Myself me(m_me.profile.device);
    me.room = { m_me.limits.outboxItems, m_me.limits.outboxBytes };
    me.offers = m_me.limits.transfers.kept;
    const std::optional<Contact> contact = m_contacts.find(with);
    if (!contact)
        return me;
    for (const PublicKey &broker : contact->brokers)
        if (m_brokers.find(broker)) {
            me.others = messages::sequenceToMine(m_me.key(), broker);
            break;
        }
    return me;
}

// --- what I say

void Post::postTo(const PublicKey &broker)
{
    const std::optional<Broker> known = m_brokers.find(broker);
    if (!m_isOpen || !known || known->state != Broker::State::Ready)
        return;
    std::unique_ptr<MailPoster> &poster = m_toBrokers[broker];
    if (!poster) {
        poster = std::make_unique<MailPoster>(m_history.store());
        poster->setChoice([this, broker](const MailSequence &sequence) { return goesBy(broker, sequence); });
        follow(*poster, known->name);
        m_calls.follow(*poster, broker, known->name);
    }
    m_calls.mayLeave(broker);
    poster->start(m_brokers.client(broker)->link());
}

void Post::postDirectly(const PublicKey &with)
{
    Link *link = m_direct.link(with);
    if (!m_isOpen || link == nullptr)
        return;
    std::unique_ptr<MailPoster> &poster = m_toPeople[with];
    poster = std::make_unique<MailPoster>(m_history.store());
    poster->setChoice(
        [this, with](const MailSequence &sequence) { return sequence.recipient == with && !isCall(sequence); });
    follow(*poster, {});
    poster->start(link);
}

bool Post::hasWay(const PublicKey &with) const
{
    if (m_direct.link(with) != nullptr)
        return true;
    for (const Broker &broker : m_brokers.all())
        if (goesBy(broker.key, messages::sequenceTo(with)))
            return true;
    return false;
}

bool Post::mayHaveWaySoon(const PublicKey &with) const
{
    const Client *dialled = m_direct.dialled(with);
    if (dialled && dialled->state() == Client::State::Connecting)
        return true;
    for (const Broker &broker : m_brokers.all())
        if (broker.state == Broker::State::Connecting && m_contacts.believes(with, broker.key))
            return true;
    return false;
}

/// By the first broker that has them and is believed about them, when they cannot be reached directly. What a stranger is
/// told may be heard by anybody.
bool Post::goesBy(const PublicKey &broker, const MailSequence &sequence) const
{
    if (const auto only = belongsTo(sequence))
        return *only == broker && (!isCall(sequence) || m_calls.mayGo(broker));
    if (sequence.recipient == m_me.key())
        return true; // meant for a broker that has another key now, or is none of mine any more
    if (m_direct.link(sequence.recipient) != nullptr)
        return false;
    const bool toAnybody = sequence == messages::sequenceToStranger(sequence.recipient);
    for (const Broker &other : m_brokers.all())
        if (other.state == Broker::State::Ready && m_brokers.member(other.key, sequence.recipient)
            && (toAnybody || m_contacts.believes(sequence.recipient, other.key)))
            return other.key == broker;
    return false;
}

/// What goes by one broker of mine and no other: my calls of its machines, and what my devices tell each other there.
std::optional<PublicKey> Post::belongsTo(const MailSequence &sequence) const
{
    for (const Broker &known : m_brokers.all())
        if (sequence.conversation == MailSource::ofBroker(known.key))
            return known.key;
    return std::nullopt;
}

bool Post::isCall(const MailSequence &sequence) const
{
    return sequence.recipient != m_me.key() && belongsTo(sequence);
}

void Post::follow(MailPoster &poster, const QString &broker)
{
    connect(
        &poster, &MailPoster::kept, this, [this, broker](const MailSequence &sequence, const MailProgress &progress) {
            if (isCall(sequence))
                return; // theirs to hear
            write([=, me = myself(sequence.recipient)](Database &database) {
                return offers::isOffers(sequence)
                    ? newsOf(offers::kept(database, sequence.recipient, progress.kept, broker))
                    : messages::kept(database, sequence.recipient, me, progress.kept, broker);
            });
        });
    connect(&poster, &MailPoster::refused, this,
        [this, broker](const MailSequence &sequence, quint64 number, const Error &why, qint64 retryMs) {
            using messages::Refusal;
            if (isCall(sequence))
                return;
            const bool isTheirNo = why.code == Code::PermissionDenied && broker.isEmpty();
            const Refusal refusal = isTheirNo ? Refusal::All : retryMs > 0 ? Refusal::ForNow : Refusal::GivenUp;
            const QString sentence = isTheirNo ? messages::noSentence() : why.sentence;
            write([=, me = myself(sequence.recipient)](Database &database) {
                return offers::isOffers(sequence)
                    ? newsOf(offers::refused(database, sequence.recipient, number, refusal, sentence))
                    : messages::refused(database, sequence.recipient, me, number, refusal, sentence);
            });
        });
    connect(&poster, &MailPoster::restored, this, [this](const MailSequence &sequence, const Outbox::Restored &how) {
        if (isCall(sequence))
            return;
        write([=, me = myself(sequence.recipient)](Database &database) -> Result<News> {
            const Result<void> done = offers::isOffers(sequence)
                ? offers::renumber(database, sequence.recipient, how.after, how.by)
                : messages::renumber(database, sequence.recipient, me, how.after, how.by);
            return done ? Result<News>(News {}) : done.error();
        });
    });
}

void Post::write(std::function<Result<News>(Database &)> work)
{
    m_history.write(this, std::move(work), [this](const Result<News> &news) {
        if (!news)
            return;
        emit came(*news);
        if (!news->changed.isEmpty())
            wake(); // my other devices are told
    });
}

// --- what their program itself hands over

void Post::serve(Commands &served)
{
    served.serveChannel<MailPost>([this](const MailPost::Request &, const std::shared_ptr<IncomingCall> &call) {
        if (!m_isOpen || !m_history.trouble().isEmpty())
            return call->fail({ Code::Unavailable, QStringLiteral("nothing can be kept there now"), Begun::No });
        if (!call->caller().via.isNull())
            return call->fail({ Code::InvalidArgument, QStringLiteral("the broker itself keeps it"), Begun::No });
        const auto keeper = std::make_shared<MailKeeper>(this->keeper());
        const auto *posting = new MailPosting(call, m_history.store(), *keeper, this);
        connect(posting, &QObject::destroyed, this, [keeper] {}); // which lives as long
    });
}

/// Whether they may offer files is judged offer by offer: an answer to mine is heard all the same.
Result<void> Post::may(const Caller &from, MailPosted &post) const
{
    if (post.source.recipient != m_me.key())
        return Error { Code::NotFound, QStringLiteral("this is for somebody else") };
    post.judged = m_contacts.may(from.user, Right::Files, wallClock());
    if (offers::isOffers({ from.user, post.source.conversation }))
        return {};
    if (!m_contacts.may(from.user, Right::Messages, wallClock()))
        return Error { Code::PermissionDenied, messages::noSentence() };
    return {};
}

Post::NewsKey Post::keyOf(const MailPosted &posted)
{
    return { posted.source.sender, posted.source.device, posted.first };
}

/// Of one channel. What a run changes is known in the store's thread, and told when it is on disk.
MailKeeper Post::keeper()
{
    MailKeeper keeper;
    const auto me =
        std::make_shared<messages::Myself>(); // looked up before each batch, of which there is one at a time
    keeper.may = [this, me](const Caller &from, MailPosted &post) {
        *me = myself(from.user);
        return may(from, post);
    };
    keeper.keep = [post = QPointer<Post>(this), history = &m_history, me](
                      Database &database, MailPosted &posted) -> Result<void> {
        const Result<quint64> count = cutUnreadable(posted);
        if (!count || *count == 0)
            return count ? Result<void>() : count.error();
        messages::Arrival arrival = arrivalOf(*history, posted.source, posted.first, posted.items);
        arrival.direct = true;
        arrival.mayOffer = posted.judged != 0;
        arrival.me = *me;
        const Result<News> news = messages::take(database, arrival);
        if (!news)
            return news.error();
        posted.kept = posted.first + *count - 1;
        posted.fresh = quint64(news->added.size() + news->changed.size() + news->read.size() + news->offers.size()
            + news->outOfTurn.size());
        posted.fresh +=
            offers::isOffers({ posted.source.sender, posted.source.conversation }); // may have been answered
        QMetaObject::invokeMethod(history, [post, key = keyOf(posted), news = *news] {
            if (post)
                post->m_news.insert_or_assign(key, news);
        });
        return {};
    };
    keeper.highest = [](Database &database, const MailSource &source) { return Inbox(database).highest(source); };
    keeper.kept = [this](const MailPosted &posted) {
        if (const auto news = m_news.extract(keyOf(posted)))
            emit came(news.mapped());
        wake(); // for my other devices, and answers
    };
    keeper.failed = [](const Error &) {}; // the poster is told, and comes again
    return keeper;
}

// --- what a broker's mailbox has for me

/// Not while nothing can be kept on disk: there it lies well.
void Post::takeFrom(const PublicKey &broker)
{
    const std::optional<Broker> known = m_brokers.find(broker);
    if (!m_isOpen || !m_history.trouble().isEmpty() || !known || known->state != Broker::State::Ready)
        return;
    std::unique_ptr<MailTaker> &taker = m_fromBrokers[broker];
    if (!taker) {
        taker = std::make_unique<MailTaker>(m_me.key(),
            [this, broker](const MailTaken &taken, const MailTaker::Done &done) { takeRun(broker, taken, done); });
        connect(taker.get(), &MailTaker::lost, this, [this, broker](quint64 lost) {
            write([broker, lost, id = m_history.nextId(), now = wallClock()](
                      Database &database) { return messages::lost(database, broker, lost, id, now); });
        });
        connect(taker.get(), &MailTaker::storeFailed, this,
            [this, broker](const Error &why) { setDiskTrouble(broker, why.sentence); });
        connect(taker.get(), &MailTaker::storeWorks, this, [this, broker] { setDiskTrouble(broker, {}); });
    }
    taker->start(m_brokers.client(broker)->link());
}

void Post::setDiskTrouble(const PublicKey &broker, const QString &sentence)
{
    const QString before = diskTrouble();
    if (sentence.isEmpty())
        m_diskTrouble.erase(broker);
    else
        m_diskTrouble.insert_or_assign(broker, sentence);
    if (diskTrouble() != before)
        emit diskTroubleChanged();
}

void Post::takeRun(const PublicKey &broker, const MailTaken &taken, const MailTaker::Done &done)
{
    const PublicKey &from = taken.source.sender;
    if (isCall({ from, taken.source.conversation }))
        return m_calls.called(from, broker) ? m_calls.take(taken, broker, done) : done({}); // by another is no answer
    messages::Arrival arrival = arrivalOf(m_history, taken.source, taken.first, taken.items);
    arrival.me = myself(from);
    arrival.isBroker = from == broker;
    if (from != m_me.key() && !arrival.isBroker && !m_contacts.believes(from, broker)) {
        done({});
        return turnAway(arrival);
    }
    arrival.isAllowed = m_contacts.may(from, Right::Messages, wallClock());
    arrival.mayOffer = m_contacts.may(from, Right::Files, wallClock());
    if (from == m_me.key())
        for (const Contact &contact : m_contacts.all())
            if (m_contacts.believes(contact.key, broker))
                arrival.people.insert(contact.key, m_contacts.may(contact.key, Right::Messages, arrival.now));
    m_history.write(this, taken.inTurn([arrival](Database &database) { return messages::take(database, arrival); }),
        [this, done](const Result<News> &news) {
            if (news)
                emit came(*news);
            done(news ? Result<void>() : news.error());
            wake(); // for the receipts
        });
}

/// As a stranger's: not even a number is noted. Of a contact another broker could name any word as theirs, and whom I keep
/// out hears nothing.
void Post::turnAway(const messages::Arrival &arrival)
{
    const PublicKey &from = arrival.source.sender;
    if (m_contacts.find(from) || m_contacts.isBlocked(from, {}, wallClock()))
        return;
    m_history.write(
        this, [arrival](Database &database) { return messages::turnAway(database, arrival); },
        [this](const Result<void> &) { wake(); });
}

} // namespace hawser::chat
