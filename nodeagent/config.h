#pragma once

#include "core/fields.h"
#include "core/instant.h"
#include "core/link_limits.h"
#include "core/store/call_queue.h"

#include <QStringList>

namespace hawser::node {

/// A parameter of an own command. Types: text, int, float, bool.
struct Parameter {
    Field field;
    bool allowDash = false; ///< a value may begin with '-' where the program could take it for an option
};

enum class CallerGone : quint8 { Stop, Finish };

/// A program that others may run, as its owner wrote it down (docs/nodeagent.md).
struct OwnCommand {
    QString name;
    QString description;
    QStringList argv; ///< `{name}` stands for a parameter's value, within one argument
    QList<Parameter> parameters;
    QString workingFolder = QStringLiteral("/");
    QStringList environment; ///< "NAME=value", besides PATH, LANG and HOME
    milliseconds timeLimit { 0 }; ///< 0: none
    milliseconds killAfter { 5000 }; ///< between TERM and KILL
    CallerGone callerGone = CallerGone::Stop;
    int atOnce = 4;
    bool idempotent = false; ///< it looks at HAWSER_IDEMPOTENCY_KEY: it may be called durably

    Schema schema() const;
};

/// What the owner of a machine lets others do with it. The default offers what is built in.
struct Config {
    QString name; ///< what the node calls itself; empty: the host's name
    qint64 runsAtOnce = 16; ///< of all own commands together
    qint64 controlConnections = limits::controlConnections;
    LinkLimits links;
    DialLimits dials;
    CallQueue::Limits durable; ///< calls that were sent to wait
    QList<OwnCommand> commands;
};

/// Every number of `config` that is not of one command, as its file and `status` name it.
Limits describe(Config &config);

/// Names of the commands that are built in: an own command must have another one.
QStringList builtInNames();

/// Reads TOML. \param file  how errors name it
/// \retval InvalidArgument  "file:line: what is wrong": no TOML, an unknown key, a wrong type or range
Result<Config> parseConfig(const QByteArray &text, const QString &file);
/// \retval NotFound  there is no such file
Result<Config> loadConfig(const QString &path);
/// The file of `--config`, else /etc/hawser/nodeagent.toml if there is one; empty: the defaults hold.
QString configFile(const QString &chosen);
Result<Config> loadConfigOrDefault(const QString &chosen);

} // namespace hawser::node
