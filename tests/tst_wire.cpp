#include "core/limits.h"
#include "core/wire.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

using namespace hawser;

namespace {

QByteArray bytesOf(const QJsonValue &json)
{
    if (json.isString())
        return QByteArray::fromHex(json.toString().toLatin1());
    QByteArray bytes;
    for (const QJsonValue part : json.toArray())
        bytes += QByteArray::fromHex(part[0].toString().toLatin1()).repeated(part[1].toInt());
    return bytes;
}

Value valueOf(const QJsonValue &json)
{
    const QString type = json[0].toString();
    const QJsonValue content = json[1];
    if (type == "bool")
        return content.toBool();
    if (type == "int")
        return content.toString().toLongLong();
    if (type == "unsigned")
        return content.toString().toULongLong();
    if (type == "float")
        return content.toString().toDouble();
    if (type == "text")
        return content.toString();
    if (type == "bytes")
        return QByteArray::fromHex(content.toString().toLatin1());
    if (type == "list") {
        Value::List list;
        for (const QJsonValue item : content.toArray())
            list.push_back(valueOf(item));
        return list;
    }
    if (type == "map") {
        Value::Map map;
        for (const QJsonValue member : content.toArray())
            map.emplace_back(member[0].toString(), valueOf(member[1]));
        return map;
    }
    return {};
}

/// A line of /proc/self/status in KiB.
qint64 memory(const char *what)
{
    QFile status("/proc/self/status");
    if (!status.open(QIODevice::ReadOnly))
        return -1;
    for (const QByteArray &line : status.readAll().split('\n')) {
        if (line.startsWith(what))
            return line.mid(qstrlen(what)).simplified().split(' ').value(0).toLongLong();
    }
    return -1;
}

} // namespace

class WireTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void readsAndWrites_data() { rows("good"); }
    void readsAndWrites();
    void readsAtTheLimit_data() { rows("limits"); }
    void readsAtTheLimit();
    void refuses_data() { rows("bad"); }
    void refuses();
    void refusesEveryCut_data() { rows("good"); }
    void refusesEveryCut();
    void hostileLengthsTakeNoMemory();
    void readsAMapOf128Members();
    void refusesMoreThanAMessage();
    void writesNoHalfSurrogates();

private:
    void rows(const char *part);
    QJsonObject m_vectors;
};

void WireTest::initTestCase()
{
    QFile file(QStringLiteral(HAWSER_TESTS "/vectors/values.json"));
    QVERIFY2(file.open(QIODevice::ReadOnly), qUtf8Printable(file.fileName()));
    m_vectors = QJsonDocument::fromJson(file.readAll()).object();
    QVERIFY(m_vectors["good"].toArray().size() > 40);
    QVERIFY(m_vectors["bad"].toArray().size() > 50);
}

void WireTest::rows(const char *part)
{
    QTest::addColumn<QJsonObject>("vector");
    for (const QJsonValue vector : m_vectors[QLatin1String(part)].toArray())
        QTest::newRow(qUtf8Printable(vector["name"].toString())) << vector.toObject();
}

void WireTest::readsAndWrites()
{
    QFETCH(QJsonObject, vector);
    const QByteArray bytes = bytesOf(vector["bytes"]);
    const Value value = valueOf(vector["value"]);
    const Result<Value> read = decode(bytes);
    QVERIFY2(read, read ? "" : qUtf8Printable(read.error().sentence));
    QVERIFY(*read == value);
    QCOMPARE(int(read->kind()), int(value.kind()));
    if (!vector["also"].toBool())
        QCOMPARE(encode(value).toHex(), bytes.toHex());
}

void WireTest::readsAtTheLimit()
{
    QFETCH(QJsonObject, vector);
    const QByteArray bytes = bytesOf(vector["bytes"]);
    const Result<Value> read = decode(bytes);
    QVERIFY2(read, read ? "" : qUtf8Printable(read.error().sentence));
    QVERIFY(decode(encode(*read)));
}

void WireTest::refuses()
{
    QFETCH(QJsonObject, vector);
    const Result<Value> read = decode(bytesOf(vector["bytes"]));
    QVERIFY(!read);
    QCOMPARE(QString(name(read.error().code)), vector["code"].toString());
    QVERIFY(!read.error().sentence.isEmpty());
}

void WireTest::refusesEveryCut()
{
    QFETCH(QJsonObject, vector);
    const QByteArray bytes = bytesOf(vector["bytes"]);
    for (qsizetype length = 0; length < bytes.size(); ++length)
        QVERIFY2(!decode(bytes.left(length)), qPrintable(QString::number(length)));
    QVERIFY(!decode(bytes + '\xc0'));
}

void WireTest::hostileLengthsTakeNoMemory()
{
    const QJsonArray bad = m_vectors["bad"].toArray();
    QList<QByteArray> inputs;
    for (const QJsonValue vector : bad)
        inputs += bytesOf(vector["bytes"]);
    const qint64 peak = memory("VmPeak:");
    const qint64 resident = memory("VmHWM:");
    QVERIFY(peak > 0 && resident > 0);
    for (int round = 0; round < 20; ++round) {
        for (const QByteArray &input : inputs)
            QVERIFY(!decode(input));
    }
    QVERIFY2(memory("VmHWM:") - resident < 2 * 1024, qPrintable(QString::number(memory("VmHWM:") - resident)));
    QVERIFY2(memory("VmPeak:") - peak < 64 * 1024, qPrintable(QString::number(memory("VmPeak:") - peak)));
}

void WireTest::readsAMapOf128Members()
{
    QByteArray bytes = QByteArray::fromHex("de0080");
    for (int i = 0; i < 128; ++i)
        bytes += '\xa3' + QByteArray::number(100 + i) + char(i < 64 ? i : 1);
    const Result<Value> read = decode(bytes);
    QVERIFY(read);
    QCOMPARE(read->map().size(), size_t(128));
    QCOMPARE(read->operator[](u"163").toInt(), 63);
}

void WireTest::refusesMoreThanAMessage()
{
    const QByteArray body(limits::message, 'x');
    const Result<Value> read = decode(QByteArray::fromHex("c601000000") + body);
    QVERIFY(!read);
    QCOMPARE(read.error().code, Code::ResourceExhausted);
}

void WireTest::writesNoHalfSurrogates()
{
    const QByteArray bytes = encode(Value(QString(QChar(0xd800))));
    QCOMPARE(bytes.toHex(), QByteArray("a13f"));
}

QTEST_APPLESS_MAIN(WireTest)
#include "tst_wire.moc"
