#include "nodeagent/signals.h"

#include <QSocketNotifier>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace hawser::node {

Signals::Signals(QObject *parent) : QObject(parent)
{
    sigset_t set;
    ::sigemptyset(&set);
    for (const int number : { SIGTERM, SIGINT, SIGHUP })
        ::sigaddset(&set, number);
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    m_descriptor = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    m_notifier = std::make_unique<QSocketNotifier>(m_descriptor, QSocketNotifier::Read);
    connect(m_notifier.get(), &QSocketNotifier::activated, this, &Signals::take);
}

Signals::~Signals()
{
    m_notifier.reset();
    ::close(m_descriptor);
}

void Signals::take()
{
    signalfd_siginfo info {};
    while (::read(m_descriptor, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGHUP)
            emit reload();
        else
            emit terminate();
    }
}

} // namespace hawser::node
