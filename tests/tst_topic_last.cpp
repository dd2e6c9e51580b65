#include "tests/support/code_of.h"
#include "tests/support/topichouse.h"

using namespace hawser;
using test::Answers;
using test::codeOf;
using test::Heard;
using test::TopicHouse;

/// The last value of each topic: a broker in this process with real clients over loopback TLS.
class tst_topic_last : public QObject {
    Q_OBJECT

private slots:
    void lastValuesComeFirst()
    {
        TopicHouse house;
        QVERIFY(house.open({ "ana", "bea" }));
        const auto ana = house.client("ana"), bea = house.client("bea");
        Publisher publisher(*ana);
        Answers answers(publisher);
        (void)publisher.publish("a.b", "old", Publisher::Keep::LastValue);
        (void)publisher.publish("a.b", "new", Publisher::Keep::LastValue);
        (void)publisher.publish("a.c", "never kept");
        (void)publisher.publish("a.large", QByteArray(60000, 'l'), Publisher::Keep::LastValue);
        (void)publisher.publish("a.gone", "x", Publisher::Keep::LastValue);
        (void)publisher.publish("a.gone", "", Publisher::Keep::LastValue);
        QVERIFY(answers.waitFor(6));
        QCOMPARE(house.counter("last_values_now"), 2u);

        Subscription with(*bea, "a.*", { .last = true }), without(*bea, "a.*");
        Heard heard(with), nothing(without);
        QTRY_VERIFY(with.isReady() && without.isReady());
        QCOMPARE(heard.messages, QStringList({ "a.b=new", "a.large=" + QString(20, 'l') }));
        QCOMPARE(heard.bytes, 60003);
        QCOMPARE(heard.kept, QList<bool>({ true, true }));
        QVERIFY(nothing.messages.isEmpty());
        (void)publisher.publish("a.b", "newer", Publisher::Keep::LastValue);
        QTRY_COMPARE(heard.messages.size(), 3);
        QCOMPARE(heard.kept.last(), false);
    }

    void lastValuesAreThereAfterARestart()
    {
        TopicHouse house;
        QVERIFY(house.open({ "admin", "ana", "bea" }));
        {
            const auto ana = house.client("ana"), bea = house.client("bea"), admin = house.client("admin");
            Publisher publisher(*ana), other(*bea);
            Answers answers(publisher), others(other);
            for (int i = 0; i < 200; ++i) // the newest counts
                (void)publisher.publish("a.b", QByteArray::number(i), Publisher::Keep::LastValue);
            (void)publisher.publish("a.large", QByteArray(60000, 'l'), Publisher::Keep::LastValue);
            (void)publisher.publish("a.gone", "x", Publisher::Keep::LastValue);
            (void)publisher.publish("a.c", "never kept");
            QVERIFY(answers.waitFor(203));
            (void)publisher.publish("a.gone", "", Publisher::Keep::LastValue);
            (void)other.publish("a.left", "by somebody who goes", Publisher::Keep::LastValue);
            QVERIFY(answers.waitFor(204) && others.waitFor(1));
            QVERIFY(answers.refused.isEmpty());
            QCOMPARE(house.counter("last_values_now"), 3u);
            QCOMPARE(codeOf(admin->start<contracts::Revoke>({}, { house.key("bea").hex() })), Code::Ok);
            QCOMPARE(house.counter("last_values_now"), 2u);
        }
        QVERIFY(house.restart());
        QCOMPARE(house.counter("last_values_now"), 2u);
        QCOMPARE(house.counter("last_value_bytes_now"), 60000u + 7 + 3 + 3);
        const auto ana = house.client("ana");
        Subscription with(*ana, "a.*", { .last = true });
        Heard heard(with);
        QTRY_VERIFY(with.isReady());
        QCOMPARE(heard.messages, QStringList({ "a.b=199", "a.large=" + QString(20, 'l') }));
        QCOMPARE(heard.kept, QList<bool>({ true, true }));
        QCOMPARE(heard.publishers, QList<PublicKey>({ house.key("ana"), house.key("ana") }));
    }

    /// A limit that became smaller holds for what is on disk too.
    void lastValuesAreBoundedAfterARestart()
    {
        TopicHouse house;
        QVERIFY(house.open({ "ana" }));
        {
            const auto ana = house.client("ana");
            Publisher publisher(*ana);
            Answers answers(publisher);
            for (int i = 0; i < 8; ++i)
                (void)publisher.publish(QStringLiteral("a.%1").arg(i), "x", Publisher::Keep::LastValue);
            QVERIFY(answers.waitFor(8));
        }
        broker::Config small;
        small.lastValues = 30; // three of one publisher
        QVERIFY(house.restart(small));
        QCOMPARE(house.counter("last_values_now"), 3u);
        QVERIFY(house.restart(broker::Config()));
        QCOMPARE(house.counter("last_values_now"), 3u);
    }

    /// A disk that cannot be written is told; what lives goes on.
    void lastValuesWithoutADisk()
    {
        TopicHouse house;
        QVERIFY(house.open({ "ana", "bea" }));
        house.stop();
        QFile file(house.folder() + "/topics.sqlite");
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        file.write(QByteArray(4096, 'n'));
        file.close();
        QVERIFY(house.restart());
        const auto ana = house.client("ana"), bea = house.client("bea");
        Subscription all(*bea, "a");
        Heard heard(all);
        QTRY_VERIFY(all.isReady());
        Publisher publisher(*ana);
        Answers answers(publisher);
        (void)publisher.publish("a", "live");
        QVERIFY(answers.waitFor(1));
        QVERIFY(answers.codes.isEmpty());
        (void)publisher.publish("a", "kept", Publisher::Keep::LastValue);
        QVERIFY(answers.waitFor(2));
        QCOMPARE(answers.codes, QList<Code>({ Code::DataLoss }));
        QVERIFY2(!answers.sentences.contains('/'), qPrintable(answers.sentences)); // no path for members
        QTRY_COMPARE(heard.messages, QStringList({ "a=live", "a=kept" }));
        Subscription later(*bea, "a", { .last = true });
        Heard heardLater(later);
        QTRY_VERIFY(later.isReady());
        QCOMPARE(heardLater.messages, QStringList({ "a=kept" }));
    }

    void lastValuesAreBounded() // U08
    {
        broker::Config config;
        config.lastValues = 30; // three of one publisher
        TopicHouse house(config);
        QVERIFY(house.open({ "ana", "bea" }));
        const auto ana = house.client("ana"), bea = house.client("bea");
        Publisher publisher(*ana);
        Answers answers(publisher);
        Subscription all(*bea, ">");
        Heard heard(all);
        QTRY_VERIFY(all.isReady());
        for (int i = 0; i < 100; ++i)
            (void)publisher.publish(QStringLiteral("a.%1").arg(i), "x", Publisher::Keep::LastValue);
        (void)publisher.publish("a.0", "again", Publisher::Keep::LastValue);
        (void)publisher.publish("a.1", QByteArray(65 * 1024, 'x'), Publisher::Keep::LastValue);
        QVERIFY(answers.waitFor(102));
        QCOMPARE(answers.refused, (QList<QPair<quint64, quint64>>({ { 4, 97 }, { 102, 1 } })));
        QCOMPARE(answers.codes.first(), Code::ResourceExhausted);
        QTRY_COMPARE(heard.messages, QStringList({ "a.0=x", "a.1=x", "a.2=x", "a.0=again" }));
        QCOMPARE(house.counter("last_values_now"), 3u);
    }
};

QTEST_GUILESS_MAIN(tst_topic_last)
#include "tst_topic_last.moc"
