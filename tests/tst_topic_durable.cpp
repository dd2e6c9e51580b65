#include "tests/support/code_of.h"
#include "tests/support/topichouse.h"

#include <list>

using namespace hawser;
using test::Answers;
using test::codeOf;
using test::Heard;
using test::TopicHouse;
using test::withTopics;

namespace {

/// What keeps durable subscriptions, held by another program until it is let go.
class HeldStore {
public:
    explicit HeldStore(const TopicHouse &house)
    {
        const Database::Steps asItIs { {}, {} };
        auto opened = Database::open(house.folder() + QStringLiteral("/topics.sqlite"), asItIs);
        if (opened && (*opened)->run(QStringLiteral("BEGIN IMMEDIATE")))
            m_database = std::move(*opened);
    }
    bool isHeld() const { return m_database != nullptr; }
    bool letGo() { return bool(m_database->run(QStringLiteral("COMMIT"))); }
    QStringList subscriptions()
    {
        auto rows = m_database->run(QStringLiteral("SELECT name || ' ' || pattern FROM subscriptions ORDER BY name"));
        QStringList all;
        while (rows && rows->next())
            all << rows->value(0).toString();
        return all;
    }

private:
    std::unique_ptr<Database> m_database;
};

} // namespace

/// Durable subscriptions: a broker in this process with real clients over loopback TLS.
class tst_topic_durable : public QObject {
    Q_OBJECT

private slots:
    /// A member hears that it does not work; the path and what the database says are for the broker's log.
    void durableWithoutADatabase()
    {
        TopicHouse house;
        QVERIFY(house.open({ "bea" }));
        house.stop();
        QFile file(house.folder() + "/topics.sqlite");
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        file.write(QByteArray(4096, 'n'));
        file.close();
        QVERIFY(house.restart());
        const auto bea = house.client("bea");
        Subscription till(*bea, "a.*", { .durable = "till" });
        Heard heard(till);
        QTRY_VERIFY(heard.ended);
        QCOMPARE(heard.ended->code, Code::DataLoss);
        QVERIFY2(!heard.ended->sentence.contains('/'), qPrintable(heard.ended->sentence));
        QCOMPARE(codeOf(bea->start<contracts::ForgetSubscription>({}, { "till" })), Code::Unavailable); // who knows?
        QVERIFY(house.counter("topic_failures") > 0);
    }

    void durableLosesNothing()
    {
        TopicHouse house;
        QVERIFY(house.open({ "ana", "bea", "cara" }));
        const auto ana = house.client("ana");
        auto bea = house.client("bea");
        Publisher publisher(*ana);
        Answers answers(publisher);
        auto durable = std::make_unique<Subscription>(*bea, "orders.*", SubscribeOptions { .durable = "till" });
        auto heard = std::make_unique<Heard>(*durable);
        QTRY_VERIFY(durable->isReady());
        (void)publisher.publish("orders.a", "1");
        (void)publisher.publish("news", "no");
        (void)publisher.publish("orders.b", "2");
        QTRY_COMPARE(heard->messages, QStringList({ "orders.a=1", "orders.b=2" }));
        QCOMPARE(heard->numbers, QList<quint64>({ 1, 2 }));
        QTRY_COMPARE(house.counter("durable_messages_now"), 0u); // acknowledged by itself
        durable.reset();
        bea.reset();
        for (int i = 3; i <= 500; ++i) // while nobody reads
            (void)publisher.publish("orders.a", QByteArray::number(i));
        QVERIFY(answers.waitFor(501));
        QCOMPARE(house.counter("durable_messages_now"), 498u);

        QVERIFY(house.restart()); // and while the broker was away
        QTRY_COMPARE(house.counter("durable_messages_now"), 498u);
        bea = house.client("bea");
        durable = std::make_unique<Subscription>(
            *bea, "orders.*", SubscribeOptions { .durable = "till", .acknowledgeMyself = true });
        heard = std::make_unique<Heard>(*durable);
        QTRY_COMPARE(heard->messages.size(), 498);
        for (int i = 0; i < 498; ++i) {
            QCOMPARE(heard->messages[i], QStringLiteral("orders.a=%1").arg(i + 3));
            QCOMPARE(heard->numbers[i], quint64(i + 3));
            QCOMPARE(heard->publishers[i], house.key("ana"));
        }
        durable->acknowledge(100);
        durable->leave();
        QTRY_VERIFY(heard->ended);
        QCOMPARE(heard->ended->code, Code::Ok);
        QCOMPARE(house.counter("durable_messages_now"), 400u);

        durable = std::make_unique<Subscription>(*bea, "orders.*", SubscribeOptions { .durable = "till" });
        heard = std::make_unique<Heard>(*durable);
        QTRY_COMPARE(heard->messages.size(), 400);
        QCOMPARE(heard->numbers.first(), 101u);
        QCOMPARE(heard->missed, 0u);
        QTRY_COMPARE(house.counter("durable_messages_now"), 0u);

        // the same name of somebody else is another one
        const auto cara = house.client("cara");
        Subscription others(*cara, "orders.*", { .durable = "till" });
        Heard nothing(others);
        QTRY_VERIFY(others.isReady());
        QVERIFY(nothing.messages.isEmpty());
        Subscription conflict(*bea, "news", { .durable = "till" });
        Heard refused(conflict);
        QTRY_VERIFY(refused.ended);
        QCOMPARE(refused.ended->code, Code::Conflict);
        QCOMPARE(codeOf(bea->start<contracts::ForgetSubscription>({}, { "till" })), Code::Ok);
        QCOMPARE(codeOf(bea->start<contracts::ForgetSubscription>({}, { "till" })), Code::NotFound);
        QTRY_VERIFY(heard->ended);
        QCOMPARE(house.counter("durable_subscriptions_now"), 1u);
    }

