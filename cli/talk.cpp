#include "cli/talk.h"

#include "cli/entry_text.h"
#include "cli/shell.h"
#include "core/text.h"

namespace hawser::cli {

namespace {

using contracts::SayTo;
using contracts::WatchMessages;

constexpr quint64 linesBefore = 20; ///< of a conversation that goes on
constexpr const char *help = "  text            is said\n"
                             "  /send PATH      offers a file or folder (!upload PATH does the same)\n"
                             "  /accept [N DIR] takes what is offered     /decline [N]\n"
                             "  /to WHO         whom the text goes to     /quit\n"
                             "  !command        runs a shell command on this machine\n"
                             "  //text          is said, and begins with a slash";

} // namespace

Talk::Talk(Session &session, Printer &printer, QObject *parent)
    : QObject(parent), m_session(session), m_printer(printer), m_terminal(printer),
      m_questions(session, printer, m_terminal), m_parcels(session, printer)
{
    connect(&m_terminal, &Terminal::line, this, &Talk::takeLine);
    connect(&m_terminal, &Terminal::ended, this, [this] {
        m_inputEnded = true;
        seeWhetherDone();
    });
    connect(&m_questions, &Questions::changed, this, &Talk::changePrompt);
    connect(&m_questions, &Questions::failed, this, &Talk::failed);
    connect(&m_parcels, &Parcels::sendingEnded, this, &Talk::seeWhetherDone);
}

void Talk::start(const QString &who)
{
    WatchMessages::Request request;
    request.who = who;
    request.follow = request.markRead = true;
    request.limit = who.isEmpty() ? 0 : linesBefore; // whom an answer goes to is who speaks now
    Call *call = m_session.start<WatchMessages>(request);
    connect(call, &Channel::received, this, [this](const ChannelMessage &message) {
        if (const auto entry = message.as<WatchMessages::In>(); entry)
            take(*entry);
    });
    connect(call, &Call::finished, this, [this](const Result<Payload> &result) {
        if (!result)
            emit failed(result.error());
    });
    m_parcels.start();
    m_questions.start();
    changePrompt();
    m_terminal.start();
}

void Talk::stop()
{
    m_terminal.stop();
}

void Talk::setTarget(const QString &who, const QString &name)
{
    m_target = who;
    m_name = name;
    changePrompt();
}

void Talk::changePrompt()
{
    if (m_questions.isAsking())
        return m_terminal.setPrompt(QStringLiteral("allow? "));
    m_terminal.setPrompt(
        m_target.isEmpty() ? QStringLiteral("> ") : QStringLiteral("to %1> ").arg(claimedName(m_name)));
}

/// Mine is shown once, and again when it was not sent.
void Talk::take(const WatchMessages::In &entry)
{
    if (m_printer.isJson())
        return m_printer.object(Value::Map { { QStringLiteral("message"), toValue(entry) } });
    if (entry.kind == QLatin1String("transfer"))
        return; // told as a transfer
    WatchMessages::In shown = entry;
    if (entry.mine) {
        const bool isKnown = m_mine.contains(entry.id);
        const QString before = std::exchange(m_mine[entry.id], entry.state);
        const bool isRefusal = entry.state == QLatin1String("not-sent") && before != entry.state;
        if (isKnown && !isRefusal)
            return;
        if (!isRefusal)
            shown.state.clear();
    } else if (m_target.isEmpty() && entry.kind == QLatin1String("message")) {
        setTarget(entry.key.hex(), entry.name); // an answer goes to who spoke first
    }
    m_printer.line(entryText(shown, m_terminal.width()));
}

void Talk::takeLine(const QString &line)
{
    if (m_questions.isAsking())
        return m_questions.answer(line);
    const QString text = line.trimmed();
    if (text.isEmpty())
        return;
    const QString rest = text.section(QLatin1Char(' '), 1).trimmed();
    if (text.startsWith(QLatin1String("!upload ")))
        return command(QStringLiteral("send"), rest);
    if (text.startsWith(QLatin1Char('!')))
        return runLocally(text.sliced(1), m_printer, this);
    if (text.startsWith(QLatin1String("//")))
        return say(text.sliced(1));
    if (text.startsWith(QLatin1Char('/')))
        return command(text.section(QLatin1Char(' '), 0, 0).sliced(1), rest);
    say(line);
}

void Talk::command(const QString &word, const QString &rest)
{
    if (word == QLatin1String("quit"))
        return emit ended();
    if (word == QLatin1String("to") && !rest.isEmpty())
        return setTarget(rest, rest);
    if (word == QLatin1String("accept") || word == QLatin1String("decline"))
        return m_parcels.decide(word, rest);
    if (word != QLatin1String("send") || rest.isEmpty())
        return m_printer.talk(QString::fromUtf8(help));
    if (m_target.isEmpty())
        return m_printer.talk(QStringLiteral("To whom? /to WHO"));
    m_parcels.send(m_target, rest);
}

void Talk::say(const QString &text)
{
    if (m_target.isEmpty())
        return m_printer.talk(QStringLiteral("To whom? /to WHO"));
    ++m_saying;
    m_session.whenThere(m_target, this, [this, to = m_target, text] {
        m_session.ask<SayTo>({ to, text, false }, this, [this](const Result<SayTo::Reply> &reply) {
            --m_saying;
            if (!reply)
                m_printer.error(reply.error());
            seeWhetherDone();
        });
    });
}

void Talk::seeWhetherDone()
{
    if (m_inputEnded && m_saying == 0 && !m_parcels.isSending())
        emit inputEnded();
}

} // namespace hawser::cli
