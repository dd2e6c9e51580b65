#include "core/store/mail_poster.h"

namespace hawser {

namespace {

constexpr qint64 window = 4 * 1024 * 1024; // bytes posted and not acknowledged, and the same in the queue
constexpr qint64 runBytes = 256 * 1024; // gathered for one row and one message
constexpr qsizetype itemsGathered = limits::mailItems;
constexpr qint64 longestRetry = 10 * 60 * 1000; // ms
constexpr qint64 retryOwnStore = 5000; // ms
constexpr qint64 retryNoWayFirst = 1000; // ms
constexpr milliseconds retryChannel { 500 };
constexpr milliseconds longestRetryChannel = std::chrono::minutes(1);

/// Runs that follow one another become fewer and larger.
std::deque<Outbox::Run> joined(const QList<Outbox::Run> &runs)
{
    std::deque<Outbox::Run> fewer;
    for (const Outbox::Run &run : runs) {
        const bool joins = !fewer.empty() && fewer.back().first + fewer.back().count == run.first
            && fewer.back().items.size() + run.items.size() <= runBytes
            && fewer.back().count + run.count <= quint64(itemsGathered);
        if (!joins) {
            fewer.push_back(run);
            continue;
        }
        fewer.back().items += run.items;
        fewer.back().count += run.count;
    }
    return fewer;
}

} // namespace

MailPoster::MailPoster(StoreThread &store, QObject *parent)
    : QObject(parent), m_store(store), m_startAgainIn(retryChannel)
{
    m_startAgain.setSingleShot(true);
    m_startAgain.callOnTimeout(this, [this] {
        if (m_link && !m_link->isOver())
            start(m_link);
    });
}

MailPoster::~MailPoster()
{
    stop();
}

void MailPoster::start(Link *link)
{
    stop();
    m_noWay.clear();
    CallOptions options;
    options.keepOpen = true;
    options.streamClass = Post::streamClass;
    m_call = startCall(link, {}, QLatin1String(Post::name), {}, options, this);
    connect(m_call, &Channel::received, this, &MailPoster::take);
    connect(m_call, &Channel::roomAvailable, this, &MailPoster::postAll);
    connect(m_call, &Call::finished, this, [this](const Result<Payload> &result) {
        m_ways.clear();
        if (!result)
            startAgainLater(result.error());
    });
    m_link = link;
    look();
}

/// They may have begun only now, or take no messages from us today. A link that is gone starts it anew by itself.
void MailPoster::startAgainLater(const Error &why)
{
    if (!m_link || m_link->isOver() || why.code == Code::Unimplemented || why.code == Code::InvalidArgument)
        return;
    m_startAgain.start(m_startAgainIn);
    m_startAgainIn = std::min(m_startAgainIn * 2, longestRetryChannel);
}

void MailPoster::stop()
{
    m_ways.clear();
    m_startAgain.stop();
    if (Call *call = m_call) {
        m_call = nullptr; // perhaps we stand in one of its signals
        call->disconnect(this);
        call->cancel();
    }
}

void MailPoster::look()
{
    if (!m_call || std::exchange(m_lookAgain, m_looking) || m_looking)
        return;
    m_looking = true;
    m_store.read(
        this, [](Database &database) { return Outbox(database).waiting(); },
        [this](const Result<QList<MailSequence>> &waiting) {
            m_looking = false;
            if (!waiting)
                emit storeFailed(waiting.error());
            else
                for (const MailSequence &sequence : *waiting)
                    if (!m_choice || m_choice(sequence))
                        begin(sequence);
            if (std::exchange(m_lookAgain, false))
                look();
        });
}

void MailPoster::again(const MailSequence &sequence)
{
    const auto way = m_ways.find(sequence);
    if (way != m_ways.end() && way->state == State::NoWay)
        m_ways.erase(way);
    look();
}

/// A way that goes already reads what is new.
void MailPoster::begin(const MailSequence &sequence)
{
    if (!m_call || m_call->isFinished())
        return;
    const auto way = m_ways.find(sequence);
    if (way == m_ways.end())
        return ask(sequence);
    way->more = true;
    post(sequence, *way);
}

void MailPoster::ask(const MailSequence &sequence)
{
    Way &way = m_ways[sequence];
    way = { .gaveUp = way.gaveUp, .turn = ++m_turn };
    m_call->send(Post::Out { sequence.recipient, sequence.conversation, 0, {}, 0 });
}

MailPoster::Way *MailPoster::find(const MailSequence &sequence, quint64 turn)
{
    const auto way = m_ways.find(sequence);
    return way != m_ways.end() && way->turn == turn ? &*way : nullptr;
}

// --- what the other side says

void MailPoster::take(const ChannelMessage &message)
{
    const Result<Post::In> in = message.as<Post::In>();
    const MailSequence sequence { in ? in->to : PublicKey(), in ? in->conversation : QByteArray() };
    const auto way = m_ways.find(sequence);
    if (!in || way == m_ways.end())
        return;
    m_startAgainIn = retryChannel;
    if (in->highest)
        m_noWay.remove(sequence);
    if (in->highest && way->state == State::Asking)
        return takeHighest(sequence, *in);
    if (in->kept)
        takeKept(sequence, *way, in->kept);
    if (in->refused)
        takeRefused(sequence, *way, *in);
    else
        post(sequence, *way);
}

void MailPoster::takeHighest(const MailSequence &sequence, const Post::In &in)
{
    struct Answer {
        Outbox::Restored restored;
        MailProgress progress;
    };
    m_store.write(
        this,
        [sequence, highest = *in.highest, digest = in.digest](Database &database) -> Result<Answer> {
            Outbox outbox(database);
            const Result<Outbox::Restored> restored = outbox.compare(sequence, highest, digest);
            if (!restored)
                return restored.error();
            const Result<MailProgress> progress = outbox.progress(sequence);
            return progress ? Result<Answer>(Answer { *restored, *progress }) : progress.error();
        },
        [this, sequence, turn = m_ways[sequence].turn](const Result<Answer> &answer) {
            Way *way = find(sequence, turn);
            if (!answer) {
                emit storeFailed(answer.error());
                if (!way)
                    return;
                way->state = State::Blocked;
                return retryLater(sequence, retryOwnStore);
            }
            if (answer->restored.by)
                emit restored(sequence, answer->restored);
            way = find(sequence, turn); // whoever heard that may have stopped everything
            if (!way)
                return;
            way->state = State::Posting;
            way->queuedTo = way->keptTo = way->notedTo = answer->progress.kept;
            way->more = true;
            post(sequence, *way);
        });
}

void MailPoster::takeKept(const MailSequence &sequence, Way &way, quint64 kept)
{
    way.keptTo = std::max(way.keptTo, std::min(kept, way.queuedTo));
    while (!way.flying.empty() && way.flying.front().first <= way.keptTo) {
        way.flyingBytes -= way.flying.front().second;
        way.flying.pop_front();
    }
    note(sequence, way);
}

void MailPoster::note(const MailSequence &sequence, Way &way)
{
    if (way.noting || way.notedTo >= way.keptTo)
        return;
    way.noting = true;
    way.notedTo = way.keptTo;
    m_store.write(
        this, [sequence, upto = way.keptTo](Database &database) { return Outbox(database).kept(sequence, upto); },
        [this, sequence, turn = way.turn](const Result<MailProgress> &progress) {
            if (!progress)
                emit storeFailed(progress.error()); // it is sent again after the next start, and known there
            else
                emit kept(sequence, *progress);
            Way *way = find(sequence, turn);
            if (!way)
                return;
            way->noting = false;
            note(sequence, *way);
        });
}

void MailPoster::takeRefused(const MailSequence &sequence, Way &way, const Post::In &in)
{
    const Code code = codeFromWire(in.code);
    const bool noWay = code == Code::NotFound || code == Code::PermissionDenied || code == Code::Unauthenticated;
    auto retryMs = noWay ? retryNoWay(sequence) : qint64(std::min<quint64>(in.retryMs, longestRetry));
    if (retryMs == 0 && way.state == State::Asking)
        retryMs = retryOwnStore; // nothing of it is refused, but that it was asked
    goBack(way, std::min(in.refused > 0 ? in.refused - 1 : 0, way.queuedTo));
    way.state = noWay ? State::NoWay : State::Blocked;
    const quint64 turn = way.turn;
    emit refused(sequence, in.refused, { code, in.sentence, Begun::No, Origin::Peer }, retryMs);
    if (!find(sequence, turn))
        return;
    if (retryMs > 0)
        return retryLater(sequence, retryMs);
    if (std::exchange(way.gaveUp, in.refused) == in.refused)
        return retryLater(sequence, longestRetry); // not even its place is taken
    giveUp(sequence, in.refused);
}

/// They may be let in, or let us in, later, and nobody says so.
qint64 MailPoster::retryNoWay(const MailSequence &sequence)
{
    qint64 &next = m_noWay.insert(sequence, m_noWay.value(sequence, retryNoWayFirst)).value();
    return std::exchange(next, std::min(next * 2, longestRetry));
}

/// What is behind `to` will be posted again.
void MailPoster::goBack(Way &way, quint64 to)
{
    way.queue.clear();
    way.flying.clear();
    way.queueBytes = way.flyingBytes = 0;
    way.queuedTo = std::max(to, way.keptTo);
    way.reading = false;
    way.turn = ++m_turn;
    way.noting = false;
    way.more = true;
}

void MailPoster::retryLater(const MailSequence &sequence, qint64 ms)
{
    QTimer::singleShot(milliseconds(ms), this, [this, sequence, turn = m_ways[sequence].turn] {
        const Way *way = find(sequence, turn);
        if (way && way->state == State::NoWay)
            again(sequence); // perhaps it goes another way now
        else if (way && m_call && !m_call->isFinished())
            ask(sequence);
    });
}

void MailPoster::giveUp(const MailSequence &sequence, quint64 number)
{
    m_store.write(
        this, [sequence, number](Database &database) { return Outbox(database).giveUp(sequence, number); },
        [this, sequence, turn = m_ways[sequence].turn](const Result<void> &given) {
            Way *way = find(sequence, turn);
            if (!way || !m_call || m_call->isFinished())
                return;
            if (given)
                return ask(sequence);
            way->gaveUp = 0; // it stands there as it was
            retryLater(sequence, retryOwnStore);
        });
}

// --- what goes

void MailPoster::postAll()
{
    for (auto way = m_ways.begin(); way != m_ways.end(); ++way)
        post(way.key(), *way);
}

void MailPoster::post(const MailSequence &sequence, Way &way)
{
    if (way.state != State::Posting || !m_call || m_call->isFinished())
        return;
    while (!way.queue.empty() && way.flyingBytes < window && m_call->room() > 0) {
        const Outbox::Run run = std::move(way.queue.front());
        way.queue.pop_front();
        way.queueBytes -= run.items.size();
        way.flying.emplace_back(run.first + run.count - 1, run.items.size());
        way.flyingBytes += run.items.size();
        m_call->send(Post::Out { sequence.recipient, sequence.conversation, run.first, run.items, 0 });
    }
    if (way.queue.empty() && way.more && !way.reading && way.flyingBytes < window)
        read(sequence);
}

void MailPoster::read(const MailSequence &sequence)
{
    Way &way = m_ways[sequence];
    way.reading = true;
    way.more = false;
    m_store.read(
        this,
        [sequence, after = way.queuedTo](
            Database &database) { return Outbox(database).pending(sequence, after, window / 2); },
        [this, sequence, turn = way.turn](const Result<QList<Outbox::Run>> &runs) {
            Way *way = find(sequence, turn);
            if (!way)
                return;
            way->reading = false;
            if (!runs)
                return emit storeFailed(runs.error());
            for (Outbox::Run &run : joined(*runs)) {
                if (run.first != way->queuedTo + 1)
                    continue; // came another way in the meantime
                way->queuedTo += run.count;
                way->queueBytes += run.items.size();
                way->queue.push_back(std::move(run));
                way->more = true; // perhaps there is still more
            }
            post(sequence, *way);
        });
}

// --- what is put here

void MailPoster::put(const MailSequence &sequence, const MailItem &item)
{
    Gathered &gathered = m_gathered[sequence];
    if (gathered.runs.empty() || gathered.runs.back().items.size() >= runBytes
        || gathered.runs.back().count >= quint64(itemsGathered)) {
        gathered.runs.emplace_back();
        gathered.runs.back().items.reserve(16 * 1024);
    }
    Outbox::Run &run = gathered.runs.back();
    appendItem(run.items, item);
    ++run.count;
    if (std::exchange(gathered.storing, true))
        return;
    QMetaObject::invokeMethod(
        this, [this, sequence] { storeGathered(sequence); }, Qt::QueuedConnection);
}

void MailPoster::storeGathered(const MailSequence &sequence)
{
    Gathered &gathered = m_gathered[sequence];
    if (gathered.runs.empty()) {
        m_gathered.remove(sequence);
        return;
    }
    const auto runs = std::make_shared<std::deque<Outbox::Run>>(std::move(gathered.runs));
    gathered.runs.clear();
    m_store.write(
        this,
        [sequence, runs](Database &database) -> Result<void> {
            for (Outbox::Run &run : *runs) {
                const Result<quint64> first = Outbox(database).put(sequence, run.items);
                if (!first)
                    return first.error();
                run.first = *first;
            }
            return {};
        },
        [this, sequence, runs](const Result<void> &result) {
            storeGathered(sequence); // the next ones, while these are posted
            for (Outbox::Run &run : *runs) {
                const quint64 count = run.count;
                if (result)
                    wasStored(sequence, run.first, std::move(run));
                else
                    emit notStored(sequence, count, result.error());
            }
        });
}

void MailPoster::wasStored(const MailSequence &sequence, quint64 first, Outbox::Run run)
{
    const quint64 count = run.count;
    const auto way = m_ways.find(sequence);
    if (way == m_ways.end()) {
        if (!m_choice || m_choice(sequence))
            begin(sequence);
    } else if (way->state == State::Posting && !way->reading && way->queuedTo + 1 == first
        && way->queueBytes < window) {
        way->queuedTo += count;
        way->queueBytes += run.items.size();
        way->queue.push_back(std::move(run));
        post(sequence, *way);
    } else {
        way->more = true;
        post(sequence, *way);
    }
    emit stored(sequence, first, count);
}

} // namespace hawser