    /// Each of them is refused, however many came at once; what needed no disk is not, and no subscriber hears of a gap.
    void whatCannotBeKeptIsRefusedAndMissedByNobody()
    {
        TopicHouse house;
        QVERIFY(house.open({ "ana", "bea" }));
        const auto ana = house.client("ana"), bea = house.client("bea");
        Subscription till(*bea, "a.*", { .durable = "till" });
        Heard heard(till);
        QTRY_VERIFY(till.isReady());
        auto beside = Database::open(house.folder() + "/topics.sqlite", Database::Steps { {}, {} });
        QVERIFY(beside
            && (*beside)->run("CREATE TRIGGER no BEFORE INSERT ON waiting BEGIN SELECT RAISE(ABORT, 'no'); END"));
        Publisher publisher(*ana);
        Answers answers(publisher);
        for (const char *topic : { "a.x", "a.x", "a.x", "live", "live", "a.y", "a.y" })
            (void)publisher.publish(topic, "lost?");
        QVERIFY(answers.waitFor(7));
        QSet<quint64> refused;
        for (const auto &[first, count] : answers.refused)
            for (quint64 number = first; number < first + count; ++number)
                refused << number;
        QCOMPARE(refused, QSet<quint64>({ 1, 2, 3, 6, 7 }));

        QVERIFY((*beside)->run("DROP TRIGGER no"));
        (void)publisher.publish("a.x", "kept");
        QTRY_COMPARE(heard.messages, QStringList { "a.x=kept" });
        QCOMPARE(heard.numbers, QList<quint64> { 1 });
        QCOMPARE(heard.missed, 0u);
    }

    void durableGapsAreTold()
    {
        TopicHouse house;
        QVERIFY(house.open({ "ana", "bea" }));
        const auto ana = house.client("ana"), bea = house.client("bea");
        Publisher publisher(*ana);
        Answers answers(publisher);
        auto durable = std::make_unique<Subscription>(*bea, "a.>", SubscribeOptions { .durable = "d" });
        QTRY_VERIFY(durable->isReady());
        durable.reset();
        QTRY_COMPARE(house.counter("topic_subscriptions_now"), 0u);
        const QByteArray large(1024 * 1024 - 100, 'x'); // 64 of them are the quota
        for (int i = 0; i < 70; ++i)
            (void)publisher.publish("a.b", large);
        QVERIFY(answers.waitFor(70, 30000));
        QCOMPARE(house.counter("durable_messages_now"), 64u);
        QCOMPARE(house.counter("durable_lost"), 6u);
        durable = std::make_unique<Subscription>(*bea, "a.>", SubscribeOptions { .durable = "d" });
        Heard heard(*durable);
        QTRY_COMPARE_WITH_TIMEOUT(heard.messages.size(), 64, 20000);
        QTRY_COMPARE(heard.missed, 6u); // also when nothing comes after it
        (void)publisher.publish("a.b", "again");
        QTRY_COMPARE(heard.messages.last(), "a.b=again");
        QCOMPARE(heard.numbers.last(), 71u);
    }

