#include "cli/program.h"

#include "core/folders.h"
#include "core/text.h"

namespace hawser::cli {

Program::Program(const VerbEntry &verb, const Typed &typed)
    : m_typed(typed), m_syntax(verb.syntax), m_printer(typed.json),
      m_session(dataFolder(QStringLiteral("hawser"), typed.data)), m_verb(verb.make({ m_typed, m_session, m_printer }))
{
    connect(m_verb.get(), &Verb::finished, this, &Program::end);
    connect(&m_session, &Session::opened, this, &Program::opened);
    connect(&m_session, &Session::failed, this, &Program::fail);
    connect(&m_session, &Session::settled, this, [this] {
        m_began = true;
        m_verb->start();
    });
    connect(&m_session, &Session::slow, &m_printer, [this](const QString &sentence) { m_printer.talk(sentence); });
    connect(&m_session, &Session::ended, &m_printer,
        [this](const QString &sentence) { m_printer.talk(visible(sentence)); });
    connect(&m_printer.out(), &Output::broken, this, [this] { end(exitBrokenPipe); });
    connect(&m_interrupts, &Interrupts::interrupted, this, [this] {
        if (m_began && !m_ending)
            return m_verb->interrupt();
        end(exitInterrupted);
    });
}

void Program::start()
{
    if (const Result<void> checked = m_verb->check(); !checked) {
        m_printer.error(checked.error());
        m_printer.talk(QStringLiteral("Try: hawser %1 --help").arg(m_typed.verb));
        return end(m_syntax.passesExitCode ? exitRunFailed : exitUsage);
    }
    m_session.open();
}

void Program::opened()
{
    if (m_syntax.needsOthers)
        return m_session.settle();
    m_began = true;
    m_verb->start();
}

void Program::fail(const Error &error)
{
    if (m_ending)
        return;
    m_printer.error(error);
    end(m_syntax.passesExitCode ? runExitCodeOf(error) : exitCodeOf(error));
}

/// The first reason to end counts.
void Program::end(int exitCode)
{
    if (std::exchange(m_ending, true))
        return;
    connect(&m_printer, &Printer::flushed, this, [this, exitCode] { emit finished(exitCode); });
    m_printer.flush();
}

} // namespace hawser::cli
