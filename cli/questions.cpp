#include "cli/questions.h"

#include "cli/request_text.h"
#include "core/number.h"
#include "core/text.h"

namespace hawser::cli {

namespace {

using contracts::DecideMyRequest;
using contracts::WatchMyRequests;

DecideMyRequest::Request decisionOn(const WatchMyRequests::In &request, const char *wish)
{
    DecideMyRequest::Request decision;
    decision.id = QString::number(request.id);
    decision.wish = QLatin1String(wish);
    return decision;
}

} // namespace

Questions::Questions(Session &session, Printer &printer, Terminal &terminal, QObject *parent)
    : QObject(parent), m_session(session), m_printer(printer), m_terminal(terminal)
{
}

Result<void> Questions::setAccepted(const QStringList &keys)
{
    for (const QString &word : keys) {
        const Result<PublicKey> key = PublicKey::fromHex(word);
        if (!key)
            return Error { Code::InvalidArgument,
                QStringLiteral("--accept takes a whole key, 64 hex digits: %1").arg(key.error().sentence) };
        m_accepted.insert(*key);
    }
    return {};
}

void Questions::start()
{
    Call *call = m_session.start<WatchMyRequests>({ true });
    connect(call, &Channel::received, this, [this](const ChannelMessage &message) {
        if (const auto in = message.as<WatchMyRequests::In>(); in)
            take(*in);
    });
    connect(call, &Call::finished, this, [this](const Result<Payload> &result) {
        if (!result)
            emit failed(result.error());
    });
}

void Questions::take(const WatchMyRequests::In &request)
{
    if (m_printer.isJson())
        m_printer.object(Value::Map { { QStringLiteral("request"), toValue(request) } });
    if (request.closed) {
        if (!m_printer.isJson())
            m_printer.line(requestText(request));
        return forget(request.id);
    }
    if (m_accepted.contains(request.key)) {
        DecideMyRequest::Request decision = decisionOn(request, "allow");
        decision.key = request.key;
        return decide(decision);
    }
    if (!m_printer.isJson())
        show(request);
    if (!m_terminal.isInteractive())
        return;
    m_open << request;
    emit changed();
}

void Questions::show(const WatchMyRequests::In &request)
{
    m_printer.line(requestText(request));
    if (m_terminal.isInteractive())
        m_printer.line(QStringLiteral("  Allow? Type the number to allow, n to decline, nothing to decide later."));
    else
        m_printer.line(QStringLiteral("  to allow: hawser approve %1 --number NUMBER").arg(request.id));
}

void Questions::answer(const QString &line)
{
    const WatchMyRequests::In request = m_open.first();
    const QString word = line.trimmed();
    if (word.isEmpty()) {
        m_printer.line(QStringLiteral("  later: hawser approve %1 --number NUMBER").arg(request.id));
        return forget(request.id);
    }
    if (word.compare(QLatin1String("n"), Qt::CaseInsensitive) == 0)
        return decide(decisionOn(request, "deny"));
    const std::optional<QString> number = readNumber(word);
    if (!number || *number != request.number) {
        m_printer.line(QStringLiteral("  That is not the number. Type the number to allow, n to decline."));
        return;
    }
    DecideMyRequest::Request decision = decisionOn(request, "allow");
    decision.number = *number;
    decide(decision);
}

void Questions::decide(const DecideMyRequest::Request &decision)
{
    forget(decision.id.toULongLong());
    m_session.ask<DecideMyRequest>(
        decision, this, [this, wish = decision.wish](const Result<DecideMyRequest::Reply> &reply) {
            if (!reply)
                return m_printer.error(reply.error());
            m_printer.talk(
                QStringLiteral("%1: %2 (%3)")
                    .arg(wish == QLatin1String("allow") ? QStringLiteral("allowed") : QStringLiteral("declined"),
                        claimedName(reply->name), reply->key.hex()));
        });
}

void Questions::forget(quint64 id)
{
    const qsizetype removed = m_open.removeIf([id](const WatchMyRequests::In &request) { return request.id == id; });
    if (removed > 0)
        emit changed();
}

} // namespace hawser::cli
