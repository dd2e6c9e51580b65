#pragma once

#include "core/instant.h"

#include <QAbstractEventDispatcher>
#include <QHash>
#include <atomic>
#include <set>
#include <vector>

struct epoll_event;

namespace hawser {

/// Qt's event loop on epoll: what a wake-up costs does not grow with the sockets that are open (Qt's own asks poll() about
/// each). For programs without windows. Level-triggered; one for each thread: hand it to
/// QCoreApplication::setEventDispatcher() before the application is made, or to QThread::setEventDispatcher().
class EpollDispatcher : public QAbstractEventDispatcher {
    Q_OBJECT

public:
    explicit EpollDispatcher(QObject *parent = nullptr);
    ~EpollDispatcher() override;

    bool processEvents(QEventLoop::ProcessEventsFlags flags) override;
    void registerSocketNotifier(QSocketNotifier *notifier) override;
    void unregisterSocketNotifier(QSocketNotifier *notifier) override;
    void registerTimer(int id, qint64 interval, Qt::TimerType type, QObject *object) override;
    bool unregisterTimer(int id) override;
    bool unregisterTimers(QObject *object) override;
    QList<TimerInfo> registeredTimers(QObject *object) const override;
    int remainingTime(int id) override;
    void wakeUp() override; ///< from any thread; from its own it costs no system call
    void interrupt() override; ///< from any thread

private:
    struct Descriptor {
        QSocketNotifier *notifiers[3] = { nullptr, nullptr, nullptr }; // by QSocketNotifier::Type
        quint32 serial = 0; // tells a reused number from the one an event was for
        quint32 watched = 0; // what the kernel was asked for
        bool changed = false; // stands in m_changed
    };
    struct Timer {
        int id;
        milliseconds interval;
        Qt::TimerType type;
        QObject *object;
        Instant due;
        bool firing = false;
    };
    using Queue = std::set<std::pair<Instant, int>>; // due, id

    void change(int descriptor, Descriptor &state);
    void applyChanges();
    void watch(int descriptor, Descriptor &state, quint32 events);
    void dispatch(const epoll_event &event);
    void notify(int descriptor, quint32 serial, int type);
    void schedule(Timer &timer, Instant now);
    void dequeue(const Timer &timer);
    int fireTimers();
    int waitFor(QEventLoop::ProcessEventsFlags flags) const;

    int m_epoll;
    int m_wake; // eventfd
    std::atomic<bool> m_awake { false };
    bool m_posted = false; // woken from its own thread: the next wait does not sleep
    std::atomic<bool> m_interrupted { false };
    QHash<int, Descriptor> m_descriptors;
    std::vector<int> m_changed; // descriptors whose notifiers changed since the last wait
    quint32 m_serial = 0;
    QHash<int, Timer> m_timers;
    Queue m_queue;
};

} // namespace hawser
