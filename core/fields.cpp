#include "core/fields.h"

#include "core/limits.h"

#include <QLocale>
#include <cmath>

namespace hawser {

namespace {

constexpr const char *typeNames[] = { "bool", "int", "float", "text", "bytes", "key", "list", "map", "any" };

QString wished(FieldType type)
{
    switch (type) {
    case FieldType::Bool:
        return QStringLiteral("true or false");
    case FieldType::Int:
        return QStringLiteral("a whole number");
    case FieldType::Float:
        return QStringLiteral("a number");
    case FieldType::Text:
        return QStringLiteral("text");
    case FieldType::Bytes:
        return QStringLiteral("bytes");
    case FieldType::Key:
        return QStringLiteral("a key of 32 bytes");
    case FieldType::List:
        return QStringLiteral("a list");
    case FieldType::Map:
        return QStringLiteral("a map");
    case FieldType::Any:
        break;
    }
    return QStringLiteral("a value");
}

QString numberText(double number)
{
    if (number == std::trunc(number) && std::abs(number) < 1e15)
        return QString::number(qint64(number));
    return QString::number(number, 'g', QLocale::FloatingPointShortest);
}

/// Exact for 64-bit whole numbers where a double would round.
int compare(const Value &number, double bound)
{
    const auto side = [bound](long double value) { return value < bound ? -1 : value > bound ? 1 : 0; };
    switch (number.kind()) {
    case Value::Kind::Int:
        return side(static_cast<long double>(number.toInt()));
    case Value::Kind::Unsigned:
        return side(static_cast<long double>(number.toUnsigned()));
    default:
        return side(number.toFloat());
    }
}

bool isNumber(const Value &value)
{
    return value.kind() == Value::Kind::Int || value.kind() == Value::Kind::Unsigned
        || value.kind() == Value::Kind::Float;
}

QString choiceText(const Value &choice)
{
    if (!isNumber(choice))
        return choice.kind() == Value::Kind::Bytes ? QString::fromLatin1(choice.toBytes().toHex()) : choice.toText();
    return choice.kind() == Value::Kind::Float ? numberText(choice.toFloat()) : QString::number(choice.toInt());
}

bool same(const Value &value, const Value &choice)
{
    if (value == choice)
        return true;
    return isNumber(value) && isNumber(choice) && value.toFloat(qQNaN()) == choice.toFloat(qQNaN());
}

} // namespace

QString name(FieldType type)
{
    return QLatin1String(typeNames[size_t(type)]);
}

namespace detail {

QString Where::path() const
{
    QString text = outer ? outer->path() : QString();
    if (index >= 0)
        return text + QStringLiteral("[%1]").arg(index);
    if (!text.isEmpty())
        text += u'.';
    return text + name.toString();
}

QString Where::subject() const
{
    const QString text = path();
    return text.isEmpty() ? QStringLiteral("the value") : u'"' + text + u'"';
}

Error wrongType(const Where &where, FieldType type)
{
    return { Code::InvalidArgument, where.subject() + QStringLiteral(" must be ") + wished(type) };
}

Error missing(const Where &where)
{
    return { Code::InvalidArgument, where.subject() + QStringLiteral(" is missing") };
}

Result<void> checkText(const Where &where, const QString &text)
{
    constexpr qsizetype most = limits::stringBytes;
    if (text.size() * 3 <= most || text.toUtf8().size() <= most)
        return {};
    return Error { Code::InvalidArgument,
        where.subject() + QStringLiteral(" must not be longer than %1 bytes").arg(most) };
}

Result<void> checkBounds(const Where &where, const Value &number, const Bounds &bounds)
{
    const bool low = bounds.least && compare(number, *bounds.least) < 0;
    const bool high = bounds.most && compare(number, *bounds.most) > 0;
    if (!low && !high)
        return {};
    QString sentence = where.subject() + QStringLiteral(" must be ");
    if (bounds.least && bounds.most)
        sentence += QStringLiteral("between %1 and %2").arg(numberText(*bounds.least), numberText(*bounds.most));
    else
        sentence += low ? QStringLiteral("at least ") + numberText(*bounds.least)
                        : QStringLiteral("at most ") + numberText(*bounds.most);
    return Error { Code::InvalidArgument, sentence };
}

Result<void> checkChoices(const Where &where, const Value &value, const Value::List &choices)
{
    if (choices.empty())
        return {};
    QStringList texts;
    for (const Value &choice : choices) {
        if (same(value, choice))
            return {};
        texts += choiceText(choice);
    }
    return Error { Code::InvalidArgument,
        where.subject() + QStringLiteral(" must be one of: ") + texts.join(QLatin1String(", ")) };
}

Bounds narrow(const Bounds &type, const FieldOptions *options)
{
    Bounds bounds = type;
    if (options && options->least && (!bounds.least || *options->least > *bounds.least))
        bounds.least = options->least;
    if (options && options->most && (!bounds.most || *options->most < *bounds.most))
        bounds.most = options->most;
    return bounds;
}

Result<void> Codec<bool>::read(const Where &where, const Value &value, bool &out)
{
    if (value.kind() != Value::Kind::Bool)
        return wrongType(where, type);
    out = value.toBool();
    return {};
}

Result<void> Codec<double>::read(const Where &where, const Value &value, double &out)
{
    const double number = isNumber(value) ? value.toFloat(qQNaN()) : qQNaN();
    if (!std::isfinite(number))
        return wrongType(where, type);
    if (const Result<void> inside = checkBounds(where, value, narrow({}, where.options)); !inside)
        return inside;
    out = number;
    return {};
}

Result<void> Codec<QString>::read(const Where &where, const Value &value, QString &out)
{
    if (value.kind() != Value::Kind::Text)
        return wrongType(where, type);
    QString text = value.toText();
    if (const Result<void> good = checkText(where, text); !good)
        return good;
    out = std::move(text);
    return {};
}

Result<void> Codec<QByteArray>::read(const Where &where, const Value &value, QByteArray &out)
{
    if (value.kind() != Value::Kind::Bytes)
        return wrongType(where, type);
    out = value.toBytes();
    return {};
}

Result<void> Codec<PublicKey>::read(const Where &where, const Value &value, PublicKey &out)
{
    if (value.kind() != Value::Kind::Bytes)
        return wrongType(where, type);
    const Result<PublicKey> key = PublicKey::fromBytes(value.toBytes());
    if (!key)
        return wrongType(where, type);
    out = *key;
    return {};
}

Result<void> Codec<milliseconds>::read(const Where &where, const Value &value, milliseconds &out)
{
    if (value.kind() != Value::Kind::Int)
        return wrongType(where, type);
    if (const Result<void> inside = checkBounds(where, value, narrow(bounds(), where.options)); !inside)
        return inside;
    out = milliseconds(value.toInt());
    return {};
}

} // namespace detail

} // namespace hawser
