#include "cli/parameters.h"

namespace hawser::cli {

Result<Value> readParameters(const QStringList &words)
{
    Value map { Value::Map {} };
    for (const QString &word : words) {
        const qsizetype sign = word.indexOf(QLatin1Char('='));
        if (sign <= 0)
            return Error { Code::InvalidArgument, QStringLiteral("“%1” is no name=value").arg(word) };
        const QString name = word.left(sign);
        if (map.find(name))
            return Error { Code::InvalidArgument, QStringLiteral("“%1” is said twice").arg(name) };
        map.insert(name, word.mid(sign + 1));
    }
    return map;
}

} // namespace hawser::cli
