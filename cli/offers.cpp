#include "cli/verbs.h"
#include "cli/watching.h"
#include "core/text.h"

namespace hawser::cli {

namespace {

using contracts::WatchMachines;

QString parameterText(const Field &field)
{
    const QString text = QStringLiteral("%1=%2").arg(visible(field.name), name(field.type));
    return field.required ? text : QStringLiteral("[%1]").arg(text);
}

QString commandText(const CommandSpec &spec)
{
    QStringList words { visible(spec.name) };
    for (const Field &field : spec.parameters)
        words << parameterText(field);
    QString text = QStringLiteral("  ") + words.join(QLatin1Char(' '));
    if (!spec.description.isEmpty())
        text += QStringLiteral(" – ") + visible(spec.description);
    return text;
}

class Offers : public Watching<WatchMachines> {
public:
    using Watching::Watching;

private:
    WatchMachines::Request request() override { return { follows() }; }
    QString textOf(const WatchMachines::In &in) override
    {
        const QString state = in.removed ? QStringLiteral("removed")
            : in.online                  ? QStringLiteral("online")
                                         : QStringLiteral("away");
        QStringList lines {
            QStringLiteral("%1  %2  %3  at %4").arg(visible(in.name), state, in.key.hex().left(16), visible(in.broker))
        };
        for (const Value &command : in.commands)
            if (const Result<CommandSpec> spec = specFromValue(command); spec)
                lines << commandText(*spec);
        return lines.join(QLatin1Char('\n'));
    }
};

} // namespace

VerbEntry offersVerb()
{
    return { { "offers", "machines and what they can do",
                 "  hawser offers\n"
                 "  hawser offers --follow --json         a line for each change\n",
                 { followWord() }, true },
        makeVerb<Offers> };
}

} // namespace hawser::cli
