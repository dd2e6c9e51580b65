#pragma once

#include "core/value.h"

#include <map>

namespace hawser {

/// What `status` says of limits besides what they are, under the same names (statusName() in core/limit.h).
struct LimitUse {
    Value now { Value::Map {} }; ///< how much of it is used
    Value hits { Value::Map {} }; ///< how often it refused, ended or slowed something since the program started

    void used(const char *name, qint64 amount) { now.insert(QLatin1String(name), amount); }
    void hit(const char *name, quint64 times) { hits.insert(QLatin1String(name), times); }
};

/// Counts what limits did, by their names in `status`.
class LimitHits {
public:
    void count(const char *name) { ++m_hits[name]; }
    void report(LimitUse &use) const
    {
        for (const auto &[name, times] : m_hits)
            use.hit(name.constData(), times);
    }

private:
    std::map<QByteArray, quint64> m_hits;
};

/// For people: a line for each limit of `status`, and what is used of it.
QString limitLines(const Value &limits, const Value &used, const Value &hits);

} // namespace hawser
