#include "core/network_watch.h"

#include <QSocketNotifier>
#include <QTimer>
#include <cerrno>
#include <chrono>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

namespace hawser {

namespace {

using namespace std::chrono_literals;

constexpr auto together = 250ms; // a new network comes as a handful of messages

/// \retval -1  the kernel refuses
int subscribed()
{
    const int socket = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    sockaddr_nl address {};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
    if (socket < 0 || ::bind(socket, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0)
        return socket;
    ::close(socket);
    return -1;
}

} // namespace

std::shared_ptr<NetworkWatch> NetworkWatch::here()
{
    static thread_local std::weak_ptr<NetworkWatch> one;
    std::shared_ptr<NetworkWatch> watch = one.lock();
    if (!watch) {
        watch = std::make_shared<NetworkWatch>(subscribed());
        one = watch;
    }
    return watch;
}

NetworkWatch::NetworkWatch(int socket) : m_socket(socket), m_quiet(new QTimer(this))
{
    m_quiet->setSingleShot(true);
    m_quiet->setInterval(together);
    connect(m_quiet, &QTimer::timeout, this, &NetworkWatch::changed);
    if (m_socket < 0)
        return;
    m_notifier = new QSocketNotifier(m_socket, QSocketNotifier::Read, this);
    connect(m_notifier, &QSocketNotifier::activated, this, &NetworkWatch::read);
}

NetworkWatch::~NetworkWatch()
{
    delete m_notifier;
    if (m_socket >= 0)
        ::close(m_socket);
}

/// What was lost because too much came (ENOBUFS) was a change as well.
void NetworkWatch::read()
{
    alignas(nlmsghdr) char bytes[8192];
    const ssize_t got = ::recv(m_socket, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != ENOBUFS && errno != EAGAIN && errno != EINTR)) {
        m_notifier->setEnabled(false);
        return;
    }
    bool news = got < 0 && errno == ENOBUFS;
    auto left = static_cast<unsigned int>(qMax<ssize_t>(0, got));
    for (auto *message = reinterpret_cast<const nlmsghdr *>(bytes); NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left))
        news = news || message->nlmsg_type == RTM_NEWADDR || message->nlmsg_type == RTM_DELADDR;
    if (news && !m_quiet->isActive())
        m_quiet->start();
}

} // namespace hawser
