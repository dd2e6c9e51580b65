#include "core/number.h"
#include "tests/support/vectors.h"

#include <QTest>

using namespace hawser;

namespace {

PublicKey keyOf(const QJsonObject &row, const char *member)
{
    return *PublicKey::fromBytes(hexOf(row, member));
}

} // namespace

class TestNumber : public QObject {
    Q_OBJECT

private slots:
    void agreesWithTheVectors();
    void opensOnlyWhatWasCommitted();
    void dependsOnWhoAsks();
    void showsASpace();
    void reads_data();
    void reads();
};

void TestNumber::agreesWithTheVectors()
{
    for (const QJsonObject &row : vectorRows("number.json")) {
        const PublicKey asker = keyOf(row, "asker");
        const PublicKey decider = keyOf(row, "decider");
        QCOMPARE(commitmentOf(hexOf(row, "nonce_asker"), asker, decider), hexOf(row, "commitment"));
        QCOMPARE(compareNumber(asker, decider, hexOf(row, "nonce_asker"), hexOf(row, "nonce_decider")),
            row.value(QStringLiteral("number")).toString());
    }
}

void TestNumber::opensOnlyWhatWasCommitted()
{
    const QJsonObject row = vectorRows("number.json").first();
    const PublicKey asker = keyOf(row, "asker");
    const PublicKey decider = keyOf(row, "decider");
    const QByteArray nonce = hexOf(row, "nonce_asker");
    const QByteArray commitment = hexOf(row, "commitment");
    QVERIFY(opensCommitment(commitment, nonce, asker, decider));
    QVERIFY(!opensCommitment(commitment, nonce, decider, asker));
    QVERIFY(!opensCommitment(commitment, QByteArray(32, '\1'), asker, decider));
    QVERIFY(!opensCommitment(commitment, nonce.chopped(1), asker, decider));
    QVERIFY(!opensCommitment(commitment, nonce + '\0', asker, decider));
    QVERIFY(!opensCommitment(commitment.chopped(1), nonce, asker, decider));
    QVERIFY(!opensCommitment({}, {}, asker, decider));
}

void TestNumber::dependsOnWhoAsks()
{
    const QList<QJsonObject> rows = vectorRows("number.json");
    QCOMPARE(rows[0].value(QStringLiteral("asker")), rows[1].value(QStringLiteral("decider")));
    QVERIFY(rows[0].value(QStringLiteral("number")) != rows[1].value(QStringLiteral("number")));
}

void TestNumber::showsASpace()
{
    QCOMPARE(showNumber(QStringLiteral("739204")), QStringLiteral("739 204"));
    QCOMPARE(showNumber(QStringLiteral("000608")), QStringLiteral("000 608"));
}

void TestNumber::reads_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("number");
    QTest::newRow("plain") << QStringLiteral("739204") << QStringLiteral("739204");
    QTest::newRow("as shown") << QStringLiteral("739 204") << QStringLiteral("739204");
    QTest::newRow("spaces around") << QStringLiteral("  000 608\n") << QStringLiteral("000608");
    QTest::newRow("no-break space") << QStringLiteral("739\u00a0204") << QStringLiteral("739204");
    QTest::newRow("empty") << QString() << QString();
    QTest::newRow("five") << QStringLiteral("73920") << QString();
    QTest::newRow("seven") << QStringLiteral("7392041") << QString();
    QTest::newRow("space elsewhere") << QStringLiteral("73 9204") << QString();
    QTest::newRow("two spaces") << QStringLiteral("739  204") << QString();
    QTest::newRow("a letter") << QStringLiteral("73920O") << QString();
    QTest::newRow("a sign") << QStringLiteral("-39204") << QString();
    QTest::newRow("other digits") << QStringLiteral("٧٣٩٢٠٤") << QString();
}

void TestNumber::reads()
{
    QFETCH(QString, text);
    QFETCH(QString, number);
    const std::optional<QString> read = readNumber(text);
    QCOMPARE(read.has_value(), !number.isEmpty());
    QCOMPARE(read.value_or(QString()), number);
}

QTEST_GUILESS_MAIN(TestNumber)
#include "tst_number.moc"
