#pragma once

#include "core/result.h"

#include <QStringList>
#include <vector>

namespace hawser {

class TomlTable;
class Value;

/// A number that an owner may set: how much a queue or table holds, or how long something may take. What a file may say of it, its
/// line in the documents and its name in `status` all come from here.
struct Limit {
    const char *table; ///< of the file; empty: above all tables
    const char *name; ///< its key, with the unit in it
    qint64 *value; ///< what is in force
    qint64 least;
    qint64 most;
    const char *what; ///< it bounds, for people
};
using Limits = std::vector<Limit>;

/// "links_silence_seconds"; what stands in the table `limits` goes without that.
QString statusName(const Limit &limit);
/// Takes the tables that are named, and what stands above them. Those that are not there leave everything as it is.
/// \retval InvalidArgument  "file:line: which key, and what is allowed"
Result<void> readLimits(TomlTable &file, const Limits &limits);
/// Adds each to the map of `status`.
void report(const Limits &limits, Value &map);
/// Its line in docs/limits.md, with the value it has now as the default: "| `silence_seconds` | 15 to 3600 | 45 | … |".
QString documented(const Limit &limit);

} // namespace hawser
