#include "cli/lasting.h"

#include <map>

namespace hawser::cli {

Result<milliseconds> readLasting(const QString &text)
{
    using namespace std::chrono_literals;
    static const std::map<char16_t, milliseconds> units { { u's', 1s }, { u'm', 1min }, { u'h', 1h }, { u'd', 24h } };
    constexpr int mostCount = 1'000'000;
    QString digits = text.trimmed();
    milliseconds unit = 1s;
    if (!digits.isEmpty() && units.contains(digits.back().toLower().unicode())) {
        unit = units.at(digits.back().toLower().unicode());
        digits.chop(1);
    }
    bool isNumber = false;
    const int count = digits.toInt(&isNumber);
    if (!isNumber || count <= 0 || count > mostCount)
        return Error { Code::InvalidArgument, QStringLiteral("“%1” is no time: try 10m, 2h or 30d").arg(text) };
    return count * unit;
}

} // namespace hawser::cli
