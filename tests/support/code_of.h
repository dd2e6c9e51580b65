#pragma once

#include "core/call.h"

#include <QTest>

namespace hawser::test {

/// What it was refused with; Ok when it was not.
template <typename T>
Code codeOf(const Result<T> &result)
{
    return result ? Code::Ok : result.error().code;
}

/// The same of a call, once it has ended; DeadlineExceeded when it does not end.
inline Code codeOf(Call *call)
{
    std::optional<Code> code;
    QObject::connect(call, &Call::finished, call, [&](const Result<Payload> &result) { code = codeOf(result); });
    return QTest::qWaitFor([&] { return code.has_value(); }) ? *code : Code::DeadlineExceeded;
}

} // namespace hawser::test
