#include "nodeagent/config.h"

#include "core/call.h"
#include "core/toml_table.h"
#include "nodeagent/argv.h"
#include "nodeagent/commands/disk_usage.h"
#include "nodeagent/commands/divide.h"
#include "nodeagent/commands/echo.h"
#include "nodeagent/commands/system_info.h"

#include <QRegularExpression>

namespace hawser::node {

namespace {

const QString systemFile = QStringLiteral("/etc/hawser/nodeagent.toml");
constexpr qsizetype longestName = 64; // characters
constexpr qsizetype longestText = 1024;
constexpr int mostAtOnce = 1000;
constexpr int mostCommands = 256;

Result<FieldType> readType(const TomlTable &table, const toml::node *node)
{
    const std::string text = node ? node->value_or(std::string()) : "text";
    for (const FieldType type : { FieldType::Text, FieldType::Int, FieldType::Float, FieldType::Bool }) {
        if (QString::fromStdString(text) == hawser::name(type))
            return type;
    }
    return table.wrong(*node, QStringLiteral("type must be text, int, float or bool"));
}

/// A default or a choice. Whole numbers are floats too.
Result<Value> readValue(const TomlTable &table, const toml::node &node, FieldType type)
{
    if (const auto *text = node.as_string(); text && type == FieldType::Text)
        return Value(QString::fromStdString(text->get()));
    if (const auto *number = node.as_integer(); number && type == FieldType::Int)
        return Value(qint64(number->get()));
    if (node.is_number() && type == FieldType::Float)
        return Value(node.value_or(0.0));
    if (const auto *flag = node.as_boolean(); flag && type == FieldType::Bool)
        return Value(flag->get());
    return table.wrong(node, QStringLiteral("this must be of type %1").arg(hawser::name(type)));
}

Result<void> readChoices(TomlTable &table, Field &field)
{
    const toml::node *node = table.take("choices");
    if (!node)
        return {};
    const toml::array *list = node->as_array();
    if (!list || list->empty())
        return table.wrong(*node, QStringLiteral("choices must be a list"));
    for (const toml::node &item : *list) {
        const Result<Value> choice = readValue(table, item, field.type);
        if (!choice)
            return choice.error();
        field.choices.push_back(*choice);
    }
    return {};
}

Result<void> readDefault(TomlTable &table, Field &field)
{
    const toml::node *node = table.take("default");
    if (!node)
        return {};
    const Result<Value> value = readValue(table, *node, field.type);
    if (!value)
        return value.error();
    Value map;
    map.insert(field.name, *value);
    if (const Result<Value> fits = conform(map, { field }); !fits)
        return table.wrong(*node, QStringLiteral("the default does not fit: %1").arg(fits.error().sentence));
    field.fallback = *value;
    return {};
}

Result<Parameter> readParameter(const toml::table &from, const TomlTable &command)
{
    TomlTable table(from, command.file());
    Parameter parameter;
    Field &field = parameter.field;
    if (const auto read = table.text("name", field.name, longestName); !read)
        return read.error();
    if (!isCommandName(field.name) || field.name.contains(u'/'))
        return table.wrong(QStringLiteral("a parameter needs a name of letters, digits, '.', '-' and '_'"));
    const Result<FieldType> type = readType(table, table.take("type"));
    if (!type)
        return type.error();
    field.type = *type;
    if (const auto read = table.text("description", field.description, longestText); !read)
        return read.error();
    if (const auto read = table.flag("required", field.required); !read)
        return read.error();
    if (const auto read = table.flag("allow_dash", parameter.allowDash); !read)
        return read.error();
    if (const auto read = table.real("least", field.least); !read)
        return read.error();
    if (const auto read = table.real("most", field.most); !read)
        return read.error();
    if (const auto read = readChoices(table, field); !read)
        return read.error();
    if (const auto read = readDefault(table, field); !read)
        return read.error();
    const bool number = field.type == FieldType::Int || field.type == FieldType::Float;
    if ((field.least || field.most) && !number)
        return table.wrong(QStringLiteral("only numbers have least and most"));
    if (field.least && field.most && *field.least > *field.most)
        return table.wrong(QStringLiteral("least is above most"));
    if (const auto read = table.nothingElse(); !read)
        return read.error();
    return parameter;
}

/// "90 s", "5 min", "1 h", or seconds as a number.
Result<void> readTime(TomlTable &table, const char *key, milliseconds &into, milliseconds most)
{
    const toml::node *node = table.take(key);
    if (!node)
        return {};
    static const QRegularExpression pattern(QStringLiteral("^(\\d{1,9}) *(ms|s|min|h)?$"));
    static const QHash<QString, qint64> units { { {}, 1000 }, { QStringLiteral("ms"), 1 },
        { QStringLiteral("s"), 1000 }, { QStringLiteral("min"), 60000 }, { QStringLiteral("h"), 3600000 } };
    const toml::value<int64_t> *number = node->as_integer();
    const QString text =
        number ? QString::number(number->get()) : QString::fromStdString(node->value_or(std::string()));
    const QRegularExpressionMatch match = pattern.match(text);
    const milliseconds time(match.captured(1).toLongLong() * units.value(match.captured(2)));
    if (!match.hasMatch() || time > most)
        return table.wrong(*node,
            QStringLiteral("%1 must be a time like \"90 s\" or \"5 min\", at most %2 h")
                .arg(QLatin1String(key), QString::number(most.count() / 3600000)));
    into = time;
    return {};
}

Result<void> readEnvironment(TomlTable &table, OwnCommand &command)
{
    const toml::node *node = table.take("environment");
    if (!node)
        return {};
    const toml::table *variables = node->as_table();
    if (!variables)
        return table.wrong(*node, QStringLiteral("environment must be a table of texts"));
    static const QRegularExpression name(QStringLiteral("^[A-Za-z_][A-Za-z0-9_]*$"));
    for (const auto &[key, value] : *variables) {
        const QString variable = QString::fromStdString(std::string(key.str()));
        const toml::value<std::string> *text = value.as_string();
        const QString is = text ? QString::fromStdString(text->get()) : QString();
        if (!text || !name.match(variable).hasMatch() || is.contains(QChar(0)))
            return table.wrong(value, QStringLiteral("environment: \"%1\" must be a name and its text").arg(variable));
        command.environment << variable + u'=' + is;
    }
    return {};
}

Result<void> readCallerGone(TomlTable &table, OwnCommand &command)
{
    QString text = QStringLiteral("stop");
    if (const auto read = table.text("on_caller_gone", text, longestName); !read)
        return read;
    if (text != u"stop" && text != u"finish")
        return table.wrong(*table.take("on_caller_gone"), QStringLiteral("on_caller_gone must be stop or finish"));
    command.callerGone = text == u"stop" ? CallerGone::Stop : CallerGone::Finish;
    return {};
}

Result<void> readArgv(TomlTable &table, OwnCommand &command)
{
    if (const auto read = table.texts("argv", command.argv); !read)
        return read;
    const toml::node *node = table.take("argv");
    if (command.argv.isEmpty() || !command.argv[0].startsWith(u'/') || !placeholders(command.argv[0]).isEmpty())
        return node ? table.wrong(*node, QStringLiteral("argv must begin with the whole path of a program"))
                    : table.wrong(QStringLiteral("argv is missing"));
    QStringList known;
    for (const Parameter &parameter : qAsConst(command.parameters))
        known << parameter.field.name;
    QStringList used;
    for (const QString &argument : qAsConst(command.argv))
        used << placeholders(argument);
    for (const QString &name : qAsConst(used)) {
        if (!known.contains(name))
            return table.wrong(*node, QStringLiteral("argv names {%1}, which is no parameter").arg(name));
    }
    for (const QString &name : qAsConst(known)) {
        if (!used.contains(name))
            return table.wrong(*node, QStringLiteral("argv does not use the parameter {%1}").arg(name));
    }
    return {};
}

Result<void> readParameters(TomlTable &table, OwnCommand &command)
{
    return table.tables("parameter", [&](const toml::table &inner) -> Result<void> {
        const Result<Parameter> parameter = readParameter(inner, table);
        if (!parameter)
            return parameter.error();
        for (const Parameter &other : qAsConst(command.parameters)) {
            if (other.field.name == parameter->field.name)
                return table.wrong(inner, QStringLiteral("the parameter %1 is there twice").arg(other.field.name));
        }
        command.parameters << *parameter;
        return {};
    });
}

Result<void> readRunning(TomlTable &table, OwnCommand &command)
{
    constexpr std::chrono::hours longest(24 * 365);
    if (const auto read = table.text("working_folder", command.workingFolder, limits::pathBytes); !read)
        return read;
    if (!command.workingFolder.startsWith(u'/'))
        return table.wrong(*table.take("working_folder"), QStringLiteral("working_folder must be a whole path"));
    if (const auto read = readEnvironment(table, command); !read)
        return read;
    if (const auto read = readTime(table, "time_limit", command.timeLimit, longest); !read)
        return read;
    if (const auto read = readTime(table, "kill_after", command.killAfter, std::chrono::hours(1)); !read)
        return read;
    if (const auto read = readCallerGone(table, command); !read)
        return read;
    if (const auto read = table.flag("idempotent", command.idempotent); !read)
        return read;
    return table.number("at_once", command.atOnce, 1, mostAtOnce);
}

Result<OwnCommand> readCommand(const toml::table &from, const QString &file)
{
    TomlTable table(from, file);
    OwnCommand command;
    if (const auto read = table.text("name", command.name, longestName); !read)
        return read.error();
    if (!isCommandName(command.name))
        return table.wrong(QStringLiteral("a command needs a name of letters, digits, '.', '-', '_' and '/'"));
    if (builtInNames().contains(command.name))
        return table.wrong(QStringLiteral("%1 is built in: choose another name").arg(command.name));
    if (const auto read = table.text("description", command.description, longestText); !read)
        return read.error();
    if (const auto read = readParameters(table, command); !read)
        return read.error();
    if (const auto read = readArgv(table, command); !read)
        return read.error();
    if (const auto read = readRunning(table, command); !read)
        return read.error();
    if (const auto read = table.nothingElse(); !read)
        return read.error();
    return command;
}

Result<void> readCommands(TomlTable &table, Config &config)
{
    return table.tables("command", [&](const toml::table &inner) -> Result<void> {
        const Result<OwnCommand> command = readCommand(inner, table.file());
        if (!command)
            return command.error();
        for (const OwnCommand &other : qAsConst(config.commands)) {
            if (other.name == command->name)
                return table.wrong(inner, QStringLiteral("the command %1 is there twice").arg(other.name));
        }
        if (config.commands.size() == mostCommands)
            return table.wrong(inner, QStringLiteral("more than %1 commands").arg(mostCommands));
        config.commands << *command;
        return {};
    });
}

} // namespace

Schema OwnCommand::schema() const
{
    Schema schema;
    for (const Parameter &parameter : parameters)
        schema << parameter.field;
    return schema;
}

Limits describe(Config &config)
{
    Limits all { { "", "runs_at_once", &config.runsAtOnce, 1, mostAtOnce,
                     "runs of all own commands together; one more is refused" },
        { "limits", "control_connections", &config.controlConnections, 2, 4096, "connections to the control socket" },
        { "durable", "calls", &config.durable.waiting, 1, 1'000'000,
            "calls that wait to run, of one caller at one broker; one more is answered that it is too many" },
        { "durable", "answer_bytes", &config.durable.answers, 1, 1'000'000'000,
            "bytes of answers and receipts that wait for one caller; with more nothing of his begins, and what is "
            "refused is not told" },
        { "durable", "devices", &config.durable.devices, 1, 10'000,
            "devices of one caller that are known apart; one more takes the place of one that is silent longest" },
        { "durable", "output_bytes", &config.durable.output, 0, limits::durableOutput,
            "bytes of one run's output that are kept for its caller; how much more there was is told" } };
    for (const Limits &more : { hawser::describe(config.links), hawser::describe(config.dials) })
        all.insert(all.end(), more.begin(), more.end());
    return all;
}

QStringList builtInNames()
{
    return { QLatin1String(DiskUsage::name), QLatin1String(Divide::name), QLatin1String(Echo::name),
        QLatin1String(SystemInfo::name), QLatin1String(SystemWatch::name) };
}

Result<Config> parseConfig(const QByteArray &text, const QString &file)
{
    const Result<toml::table> parsed = TomlTable::parse(text, file);
    if (!parsed)
        return parsed.error();
    Config config;
    TomlTable table(*parsed, file);
    if (const auto read = table.text("name", config.name, longestName); !read)
        return read.error();
    if (const auto read = readLimits(table, describe(config)); !read)
        return read.error();
    if (const auto read = readCommands(table, config); !read)
        return read.error();
    if (const auto read = table.nothingElse(); !read)
        return read.error();
    return config;
}

Result<Config> loadConfig(const QString &path)
{
    return TomlTable::load(path, parseConfig);
}

QString configFile(const QString &chosen)
{
    return TomlTable::fileOr(chosen, systemFile);
}

Result<Config> loadConfigOrDefault(const QString &chosen)
{
    return TomlTable::loadOr(chosen, systemFile, parseConfig);
}

} // namespace hawser::node
