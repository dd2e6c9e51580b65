#include "core/epoll_dispatcher.h"

#include <QCoreApplication>
#include <QSocketNotifier>
#include <QThread>
#include <QTimerEvent>
#include <span>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace hawser {
namespace {

constexpr int eventsAtOnce = 256;
constexpr quint32 wanted[] = { EPOLLIN, EPOLLOUT, EPOLLPRI }; // by QSocketNotifier::Type
constexpr quint32 broken = EPOLLHUP | EPOLLERR; // told to everybody: who reads or writes sees what happened
constexpr quint64 wakeData = ~quint64(0);

/// Coarse timers may be late by a twentieth: they meet at common moments, so that many cost few wake-ups.
milliseconds grain(milliseconds interval, Qt::TimerType type)
{
    if (type == Qt::VeryCoarseTimer)
        return milliseconds(1000);
    if (type == Qt::PreciseTimer || interval < milliseconds(20))
        return milliseconds(1);
    return std::min(interval / 20, milliseconds(250));
}

Instant roundedUp(Instant at, milliseconds grain)
{
    const auto since = std::chrono::ceil<milliseconds>(at.time_since_epoch());
    return Instant((since + grain - milliseconds(1)) / grain * grain);
}

} // namespace

EpollDispatcher::EpollDispatcher(QObject *parent)
    : QAbstractEventDispatcher(parent), m_epoll(epoll_create1(EPOLL_CLOEXEC)),
      m_wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
    if (m_epoll < 0 || m_wake < 0)
        qFatal("no epoll: %s", strerror(errno));
    epoll_event event {};
    event.events = EPOLLIN;
    event.data.u64 = wakeData;
    epoll_ctl(m_epoll, EPOLL_CTL_ADD, m_wake, &event);
}

EpollDispatcher::~EpollDispatcher()
{
    ::close(m_wake);
    ::close(m_epoll);
}

bool EpollDispatcher::processEvents(QEventLoop::ProcessEventsFlags flags)
{
    m_interrupted.store(false);
    emit awake();
    for (int round = 0; round < 2; ++round) { // the second for what the first has posted; the third waits for its turn
        m_posted = false;
        QCoreApplication::sendPostedEvents();
        if (m_interrupted.load())
            return false;
        if (!m_posted)
            break;
    }
    applyChanges();
    const int timeout = waitFor(flags);
    if (timeout != 0)
        emit aboutToBlock();
    epoll_event events[eventsAtOnce];
    const int count = epoll_wait(m_epoll, events, eventsAtOnce, timeout);
    if (timeout != 0)
        emit awake();
    int handled = 0;
    for (const epoll_event &event : std::span(events, size_t(std::max(0, count)))) {
        if (event.data.u64 == wakeData) {
            quint64 times = 0;
            (void)!::read(m_wake, &times, sizeof times);
            m_awake.store(false);
            ++handled;
        } else if (!(flags & QEventLoop::ExcludeSocketNotifiers)) {
            dispatch(event);
            ++handled;
        }
    }
    handled += fireTimers();
    return handled > 0;
}

/// Milliseconds that epoll may sleep; -1 for ever.
int EpollDispatcher::waitFor(QEventLoop::ProcessEventsFlags flags) const
{
    if (!(flags & QEventLoop::WaitForMoreEvents) || m_posted || m_interrupted.load())
        return 0;
    for (const auto &[due, id] : m_queue) {
        if (m_timers.find(id)->firing)
            continue;
        const auto wait = std::chrono::ceil<milliseconds>(due - now());
        return int(std::clamp<qint64>(wait.count(), 0, 3'600'000));
    }
    return -1;
}

void EpollDispatcher::registerSocketNotifier(QSocketNotifier *notifier)
{
    const int descriptor = int(notifier->socket());
    Descriptor &state = m_descriptors[descriptor];
    QSocketNotifier *&slot = state.notifiers[notifier->type()];
    if (!state.serial)
        state.serial = ++m_serial;
    // One that is replaced may have been of a number that was closed and given out again behind our back.
    if (std::exchange(slot, notifier))
        state.watched = 0;
    change(descriptor, state);
}

void EpollDispatcher::unregisterSocketNotifier(QSocketNotifier *notifier)
{
    const int descriptor = int(notifier->socket());
    const auto found = m_descriptors.find(descriptor);
    if (found == m_descriptors.end() || found->notifiers[notifier->type()] != notifier)
        return;
    found->notifiers[notifier->type()] = nullptr;
    for (const QSocketNotifier *other : found->notifiers) {
        if (other)
            return change(descriptor, *found);
    }
    m_descriptors.erase(found);
    // It may be closed already; then the kernel has forgotten it itself.
    epoll_ctl(m_epoll, EPOLL_CTL_DEL, descriptor, nullptr);
}

/// A socket that is written turns its write notifier on and off again in the same turn: the kernel hears only of what is
/// left of it before the next wait.
void EpollDispatcher::change(int descriptor, Descriptor &state)
{
    if (!std::exchange(state.changed, true))
        m_changed.push_back(descriptor);
}

