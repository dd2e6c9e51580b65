#pragma once

#include "core/value.h"

#include <optional>

namespace hawser {

/// What a parameter can be. The names travel in schemas (docs/protocol.md §8).
enum class FieldType : quint8 { Bool, Int, Float, Text, Bytes, Key, List, Map, Any };

/// One parameter of a command, as the offer carries it and the form shows it.
struct Field {
    QString name = {};
    FieldType type = FieldType::Text;
    bool required = false;
    Value fallback = {}; ///< null: none
    Value::List choices = {}; ///< empty: any
    QString description = {};
    std::optional<double> least = {}; ///< numbers, and the numbers of a list
    std::optional<double> most = {};
};
using Schema = QList<Field>;

/// What stands beside a member in describe(): `field("path", &Request::path, { .description = "…", .required = true })`.
struct FieldOptions {
    const char *description = "";
    bool required = false;
    std::optional<double> least = {};
    std::optional<double> most = {};
    Value::List choices = {};
};

// Every described struct has `static void describe(auto &field)`. Its members may be: bool, integers (range checked),
// double, QString, QByteArray, PublicKey, enums (as integers, range by options), milliseconds, QStringList, Value, other
// described structs, QList of these, and std::optional of these. A null key and an empty optional are not written; absent
// members keep what the default-constructed struct has. Of a list, range and choices hold for each item.

template <typename T>
Value toValue(const T &object);
/// \retval InvalidArgument  a required member is missing or one has the wrong type or range: the sentence names it
template <typename T>
Result<T> fromValue(const Value &value);
template <typename T>
Schema schemaOf();

/// For commands that are only known at run time: checks a map against a schema and fills in the fallbacks.
/// A null value counts as an empty map.
/// \retval InvalidArgument  a member is missing, unknown, or has the wrong type, range or choice: the sentence names it
Result<Value> conform(const Value &map, const Schema &schema);
/// Reads what a person typed as the type of the field: "true", "42", "1.5", hex for keys and bytes.
/// \retval InvalidArgument  it cannot be read: the sentence names the field
Result<Value> parseText(const Field &field, const QString &text);

Value schemaToValue(const Schema &schema);
Result<Schema> schemaFromValue(const Value &value);

/// The name of a type as schemas carry it: "bool", "int", …
QString name(FieldType type);

} // namespace hawser

#include "core/fields_impl.h"