    /// Those that are not on disk yet count, too.
    void durablesOfOneAreBoundedWhileTheDiskWaits() // U05
    {
        TopicHouse house;
        QVERIFY(house.open({ "ana", "bea" }));
        const auto ana = house.client("ana"), bea = house.client("bea");
        HeldStore store(house);
        QVERIFY(store.isHeld());
        std::list<Subscription> many;
        std::list<Heard> heard;
        for (int i = 0; i < 30; ++i)
            heard.emplace_back(many.emplace_back(*bea, "a", SubscribeOptions { .durable = QString::number(i) }));
        QTRY_COMPARE(house.counter("topic_subscriptions_now") + house.counter("topic_refused"), 30u);
        Subscription anas(*ana, "a", SubscribeOptions { .durable = "0" }); // another's do not count
        QTRY_COMPARE(house.counter("topic_subscriptions_now") + house.counter("topic_refused"), 31u);
        QVERIFY(store.letGo());
        QTRY_VERIFY(anas.isReady());
        QTRY_COMPARE(std::count_if(many.begin(), many.end(), [](const auto &one) { return one.isReady(); }), 16);
        for (const Heard &each : heard)
            QVERIFY(!each.ended || each.ended->code == Code::ResourceExhausted);
        QCOMPARE(house.broker().status().hits[QStringLiteral("durable_subscriptions_per_user")].toInt(0), 14);
        QCOMPARE(store.subscriptions().size(), 17);
    }

    /// Two ask for one name before it is on disk.
    void durableOfOneNameHasOnePattern()
    {
        TopicHouse house;
        QVERIFY(house.open({ "bea" }));
        const auto one = house.client("bea"), two = house.client("bea");
        HeldStore store(house);
        QVERIFY(store.isHeld());
        Subscription first(*one, "a.>", { .durable = "same" });
        QTRY_COMPARE(house.counter("topic_subscriptions_now"), 1u);
        Subscription other(*two, "b.>", { .durable = "same" });
        QTRY_COMPARE(house.counter("topic_subscriptions_now"), 2u);
        Heard heard(other);
        QVERIFY(store.letGo());
        QTRY_VERIFY(first.isReady());
        QTRY_VERIFY(heard.ended);
        QCOMPARE(heard.ended->code, Code::Conflict);
        QCOMPARE(heard.ready, 0);
        QCOMPARE(store.subscriptions(), QStringList("same a.>"));
        Subscription again(*two, "a.>", { .durable = "same" });
        QTRY_VERIFY(again.isReady());
    }

    /// Nothing stays of a subscription that was to be written when its account, or it, was over.
    void durableOfWhoLeavesIsNotMade()
    {
        TopicHouse house;
        QVERIFY(house.open({ "admin", "ana", "bea" }));
        const auto admin = house.client("admin"), ana = house.client("ana"), bea = house.client("bea");
        HeldStore store(house);
        QVERIFY(store.isHeld());
        Subscription beas(*bea, "a", { .durable = "beas" });
        Subscription anas(*ana, "a", { .durable = "anas" });
        QTRY_COMPARE(house.counter("topic_subscriptions_now"), 2u);
        Heard heard(anas);
        QCOMPARE(codeOf(admin->start<contracts::Revoke>({}, { house.key("bea").hex() })), Code::Ok);
        QTRY_COMPARE(house.counter("topic_subscriptions_now"), 1u);
        Call *forget = ana->start<contracts::ForgetSubscription>({}, { "anas" });
        std::optional<bool> isForgotten;
        connect(forget, &Call::finished, this, [&](const Result<Payload> &done) { isForgotten = bool(done); });
        Subscription last(*admin, "a", { .durable = "admins" });
        QTRY_COMPARE(house.counter("topic_subscriptions_now"), 2u);
        QVERIFY(store.letGo());
        QTRY_VERIFY(last.isReady() && heard.ended && isForgotten);
        QVERIFY(*isForgotten);
        QCOMPARE(heard.ended->code, Code::NotFound);
        QCOMPARE(store.subscriptions(), QStringList("admins a"));
        QCOMPARE(house.counter("durable_subscriptions_now"), 1u);
    }

    /// What waits is judged again when it is delivered: the right of who said it, and of who reads it.
    void durableOfWhoLostTheRightIsNotDelivered() // U04
    {
        TopicHouse house;
        QVERIFY(house.open({ "admin", "ana", "bea" }));
        house.broker().apply(withTopics({ { "open.*" }, { "open.*" }, {}, {} }));
        const auto admin = house.client("admin"), ana = house.client("ana"), bea = house.client("bea");
        const auto grant = [&](const contracts::GrantTopics::Request &request) {
            return codeOf(admin->start<contracts::GrantTopics>({}, request)) == Code::Ok;
        };
        QVERIFY(grant({ house.key("ana").hex(), { "secret.*" }, {}, false }));
        QVERIFY(grant({ house.key("bea").hex(), {}, { "secret.*", "inner.*" }, false }));
        QVERIFY(grant({ house.key("admin").hex(), { "secret.*", "inner.*" }, {}, false }));
        auto durable = std::make_unique<Subscription>(*bea, ">", SubscribeOptions { .durable = "d" });
        QTRY_VERIFY(durable->isReady());
        durable.reset();
        QTRY_COMPARE(house.counter("topic_subscriptions_now"), 0u);

        Publisher anas(*ana), admins(*admin);
        Answers answers(anas), others(admins);
        (void)anas.publish("open.a", "1");
        (void)anas.publish("secret.a", "2");
        QVERIFY(answers.waitFor(2));
        (void)admins.publish("secret.a", "3");
        (void)admins.publish("inner.a", "4");
        QVERIFY(others.waitFor(2));
        QCOMPARE(house.counter("durable_messages_now"), 4u);
        QVERIFY(grant({ house.key("ana").hex(), { "secret.*" }, {}, true }));
        QVERIFY(grant({ house.key("bea").hex(), {}, { "inner.*" }, true }));

        durable = std::make_unique<Subscription>(*bea, ">", SubscribeOptions { .durable = "d" });
        Heard heard(*durable);
        (void)anas.publish("open.a", "5");
        QTRY_COMPARE(heard.messages.size() + qsizetype(heard.missed), 5);
        QCOMPARE(heard.messages, QStringList({ "open.a=1", "secret.a=3", "open.a=5" }));
        QCOMPARE(heard.numbers, QList<quint64>({ 1, 3, 5 }));
        QCOMPARE(heard.gaps, QList<qsizetype>({ 1, 2 }));
    }

