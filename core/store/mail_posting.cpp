#include "core/store/mail_posting.h"

#include "core/mail_items.h"

namespace hawser {

namespace {

using Post = contracts::MailPost;

constexpr qint64 batchBytes = 2 * 1024 * 1024; // of one channel in one batch of the store
constexpr qint64 highWater = 4 * 1024 * 1024; // then its credit is not renewed
constexpr qsizetype smallRun = 4096; // bytes: below this neighbours are put together
constexpr qint64 retryStore = 2000; // ms: a full or locked disk may be a matter of a moment
constexpr qint64 retryBroken = 60 * 1000; // ms: a damaged one is not
constexpr qsizetype mostRefusals = 1024; // sequences of one channel

} // namespace

MailPosting::MailPosting(
    std::shared_ptr<IncomingCall> call, StoreThread &store, const MailKeeper &keeper, QObject *parent)
    : QObject(parent), m_call(std::move(call)), m_store(store), m_keeper(keeper)
{
    connect(m_call.get(), &Channel::received, this, &MailPosting::take);
    connect(m_call.get(), &IncomingCall::stopped, this, &QObject::deleteLater);
    connect(m_call.get(), &Channel::peerEnded, this, [this] {
        m_call->finish(Post::Reply {});
        deleteLater();
    });
    if (m_call->caller().device.size() != MailSource::deviceBytes) {
        m_call->fail({ Code::InvalidArgument, QStringLiteral("durable messages come from a device") });
        deleteLater();
    }
}

void MailPosting::take(const ChannelMessage &message)
{
    Result<Post::Out> out = message.as<Post::Out>();
    const bool readable =
        out && out->conversation.size() == MailSource::conversationBytes && out->items.size() <= limits::mailRun;
    if (!readable) {
        m_call->fail(out ? Error { Code::InvalidArgument, QStringLiteral("this is no posting") } : out.error());
        return deleteLater();
    }
    const Caller &caller = m_call->caller();
    Step step;
    step.post.source = { caller.user, caller.device, out->to, out->conversation };
    step.post.first = out->first;
    step.post.items = std::move(out->items);
    step.post.keepMs = qint64(std::min<quint64>(out->keepMs, quint64(std::numeric_limits<qint64>::max())));
    m_waitingBytes += step.post.items.size();
    if (!joins(step))
        m_waiting.push_back(std::move(step));
    if (m_waitingBytes > highWater && m_call->stream())
        m_call->stream()->hold();
    pump();
}

/// Single messages that follow one another lie together in the store, as if they had come so.
bool MailPosting::joins(const Step &step)
{
    if (m_waiting.empty() || step.post.items.isEmpty() || step.post.items.size() > smallRun)
        return false;
    MailPosted &last = m_waiting.back().post;
    if (last.source != step.post.source || last.keepMs != step.post.keepMs || last.items.isEmpty()
        || last.items.size() > smallRun * 16)
        return false;
    const Result<QList<quint32>> before = cutItems(last.items);
    if (!before || last.first + quint64(before->size()) - 1 != step.post.first || before->size() > 256)
        return false;
    last.items += step.post.items;
    return true;
}

void MailPosting::pump()
{
    if (m_running || m_waiting.empty())
        return;
    Batch batch = nextBatch();
    if (batch.empty())
        return;
    m_running = true;
    const auto shared = std::make_shared<Batch>(std::move(batch));
    m_store.write(
        this, [shared, keeper = m_keeper](Database &database) { return run(database, *shared, keeper); },
        [this, shared](const Result<void> &result) { ran(std::move(*shared), result); });
}

bool MailPosting::isPassedOver(const Step &step) const
{
    const auto refused = m_refused.constFind(step.key());
    return refused != m_refused.constEnd() && step.post.first > *refused && !step.post.items.isEmpty();
}

MailPosting::Batch MailPosting::nextBatch()
{
    Batch batch;
    qint64 bytes = 0;
    while (!m_waiting.empty() && bytes < batchBytes) {
        Step step = std::move(m_waiting.front());
        m_waiting.pop_front();
        m_waitingBytes -= step.post.items.size();
        if (isPassedOver(step))
            continue;
        if (const Result<void> may = m_keeper.may(m_call->caller(), step.post); !may) {
            refuse(step.key(), step.post.first, may.error(), 0);
            continue;
        }
        m_refused.remove(step.key());
        bytes += step.post.items.size();
        batch.push_back(std::move(step));
    }
    if (m_waitingBytes < highWater / 4 && m_call->stream())
        m_call->stream()->resume();
    return batch;
}

Result<void> MailPosting::run(Database &database, Batch &batch, const MailKeeper &keeper)
{
    QHash<Key, bool> stopped;
    for (Step &step : batch) {
        if (step.post.items.isEmpty()) {
            Result<Inbox::Highest> highest = keeper.highest(database, step.post.source);
            if (!highest)
                return highest.error();
            step.highest = std::move(*highest);
            continue;
        }
        step.skipped = stopped.contains(step.key());
        if (step.skipped)
            continue;
        const Result<void> kept = keeper.keep(database, step.post);
        const bool theirs = !kept && kept.error().code == Code::InvalidArgument;
        if (!kept && !theirs)
            return kept;
        if (!kept) { // malformed or impossible, which is said of the first
            step.post.refused = std::max<quint64>(step.post.first, 1);
            step.post.why = kept.error();
        }
        if (step.post.refused)
            stopped.insert(step.key(), true);
    }
    return {};
}

void MailPosting::ran(Batch batch, const Result<void> &result)
{
    m_running = false;
    if (!result) {
        m_keeper.failed(result.error());
        const bool full = result.error().code == Code::ResourceExhausted;
        const bool passing = full || result.error().code == Code::Unavailable;
        const Error why { result.error().code,
            full ? QStringLiteral("the disk there is full: nothing was kept")
                 : QStringLiteral("messages cannot be kept there at the moment"),
            Begun::No };
        for (const Step &step : batch)
            if (!isPassedOver(step))
                refuse(step.key(), step.post.first, why, passing ? retryStore : retryBroken);
        return pump();
    }
    QHash<Key, Post::In> answers;
    for (Step &step : batch)
        if (!step.skipped)
            answer(step, answers);
    for (const Post::In &in : std::as_const(answers))
        m_call->send(in);
    pump();
}

void MailPosting::answer(Step &step, QHash<Key, Post::In> &answers)
{
    Post::In &in = answers[step.key()];
    in.to = step.post.source.recipient;
    in.conversation = step.post.source.conversation;
    if (step.highest) {
        in.highest = step.highest->marks.highest();
        in.digest = step.highest->digest;
        return;
    }
    in.kept = std::max(in.kept, step.post.kept);
    if (step.post.fresh)
        m_keeper.kept(step.post);
    if (!step.post.refused)
        return;
    if (m_keeper.refused)
        m_keeper.refused(step.post);
    in.refused = step.post.refused;
    in.code = quint8(step.post.why.code);
    in.sentence = step.post.why.sentence;
    in.retryMs = quint64(step.post.retryMs);
    m_refused.insert(step.key(), step.post.refused);
}

void MailPosting::refuse(const Key &key, quint64 number, const Error &why, qint64 retryMs)
{
    if (m_refused.size() >= mostRefusals)
        m_refused.clear(); // what was posted behind them is then looked at again, and refused again
    m_refused.insert(key, number);
    m_call->send(Post::In { key.to, key.conversation, 0, {}, {}, std::max<quint64>(number, 1), quint8(why.code),
        why.sentence, quint64(retryMs) });
}

} // namespace hawser
