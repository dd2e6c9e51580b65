#include "cli/program.h"

#include "core/folders.h"
#include "core/text.h"

namespace hawser::cli {

namespace {

constexpr milliseconds sayWhyAfter { 1000 };

} // namespace

Program::Program(const VerbEntry &verb, const Typed &typed) : m_entry(verb), m_typed(typed), m_printer(typed.json)
{
    connect(&m_printer.out(), &Output::broken, this, [this] { end(exitBrokenPipe); });
    connect(&m_printer, &Printer::flushed, this, &Program::leave, Qt::QueuedConnection);
    connect(&m_interrupts, &Interrupts::interrupted, this, &Program::interrupt);
    prepare();
}

void Program::prepare()
{
    m_began = false;
    const bool endless = m_entry.syntax.endless || m_typed.has("--follow");
    m_session = std::make_unique<Session>(dataFolder(QStringLiteral("hawser"), m_typed.data), endless);
    m_verb = m_entry.make({ m_typed, *m_session, m_printer });
    connect(m_verb.get(), &Verb::finished, this, &Program::end);
    const Session *session = m_session.get();
    connect(session, &Session::opened, this, &Program::opened);
    connect(session, &Session::failed, this, &Program::fail);
    connect(session, &Session::ownerGone, this, &Program::beginAnew, Qt::QueuedConnection);
    connect(session, &Session::settled, this, &Program::work);
    connect(session, &Session::released, this, [this] { emit finished(*m_exitCode); });
    connect(session, &Session::slow, &m_printer, [this](const QString &sentence) { m_printer.talk(sentence); });
    connect(
        session, &Session::ended, &m_printer, [this](const QString &sentence) { m_printer.talk(visible(sentence)); });
}

void Program::start()
{
    if (const Result<void> checked = m_verb->check(); !checked) {
        m_printer.error(checked.error());
        m_printer.talk(QStringLiteral("Try: hawser %1 --help").arg(m_typed.verb));
        return end(m_entry.syntax.passesExitCode ? exitRunFailed : exitUsage);
    }
    m_session->open();
}

void Program::opened()
{
    if (m_entry.syntax.needsOthers)
        return m_session->settle();
    work();
}

void Program::work()
{
    if (m_exitCode)
        return;
    m_began = true;
    m_verb->start();
}

void Program::fail(const Error &error)
{
    if (m_exitCode)
        return;
    m_printer.error(error);
    end(m_entry.syntax.passesExitCode ? runExitCodeOf(error) : exitCodeOf(error));
}

void Program::beginAnew()
{
    if (m_exitCode)
        return;
    m_printer.talk(QStringLiteral("the program that owned the folder has gone; beginning anew"));
    m_verb.reset();
    prepare();
    start();
}

void Program::interrupt()
{
    if (m_isLeaving)
        return emit finished(*m_exitCode);
    if (m_began && !m_exitCode)
        return m_verb->interrupt();
    end(exitInterrupted);
}

/// The first reason to end counts.
void Program::end(int exitCode)
{
    if (m_exitCode)
        return;
    m_exitCode = exitCode;
    m_printer.flush();
}

/// Everything is written; nothing that still comes for the verb is of interest.
void Program::leave()
{
    if (!m_exitCode || std::exchange(m_isLeaving, true))
        return;
    m_verb.reset();
    QTimer::singleShot(sayWhyAfter, this, [this] {
        m_printer.talk(QStringLiteral("other hawser commands still use this folder through this one; it ends with them "
                                      "(Ctrl-C: at once)"));
    });
    m_session->release();
}

} // namespace hawser::cli
