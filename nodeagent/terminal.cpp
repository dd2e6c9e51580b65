#include "nodeagent/terminal.h"

#include "core/json.h"
#include "core/text.h"

#include <cstdio>

namespace hawser::node {

namespace {

constexpr int longestLine = 4096; // bytes

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
    write(stdout, jsonLine(value).chopped(1));
}

int complain(const Options &options, const Error &error, int exitCode)
{
    if (!options.json) {
        write(stderr, forTerminal(QStringLiteral("hawser-nodeagent: %1").arg(error.sentence)));
        return exitCode;
    }
    Value value = errorValue(error);
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
