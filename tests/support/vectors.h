#pragma once

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

/// The rows of a file in tests/vectors; they were computed without the code under test.
inline QList<QJsonObject> vectorRows(const char *file)
{
    QFile opened(QStringLiteral(HAWSER_TESTS "/vectors/") + QLatin1String(file));
    if (!opened.open(QIODevice::ReadOnly))
        qFatal("cannot read the vectors %s", file);
    QList<QJsonObject> rows;
    for (const QJsonValue &row : QJsonDocument::fromJson(opened.readAll()).array())
        rows.append(row.toObject());
    if (rows.isEmpty())
        qFatal("no vectors in %s", file);
    return rows;
}

/// A member written in hex.
inline QByteArray hexOf(const QJsonObject &row, const char *member)
{
    return QByteArray::fromHex(row.value(QLatin1String(member)).toString().toLatin1());
}
