#include "brokerd/config.h"
#include "brokerd/options.h"
#include "support/limit_checks.h"

#include <QTemporaryDir>
#include <QTest>

using namespace hawser;
using namespace hawser::broker;

class TestBrokerConfig : public QObject {
    Q_OBJECT

private slots:
    void emptyIsTheDefault();
    void everyKeyIsRead();
    void exampleIsTheDefault();
    void everyLimitIsReadAndChecked();
    void everyLimitIsDocumented();
    void noTwoLimitsHaveOneName();
    void mistakeNamesFileAndLine_data();
    void mistakeNamesFileAndLine();
    void missingFileIsNotFound();
    void times_data();
    void times();
};

void TestBrokerConfig::emptyIsTheDefault()
{
    for (const char *text : { "", "# nothing\n", "\n\n", "\r\n" }) {
        const Result<Config> config = parseConfig(text, QStringLiteral("f"));
        QVERIFY(config);
        QCOMPARE(*config, Config());
    }
    QCOMPARE(Config().listen.size(), 2);
    QCOMPARE(Config().listen[0].text(), QStringLiteral("0.0.0.0:4780"));
    QCOMPARE(Config().listen[1].text(), QStringLiteral("[::]:4780"));
}

void TestBrokerConfig::everyKeyIsRead()
{
    const Result<Config> config = parseConfig("name = 'home'\r\nlisten = ['127.0.0.1:0', '[::1]:4790']\n"
                                              "address = \"home.example.net\"\n[limits]\nsessions_per_user = "
                                              "3\nresume_seconds = 30\naway_seconds = 2\nsuspended_megabytes = 7\n"
                                              "requests_waiting = 20\nrequests_per_address = 4\n"
                                              "subscriptions_per_session = 5\nsubscriptions = 6\nlast_values = 7\n"
                                              "last_values_megabytes = 8\ndurable_subscriptions = 9\n"
                                              "durable_subscriptions_per_user = 10\ndurable_messages = 11\n"
                                              "durable_megabytes = 12\ndurable_message_days = 13\n"
                                              "[topics]\npeople_publish = ['a.>', 'b']\npeople_subscribe = []\n"
                                              "machines_publish = ['m.*']\nmachines_subscribe = ['jobs.>']\n"
                                              "[mailbox]\nitems = 5\nbytes = 6\nsender_items = 7\nsender_bytes = 8\n"
                                              "item_bytes = 9\ndays = 2\ntries = 3\ndevices = 4\n",
        QStringLiteral("f"));
    QVERIFY(config);
    QCOMPARE(config->name, QStringLiteral("home"));
    QCOMPARE(config->listen[0].port, quint16(0));
    QCOMPARE(config->listen[1].text(), QStringLiteral("[::1]:4790"));
    QCOMPARE(config->address->text(), QStringLiteral("home.example.net:4780"));
    QCOMPARE(config->sessionsPerUser, 3);
    QCOMPARE(config->requestsWaiting, 20);
    QCOMPARE(config->requestsPerAddress, 4);
    QCOMPARE(config->links.resumeSeconds, 30);
    QCOMPARE(config->links.awaySeconds, 2);
    QCOMPARE(config->suspendedMegabytes, 7);
    QCOMPARE(config->mailbox, (MailboxLimits { 5, 6, 7, 8, 9, 172'800'000, 3, 4 }));
    QCOMPARE(config->subscriptionsPerSession, 5);
    QCOMPARE(config->subscriptions, 6);
    QCOMPARE(config->lastValues, 7);
    QCOMPARE(config->lastValuesMegabytes, 8);
    QCOMPARE(config->durableSubscriptions, 9);
    QCOMPARE(config->durablePerUser, 10);
    QCOMPARE(config->durableMessages, 11);
    QCOMPARE(config->durableMegabytes, 12);
    QCOMPARE(config->durableDays, 13);
    QCOMPARE(config->topics, (TopicDefaults { { "a.>", "b" }, {}, { "m.*" }, { "jobs.>" } }));
}

void TestBrokerConfig::exampleIsTheDefault()
{
    Result<Config> config = loadConfig(QStringLiteral(HAWSER_TESTS "/../resources/examples/brokerd.toml"));
    QVERIFY2(config, config ? "" : qUtf8Printable(config.error().sentence));
    QCOMPARE(config->name, QStringLiteral("home"));
    config->name.clear();
    QCOMPARE(config->address->text(), QStringLiteral("home.example.net:4780"));
    config->address.reset();
    QCOMPARE(*config, Config());
}

void TestBrokerConfig::everyLimitIsReadAndChecked()
{
    QCOMPARE(test::wrongLimits(parseConfig), QString());
}