void EpollDispatcher::applyChanges()
{
    for (const int descriptor : m_changed) {
        const auto found = m_descriptors.find(descriptor);
        if (found == m_descriptors.end() || !std::exchange(found->changed, false))
            continue;
        quint32 events = 0;
        for (int type = 0; type < 3; ++type) {
            if (found->notifiers[type])
                events |= wanted[type];
        }
        if (events != found->watched)
            watch(descriptor, *found, events);
    }
    m_changed.clear();
}

void EpollDispatcher::watch(int descriptor, Descriptor &state, quint32 events)
{
    epoll_event event {};
    event.events = events;
    event.data.u64 = quint64(state.serial) << 32 | quint32(descriptor);
    int failed = epoll_ctl(m_epoll, state.watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event);
    // The number was closed and given out again behind our back.
    if (failed && errno == ENOENT)
        failed = epoll_ctl(m_epoll, EPOLL_CTL_ADD, descriptor, &event);
    else if (failed && errno == EEXIST)
        failed = epoll_ctl(m_epoll, EPOLL_CTL_MOD, descriptor, &event);
    state.watched = events;
    if (failed)
        qWarning("descriptor %d cannot be watched: %s", descriptor, strerror(errno));
}

void EpollDispatcher::dispatch(const epoll_event &event)
{
    const int descriptor = int(quint32(event.data.u64));
    const quint32 serial = quint32(event.data.u64 >> 32);
    for (const int type : { QSocketNotifier::Exception, QSocketNotifier::Read, QSocketNotifier::Write }) {
        if (event.events & (wanted[type] | broken))
            notify(descriptor, serial, type);
    }
}

/// Each slot may have unregistered, closed or reused the descriptor: looks it up anew.
void EpollDispatcher::notify(int descriptor, quint32 serial, int type)
{
    const auto found = m_descriptors.constFind(descriptor);
    if (found == m_descriptors.constEnd() || found->serial != serial || !found->notifiers[type])
        return;
    QEvent event(QEvent::SockAct);
    QCoreApplication::sendEvent(found->notifiers[type], &event);
}

void EpollDispatcher::registerTimer(int id, qint64 interval, Qt::TimerType type, QObject *object)
{
    Timer timer { id, milliseconds(interval), type, object, {} };
    schedule(timer, now());
    m_timers.insert(id, timer);
}

void EpollDispatcher::schedule(Timer &timer, Instant now)
{
    timer.due = timer.interval.count() == 0 ? now : roundedUp(now + timer.interval, grain(timer.interval, timer.type));
    m_queue.emplace(timer.due, timer.id);
}

void EpollDispatcher::dequeue(const Timer &timer)
{
    m_queue.erase({ timer.due, timer.id });
}

bool EpollDispatcher::unregisterTimer(int id)
{
    const auto timer = m_timers.find(id);
    if (timer == m_timers.end())
        return false;
    dequeue(*timer);
    m_timers.erase(timer);
    return true;
}

bool EpollDispatcher::unregisterTimers(QObject *object)
{
    const QList<TimerInfo> all = registeredTimers(object);
    for (const TimerInfo &timer : all)
        unregisterTimer(timer.timerId);
    return !all.isEmpty();
}

QList<EpollDispatcher::TimerInfo> EpollDispatcher::registeredTimers(QObject *object) const
{
    QList<TimerInfo> all;
    for (const Timer &timer : m_timers) {
        if (timer.object == object)
            all.append(TimerInfo(timer.id, int(timer.interval.count()), timer.type));
    }
    return all;
}

int EpollDispatcher::remainingTime(int id)
{
    const auto timer = m_timers.constFind(id);
    if (timer == m_timers.constEnd())
        return -1;
    const auto left = std::chrono::ceil<milliseconds>(timer->due - now());
    return int(std::max<qint64>(0, left.count()));
}

/// Fires what is due now, each once: a timer of 0 ms gets its next turn after the sockets.
int EpollDispatcher::fireTimers()
{
    const Instant at = now();
    std::vector<int> due;
    for (auto entry = m_queue.begin(); entry != m_queue.end() && entry->first <= at; ++entry)
        due.push_back(entry->second);
    int fired = 0;
    for (const int id : due) {
        const auto timer = m_timers.find(id);
        if (timer == m_timers.end() || timer->firing || timer->due > at)
            continue;
        dequeue(*timer);
        schedule(*timer, timer->due + timer->interval > at ? timer->due : at);
        timer->firing = true;
        QTimerEvent event(id);
        QCoreApplication::sendEvent(timer->object, &event);
        ++fired;
        const auto again = m_timers.find(id);
        if (again != m_timers.end())
            again->firing = false;
    }
    return fired;
}

void EpollDispatcher::wakeUp()
{
    if (QThread::currentThread() == thread()) {
        m_posted = true;
        return;
    }
    if (m_awake.exchange(true))
        return;
    const quint64 once = 1;
    (void)!::write(m_wake, &once, sizeof once);
}

void EpollDispatcher::interrupt()
{
    m_interrupted.store(true);
    wakeUp();
}

} // namespace hawser
