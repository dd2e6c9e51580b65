#include "cli/remote_output.h"

#include "core/text.h"

namespace hawser::cli {

namespace {

constexpr qint64 mostWaiting = 256 * 1024; // bytes that stdout's reader has not taken

} // namespace

RemoteOutput::RemoteOutput(Output &output) : m_output(output)
{
    connect(&output, &Output::drained, this, &RemoteOutput::roomAgain);
    connect(&output, &Output::broken, this, &RemoteOutput::roomAgain);
}

void RemoteOutput::write(const QByteArray &bytes)
{
    if (!m_output.isTerminal())
        return m_output.write(bytes);
    QString text = m_decoder(bytes);
    if (std::exchange(m_returnHeld, false))
        text.prepend(QLatin1Char('\r'));
    if (text.endsWith(QLatin1Char('\r'))) {
        text.chop(1);
        m_returnHeld = true;
    }
    m_output.write(forTerminal(text));
}

void RemoteOutput::end()
{
    if (std::exchange(m_returnHeld, false))
        m_output.write(forTerminal(QStringLiteral("\r")));
}

bool RemoteOutput::isFull() const
{
    return m_output.waiting() > mostWaiting;
}

} // namespace hawser::cli
