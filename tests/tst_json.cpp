#include "core/json.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace hawser;

class tst_json : public QObject {
    Q_OBJECT

private slots:
    /// A terminal shows the line as it is: nothing in it may move the cursor, hide, or turn text around.
    void whatATerminalActsOnIsEscaped_data()
    {
        QTest::addColumn<char16_t>("unit");
        for (const char16_t unit : { u'\x1b', u'\x07', u'\r', u'\x7f', u'\x85', u'\x9b', u'\x9d', u'\u200b', u'\u202e',
                 u'\u2028', u'\u2066', u'\ufeff', u'\ue000' })
            QTest::addRow("U+%04X", unit) << unit;
    }
    void whatATerminalActsOnIsEscaped()
    {
        QFETCH(char16_t, unit);
        const QString claim = QStringLiteral("a") + QChar(unit) + QStringLiteral("[2J\"b");
        Value value;
        value.insert(QStringLiteral("claim"), claim);
        const QByteArray line = jsonLine(value);
        QVERIFY(!QString::fromUtf8(line).contains(QChar(unit)));
        QCOMPARE(line.count('\n'), 1);
        QCOMPARE(QJsonDocument::fromJson(line).object()[QStringLiteral("claim")].toString(), claim);
    }

    void bytesAreHexAndErrorsAreAlike()
    {
        Value value;
        value.insert(QStringLiteral("key"), QByteArray("\x01\xff", 2));
        QCOMPARE(jsonLine(value), "{\"key\":\"01ff\"}\n");
        QCOMPARE(jsonLine(errorValue({ Code::NotFound, QStringLiteral("no such thing") })),
            "{\"error\":{\"code\":\"not_found\",\"sentence\":\"no such thing\"}}\n");
        QCOMPARE(jsonLine(errorValue({ Code::Unavailable, QStringLiteral("gone"), Begun::Maybe })),
            "{\"error\":{\"begun\":\"maybe\",\"code\":\"unavailable\",\"sentence\":\"gone\"}}\n");
    }
};

QTEST_GUILESS_MAIN(tst_json)
#include "tst_json.moc"
