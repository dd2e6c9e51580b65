#include "core/greeting.h"
#include "core/wire.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

using namespace hawser;

namespace {

QByteArray bytesOf(const QJsonObject &vector)
{
    return QByteArray::fromHex(vector["bytes"].toString().toLatin1());
}

quint64 number(const QJsonValue &json)
{
    return json.toVariant().toULongLong(); // beyond 2^53 the vectors write them as text
}

QStringList texts(const QJsonValue &json)
{
    QStringList list;
    for (const QJsonValue item : json.toArray())
        list += item.toString();
    return list;
}

/// What HELLO and WELCOME have in common.
template <typename Greeting>
void readCommon(Greeting &greeting, const QJsonObject &says)
{
    greeting.protocol = says["protocol"].toInt();
    greeting.features = texts(says["features"]);
    greeting.role = Role(says["role"].toInt());
    greeting.name = says["name"].toString();
    greeting.program = says["program"].toString();
    greeting.device = QByteArray::fromHex(says["device"].toString().toLatin1());
    greeting.session = QByteArray::fromHex(says["session"].toString().toLatin1());
    greeting.taken = number(says["taken"]);
    greeting.ping = quint32(number(says["ping"]));
    greeting.opens = number(says["opens"]);
}

Hello helloOf(const QJsonObject &says)
{
    Hello hello;
    readCommon(hello, says);
    hello.host = says["host"].toString();
    hello.link = QByteArray::fromHex(says["link"].toString().toLatin1());
    hello.connection = quint32(number(says["connection"]));
    hello.lane = quint32(number(says["lane"]));
    return hello;
}

Welcome welcomeOf(const QJsonObject &says)
{
    Welcome welcome;
    readCommon(welcome, says);
    welcome.standing = Standing(says["standing"].toInt());
    welcome.resumed = says["resumed"].toBool();
    return welcome;
}

} // namespace

class GreetingTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void readsHello_data() { rows("hello"); }
    void readsHello();
    void refusesHello_data() { rows("helloBad"); }
    void refusesHello();
    void readsWelcome_data() { rows("welcome"); }
    void readsWelcome();
    void refusesWelcome_data() { rows("welcomeBad"); }
    void refusesWelcome();
    void readsGoAway_data() { rows("goAway"); }
    void readsGoAway();
    void refusesGoAway_data() { rows("goAwayBad"); }
    void refusesGoAway();
    void refusesMoreThanAStrangersFrame();
    void cutsItsOwnTextsBetweenCharacters();
    void errorsAlwaysHaveASentence();

private:
    void rows(const char *part);
    QJsonObject m_vectors;
};

void GreetingTest::initTestCase()
{
    QFile file(QStringLiteral(HAWSER_TESTS "/vectors/greeting.json"));
    QVERIFY2(file.open(QIODevice::ReadOnly), qUtf8Printable(file.fileName()));
    m_vectors = QJsonDocument::fromJson(file.readAll()).object();
    QVERIFY(m_vectors["hello"].toArray().size() >= 9);
    QVERIFY(m_vectors["helloBad"].toArray().size() >= 40);
}

void GreetingTest::rows(const char *part)
{
    QTest::addColumn<QJsonObject>("vector");
    for (const QJsonValue vector : m_vectors[QLatin1String(part)].toArray())
        QTest::newRow(qUtf8Printable(vector["name"].toString())) << vector.toObject();
}

void GreetingTest::readsHello()
{
    QFETCH(QJsonObject, vector);
    const Result<Hello> read = decodeHello(bytesOf(vector));
    QVERIFY2(read, read ? "" : qUtf8Printable(read.error().sentence));
    const Hello says = helloOf(vector["says"].toObject());
    QCOMPARE(encode(toValue(*read)).toHex(), encode(toValue(says)).toHex());
    QCOMPARE(read->connection, says.connection);
    QCOMPARE(read->taken, says.taken);
    QCOMPARE(read->ping, says.ping);
    QCOMPARE(read->link, says.link);
    if (vector["written"].toBool())
        QCOMPARE(encodeHello(says).toHex(), bytesOf(vector).toHex());
}

