#include "core/location.h"
#include "tests/support/vectors.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

using namespace hawser;

namespace {

const QString key = QStringLiteral("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
const QString secret = QStringLiteral("AAECAwQFBgcICQoLDA0ODw"); // 00 01 … 0f

void put(const QString &path, const QByteArray &bytes)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
        qFatal("cannot prepare the test");
}

Location location(const char *name, const char *address)
{
    return { QString::fromLatin1(name), *Address::parse(QString::fromLatin1(address)), *PublicKey::fromHex(key) };
}

} // namespace

class TestLocation : public QObject {
    Q_OBJECT

private slots:
    void readsAddresses_data();
    void readsAddresses();
    void refusesAddresses_data();
    void refusesAddresses();
    void readsAnInvitation();
    void refusesInvitations_data();
    void refusesInvitations();
    void namesLocations();
    void keepsLocations();
    void leavesOutDamagedOnes();
    void knowsTheDefault();
};

void TestLocation::readsAddresses_data()
{
    QTest::addColumn<QString>("host");
    QTest::addColumn<int>("port");
    QTest::addColumn<QString>("text");
    const auto row = [](const char *from, const char *host, int port, const char *text) {
        QTest::newRow(from) << QString::fromLatin1(host) << port << QString::fromLatin1(text);
    };
    row("example.org", "example.org", 4780, "example.org:4780");
    row("Example.ORG:99", "example.org", 99, "example.org:99");
    row(" example.org:1\n", "example.org", 1, "example.org:1");
    row("example.org:65535", "example.org", 65535, "example.org:65535");
    row("localhost", "localhost", 4780, "localhost:4780");
    row("my_host", "my_host", 4780, "my_host:4780");
    row("192.0.2.7:4781", "192.0.2.7", 4781, "192.0.2.7:4781");
    row("[2001:db8::7]:99", "2001:db8::7", 99, "[2001:db8::7]:99");
    row("[2001:db8::7]", "2001:db8::7", 4780, "[2001:db8::7]:4780");
    row("2001:DB8:0:0::7", "2001:db8::7", 4780, "[2001:db8::7]:4780");
    row("::1", "::1", 4780, "[::1]:4780");
    row("[fe80::1%eth0]:80", "fe80::1%eth0", 80, "[fe80::1%eth0]:80");
}

void TestLocation::readsAddresses()
{
    QFETCH(QString, host);
    QFETCH(int, port);
    QFETCH(QString, text);
    const Result<Address> address = Address::parse(QString::fromLatin1(QTest::currentDataTag()));
    QVERIFY2(address, address ? "" : address.error().sentence.toUtf8().constData());
    QCOMPARE(address->host, host);
    QCOMPARE(int(address->port), port);
    QCOMPARE(address->text(), text);
    QCOMPARE(*Address::parse(address->text()), *address);
}

void TestLocation::refusesAddresses_data()
{
    QTest::addColumn<QString>("text");
    QTest::newRow("empty") << QString();
    QTest::newRow("only a port") << QStringLiteral(":4780");
    QTest::newRow("no port after the colon") << QStringLiteral("host:");
    QTest::newRow("port 0") << QStringLiteral("host:0");
    QTest::newRow("port 65536") << QStringLiteral("host:65536");
    QTest::newRow("a long port") << QStringLiteral("host:000080");
    QTest::newRow("a sign") << QStringLiteral("host:+80");
    QTest::newRow("letters") << QStringLiteral("host:http");
    QTest::newRow("a web address") << QStringLiteral("https://example.org");
    QTest::newRow("a user") << QStringLiteral("me@example.org");
    QTest::newRow("a path") << QStringLiteral("example.org/x");
    QTest::newRow("a space inside") << QStringLiteral("exam ple.org");
    QTest::newRow("256") << QStringLiteral("192.0.2.256");
    QTest::newRow("three numbers") << QStringLiteral("192.0.2");
    QTest::newRow("octal") << QStringLiteral("192.0.2.07");
    QTest::newRow("not IPv6") << QStringLiteral("12345::1");
    QTest::newRow("open bracket") << QStringLiteral("[::1");
    QTest::newRow("text after the bracket") << QStringLiteral("[::1]x");
    QTest::newRow("no port after the bracket") << QStringLiteral("[::1]:");
    QTest::newRow("a name in brackets") << QStringLiteral("[example.org]:1");
    QTest::newRow("a zone that is no name") << QStringLiteral("fe80::1%eth0]:47 80");
    QTest::newRow("IPv4 in brackets") << QStringLiteral("[192.0.2.7]:1");
    QTest::newRow("a dash in front") << QStringLiteral("-host");
    QTest::newRow("two dots") << QStringLiteral("a..b");
    QTest::newRow("a long label") << QString(64, u'a');
    QTest::newRow("a long name") << QStringLiteral("a.").repeated(130) + u'b';
    QTest::newRow("a zero byte") << QStringLiteral("host") + QChar(0);
    QTest::newRow("a control") << QStringLiteral("ho\x1bst");
}

