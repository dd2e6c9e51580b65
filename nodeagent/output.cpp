#include "nodeagent/output.h"

#include <QSocketNotifier>
#include <unistd.h>

namespace hawser::node {

Output::Output(Descriptor descriptor, QObject *parent)
    : QObject(parent), m_descriptor(std::move(descriptor)),
      m_notifier(std::make_unique<QSocketNotifier>(m_descriptor.get(), QSocketNotifier::Read))
{
    connect(m_notifier.get(), &QSocketNotifier::activated, this, &Output::readable);
}

Output::~Output() = default;

void Output::setWanted(bool wanted)
{
    m_notifier->setEnabled(wanted && !m_atEnd);
}

qint64 Output::read(char *to, qint64 most)
{
    if (m_atEnd)
        return 0;
    const ssize_t got = ::read(m_descriptor.get(), to, size_t(most));
    if (got > 0)
        return got;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    m_atEnd = true;
    m_notifier->setEnabled(false);
    return 0;
}

} // namespace hawser::node
