#include "cli/entry_text.h"
#include "cli/lasting.h"
#include "cli/verbs.h"
#include "cli/watching.h"
#include "core/wall_clock.h"

#include <QDateTime>

namespace hawser::cli {

namespace {

using contracts::WatchMessages;

Result<quint64> numberOf(const QString &option, const QString &text, quint64 most)
{
    bool isNumber = false;
    const quint64 number = text.toULongLong(&isNumber);
    if (!isNumber || number > most)
        return Error { Code::InvalidArgument,
            QStringLiteral("%1 takes a number up to %2").arg(option, QString::number(most)) };
    return number;
}

/// "2h" ago, or "2026-11-21", or "2026-11-21T09:15".
Result<qint64> momentOf(const QString &text)
{
    const QDateTime moment = QDateTime::fromString(text, Qt::ISODate);
    if (moment.isValid())
        return moment.toMSecsSinceEpoch();
    const Result<milliseconds> ago = readLasting(text);
    if (!ago)
        return Error { Code::InvalidArgument, QStringLiteral("--since takes 10m, 2h or 30d, or a date as 2026-11-21") };
    return wallClock() - ago->count();
}

class Messages : public Watching<WatchMessages> {
public:
    using Watching::Watching;

    Result<void> check() override
    {
        m_request.who = typed().one("WHO");
        m_request.follow = follows();
        m_request.markRead = true;
        m_request.words = typed().one("--search");
        constexpr quint64 anyId = std::numeric_limits<qint64>::max();
        for (const auto &[option, most, member] :
            { std::tuple { "--limit", WatchMessages::mostLines, &WatchMessages::Request::limit },
                { "--before", anyId, &WatchMessages::Request::before },
                { "--after", anyId, &WatchMessages::Request::after } }) {
            if (!typed().has(option))
                continue;
            const Result<quint64> number = numberOf(QLatin1String(option), typed().one(option), most);
            if (!number)
                return number.error();
            m_request.*member = *number;
        }
        if (!typed().has("--since"))
            return {};
        const Result<qint64> since = momentOf(typed().one("--since"));
        if (!since)
            return since.error();
        m_request.since = *since;
        return {};
    }

private:
    WatchMessages::Request request() override { return m_request; }
    QString textOf(const WatchMessages::In &in) override
    {
        const QDate day = QDateTime::fromMSecsSinceEpoch(in.at).date();
        const QString line = entryText(in);
        if (std::exchange(m_day, day) == day)
            return line;
        return QStringLiteral("— %1 —\n%2").arg(day.toString(Qt::ISODate), line);
    }

    WatchMessages::Request m_request;
    QDate m_day;
};

} // namespace

VerbEntry messagesVerb()
{
    return { { "messages", "what was said, oldest first",
                 "  hawser messages bea\n"
                 "  hawser messages --search \"rope ready\" --since 30d\n"
                 "  hawser messages --follow --json\n",
                 { { "WHO", "a contact; without it everybody" }, followWord(),
                     { "--limit", "at most so many lines, the newest; 100 without it", Word::Kind::Optional, "N" },
                     { "--before", "the lines before the one with this id", Word::Kind::Optional, "ID" },
                     { "--after", "the lines after the one with this id", Word::Kind::Optional, "ID" },
                     { "--since", "none older than 10m, 2h, 30d, or a date", Word::Kind::Optional, "TIME" },
                     { "--search", "messages with all of these words", Word::Kind::Optional, "WORDS" } } },
        makeVerb<Messages> };
}

} // namespace hawser::cli
