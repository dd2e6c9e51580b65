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

Value outputObject(const char *stream, const QByteArray &bytes)
{
    Value object { Value::Map { { QStringLiteral("stream"), Value(stream) } } };
    const QString text = QString::fromUtf8(bytes);
    if (text.toUtf8() == bytes)
        object.insert(QStringLiteral("text"), text);
    else
        object.insert(QStringLiteral("base64"), QString::fromLatin1(bytes.toBase64()));
    return object;
}

} // namespace hawser::cli
