#include "nodeagent/argv.h"

#include <QLocale>
#include <QRegularExpression>
#include <cmath>

namespace hawser::node {

namespace {

const QRegularExpression &placeholder()
{
    static const QRegularExpression pattern(QStringLiteral("\\{([A-Za-z0-9_.-]+)\\}"));
    return pattern;
}

const Parameter *find(const OwnCommand &command, const QString &name)
{
    for (const Parameter &parameter : command.parameters) {
        if (parameter.field.name == name)
            return &parameter;
    }
    return nullptr;
}

Error wrong(const Parameter &parameter, const QString &what)
{
    return { Code::InvalidArgument, QStringLiteral("the value of %1 %2").arg(parameter.field.name, what) };
}

Result<QString> textOf(const Parameter &parameter, const Value &value)
{
    switch (value.kind()) {
    case Value::Kind::Bool:
        return value.toBool() ? QStringLiteral("true") : QStringLiteral("false");
    case Value::Kind::Int:
        return QString::number(value.toInt());
    case Value::Kind::Unsigned:
        return QString::number(value.toUnsigned());
    case Value::Kind::Float:
        if (!std::isfinite(value.toFloat()))
            return wrong(parameter, QStringLiteral("is no finite number"));
        return QString::number(value.toFloat(), 'g', QLocale::FloatingPointShortest);
    default:
        break;
    }
    const QString text = value.toText();
    if (text.contains(QChar(0)))
        return wrong(parameter, QStringLiteral("holds a NUL character"));
    if (text.size() > argumentBytes)
        return wrong(parameter, QStringLiteral("is longer than 64 KiB"));
    return text;
}

/// nullopt: the argument names a parameter that has no value.
Result<std::optional<QString>> fill(
    const OwnCommand &command, const QString &argument, const Value &values, bool afterDashes)
{
    QString filled;
    qsizetype done = 0;
    for (auto matches = placeholder().globalMatch(argument); matches.hasNext();) {
        const QRegularExpressionMatch match = matches.next();
        const Parameter *parameter = find(command, match.captured(1));
        const Value *value = parameter ? values.find(parameter->field.name) : nullptr;
        if (!value || value->isNull())
            return std::optional<QString>();
        const Result<QString> text = textOf(*parameter, *value);
        if (!text)
            return text.error();
        filled += QStringView(argument).mid(done, match.capturedStart() - done);
        if (filled.isEmpty() && text->startsWith(u'-') && !afterDashes && !parameter->allowDash)
            return wrong(*parameter, QStringLiteral("begins with '-': the program could take it for an option"));
        filled += *text;
        done = match.capturedEnd();
    }
    filled += QStringView(argument).mid(done);
    if (filled.toUtf8().size() > argumentBytes)
        return Error { Code::InvalidArgument, QStringLiteral("an argument would be longer than 64 KiB") };
    return std::optional<QString>(filled);
}

} // namespace

QStringList placeholders(const QString &argument)
{
    QStringList names;
    for (auto matches = placeholder().globalMatch(argument); matches.hasNext();)
        names << matches.next().captured(1);
    return names;
}

Result<QStringList> argvFor(const OwnCommand &command, const Value &values)
{
    QStringList argv;
    bool afterDashes = false;
    for (const QString &argument : command.argv) {
        const Result<std::optional<QString>> filled = fill(command, argument, values, afterDashes);
        if (!filled)
            return filled.error();
        if (*filled)
            argv << **filled;
        afterDashes = afterDashes || argument == u"--";
    }
    return argv;
}

} // namespace hawser::node
