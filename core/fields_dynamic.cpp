#include "core/fields.h"

#include "core/limits.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSet>
#include <cmath>

namespace hawser {

namespace {

using detail::Where;

constexpr int quotedName = 64; // characters of a peer's name in a sentence

/// The value as the field wants it: whole numbers become floats where they are asked for.
Result<Value> checked(const Where &where, const Field &field, const Value &value);

template <typename M>
Result<Value> readAs(const Where &where, const Value &value)
{
    M member {};
    if (const Result<void> read = detail::Codec<M>::read(where, value, member); !read)
        return read.error();
    return detail::Codec<M>::write(member);
}

Result<Value> checkedInt(const Where &where, const Value &value)
{
    return value.kind() == Value::Kind::Unsigned ? readAs<quint64>(where, value) : readAs<qint64>(where, value);
}

Result<Value> checkedList(const Where &where, const Value &value)
{
    if (value.kind() != Value::Kind::List)
        return detail::wrongType(where, FieldType::List);
    for (const Value &item : value.list()) {
        const Where place { {}, where.options, &where, &item - value.list().data() };
        const bool number = item.kind() == Value::Kind::Int || item.kind() == Value::Kind::Unsigned
            || item.kind() == Value::Kind::Float;
        if (number) {
            const detail::Bounds bounds = detail::narrow({}, where.options);
            if (const Result<void> inside = detail::checkBounds(place, item, bounds); !inside)
                return inside.error();
        }
        if (const Result<void> good = detail::checkChoices(place, item, where.options->choices); !good)
            return good.error();
    }
    return value;
}

Result<Value> ofType(const Where &where, FieldType type, const Value &value)
{
    switch (type) {
    case FieldType::Bool:
        return readAs<bool>(where, value);
    case FieldType::Int:
        return checkedInt(where, value);
    case FieldType::Float:
        return readAs<double>(where, value);
    case FieldType::Text:
        return readAs<QString>(where, value);
    case FieldType::Bytes:
        return readAs<QByteArray>(where, value);
    case FieldType::Key:
        return readAs<PublicKey>(where, value);
    case FieldType::List:
        return checkedList(where, value);
    case FieldType::Map:
        if (value.kind() != Value::Kind::Map)
            return detail::wrongType(where, type);
        return value;
    case FieldType::Any:
        break;
    }
    return value;
}

Result<Value> checked(const Where &where, const Field &field, const Value &value)
{
    const FieldOptions options { .least = field.least, .most = field.most, .choices = field.choices };
    const Where place { where.name, &options, where.outer };
    const Result<Value> good = ofType(place, field.type, value);
    if (!good || field.type == FieldType::List)
        return good;
    if (const Result<void> chosen = detail::checkChoices(place, *good, field.choices); !chosen)
        return chosen.error();
    return good;
}

Result<void> refuseUnknown(const Value &map, const Schema &schema)
{
    for (const auto &entry : map.map()) {
        const auto &name = entry.first;
        const bool known = std::any_of(schema.begin(), schema.end(), [&](const Field &f) { return f.name == name; });
        if (!known)
            return Error { Code::InvalidArgument, u'"' + name.left(quotedName) + QStringLiteral("\" is not known") };
    }
    return {};
}

Value fromJson(const QJsonValue &json)
{
    switch (json.type()) {
    case QJsonValue::Bool:
        return json.toBool();
    case QJsonValue::Double:
        return json.toVariant().typeId() == QMetaType::LongLong ? Value(json.toInteger()) : Value(json.toDouble());
    case QJsonValue::String:
        return json.toString();
    case QJsonValue::Array: {
        Value::List list;
        for (const QJsonValue item : json.toArray())
            list.push_back(fromJson(item));
        return list;
    }
    case QJsonValue::Object: {
        Value::Map map;
        const QJsonObject object = json.toObject();
        for (auto it = object.begin(); it != object.end(); ++it)
            map.emplace_back(it.key(), fromJson(it.value()));
        return map;
    }
    default:
        return {};
    }
}

/// Any JSON value, also a bare one; nullopt when it is none.
std::optional<Value> readJson(const QString &text)
{
    const QJsonDocument document = QJsonDocument::fromJson(QByteArray("[" + text.toUtf8() + "]"));
    if (!document.isArray() || document.array().size() != 1)
        return {};
    return fromJson(document.array().at(0));
}

std::optional<Value> readBool(const QString &text)
{
    const QString word = text.toLower();
    if (word == QLatin1String("true") || word == QLatin1String("yes") || word == QLatin1String("1"))
        return Value(true);
    if (word == QLatin1String("false") || word == QLatin1String("no") || word == QLatin1String("0"))
        return Value(false);
    return {};
}

std::optional<Value> readInt(const QString &text)
{
    bool good = false;
    if (const qint64 number = text.toLongLong(&good); good)
        return Value(number);
    const quint64 number = text.toULongLong(&good);
    return good ? std::optional<Value>(number) : std::nullopt;
}

std::optional<Value> readFloat(const QString &text)
{
    bool good = false;
    const double number = text.toDouble(&good);
    return good && std::isfinite(number) ? std::optional<Value>(number) : std::nullopt;
}

std::optional<Value> readHex(const QString &text)
{
    const QByteArray hex = text.toUtf8();
    const QByteArray bytes = QByteArray::fromHex(hex);
    return bytes.toHex() == hex.toLower() ? std::optional<Value>(bytes) : std::nullopt;
}

/// JSON in brackets, or texts with commas between.
std::optional<Value> readList(const QString &text)
{
    if (text.startsWith(u'['))
        return readJson(text);
    Value::List list;
    if (!text.isEmpty()) {
        for (const QString &item : text.split(u','))
            list.emplace_back(item.trimmed());
    }
    return list;
}

std::optional<Value> readTyped(FieldType type, const QString &text)
{
    switch (type) {
    case FieldType::Bool:
        return readBool(text.trimmed());
    case FieldType::Int:
        return readInt(text.trimmed());
    case FieldType::Float:
        return readFloat(text.trimmed());
    case FieldType::Text:
        return text;
    case FieldType::Bytes:
    case FieldType::Key:
        return readHex(text.trimmed());
    case FieldType::List:
        return readList(text.trimmed());
    case FieldType::Map:
        return readJson(text);
    case FieldType::Any:
        break;
    }
    const std::optional<Value> json = readJson(text);
    return json ? json : std::optional<Value>(text);
}

Value fieldToValue(const Field &field)
{
    Value::Map map;
    map.emplace_back("name", field.name);
    map.emplace_back("type", name(field.type));
    if (field.required)
        map.emplace_back("required", true);
    if (!field.fallback.isNull())
        map.emplace_back("default", field.fallback);
    if (!field.choices.empty())
        map.emplace_back("choices", field.choices);
    if (!field.description.isEmpty())
        map.emplace_back("description", field.description);
    if (field.least)
        map.emplace_back("least", *field.least);
    if (field.most)
        map.emplace_back("most", *field.most);
    return map;
}

/// A type that a newer program has made up reads as Any.
FieldType typeOf(const QString &text)
{
    for (int type = 0; type < int(FieldType::Any); ++type) {
        if (text == name(FieldType(type)))
            return FieldType(type);
    }
    return FieldType::Any;
}

/// A field as it travels.
struct WireField {
    QString name;
    QString type;
    bool required = false;
    Value fallback;
    Value choices = Value::List();
    QString description;
    std::optional<double> least;
    std::optional<double> most;

