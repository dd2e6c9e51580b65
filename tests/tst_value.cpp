#include "core/value.h"

#include <QtTest>

using namespace hawser;

Q_DECLARE_METATYPE(hawser::Value)

class ValueTest : public QObject {
    Q_OBJECT

private slots:
    void kinds();
    void convertsWhereNothingIsLost_data();
    void convertsWhereNothingIsLost();
    void otherKindsGiveTheFallback();
    void anyIntegerMakesAnInt();
    void membersAreFoundByName();
    void insertAddsAndReplaces();
    void comparesByContent();
    void codesHaveTheirNames();
};

void ValueTest::kinds()
{
    QCOMPARE(Value().kind(), Value::Kind::Null);
    QCOMPARE(Value(true).kind(), Value::Kind::Bool);
    QCOMPARE(Value(1).kind(), Value::Kind::Int);
    QCOMPARE(Value(quint64(1)).kind(), Value::Kind::Int);
    QCOMPARE(Value(quint64(1) << 63).kind(), Value::Kind::Unsigned);
    QCOMPARE(Value(1.0).kind(), Value::Kind::Float);
    QCOMPARE(Value("a").kind(), Value::Kind::Text);
    QCOMPARE(Value(QByteArray("a")).kind(), Value::Kind::Bytes);
    QCOMPARE(Value(Value::List()).kind(), Value::Kind::List);
    QCOMPARE(Value(Value::Map()).kind(), Value::Kind::Map);
}

void ValueTest::convertsWhereNothingIsLost_data()
{
    QTest::addColumn<Value>("value");
    QTest::addColumn<qint64>("asInt"); // -7: not without loss
    QTest::addColumn<quint64>("asUnsigned"); // 7: not without loss
    QTest::addColumn<double>("asFloat"); // 0.5: not without loss

    const qint64 most = std::numeric_limits<qint64>::max();
    const qint64 least = std::numeric_limits<qint64>::min();
    const quint64 all = std::numeric_limits<quint64>::max();
    const double twoTo63 = 9223372036854775808.0;
    QTest::newRow("3") << Value(3) << qint64(3) << quint64(3) << 3.0;
    QTest::newRow("-3") << Value(-3) << qint64(-3) << quint64(7) << -3.0;
    QTest::newRow("3.0") << Value(3.0) << qint64(3) << quint64(3) << 3.0;
    QTest::newRow("3.25") << Value(3.25) << qint64(-7) << quint64(7) << 3.25;
    QTest::newRow("2^53+1") << Value(9007199254740993) << qint64(9007199254740993) << quint64(9007199254740993) << 0.5;
    QTest::newRow("2^63-1") << Value(most) << most << quint64(most) << 0.5;
    QTest::newRow("-2^63") << Value(least) << least << quint64(7) << -twoTo63;
    QTest::newRow("2^63") << Value(quint64(1) << 63) << qint64(-7) << (quint64(1) << 63) << twoTo63;
    QTest::newRow("2^64-1") << Value(all) << qint64(-7) << all << 0.5;
    QTest::newRow("2^63 as a float") << Value(twoTo63) << qint64(-7) << (quint64(1) << 63) << twoTo63;
    QTest::newRow("-2^63 as a float") << Value(-twoTo63) << least << quint64(7) << -twoTo63;
    QTest::newRow("2^64 as a float") << Value(2 * twoTo63) << qint64(-7) << quint64(7) << 2 * twoTo63;
    QTest::newRow("infinity") << Value(qInf()) << qint64(-7) << quint64(7) << qInf();
}

void ValueTest::convertsWhereNothingIsLost()
{
    QFETCH(Value, value);
    QTEST(value.toInt(-7), "asInt");
    QTEST(value.toUnsigned(7), "asUnsigned");
    QFETCH(double, asFloat);
    QVERIFY(value.toFloat(0.5) == asFloat);
}

void ValueTest::otherKindsGiveTheFallback()
{
    const Value text("7");
    QCOMPARE(text.toInt(5), 5);
    QCOMPARE(text.toFloat(0.5), 0.5);
    QCOMPARE(text.toBool(true), true);
    QCOMPARE(text.toBytes(), QByteArray());
    QVERIFY(text.list().empty());
    QVERIFY(text.map().empty());
    QCOMPARE(Value(7).toText("no"), "no");
    QCOMPARE(Value(1).toBool(false), false);
    QCOMPARE(Value(qQNaN()).toInt(5), 5);
    QCOMPARE(Value(QByteArray("x")).toText("no"), "no");
}

void ValueTest::anyIntegerMakesAnInt()
{
    QCOMPARE(Value(quint8(200)).toInt(), 200);
    QCOMPARE(Value(qint16(-200)).toInt(), -200);
    QCOMPARE(Value(quint32(4000000000)).toInt(), 4000000000);
    QCOMPARE(Value(long(-5)).toInt(), -5);
    QCOMPARE(Value(size_t(5)).kind(), Value::Kind::Int);
}

void ValueTest::membersAreFoundByName()
{
    const Value map(Value::Map { { "a", 1 }, { "b", Value() } });
    QCOMPARE(map[u"a"].toInt(), 1);
    QVERIFY(map.find(QLatin1String("b")));
    QVERIFY(map.find(u"b")->isNull());
    QVERIFY(!map.find(QLatin1String("c")));
    QVERIFY(map[u"c"].isNull());
    QVERIFY(Value(1)[u"a"].isNull());
}

void ValueTest::insertAddsAndReplaces()
{
    Value map;
    map.insert("a", 1);
    map.insert("b", 2);
    map.insert("a", "x");
    QCOMPARE(map, Value(Value::Map { { "a", "x" }, { "b", 2 } }));
}

void ValueTest::comparesByContent()
{
    QVERIFY(Value(1) == Value(quint64(1)));
    QVERIFY(!(Value(1) == Value(1.0)));
    QVERIFY(!(Value("a") == Value(QByteArray("a"))));
    QVERIFY(Value(Value::List { 1, "x" }) == Value(Value::List { 1, "x" }));
    QVERIFY(!(Value() == Value(false)));
}

void ValueTest::codesHaveTheirNames()
{
    QCOMPARE(name(Code::Ok), "ok");
    QCOMPARE(name(Code::InvalidArgument), "invalid_argument");
    QCOMPARE(name(Code::Unauthenticated), "unauthenticated");
    QCOMPARE(name(Code::Protocol), "protocol");
    QCOMPARE(name(Code(200)), "unknown");
    QCOMPARE(codeFromWire(7), Code::PermissionDenied);
    QCOMPARE(codeFromWire(18), Code::Protocol);
    QCOMPARE(codeFromWire(19), Code::Unknown);
    QCOMPARE(codeFromWire(255), Code::Unknown);
}

QTEST_APPLESS_MAIN(ValueTest)
#include "tst_value.moc"
