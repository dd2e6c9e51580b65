#include "core/json.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace hawser {

namespace {

QJsonValue jsonOf(const Value &value)
{
    switch (value.kind()) {
    case Value::Kind::Null:
        return QJsonValue::Null;
    case Value::Kind::Bool:
        return value.toBool();
    case Value::Kind::Int:
        return value.toInt();
    case Value::Kind::Unsigned: // above 2^63: JSON's readers lose digits anyway
    case Value::Kind::Float:
        return value.toFloat();
    case Value::Kind::Text:
        return value.toText();
    case Value::Kind::Bytes:
        return QString::fromLatin1(value.toBytes().toHex());
    case Value::Kind::List: {
        QJsonArray array;
        for (const Value &item : value.list())
            array.append(jsonOf(item));
        return array;
    }
    case Value::Kind::Map: {
        QJsonObject object;
        for (const auto &[key, member] : value.map())
            object.insert(key, jsonOf(member));
        return object;
    }
    }
    return {};
}

bool isHarmless(QChar unit)
{
    switch (unit.category()) {
    case QChar::Other_Control:
    case QChar::Other_Format:
    case QChar::Other_PrivateUse:
    case QChar::Other_NotAssigned:
    case QChar::Separator_Line:
    case QChar::Separator_Paragraph:
        return false;
    default:
        return true;
    }
}

/// Outside of strings JSON is ASCII, so escaping unit by unit keeps it valid.
QString harmless(const QString &json)
{
    QString text;
    text.reserve(json.size());
    for (const QChar unit : json)
        text += isHarmless(unit) ? QString(unit) : QStringLiteral("\\u%1").arg(unit.unicode(), 4, 16, QLatin1Char('0'));
    return text;
}

} // namespace

QByteArray jsonLine(const Value &value)
{
    // only documents are written: a lone value travels in a list
    const QByteArray list = QJsonDocument(QJsonArray { jsonOf(value) }).toJson(QJsonDocument::Compact);
    return harmless(QString::fromUtf8(list.mid(1, list.size() - 2))).toUtf8() + '\n';
}

Value errorValue(const Error &error)
{
    Value told { Value::Map { { QStringLiteral("code"), Value(QString::fromLatin1(name(error.code))) },
        { QStringLiteral("sentence"), Value(error.sentence) } } };
    if (error.begun != Begun::NotSaid)
        told.insert(
            QStringLiteral("begun"), Value(error.begun == Begun::No ? QStringLiteral("no") : QStringLiteral("maybe")));
    return Value { Value::Map { { QStringLiteral("error"), told } } };
}

} // namespace hawser
