#include "core/store/mail_taker.h"

#include "core/link.h"
#include "core/mail_items.h"

namespace hawser {

using Take = contracts::MailTake;

namespace {

constexpr qint64 groupBytes = 2 * 1024 * 1024;
constexpr qint64 costMost =
    8 * 1024 * 1024; // a broker gives 4 MiB before it hears something, and what it was about to give
constexpr qint64 costOfRun = 256; // beside its items
constexpr milliseconds pauseFirst { 500 };
constexpr milliseconds pauseMost { 4000 }; // it goes on within 5 s once there is room
constexpr milliseconds retryChannel { 500 };
constexpr milliseconds longestRetryChannel = std::chrono::minutes(1);

bool isOfTheItem(const Error &why)
{
    return why.code == Code::InvalidArgument;
}

} // namespace

qint64 MailTaker::Run::cost() const
{
    return taken.items.size() + costOfRun;
}

MailTaker::MailTaker(const PublicKey &me, std::function<void(const MailTaken &, Done)> take, QObject *parent)
    : QObject(parent), m_me(me), m_take(std::move(take)), m_startAgainIn(retryChannel)
{
    setPauses(pauseFirst, pauseMost);
    m_pause.setSingleShot(true);
    m_pause.callOnTimeout(this, &MailTaker::pump);
    m_startAgain.setSingleShot(true);
    m_startAgain.callOnTimeout(this, [this] {
        if (m_link && !m_link->isOver())
            start(m_link);
    });
}

MailTaker::~MailTaker()
{
    stop();
}

void MailTaker::setPauses(milliseconds first, milliseconds most)
{
    m_pauseFirst = m_pauseNext = first;
    m_pauseMost = most;
}

void MailTaker::start(Link *link)
{
    if (m_call && !m_call->isFinished() && m_call->stream()->link() == link)
        return;
    stop();
    m_link = link;
    CallOptions options;
    options.streamClass = Take::streamClass;
    options.keepOpen = true;
    m_call = startCall(link, {}, QLatin1String(Take::name), Value(Value::Map {}), options, this);
    connect(m_call, &Channel::received, this, [this](const ChannelMessage &message) {
        if (const auto in = message.as<Take::In>(); in)
            took(*in);
    });
    connect(m_call, &Call::finished, this, [this](const Result<Payload> &result) {
        drop();
        if (!result)
            startAgainLater(result.error());
    });
}

/// Its mailbox may be out of order only now. Another program of this device goes before us.
void MailTaker::startAgainLater(const Error &why)
{
    const bool isFinal =
        why.code == Code::Unimplemented || why.code == Code::InvalidArgument || why.code == Code::Aborted;
    if (!m_link || m_link->isOver() || isFinal)
        return;
    m_startAgain.start(m_startAgainIn);
    m_startAgainIn = std::min(m_startAgainIn * 2, longestRetryChannel);
}

void MailTaker::stop()
{
    drop();
    m_startAgain.stop();
    if (Call *call = m_call) {
        m_call = nullptr; // perhaps we stand in one of its signals
        call->disconnect(this);
        call->cancel();
    }
}

/// It comes again, on another channel.
void MailTaker::drop()
{
    m_runs.clear();
    m_group.reset();
    m_cost = 0;
    m_pause.stop();
    m_hasSaidSo = false;
    m_failedAt = 0;
}

void MailTaker::took(const Take::In &in)
{
    if (in.lost > 0)
        return emit lost(in.lost);
    if (m_failedAt > 0 && (in.failed == m_failedAt || in.serial == m_failedAt))
        m_failedAt = 0;
    if (in.serial == 0 || m_failedAt > 0)
        return;
    const Result<QList<quint32>> cuts = cutItems(in.items);
    const quint64 count = cuts ? quint64(cuts->size() - 1) : 0; // 0: it is no run of items
    Run run { in.serial, { { in.from, in.device, m_me, in.conversation }, in.first, in.items, count } };
    m_cost += run.cost();
    m_runs.push_back(std::move(run));
    if (m_cost > costMost && m_call->stream())
        m_call->stream()->hold();
    pump();
}

/// All that waits, at once: one commit. Nothing of the next group before: it could be on disk without what goes before it.
void MailTaker::pump()
{
    if (m_group || m_pause.isActive() || m_runs.empty())
        return;
    const auto group = std::make_shared<Group>();
    const size_t most = m_isWaiting ? 1 : m_runs.size(); // perhaps there is room for one
    for (qint64 bytes = 0; !m_runs.empty() && group->runs.size() < most && bytes < groupBytes;) {
        bytes += m_runs.front().taken.items.size();
        group->runs.push_back(std::move(m_runs.front()));
        m_runs.pop_front();
    }
    m_group = group;
    group->open = group->runs.size();
    const auto isCut = std::make_shared<bool>(false);
    const QPointer<MailTaker> alive(this);
    for (Run &run : group->runs) {
        run.taken.isCut = isCut;
        const auto done = [alive, group, run = &run](const Result<void> &kept) {
            if (!kept)
                run->why = kept.error();
            if (--group->open == 0 && alive && alive->m_group == group)
                alive->settle();
        };
        if (run.taken.count == 0)
            done(Error { Code::InvalidArgument, QStringLiteral("a durable message is malformed") });
        else
            m_take(run.taken, done);
        if (!alive || m_group != group)
            return;
    }
}

void MailTaker::settle()
{
    const auto group = std::exchange(m_group, nullptr);
    std::deque<Run> &runs = group->runs;
    quint64 upto = 0;
    while (!runs.empty() && !runs.front().why) {
        upto = runs.front().last();
        m_cost -= runs.front().cost();
        runs.pop_front();
    }
    const QPointer<Call> call = m_call;
    if (upto > 0) {
        m_call->send(Take::Out { upto });
        m_startAgainIn = retryChannel;
        m_hasSaidSo = false;
        m_pauseNext = m_pauseFirst;
        if (std::exchange(m_isWaiting, false))
            emit storeWorks();
    }
    if (call.isNull() || call != m_call || call->isFinished()) // whoever heard that stopped it
        return;
    if (m_cost <= costMost / 2)
        call->stream()->resume();
    if (runs.empty())
        return pump();
    const Error why = *runs.front().why;
    if (isOfTheItem(why))
        return failed(runs.front().serial);
    for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
        run->why.reset();
        m_runs.push_front(std::move(*run));
    }
    wait(why);
}

/// What comes behind it was not kept, or is known when it comes again.
void MailTaker::failed(quint64 serial)
{
    drop();
    m_failedAt = serial;
    m_call->stream()->resume();
    m_call->send(Take::Out { 0, serial });
}

void MailTaker::wait(const Error &why)
{
    m_isWaiting = true;
    if (!std::exchange(m_hasSaidSo, true))
        m_call->send(Take::Out { 0, 0, true });
    m_pause.start(m_pauseNext);
    m_pauseNext = std::min(m_pauseNext * 2, m_pauseMost);
    emit storeFailed(why);
}

} // namespace hawser
