#include "cli/printer.h"

#include "core/json.h"
#include "core/text.h"

#include <unistd.h>

namespace hawser::cli {

Printer::Printer(bool json, QObject *parent) : QObject(parent), m_json(json), m_out(STDOUT_FILENO), m_err(STDERR_FILENO)
{
    for (Output *output : { &m_out, &m_err }) {
        connect(output, &Output::drained, this, &Printer::seeWhetherFlushed);
        connect(output, &Output::broken, this, &Printer::seeWhetherFlushed);
    }
}

void Printer::line(const QString &text)
{
    write(m_out, forTerminal(text) + '\n');
}

void Printer::object(const Value &value)
{
    write(m_out, jsonLine(value));
}

void Printer::talk(const QString &sentence)
{
    write(m_err, forTerminal(sentence) + '\n');
}

void Printer::setFrame(std::function<void()> before, std::function<void()> after)
{
    m_before = std::move(before);
    m_after = std::move(after);
}

void Printer::write(Output &to, const QByteArray &line)
{
    if (m_before)
        m_before();
    to.write(line);
    if (m_after)
        m_after();
}

void Printer::error(const Error &error)
{
    talk(QStringLiteral("hawser: ") + error.sentence);
    if (m_json)
        object(errorValue(error));
}

void Printer::flush()
{
    m_flushing = true;
    seeWhetherFlushed();
}

void Printer::seeWhetherFlushed()
{
    if (m_flushing && m_out.waiting() == 0 && m_err.waiting() == 0)
        emit flushed();
}

Error withDoubt(Error error)
{
    if (error.begun == Begun::Maybe)
        error.sentence += QStringLiteral("; whether it was done is not known");
    return error;
}

} // namespace hawser::cli