void TestLocation::refusesAddresses()
{
    QFETCH(QString, text);
    const Result<Address> address = Address::parse(text);
    QVERIFY(!address);
    QCOMPARE(address.error().code, Code::InvalidArgument);
    QVERIFY(!address.error().sentence.isEmpty());
}

void TestLocation::readsAnInvitation()
{
    const QString text = QStringLiteral("hawser:join/1/") + key + QStringLiteral("@[2001:db8::7]:4780/") + secret;
    const Result<Invitation> invitation = Invitation::parse(QStringLiteral(" ") + text + QStringLiteral("\r\n"));
    QVERIFY2(invitation, invitation ? "" : invitation.error().sentence.toUtf8().constData());
    QCOMPARE(invitation->key.hex(), key);
    QCOMPARE(invitation->address, (Address { QStringLiteral("2001:db8::7"), 4780 }));
    QCOMPARE(invitation->secret, QByteArray::fromHex("000102030405060708090a0b0c0d0e0f"));
    QCOMPARE(invitation->text(), text);
    QVERIFY(Invitation::parse(QString(text).replace(0, 6, QStringLiteral("HAWSER"))));
}

void TestLocation::refusesInvitations_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("says");
    const QString good = QStringLiteral("hawser:join/1/") + key + QStringLiteral("@example.org:4780/") + secret;
    const auto row = [](const char *name, const QString &text, const char *says) {
        QTest::newRow(name) << text << QString::fromLatin1(says);
    };
    row("empty", {}, "not a Hawser link");
    row("a web link", QStringLiteral("https://example.org/x"), "not a Hawser link");
    row("another kind", QString(good).replace(u"join"_qs, u"contact"_qs), "not an invitation");
    row("another version", QString(good).replace(u"/1/"_qs, u"/2/"_qs), "another version");
    row("nothing after", QStringLiteral("hawser:"), "not an invitation");
    row("cut off in the key", good.left(40), "damaged");
    row("cut off in the secret", good.chopped(1), "damaged");
    row("a letter more", good + u'A', "damaged");
    row("one more part", good + u"/x"_qs, "damaged");
    row("padding", good + u"=="_qs, "damaged");
    row("bits beyond the end", good.chopped(1) + u'x', "damaged");
    row("plain base64", good.chopped(2) + u"+w"_qs, "damaged");
    row("short key", QString(good).replace(key, key.chopped(2)), "64 hex digits");
    row("a key nobody has", QString(good).replace(key, QString(64, u'0')), "not a key");
    row("no port", QString(good).replace(u":4780"_qs, QString()), "no port");
    row("port 0", QString(good).replace(u":4780"_qs, u":0"_qs), "65535");
    row("no host", QString(good).replace(u"example.org"_qs, QString()), "no host");
    row("a query", good + u"?x=1"_qs, "damaged");
    row("two at signs", QString(good).replace(u"@"_qs, u"@x@"_qs), "damaged");
    row("an inner newline", QString(good).replace(u"@"_qs, u"@\n"_qs), "damaged");
}