void TestBrokerConfig::everyLimitIsDocumented()
{
    Config config;
    QCOMPARE(test::wrongDocument(QStringLiteral("hawser-brokerd"), describe(config)), QString());
}

/// In `status` they stand in one map, which holds 128 at most.
void TestBrokerConfig::noTwoLimitsHaveOneName()
{
    Config config;
    QStringList names;
    for (const Limit &limit : describe(config))
        names << statusName(limit);
    QCOMPARE(names.removeDuplicates(), 0);
    QVERIFY(names.size() < int(limits::mapItems) - 16);
}

void TestBrokerConfig::mistakeNamesFileAndLine_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("where");
    QTest::newRow("unknown") << QByteArray("name = 'x'\n\nlisen = []\n") << QStringLiteral("f:3: ");
    QTest::newRow("unknown in table") << QByteArray("[limits]\nfoo = 1\n") << QStringLiteral("f:2: ");
    QTest::newRow("duplicate") << QByteArray("name = 'x'\nname = 'y'\n") << QStringLiteral("f:2: ");
    QTest::newRow("no pattern") << QByteArray("[topics]\npeople_publish = ['a b']\n") << QStringLiteral("f:2: ");
    QTest::newRow("the broker's topics") << QByteArray("[topics]\npeople_publish = ['a',\n 'hawser.>']\n")
                                         << QStringLiteral("f:3: ");
    QTest::newRow("pattern no list") << QByteArray("[topics]\nmachines_publish = 'a'\n") << QStringLiteral("f:2: ");
    QTest::newRow("no TOML") << QByteArray("name = 'x'\nname\n") << QStringLiteral("f:2: ");
    QTest::newRow("wrong type") << QByteArray("name = 3\n") << QStringLiteral("f:1: ");
    QTest::newRow("long name") << QByteArray("name = '" + QByteArray(65, 'x') + "'\n") << QStringLiteral("f:1: ");
    QTest::newRow("no list") << QByteArray("listen = '0.0.0.0'\n") << QStringLiteral("f:1: ");
    QTest::newRow("nothing to listen at") << QByteArray("listen = []\n") << QStringLiteral("f:1: ");
    QTest::newRow("no address") << QByteArray("\nlisten = ['a:b:c:9999999']\n") << QStringLiteral("f:2: ");
    QTest::newRow("overflow") << QByteArray("[limits]\nsessions_per_user = 99999999999999999999\n")
                              << QStringLiteral("f:2: ");
    QTest::newRow("too small") << QByteArray("[limits]\nsessions_per_user = 0\n") << QStringLiteral("f:2: ");
    QTest::newRow("no item fits") << QByteArray("[mailbox]\nitem_bytes = 0\n") << QStringLiteral("f:2: ");
    QTest::newRow("for ever") << QByteArray("[mailbox]\n\ndays = 366\n") << QStringLiteral("f:3: ");
    QTest::newRow("NUL") << QByteArray("name = 'x'\n\0", 12) << QStringLiteral("f:2: ");
    QTest::newRow("deep") << QByteArray("name = " + QByteArray(100000, '[')) << QStringLiteral("f:1: ");
}

void TestBrokerConfig::mistakeNamesFileAndLine()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, where);
    const Result<Config> config = parseConfig(text, QStringLiteral("f"));
    QVERIFY(!config);
    QCOMPARE(config.error().code, Code::InvalidArgument);
    QVERIFY2(config.error().sentence.startsWith(where), config.error().sentence.toUtf8().constData());
}

void TestBrokerConfig::missingFileIsNotFound()
{
    const QTemporaryDir folder;
    const Result<Config> config = loadConfigOrDefault(folder.filePath(QStringLiteral("none.toml")));
    QVERIFY(!config);
    QCOMPARE(config.error().code, Code::NotFound);
}

void TestBrokerConfig::times_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<quint64>("ms"); // 0: refused
    QTest::newRow("seconds") << QStringLiteral("90") << quint64(90000);
    QTest::newRow("s") << QStringLiteral("90s") << quint64(90000);
    QTest::newRow("m") << QStringLiteral("10m") << quint64(600000);
    QTest::newRow("h") << QStringLiteral("2h") << quint64(7200000);
    QTest::newRow("d") << QStringLiteral("30d") << quint64(2592000000);
    for (const char *bad : { "", "0", "-1", "d", "1w", "1.5h", "99999999999999d", "18446744073709551616" })
        QTest::newRow(bad) << QString::fromLatin1(bad) << quint64(0);
}

void TestBrokerConfig::times()
{
    QFETCH(QString, text);
    QFETCH(quint64, ms);
    const Result<quint64> time = readTime(text);
    QCOMPARE(bool(time), ms > 0);
    if (time)
        QCOMPARE(*time, ms);
}

QTEST_GUILESS_MAIN(TestBrokerConfig)
#include "tst_broker_config.moc"
