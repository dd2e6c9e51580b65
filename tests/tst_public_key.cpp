#include "core/public_key.h"
#include "tests/support/vectors.h"

#include <QTest>

using namespace hawser;

class TestPublicKey : public QObject {
    Q_OBJECT

private slots:
    void readsBytesAndHex();
    void writesSixWords();
    void refuses_data();
    void refuses();
    void refusesPoints_data();
    void refusesPoints();
    void aKnownKeyVouchesForNoOther();
    void isNobodyAtFirst();
    void comparesAndHashes();
};

void TestPublicKey::readsBytesAndHex()
{
    for (const QJsonObject &row : vectorRows("keys.json")) {
        const QString hex = row.value(QStringLiteral("key")).toString();
        const Result<PublicKey> fromBytes = PublicKey::fromBytes(hexOf(row, "key"));
        QVERIFY(fromBytes);
        QCOMPARE(fromBytes->hex(), hex);
        QCOMPARE(fromBytes->bytes(), hexOf(row, "key"));
        QCOMPARE(*PublicKey::fromHex(hex.toUpper()), *fromBytes);
        QVERIFY(!fromBytes->isNull());
    }
}

void TestPublicKey::writesSixWords()
{
    for (const QJsonObject &row : vectorRows("keys.json"))
        QCOMPARE(PublicKey::fromBytes(hexOf(row, "key"))->words(), row.value(QStringLiteral("words")).toString());
}

void TestPublicKey::refuses_data()
{
    const QString good = vectorRows("keys.json").first().value(QStringLiteral("key")).toString();
    QTest::addColumn<QString>("text");
    QTest::newRow("empty") << QString();
    QTest::newRow("one short") << good.chopped(1);
    QTest::newRow("one long") << good + u'0';
    QTest::newRow("31 bytes") << good.chopped(2);
    QTest::newRow("a letter that is no digit") << QString(good).replace(5, 1, u'g');
    QTest::newRow("a space inside") << QString(good).replace(5, 1, u' ');
    QTest::newRow("digits of another script") << QString(good).replace(5, 1, QChar(0x0663));
    QTest::newRow("a zero byte") << QString(good).replace(5, 1, QChar(0));
}

void TestPublicKey::refuses()
{
    QFETCH(QString, text);
    const Result<PublicKey> key = PublicKey::fromHex(text);
    QVERIFY(!key);
    QCOMPARE(key.error().code, Code::InvalidArgument);
    QVERIFY(!key.error().sentence.isEmpty());
}

void TestPublicKey::refusesPoints_data()
{
    QTest::addColumn<QByteArray>("hex");
    QTest::newRow("all zero") << QByteArray(64, '0');
    QTest::newRow("neutral element") << "01" + QByteArray(62, '0');
    QTest::newRow("order 2") << QByteArray("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
    QTest::newRow("order 8") << QByteArray("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
    QTest::newRow("not canonical") << QByteArray("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
    QTest::newRow("all ones") << QByteArray(64, 'f');
}

void TestPublicKey::refusesPoints()
{
    QFETCH(QByteArray, hex);
    QVERIFY(!PublicKey::fromBytes(QByteArray::fromHex(hex)));
    QVERIFY(!PublicKey::fromHex(QString::fromLatin1(hex)));
}

/// Keys that were checked are remembered by their first byte: another one with that byte is still checked.
void TestPublicKey::aKnownKeyVouchesForNoOther()
{
    const QByteArray good = hexOf(vectorRows("keys.json").first(), "key");
    int refused = 0;
    for (int byte = 0; byte < 256; ++byte) {
        QVERIFY(PublicKey::fromBytes(good));
        QByteArray other = good;
        other[1] = char(byte);
        refused += PublicKey::fromBytes(other) ? 0 : 1;
    }
    QVERIFY2(refused > 64, qPrintable(QString::number(refused))); // about half of all encodings are on the curve
}

void TestPublicKey::isNobodyAtFirst()
{
    QVERIFY(PublicKey().isNull());
    QCOMPARE(PublicKey().bytes(), QByteArray(32, '\0'));
}

void TestPublicKey::comparesAndHashes()
{
    const QList<QJsonObject> rows = vectorRows("keys.json");
    const PublicKey one = *PublicKey::fromBytes(hexOf(rows[0], "key")); // d7…
    const PublicKey other = *PublicKey::fromBytes(hexOf(rows[1], "key")); // 3d…
    QVERIFY(other < one);
    QVERIFY(one != other);
    const QHash<PublicKey, int> numbers { { one, 1 }, { other, 2 } };
    QCOMPARE(numbers.value(*PublicKey::fromHex(one.hex())), 1);
}

QTEST_GUILESS_MAIN(TestPublicKey)
#include "tst_public_key.moc"
