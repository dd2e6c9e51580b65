#include "nodeagent/terminal.h"

#include "core/text.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <cstdio>

namespace hawser::node {

namespace {

constexpr int longestLine = 4096; // bytes

QJsonValue jsonOf(const Value &value)
{
    switch (value.kind()) {
    case Value::Kind::Null:
        return QJsonValue::Null;
    case Value::Kind::Bool:
        return value.toBool();
    case Value::Kind::Int:
    case Value::Kind::Unsigned:
        return value.toInt();
    case Value::Kind::Float:
        return value.toFloat();
    case Value::Kind::Text:
        return value.toText();
    case Value::Kind::Bytes:
        return QString::fromLatin1(value.toBytes().toHex());
    case Value::Kind::List: {
        QJsonArray list;
        for (const Value &item : value.list())
            list.append(jsonOf(item));
        return list;
    }
    case Value::Kind::Map: {
        QJsonObject map;
        for (const auto &[key, member] : value.map())
            map.insert(key, jsonOf(member));
        return map;
    }
    }
    return {};
}

void write(FILE *to, const QByteArray &line)
{
    std::fwrite(line.constData(), 1, size_t(line.size()), to);
    std::fputc('\n', to);
    std::fflush(to);
}

} // namespace

void say(const QString &line)
{
    write(stdout, forTerminal(line));
}

void sayJson(const Value &value)
{
    write(stdout, QJsonDocument(jsonOf(value).toObject()).toJson(QJsonDocument::Compact));
}

int complain(const Options &options, const Error &error, int exitCode)
{
    if (!options.json) {
        write(stderr, forTerminal(QStringLiteral("hawser-nodeagent: %1").arg(error.sentence)));
        return exitCode;
    }
    Value value;
    value.insert(QStringLiteral("error"), QString::fromLatin1(hawser::name(error.code)));
    value.insert(QStringLiteral("sentence"), error.sentence);
    value.insert(QStringLiteral("exit"), exitCode);
    sayJson(value);
    return exitCode;
}

Result<QString> readLine()
{
    char line[longestLine];
    if (!std::fgets(line, sizeof line, stdin))
        return Error { Code::InvalidArgument, QStringLiteral("standard input was empty: a link was expected there") };
    const QByteArray bytes = QByteArray(line).trimmed();
    if (bytes.size() >= longestLine - 2)
        return Error { Code::InvalidArgument, QStringLiteral("what came on standard input is too long for a link") };
    return QString::fromUtf8(bytes);
}

} // namespace hawser::node
