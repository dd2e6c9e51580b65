#include "cli/knock.h"

#include "core/number.h"
#include "core/text.h"

namespace hawser::cli {

namespace {

using contracts::AskCompared;
using contracts::AskContact;
using contracts::Join;

QString sentenceOf(const Join::In &in)
{
    const QString to = visible(in.to);
    if (in.state == QLatin1String("connecting"))
        return QStringLiteral("connecting to %1 …").arg(to);
    if (in.state == QLatin1String("waiting"))
        return in.number.isEmpty() ? QStringLiteral("asking %1 …").arg(to)
                                   : QStringLiteral("%1 is asked. Number: %2 – it must be the same on both sides")
                                         .arg(to, showNumber(in.number));
    if (in.state == QLatin1String("no-answer"))
        return QStringLiteral("%1 has not answered yet; they can still say yes").arg(to);
    if (in.state == QLatin1String("unreachable") && in.sentence.endsWith(QLatin1Char('.')))
        return visible(in.sentence); // a whole sentence, no mere reason
    if (in.state == QLatin1String("unreachable"))
        return QStringLiteral("%1 cannot be reached now%2; it is tried again")
            .arg(to, in.sentence.isEmpty() ? QString() : QStringLiteral(" (%1)").arg(visible(in.sentence)));
    return visible(in.sentence);
}

} // namespace

Knock::Knock(Session &session, Printer &printer, QObject *parent)
    : QObject(parent), m_session(session), m_printer(printer)
{
}

bool Knock::isAddress(const QString &who)
{
    return who.contains(QLatin1Char(':')) && bool(Address::parse(who));
}

void Knock::join(const QString &linkOrAddress, const QString &compared)
{
    m_compared = compared;
    watch(m_session.start<Join>({ linkOrAddress }));
}

void Knock::ask(const QString &who)
{
    watch(m_session.start<AskContact>({ who }));
}

void Knock::watch(Call *call)
{
    connect(call, &Channel::received, this, [this](const ChannelMessage &message) {
        if (const auto in = message.as<Join::In>(); in)
            take(*in);
    });
    connect(call, &Call::finished, this, [this](const Result<Payload> &result) {
        const auto reply = replyOf<Join>(result);
        if (!reply)
            return emit failed(reply.error());
        m_session.expectSomebody();
        emit accepted(*reply);
    });
}

void Knock::take(const Join::In &in)
{
    tell(in);
    if (in.number.isEmpty() || m_compared.isEmpty())
        return;
    m_session.ask<AskCompared>({ in.id, std::exchange(m_compared, {}) }, this, [this](const auto &reply) {
        if (!reply)
            emit failed(reply.error());
    });
}

void Knock::tell(const Join::In &in)
{
    if (m_printer.isJson())
        m_printer.object(toValue(in));
    const QString sentence = sentenceOf(in);
    if (!sentence.isEmpty() && std::exchange(m_said, sentence) != sentence)
        m_printer.talk(sentence);
}

} // namespace hawser::cli
