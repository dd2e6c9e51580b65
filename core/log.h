#pragma once

#include "core/instant.h"

#include <QHash>
#include <QString>
#include <initializer_list>
#include <optional>

namespace hawser {

/// As syslog numbers them.
enum class Level : quint8 { Error = 3, Warning = 4, Notice = 5, Info = 6, Debug = 7 };

/// One `name=value` of a log line. Values may come from anybody: they are made visible and cut. Never a secret.
struct LogField {
    LogField(const char *fieldName, const QString &text) : name(fieldName), value(text) { }
    LogField(const char *fieldName, qint64 number) : name(fieldName), value(QString::number(number)) { }

    const char *name;
    QString value;
};
using LogFields = std::initializer_list<LogField>;

/// "event name=value name="two words"", one line whatever the values hold; each value at most 200 characters.
QString logLine(const char *event, LogFields fields);

/// Lets one line a second through for each event and source.
class LogLimit {
public:
    /// The lines that were held back since the last one that passed, or nullopt: hold this one back too.
    std::optional<quint64> pass(const QString &key, Instant now);

private:
    struct Seen {
        Instant last;
        quint64 heldBack = 0;
    };
    QHash<QString, Seen> m_seen;
};

/// Writes a line to standard error, with `<N>` in front when it goes to the journal. The source of a line is its field
/// "source", else "peer". What nobody takes now (a full disk, a pipe that is full or closed) is left out, and how many lines
/// that were stands as `unsaid=N` in the next one. Any thread.
void log(Level level, const char *event, LogFields fields = {});

} // namespace hawser