void GreetingTest::refusesHello()
{
    QFETCH(QJsonObject, vector);
    const Result<Hello> read = decodeHello(bytesOf(vector));
    QVERIFY(!read);
    QCOMPARE(QString(name(read.error().code)), vector["code"].toString());
    QVERIFY(!read.error().sentence.isEmpty());
}

void GreetingTest::readsWelcome()
{
    QFETCH(QJsonObject, vector);
    const Result<Welcome> read = decodeWelcome(bytesOf(vector));
    QVERIFY2(read, read ? "" : qUtf8Printable(read.error().sentence));
    const Welcome says = welcomeOf(vector["says"].toObject());
    QCOMPARE(encode(toValue(*read)).toHex(), encode(toValue(says)).toHex());
    QCOMPARE(read->resumed, says.resumed);
    QCOMPARE(read->standing, says.standing);
    QCOMPARE(read->ping, says.ping);
    if (vector["written"].toBool())
        QCOMPARE(encodeWelcome(says).toHex(), bytesOf(vector).toHex());
}

void GreetingTest::refusesWelcome()
{
    QFETCH(QJsonObject, vector);
    const Result<Welcome> read = decodeWelcome(bytesOf(vector));
    QVERIFY(!read);
    QCOMPARE(QString(name(read.error().code)), vector["code"].toString());
}

void GreetingTest::readsGoAway()
{
    QFETCH(QJsonObject, vector);
    const Result<GoAway> read = decodeGoAway(bytesOf(vector));
    QVERIFY(read);
    const QJsonObject says = vector["says"].toObject();
    QCOMPARE(int(read->reason), says["reason"].toInt());
    QCOMPARE(quint64(read->retryAfter.count()), number(says["retryAfter"]));
    QCOMPARE(read->sentence, says["sentence"].toString());
    QCOMPARE(encodeGoAway(*read).toHex(), bytesOf(vector).toHex());
    const Error error = errorOf(*read);
    QCOMPARE(QString(name(error.code)), vector["code"].toString());
    QCOMPARE(error.origin, Origin::Peer);
    if (!read->sentence.isEmpty())
        QCOMPARE(error.sentence, read->sentence);
}

void GreetingTest::refusesGoAway()
{
    QFETCH(QJsonObject, vector);
    const Result<GoAway> read = decodeGoAway(bytesOf(vector));
    QVERIFY(!read);
    QCOMPARE(QString(name(read.error().code)), vector["code"].toString());
}

void GreetingTest::refusesMoreThanAStrangersFrame()
{
    // a list of 4096 nulls: 3 bytes of header
    const QByteArray bytes = QByteArray::fromHex("dc1000") + QByteArray(4096, '\xc0');
    QCOMPARE(decodeHello(bytes).error().code, Code::ResourceExhausted);
    QCOMPARE(decodeWelcome(bytes).error().code, Code::ResourceExhausted);
}

void GreetingTest::cutsItsOwnTextsBetweenCharacters()
{
    Hello hello;
    hello.device = hello.session = QByteArray(8, 'd');
    hello.link = QByteArray(16, 'l');
    hello.name = QString(300, u'a');
    hello.host = QString(200, u'ü');
    hello.program = QString(100, u'€');
    const Result<Hello> read = decodeHello(encodeHello(hello));
    QVERIFY2(read, read ? "" : qUtf8Printable(read.error().sentence));
    QCOMPARE(read->name, QString(256, u'a'));
    QCOMPARE(read->host, QString(128, u'ü'));
    QCOMPARE(read->program, QString(85, u'€'));

    const GoAway goAway { Leave::Busy, milliseconds(-5), QString(300, u'ü') };
    QCOMPARE(encodeGoAway(goAway).size(), 5 + 512);
    QCOMPARE(decodeGoAway(encodeGoAway(goAway))->retryAfter.count(), 0);
    QCOMPARE(
        decodeGoAway(encodeGoAway({ Leave::Busy, std::chrono::hours(24 * 365), {} }))->retryAfter.count(), 4294967295);
}

void GreetingTest::errorsAlwaysHaveASentence()
{
    for (int reason = 0; reason < 256; ++reason)
        QVERIFY(!errorOf({ Leave(reason), milliseconds(0), {} }).sentence.isEmpty());
}

QTEST_APPLESS_MAIN(GreetingTest)
#include "tst_greeting.moc"
