#include "core/log.h"

#include "core/text.h"

#include <cstring>
#include <mutex>
#include <poll.h>
#include <unistd.h>

namespace hawser {

namespace {

constexpr qsizetype valueMost = 200; // characters, security: one field of somebody else
constexpr qsizetype sourcesMost = 4096; // keys that are remembered
constexpr auto lineEvery = std::chrono::seconds(1);

const char *word(Level level)
{
    switch (level) {
    case Level::Error:
        return "error";
    case Level::Warning:
        return "warning";
    case Level::Notice:
        return "notice";
    case Level::Info:
        return "info";
    case Level::Debug:
        return "debug";
    }
    return "info";
}

QString shownValue(const QString &value)
{
    QString text = visible(QStringView(value).first(std::min(value.size(), valueMost)));
    if (value.size() > valueMost || text.size() > valueMost)
        text = visible(QStringView(text).first(std::min(text.size(), valueMost - 1))) + QChar(u'…');
    const bool plain = !text.isEmpty() && std::none_of(text.begin(), text.end(), [](QChar c) {
        return c.isSpace() || c == u'"' || c == u'\\' || c == u'=';
    });
    if (plain)
        return text;
    text.replace(QLatin1Char('\\'), QLatin1String("\\\\")).replace(QLatin1Char('"'), QLatin1String("\\\""));
    return QLatin1Char('"') + text + QLatin1Char('"');
}

QString limitKey(const char *event, LogFields fields)
{
    QString source;
    for (const LogField &field : fields) {
        if (std::strcmp(field.name, "source") == 0)
            return QLatin1String(event) + QLatin1Char('\n') + field.value;
        if (std::strcmp(field.name, "peer") == 0)
            source = field.value;
    }
    return QLatin1String(event) + QLatin1Char('\n') + source;
}

bool toJournal()
{
    static const bool journal =
        qEnvironmentVariableIsSet("JOURNAL_STREAM") || qEnvironmentVariableIsSet("INVOCATION_ID");
    return journal;
}

// Standard error belongs to the process, and so does what was said on it.
struct Output {
    std::mutex mutex;
    LogLimit limit;
    quint64 unsaid = 0; // lines that nobody took
    bool isCut = false; // the last one ends in its middle: the disk was full
};

Output &output()
{
    static Output one;
    return one;
}

/// A pipe or terminal that nobody empties would hold up the program.
bool isTakenNow()
{
    pollfd waits { STDERR_FILENO, POLLOUT, 0 };
    return ::poll(&waits, 1, 0) > 0 && (waits.revents & POLLOUT) != 0;
}

} // namespace

QString logLine(const char *event, LogFields fields)
{
    QString line = QLatin1String(event);
    for (const LogField &field : fields)
        line += QLatin1Char(' ') + QLatin1String(field.name) + QLatin1Char('=') + shownValue(field.value);
    return line;
}

std::optional<quint64> LogLimit::pass(const QString &key, Instant now)
{
    const auto found = m_seen.find(key);
    if (found != m_seen.end() && now - found->last < lineEvery) {
        ++found->heldBack;
        return std::nullopt;
    }
    if (m_seen.size() >= sourcesMost)
        m_seen.removeIf([now](auto seen) { return now - seen.value().last >= lineEvery; });
    if (m_seen.size() >= sourcesMost)
        return std::nullopt; // thousands of sources in one second: the first ones say enough
    const quint64 heldBack = std::exchange(m_seen[key].heldBack, 0);
    m_seen[key].last = now;
    return heldBack;
}

void log(Level level, const char *event, LogFields fields)
{
    QString line = logLine(event, fields);
    Output &out = output();
    const std::lock_guard lock(out.mutex);
    const std::optional<quint64> heldBack = out.limit.pass(limitKey(event, fields), now());
    if (!heldBack)
        return;
    if (*heldBack > 0)
        line += QStringLiteral(" held_back=%1").arg(*heldBack);
    if (out.unsaid > 0)
        line += QStringLiteral(" unsaid=%1").arg(out.unsaid);
    const QString head =
        toJournal() ? QStringLiteral("<%1>").arg(int(level)) : QLatin1String(word(level)) + QLatin1String(": ");
    const QByteArray bytes =
        ((out.isCut ? QStringLiteral("\n") : QString()) + head + line + QLatin1Char('\n')).toUtf8();
    const auto written = isTakenNow() ? ::write(STDERR_FILENO, bytes.constData(), size_t(bytes.size())) : -1;
    const bool isSaid = written == bytes.size();
    if (written > 0)
        out.isCut = bytes[written - 1] != '\n';
    out.unsaid = isSaid ? 0 : out.unsaid + 1;
}

} // namespace hawser
