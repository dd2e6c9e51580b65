#include "cli/output.h"

#include <cerrno>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

namespace hawser::cli {

namespace {

bool isRoomy(int descriptor)
{
    struct pollfd one {
        descriptor, POLLOUT, 0
    };
    return ::poll(&one, 1, 0) > 0;
}

} // namespace

Output::Output(int descriptor, QObject *parent)
    : QObject(parent), m_descriptor(descriptor), m_isTerminal(::isatty(descriptor) == 1),
      m_notifier(descriptor, QSocketNotifier::Write)
{
    m_notifier.setEnabled(false);
    connect(&m_notifier, &QSocketNotifier::activated, this, &Output::flush);
}

void Output::write(const QByteArray &bytes)
{
    if (m_broken || bytes.isEmpty())
        return;
    m_pieces.push_back(bytes);
    m_waiting += bytes.size();
    if (!m_notifier.isEnabled())
        flush();
}

void Output::flush()
{
    const bool waited = m_notifier.isEnabled();
    while (!m_broken && !m_pieces.empty() && isRoomy(m_descriptor))
        if (!writeSome())
            break;
    m_notifier.setEnabled(!m_broken && !m_pieces.empty());
    if (waited && m_pieces.empty())
        emit drained();
}

/// A pipe that is ready takes PIPE_BUF bytes without blocking.
bool Output::writeSome()
{
    const QByteArray &piece = m_pieces.front();
    const qsizetype size = std::min<qsizetype>(piece.size() - m_begin, PIPE_BUF);
    const ssize_t written = ::write(m_descriptor, piece.constData() + m_begin, size_t(size));
    if (written < 0 && (errno == EINTR || errno == EAGAIN))
        return errno == EINTR;
    if (written < 0) {
        m_broken = true;
        m_pieces.clear();
        m_waiting = 0;
        emit broken();
        return false;
    }
    m_begin += written;
    m_waiting -= written;
    if (m_begin == piece.size()) {
        m_pieces.pop_front();
        m_begin = 0;
    }
    return true;
}

} // namespace hawser::cli