void TestLocation::refusesInvitations()
{
    QFETCH(QString, text);
    QFETCH(QString, says);
    const Result<Invitation> invitation = Invitation::parse(text);
    QVERIFY(!invitation);
    QCOMPARE(invitation.error().code, Code::InvalidArgument);
    QVERIFY2(invitation.error().sentence.contains(says), invitation.error().sentence.toUtf8().constData());
}

void TestLocation::namesLocations()
{
    for (const char *name : { "home", "a", "A-b_c.d", "9", "-x" })
        QVERIFY2(isLocationName(QString::fromLatin1(name)), name);
    QVERIFY(isLocationName(QString(64, u'a')));
    QVERIFY(!isLocationName(QString(65, u'a')));
    for (const char *name : { "", ".", "..", ".hidden", "a/b", "a b", "a\n", "\xfc" })
        QVERIFY2(!isLocationName(QString::fromLatin1(name)), name);
    QVERIFY(!isLocationName(QStringLiteral("a") + QChar(0)));
}

void TestLocation::keepsLocations()
{
    QTemporaryDir folder;
    Locations locations(folder.path());
    QVERIFY(locations.all().isEmpty());
    const Location home = location("home", "[::1]:99");
    QVERIFY(locations.save(home));
    QVERIFY(locations.save(location("work", "example.org")));
    QCOMPARE(*Locations(folder.path()).find(QStringLiteral("home")), home);
    QCOMPARE(locations.all(), QList<Location>({ home, location("work", "example.org") }));

    QFile file(folder.filePath(QStringLiteral("locations/home/broker.pub")));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), key.toLatin1() + '\n');
    QFile address(folder.filePath(QStringLiteral("locations/home/address")));
    QVERIFY(address.open(QIODevice::ReadOnly));
    QCOMPARE(address.readAll(), QByteArray("[::1]:99\n"));

    QVERIFY(locations.save(location("home", "192.0.2.1")));
    QCOMPARE(locations.find(QStringLiteral("home"))->address.host, QStringLiteral("192.0.2.1"));
    QVERIFY(locations.remove(QStringLiteral("home")));
    QCOMPARE(locations.find(QStringLiteral("home")).error().code, Code::NotFound);
    QCOMPARE(locations.remove(QStringLiteral("home")).error().code, Code::NotFound);
    QCOMPARE(locations.save(location("../x", "a")).error().code, Code::InvalidArgument);
    QCOMPARE(locations.find(QStringLiteral("..")).error().code, Code::NotFound);
}

void TestLocation::leavesOutDamagedOnes()
{
    QTemporaryDir folder;
    Locations locations(folder.path());
    QVERIFY(locations.save(location("good", "example.org")));
    QVERIFY(locations.save(location("bad", "example.org")));
    put(folder.filePath(QStringLiteral("locations/bad/broker.pub")), QByteArray(64, '0') + '\n');
    QCOMPARE(locations.find(QStringLiteral("bad")).error().code, Code::DataLoss);
    QCOMPARE(locations.all(), QList<Location>({ location("good", "example.org") }));
    QVERIFY(locations.save(location("bad", "example.org")));
    put(folder.filePath(QStringLiteral("locations/bad/address")), QByteArray(600, 'a'));
    QCOMPARE(locations.find(QStringLiteral("bad")).error().code, Code::DataLoss);
}

void TestLocation::knowsTheDefault()
{
    QTemporaryDir folder;
    Locations locations(folder.path());
    QCOMPARE(locations.defaultLocation().error().code, Code::NotFound);
    QVERIFY(locations.save(location("home", "a")));
    QCOMPARE(locations.defaultLocation()->name, QStringLiteral("home"));
    QVERIFY(locations.save(location("work", "b")));
    QCOMPARE(locations.defaultLocation().error().code, Code::NotFound);
    QCOMPARE(locations.setDefault(QStringLiteral("none")).error().code, Code::NotFound);
    QVERIFY(locations.setDefault(QStringLiteral("work")));
    QCOMPARE(Locations(folder.path()).defaultLocation()->name, QStringLiteral("work"));
}

QTEST_GUILESS_MAIN(TestLocation)
#include "tst_location.moc"
