#pragma once

#include <QHash>
#include <QStringList>
#include <initializer_list>

namespace hawser::cli {

/// One thing that may be typed after a verb.
struct Word {
    enum class Kind { Required, Optional, Many, AtLeastOne };

    const char *name; ///< "WHO"; "--follow"
    const char *what; ///< for --help
    Kind kind = Kind::Optional; ///< options are Optional or Many
    const char *value = nullptr; ///< of an option: "DIR"; null: a flag
};

/// What a verb takes: --help is made from it, and the command line is checked against it.
struct Syntax {
    const char *verb;
    const char *what;
    const char *examples; ///< whole lines, shown first
    QList<Word> words;
    bool needsOthers = false; ///< it waits until the brokers have answered
    /// Codes below 124 belong to somebody else: own failures are 125 to 127.
    bool passesExitCode = false;
    bool endless = false; ///< it goes on until it is ended, as everything with --follow
};

/// What was typed.
struct Typed {
    QString verb;
    QString data; ///< --data, or empty
    bool json = false;
    QHash<QString, QStringList> words;

    bool has(const char *name) const { return words.contains(QLatin1String(name)); }
    QStringList all(const char *name) const { return words.value(QLatin1String(name)); }
    QString one(const char *name) const { return all(name).value(0); }
};

} // namespace hawser::cli
