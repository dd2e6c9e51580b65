#include "brokerd/signals.h"

#include <atomic>
#include <csignal>
#include <sys/eventfd.h>
#include <unistd.h>

namespace hawser::broker {

namespace {

int wakeUp = -1;
std::atomic<int> terminations { 0 };
std::atomic<int> hangUps { 0 };

extern "C" void caught(int signal)
{
    ++(signal == SIGHUP ? hangUps : terminations);
    const quint64 one = 1;
    if (::write(wakeUp, &one, sizeof one) < 0)
        return; // it is awake already
}

} // namespace

UnixSignals::UnixSignals(QObject *parent) : QObject(parent)
{
    wakeUp = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    m_notifier = std::make_unique<QSocketNotifier>(wakeUp, QSocketNotifier::Read);
    connect(m_notifier.get(), &QSocketNotifier::activated, this, &UnixSignals::read);
    struct sigaction action { };
    action.sa_handler = caught;
    action.sa_flags = SA_RESTART;
    for (const int signal : { SIGTERM, SIGINT, SIGHUP })
        ::sigaction(signal, &action, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
}

UnixSignals::~UnixSignals()
{
    for (const int signal : { SIGTERM, SIGINT, SIGHUP })
        ::signal(signal, SIG_DFL);
    m_notifier.reset();
    ::close(wakeUp);
}

void UnixSignals::read()
{
    quint64 count = 0;
    if (::read(wakeUp, &count, sizeof count) < 0)
        return;
    for (int times = terminations.exchange(0); times > 0; --times)
        emit terminate();
    if (hangUps.exchange(0) > 0)
        emit hangUp();
}

} // namespace hawser::broker
