#include "cli/verbs.h"
#include "core/contracts/control.h"
#include "core/limit_use.h"
#include "core/text.h"

namespace hawser::cli {

namespace {

using contracts::BrokerItem;
using contracts::PersonStatus;

QString brokerLine(const BrokerItem &broker)
{
    QString text = QStringLiteral("broker     %1 (%2): %3").arg(visible(broker.name), broker.address, broker.state);
    if (broker.administrator)
        text += QStringLiteral(", I am administrator");
    if (!broker.sentence.isEmpty())
        text += QStringLiteral(" – ") + visible(broker.sentence);
    return text;
}

QString textOf(const PersonStatus::Reply &status)
{
    QStringList lines;
    lines << QStringLiteral("name       %1").arg(visible(status.name))
          << QStringLiteral("key        ") + status.key.hex()
          << QStringLiteral("owner      ") + visible(status.program);
    for (const BrokerItem &broker : status.brokers)
        lines << brokerLine(broker);
    lines << (status.listening ? QStringLiteral("listening  ") + status.addresses.join(QStringLiteral(", "))
                               : QStringLiteral("listening  no"));
    lines << QStringLiteral("contacts   %1 (%2 here)")
                 .arg(QString::number(status.contacts), QString::number(status.contactsOnline));
    lines << QStringLiteral("requests   %1 wait for me, I wait for %2")
                 .arg(QString::number(status.requests), QString::number(status.asks));
    lines << QStringLiteral("transfers  %1 under way").arg(status.transfers);
    lines << QStringLiteral("unread     %1").arg(status.unread);
    if (!status.trouble.isEmpty())
        lines << QStringLiteral("messages   cannot be kept now: ") + visible(status.trouble);
    for (const contracts::LinkState &link : status.links)
        lines << QStringLiteral("link       ") + contracts::lineOf(link);
    for (const auto &[name, number] : status.counters.map())
        lines << QStringLiteral("%1 %2").arg(visible(name), QString::number(number.toUnsigned()));
    lines << QString() << limitLines(status.limits, status.used, status.hits).trimmed();
    return lines.join(QLatin1Char('\n'));
}

class Status : public Verb {
public:
    using Verb::Verb;

    void start() override
    {
        session().ask<PersonStatus>({}, this, [this](const Result<PersonStatus::Reply> &reply) {
            if (!reply)
                return fail(reply.error());
            answer(*reply, textOf(*reply));
        });
    }
};

} // namespace

VerbEntry statusVerb()
{
    return { { "status", "brokers, contacts, requests and transfers at a glance",
                 "  hawser status\n"
                 "  hawser status --json\n",
                 {}, true },
        makeVerb<Status> };
}

} // namespace hawser::cli
