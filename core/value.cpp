#include "core/value.h"

#include <cmath>
#include <limits>

namespace hawser {

namespace {

constexpr double twoTo63 = 9223372036854775808.0;

const Value nothing;

} // namespace

Value::Value(bool value) : m_value(value)
{
}

Value::Value(int value) : m_value(qint64(value))
{
}

Value::Value(qint64 value) : m_value(value)
{
}

Value::Value(quint64 value)
{
    if (value <= quint64(std::numeric_limits<qint64>::max()))
        m_value = qint64(value);
    else
        m_value = value;
}

Value::Value(double value) : m_value(value)
{
}

Value::Value(const char *text) : m_value(QString::fromUtf8(text))
{
}

Value::Value(QString text) : m_value(std::move(text))
{
}

Value::Value(QByteArray bytes) : m_value(std::move(bytes))
{
}

Value::Value(List list) : m_value(std::move(list))
{
}

Value::Value(Map map) : m_value(std::move(map))
{
}

Value::Kind Value::kind() const
{
    return Kind(m_value.index());
}

bool Value::toBool(bool fallback) const
{
    const bool *value = std::get_if<bool>(&m_value);
    return value ? *value : fallback;
}

qint64 Value::toInt(qint64 fallback) const
{
    if (const qint64 *value = std::get_if<qint64>(&m_value))
        return *value;
    if (const double *value = std::get_if<double>(&m_value)) {
        if (*value >= -twoTo63 && *value < twoTo63 && *value == std::trunc(*value))
            return qint64(*value);
    }
    return fallback;
}

quint64 Value::toUnsigned(quint64 fallback) const
{
    if (const quint64 *value = std::get_if<quint64>(&m_value))
        return *value;
    if (const qint64 *value = std::get_if<qint64>(&m_value))
        return *value >= 0 ? quint64(*value) : fallback;
    if (const double *value = std::get_if<double>(&m_value)) {
        if (*value >= 0 && *value < 2 * twoTo63 && *value == std::trunc(*value))
            return quint64(*value);
    }
    return fallback;
}

double Value::toFloat(double fallback) const
{
    if (const double *value = std::get_if<double>(&m_value))
        return *value;
    if (const qint64 *value = std::get_if<qint64>(&m_value)) {
        const double same = double(*value);
        return same < twoTo63 && qint64(same) == *value ? same : fallback;
    }
    if (const quint64 *value = std::get_if<quint64>(&m_value)) {
        const double same = double(*value);
        return same < 2 * twoTo63 && quint64(same) == *value ? same : fallback;
    }
    return fallback;
}

QString Value::toText(const QString &fallback) const
{
    const QString *value = std::get_if<QString>(&m_value);
    return value ? *value : fallback;
}

QByteArray Value::toBytes() const
{
    const QByteArray *value = std::get_if<QByteArray>(&m_value);
    return value ? *value : QByteArray();
}

const Value::List &Value::list() const
{
    static const List empty;
    const List *value = std::get_if<List>(&m_value);
    return value ? *value : empty;
}

const Value::Map &Value::map() const
{
    static const Map empty;
    const Map *value = std::get_if<Map>(&m_value);
    return value ? *value : empty;
}

const Value &Value::operator[](QStringView key) const
{
    const Value *member = find(key);
    return member ? *member : nothing;
}

const Value *Value::find(QStringView key) const
{
    for (const auto &[name, value] : map()) {
        if (name == key)
            return &value;
    }
    return nullptr;
}

const Value *Value::find(QLatin1String key) const
{
    for (const auto &[name, value] : map()) {
        if (name == key)
            return &value;
    }
    return nullptr;
}

void Value::insert(const QString &key, Value value)
{
    if (isNull())
        m_value = Map();
    Map *members = std::get_if<Map>(&m_value);
    Q_ASSERT(members);
    if (!members)
        return;
    for (auto &[name, old] : *members) {
        if (name == key) {
            old = std::move(value);
            return;
        }
    }
    members->emplace_back(key, std::move(value));
}

bool Value::operator==(const Value &other) const
{
    return m_value == other.m_value;
}

} // namespace hawser