    static void describe(auto &field)
    {
        field("name", &WireField::name, { .required = true });
        field("type", &WireField::type, { .required = true });
        field("required", &WireField::required);
        field("default", &WireField::fallback);
        field("choices", &WireField::choices);
        field("description", &WireField::description);
        field("least", &WireField::least);
        field("most", &WireField::most);
    }
};

} // namespace

Result<Value> conform(const Value &map, const Schema &schema)
{
    if (map.kind() != Value::Kind::Map && !map.isNull())
        return detail::wrongType({}, FieldType::Map);
    if (const Result<void> known = refuseUnknown(map, schema); !known)
        return known.error();
    Value::Map result;
    for (const Field &field : schema) {
        const Where where { field.name };
        const Value *member = map.find(field.name);
        if (!member && field.required)
            return detail::missing(where);
        if (!member) {
            if (!field.fallback.isNull())
                result.emplace_back(field.name, field.fallback);
            continue;
        }
        Result<Value> good = checked(where, field, *member);
        if (!good)
            return good.error();
        result.emplace_back(field.name, std::move(*good));
    }
    return Value(std::move(result));
}

Result<Value> parseText(const Field &field, const QString &text)
{
    const Where where { field.name };
    const std::optional<Value> value = readTyped(field.type, text);
    if (!value)
        return detail::wrongType(where, field.type);
    return checked(where, field, *value);
}

Value schemaToValue(const Schema &schema)
{
    Value::List list;
    for (const Field &field : schema)
        list.push_back(fieldToValue(field));
    return list;
}

Result<Schema> schemaFromValue(const Value &value)
{
    const Result<QList<WireField>> fields = fromValue<QList<WireField>>(value);
    if (!fields)
        return fields.error();
    if (fields->size() > qsizetype(limits::mapItems))
        return Error { Code::ResourceExhausted, QStringLiteral("a schema has too many fields") };
    Schema schema;
    QSet<QString> names;
    for (const WireField &field : *fields) {
        if (field.name.isEmpty() || field.name.toUtf8().size() > limits::commandName || names.contains(field.name))
            return Error { Code::InvalidArgument, QStringLiteral("a schema has a field without a name of its own") };
        if (field.choices.kind() != Value::Kind::List)
            return Error { Code::InvalidArgument, QStringLiteral("the choices of a field must be a list") };
        names.insert(field.name);
        schema.push_back(Field { field.name, typeOf(field.type), field.required, field.fallback, field.choices.list(),
            field.description, field.least, field.most });
    }
    return schema;
}

} // namespace hawser
