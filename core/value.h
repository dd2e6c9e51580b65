#pragma once

#include "core/result.h"

#include <QByteArray>
#include <QList>
#include <QString>
#include <concepts>
#include <variant>
#include <vector>

namespace hawser {

/// What a msgpack value can be for us: no extension types, maps with text keys only (docs/protocol.md §4).
class Value {
public:
    enum class Kind { Null, Bool, Int, Unsigned, Float, Text, Bytes, List, Map };
    using List = std::vector<Value>;
    using Map = std::vector<std::pair<QString, Value>>; ///< in the order it was written; keys differ

    Value() = default;
    Value(bool value);
    Value(int value);
    Value(qint64 value);
    Value(quint64 value); ///< Kind::Int where it fits
    template <std::signed_integral T>
    Value(T value) : Value(qint64(value))
    {
    }
    template <std::unsigned_integral T>
    Value(T value) : Value(quint64(value))
    {
    }
    Value(double value);
    Value(const char *text);
    Value(const void *) = delete; ///< a pointer is no truth value
    Value(QString text);
    Value(QByteArray bytes);
    Value(List list);
    Value(Map map);

    Kind kind() const;
    bool isNull() const { return kind() == Kind::Null; }

    /// The value in the wished type, or `fallback` when it is something else. Numbers convert where nothing is lost.
    bool toBool(bool fallback = false) const;
    qint64 toInt(qint64 fallback = 0) const;
    quint64 toUnsigned(quint64 fallback = 0) const;
    double toFloat(double fallback = 0) const;
    QString toText(const QString &fallback = {}) const;
    QByteArray toBytes() const;
    const List &list() const; ///< empty when it is none
    const Map &map() const; ///< empty when it is none

    /// The member of a map, or a null value.
    const Value &operator[](QStringView key) const;
    /// The member of a map, or nullptr.
    const Value *find(QStringView key) const;
    const Value *find(QLatin1String key) const;
    /// Adds or replaces a member; a null value becomes a map first.
    void insert(const QString &key, Value value);

    bool operator==(const Value &) const;

private:
    std::variant<std::monostate, bool, qint64, quint64, double, QString, QByteArray, List, Map> m_value;
};

} // namespace hawser