    void durableCursors_data() // U09
    {
        QTest::addColumn<qint64>("after");
        QTest::addColumn<Code>("code");
        QTest::addColumn<quint64>("first");
        QTest::addColumn<quint64>("missed");
        QTest::newRow("its own") << qint64(5) << Code::Ok << quint64(6) << quint64(0);
        QTest::newRow("old") << qint64(2) << Code::Ok << quint64(6) << quint64(3);
        QTest::newRow("it knows better") << qint64(7) << Code::Ok << quint64(8) << quint64(0);
        QTest::newRow("future") << qint64(11) << Code::OutOfRange << quint64(0) << quint64(0);
        QTest::newRow("below zero") << qint64(-1) << Code::InvalidArgument << quint64(0) << quint64(0);
        QTest::newRow("largest") << std::numeric_limits<qint64>::max() << Code::OutOfRange << quint64(0) << quint64(0);
    }
    void durableCursors()
    {
        QFETCH(qint64, after);
        QFETCH(Code, code);
        QFETCH(quint64, first);
        QFETCH(quint64, missed);
        TopicHouse house;
        QVERIFY(house.open({ "ana", "bea" }));
        const auto ana = house.client("ana"), bea = house.client("bea");
        Publisher publisher(*ana);
        Answers answers(publisher);
        Subscription durable(*bea, "a", { .durable = "d", .acknowledgeMyself = true });
        Heard heard(durable);
        QTRY_VERIFY(durable.isReady());
        for (int i = 1; i <= 10; ++i)
            (void)publisher.publish("a", QByteArray::number(i));
        QTRY_COMPARE(heard.messages.size(), 10);
        durable.acknowledge(5);
        durable.leave();
        QTRY_VERIFY(heard.ended);

        CallOptions options;
        options.keepOpen = true;
        contracts::SubscribeTopics::Request request { "a", false, "d", after };
        Call *call = bea->start<contracts::SubscribeTopics>({}, request, options);
        QList<quint64> numbers;
        quint64 gap = 0;
        connect(call, &Channel::received, this, [&](const ChannelMessage &message) {
            const auto word = topic::decodeWord(message.bytes);
            if (const auto *told = std::get_if<topic::Gap>(&*word))
                gap += told->count;
            if (const auto *told = std::get_if<topic::Message>(&*word))
                numbers << *topic::decodeNumber(told->body);
        });
        if (code != Code::Ok) {
            QCOMPARE(codeOf(call), code);
            return;
        }
        QTRY_VERIFY(!numbers.isEmpty() && numbers.last() == 10);
        QCOMPARE(numbers.first(), first);
        QCOMPARE(gap, missed);
        call->sendBytes(topic::encodeNumber(11)); // what was never sent
        QCOMPARE(codeOf(call), Code::InvalidArgument);
    }

    void newerReaderTakesOver()
    {
        TopicHouse house;
        QVERIFY(house.open({ "bea" }));
        const auto one = house.client("bea"), two = house.client("bea");
        Subscription first(*one, "a", { .durable = "d" });
        Heard heard(first);
        QTRY_VERIFY(first.isReady());
        Subscription second(*two, "a", { .durable = "d" });
        QTRY_VERIFY(second.isReady());
        QTRY_VERIFY(heard.ended);
        QCOMPARE(heard.ended->code, Code::Aborted);
        Publisher publisher(*one);
        Heard later(second);
        (void)publisher.publish("a", "x");
        QTRY_COMPARE(later.messages, QStringList({ "a=x" }));
    }
};

QTEST_GUILESS_MAIN(tst_topic_durable)
#include "tst_topic_durable.moc"
