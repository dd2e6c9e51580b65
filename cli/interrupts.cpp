#include "cli/interrupts.h"

#include "cli/exit_codes.h"

#include <atomic>
#include <csignal>
#include <sys/eventfd.h>
#include <unistd.h>

namespace hawser::cli {

namespace {

int wakeUp = -1;
std::atomic<int> times { 0 };

extern "C" void caught(int)
{
    if (++times > 1)
        ::_exit(exitInterrupted);
    const quint64 one = 1;
    if (::write(wakeUp, &one, sizeof one) < 0)
        return; // it is awake already
}

} // namespace

Interrupts::Interrupts(QObject *parent) : QObject(parent)
{
    wakeUp = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    m_notifier = std::make_unique<QSocketNotifier>(wakeUp, QSocketNotifier::Read);
    connect(m_notifier.get(), &QSocketNotifier::activated, this, &Interrupts::read);
    struct sigaction action { };
    action.sa_handler = caught;
    action.sa_flags = SA_RESTART;
    for (const int signal : { SIGINT, SIGTERM, SIGHUP })
        ::sigaction(signal, &action, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
}

Interrupts::~Interrupts()
{
    for (const int signal : { SIGINT, SIGTERM, SIGHUP })
        ::signal(signal, SIG_DFL);
    m_notifier.reset();
    ::close(wakeUp);
}

void Interrupts::read()
{
    quint64 count = 0;
    if (::read(wakeUp, &count, sizeof count) > 0)
        emit interrupted();
}

} // namespace hawser::cli
