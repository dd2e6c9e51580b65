#include "tests/support/code_of.h"
#include "tests/support/topichouse.h"

#include <QElapsedTimer>

using namespace hawser;
using test::Answers;
using test::codeOf;
using test::Heard;
using test::TopicHouse;
using test::withTopics;

/// A broker in this process with real clients over loopback TLS: what is said to whoever listens.
class tst_topic_broker : public QObject {
    Q_OBJECT

private slots:
    void everybodyGetsWhatFits()
    {
        TopicHouse house;
        QVERIFY(house.open({ "ana", "bea" }));
        const auto ana = house.client("ana"), bea = house.client("bea");
        Publisher publisher(*ana);
        Subscription star(*bea, "metrics.*.cpu"), tail(*bea, "metrics.>"), other(*bea, "news.>");
        Heard heardStar(star), heardTail(tail), heardOther(other);
        QTRY_VERIFY(star.isReady() && tail.isReady() && other.isReady());

        Answers answers(publisher);
        QVERIFY(publisher.publish("metrics.h1.cpu", "1"));
        QVERIFY(publisher.publish("metrics.h1.memory", "2"));
        QVERIFY(publisher.publish("metrics.h2.cpu", QByteArray()));
        QCOMPARE(*publisher.publish("metrics", "4"), 4u);
        QVERIFY(answers.waitFor(4));
        QTRY_COMPARE(heardTail.messages, QStringList({ "metrics.h1.cpu=1", "metrics.h1.memory=2", "metrics.h2.cpu=" }));
        QTRY_COMPARE(heardStar.messages, QStringList({ "metrics.h1.cpu=1", "metrics.h2.cpu=" }));
        QVERIFY(heardOther.messages.isEmpty());
        QCOMPARE(heardStar.publishers.first(), house.key("ana"));
        QVERIFY(answers.refused.isEmpty());
        QCOMPARE(publisher.publish("metrics.*", "x").error().code, Code::InvalidArgument);
    }

    void slowSubscriberGetsAGapAndNobodyElseNotices()
    {
        TopicHouse house;
        QVERIFY(house.open({ "ana", "bea", "slow" }));
        const auto ana = house.client("ana"), bea = house.client("bea"), slow = house.client("slow");
        Subscription quick(*bea, "load"), stuck(*slow, "load");
        Heard heard(quick), late(stuck);
        QTRY_VERIFY(quick.isReady() && stuck.isReady());
        stuck.stream()->hold();

        Publisher publisher(*ana);
        constexpr int wanted = 20000;
        const QByteArray body(1000, 'm');
        int sent = 0;
        const auto pump = [&] {
            while (sent < wanted && publisher.room() > body.size() + 100)
                sent += bool(publisher.publish("load", QByteArray::number(sent) + '|' + body));
        };
        connect(&publisher, &Publisher::roomAvailable, this, pump);
        pump();
        QElapsedTimer since;
        since.start();
        QTRY_COMPARE_WITH_TIMEOUT(heard.messages.size(), wanted, 15000);
        QCOMPARE(heard.missed, 0u);
        QVERIFY(since.elapsed() < 10000); // a second of patience, once
        QVERIFY(house.counter("topic_skipped") >= 1);
        QVERIFY(late.messages.size() < wanted);
        QCOMPARE(late.gaps.size(), 0);

        stuck.stream()->resume();
        QTRY_COMPARE(late.messages.size() + qint64(late.missed), wanted);
        QVERIFY(late.missed > 0);
        for (qsizetype i = 0; i < late.gaps.first(); ++i) // what came before the gap is whole
            QVERIFY(late.messages[i].startsWith(QStringLiteral("load=%1|").arg(i)));
        (void)publisher.publish("load", "after");
        QTRY_COMPARE(late.messages.last(), "load=after");
    }

    void onlyWhatIsAllowedIsDelivered() // U01, U03
    {
        TopicHouse house(withTopics({ { ">" }, { "open.*", "more.>" }, { "m.>" }, {} }));
        QVERIFY(house.open({ "ana", "bea", "node" }));
        const auto ana = house.client("ana"), bea = house.client("bea"), node = house.client("node");
        Publisher publisher(*ana), machine(*node);
        Subscription all(*bea, ">"), secret(*bea, "secret.>"), overlapping(*bea, "*.a");
        Subscription machines(*node, "m.>");
        Heard heard(all), refused(secret), some(overlapping), heardMachines(machines);
        QTRY_VERIFY(all.isReady() && overlapping.isReady());
        QTRY_VERIFY(refused.ended && heardMachines.ended);
        QCOMPARE(refused.ended->code, Code::PermissionDenied);
        QCOMPARE(heardMachines.ended->code, Code::PermissionDenied);
        Answers answers(publisher), machineAnswers(machine);
        for (const char *topic : { "open.a", "open.a.b", "secret.a", "more.x.y", "other" })
            QVERIFY(publisher.publish(topic, "x"));
        (void)machine.publish("m.x", "x");
        (void)machine.publish("open.x", "x");
        QVERIFY(answers.waitFor(5) && machineAnswers.waitFor(2));
        QTRY_COMPARE(heard.messages, QStringList({ "open.a=x", "more.x.y=x" }));
        QCOMPARE(some.messages, QStringList({ "open.a=x" }));
        QCOMPARE(machineAnswers.codes, QList<Code>({ Code::PermissionDenied }));
        QCOMPARE(machineAnswers.refused.first(), qMakePair(quint64(2), quint64(1)));
    }

    void whatIsNoTopicIsRefused_data() // U02, U07
    {
        QTest::addColumn<QByteArray>("topic");
        QTest::addColumn<Code>("code");
        QTest::newRow("star") << QByteArray("a.*") << Code::InvalidArgument;
        QTest::newRow("tail") << QByteArray(">") << Code::InvalidArgument;
        QTest::newRow("dots") << QByteArray("a..b") << Code::InvalidArgument;
        QTest::newRow("empty") << QByteArray() << Code::InvalidArgument;
        QTest::newRow("line") << QByteArray("a\r\nPUB x 1") << Code::InvalidArgument;
        QTest::newRow("zero") << QByteArray("a\0b", 3) << Code::InvalidArgument;
        QTest::newRow("dollar") << QByteArray("$SYS.broker") << Code::InvalidArgument;
        QTest::newRow("long") << QByteArray(60000, 'a') << Code::InvalidArgument;
        QTest::newRow("deep") << QByteArrayList(10000, "a").join('.') << Code::InvalidArgument;
        QTest::newRow("the broker's") << QByteArray("hawser.presence.ana") << Code::PermissionDenied;
    }
    void whatIsNoTopicIsRefused()
    {
        QFETCH(QByteArray, topic);
        QFETCH(Code, code);
        TopicHouse house;
        QVERIFY(house.open({ "ana" }));
        const auto ana = house.client("ana");
        Subscription all(*ana, ">");
        Heard heard(all);
        QTRY_VERIFY(all.isReady());
        CallOptions options;
        options.keepOpen = true;
        Call *call = ana->start<contracts::PublishTopics>({}, {}, options); // by hand: Publisher would refuse it itself
        QByteArrayList answers;
        connect(
            call, &Channel::received, this, [&](const ChannelMessage &said) { answers << said.bytes.toByteArray(); });
        call->sendBytes(topic::encodeHead(topic::Said::Topic, 3) + topic);
        call->sendBytes(topic::encodeHead(topic::Said::Message, 3) + "one");
        call->sendBytes(topic::encodeHead(topic::Said::Last, 3) + "two");
        QTRY_COMPARE(answers.size(), 2);
        const auto refused = std::get<topic::Refused>(*topic::decodeAnswer(answers[0]));
        QCOMPARE(refused.why.code, code);
        QCOMPARE(refused.first, 1u);
        QCOMPARE(refused.count, 2u);
        QCOMPARE(std::get<topic::Taken>(*topic::decodeAnswer(answers[1])).count, 2u);
        QCOMPARE(house.counter("topic_messages"), 0u);
        QCOMPARE(house.counter("last_values_now"), 0u);

        Subscription same(*ana, QString::fromLatin1(topic.left(1000)));
        Heard end(same);
        const bool isPattern = topic == ">" || topic == "a.*";
        QTRY_VERIFY(isPattern ? same.isReady() : end.ended.has_value());
        if (!isPattern)
            QCOMPARE(end.ended->code, code);
        QVERIFY(heard.messages.isEmpty());
    }

    void brokenPublisherEnds_data()
    {
        QTest::addColumn<QByteArray>("message");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("short") << QByteArray("\x02\x00\x00", 3);
        QTest::newRow("kind") << QByteArray("\x09\x00\x00\x00\x00", 5);
        QTest::newRow("number that stands for nothing") << QByteArray("\x02\x00\x00\x00\x05x", 6);
        QTest::newRow("number too high") << QByteArray("\x01\x00\x00\x04\x00x", 6);
    }
    void brokenPublisherEnds()
    {
        QFETCH(QByteArray, message);
        TopicHouse house;
        QVERIFY(house.open({ "ana" }));
        const auto ana = house.client("ana");
        CallOptions options;
        options.keepOpen = true;
        Call *call = ana->start<contracts::PublishTopics>({}, {}, options);
        call->sendBytes(message);
        QCOMPARE(codeOf(call), Code::InvalidArgument);
        QCOMPARE(ana->state(), Client::State::Ready);
        QTRY_COMPARE(house.counter("topic_publishers_now"), 0u);
    }

    void revokingEndsIt() // U04
    {
        TopicHouse house(withTopics({ {}, { "open" }, {}, {} }));
        QVERIFY(house.open({ "admin", "bea" }));
        const auto admin = house.client("admin"), bea = house.client("bea");
        const auto grant = [&](const contracts::GrantTopics::Request &request) {
            std::optional<Result<contracts::GrantTopics::Reply>> reply;
            admin->call<contracts::GrantTopics>({}, request, this, [&](const auto &result) { reply = result; });
            return QTest::qWaitFor([&] { return reply.has_value(); }) && *reply;
        };
        Publisher publisher(*admin);
        Answers answers(publisher);
        (void)publisher.publish("secret.a", "too early");
        QVERIFY(answers.waitFor(1));
        QCOMPARE(answers.codes, QList<Code>({ Code::PermissionDenied }));
        QVERIFY(grant({ house.key("admin").hex(), { "secret.>", "open" }, {}, false }));
        QVERIFY(grant({ house.key("bea").hex(), {}, { "secret.*" }, false }));
        (void)publisher.publish("secret.a", "kept", Publisher::Keep::LastValue); // the same stream, the same number
        QVERIFY(answers.waitFor(2));
        QCOMPARE(answers.codes.size(), 1);

        Subscription narrow(*bea, "secret.a", { .last = true }), wide(*bea, ">");
        Heard heardNarrow(narrow), heardWide(wide);
        QTRY_VERIFY(narrow.isReady() && wide.isReady());
        QCOMPARE(heardNarrow.messages, QStringList({ "secret.a=kept" }));
        (void)publisher.publish("secret.a", "one");
        QTRY_COMPARE(heardWide.messages, QStringList({ "secret.a=one" }));

        QVERIFY(grant({ house.key("bea").hex(), {}, { "secret.*" }, true }));
        (void)publisher.publish("secret.a", "two");
        (void)publisher.publish("open", "three");
        QTRY_VERIFY(heardNarrow.ended);
        QCOMPARE(heardNarrow.ended->code, Code::PermissionDenied);
        QTRY_COMPARE(heardWide.messages, QStringList({ "secret.a=one", "open=three" }));
        QVERIFY(!heardWide.ended);

        // who may publish no more is heard no more, not even what was kept
        QVERIFY(grant({ house.key("bea").hex(), {}, { "secret.*" }, false }));
        QVERIFY(grant({ house.key("admin").hex(), { "secret.>" }, {}, true }));
        Subscription again(*bea, "secret.a", { .last = true });
        Heard heardAgain(again);
        QTRY_VERIFY(again.isReady());
        QVERIFY(heardAgain.messages.isEmpty());
        QVERIFY(!grant({ house.key("bea").hex(), { "hawser.>" }, {}, false }));
        QVERIFY(!grant({ house.key("bea").hex(), { "a b" }, {}, false }));

        // and a grant is there after a restart
        QVERIFY(house.restart());
        const auto later = house.client("bea");
        Subscription after(*later, "secret.x");
        QTRY_VERIFY(after.isReady());
    }

    void onlyAnAdministratorGrants()
    {
        TopicHouse house;
        QVERIFY(house.open({ "bea" }));
        const auto bea = house.client("bea");
        Call *call = bea->start<contracts::GrantTopics>({}, { house.key("bea").hex(), { "a" }, {}, false });
        QCOMPARE(codeOf(call), Code::PermissionDenied);
    }

    void subscriptionsAreCountedAndBounded() // U05
    {
        broker::Config config;
        config.subscriptionsPerSession = 20;
        config.subscriptionChangesPerSecond = 5;
        TopicHouse house(config);
        QVERIFY(house.open({ "ana" }));
        const auto ana = house.client("ana");
        std::vector<std::unique_ptr<Subscription>> many;
        for (int i = 0; i < 20; ++i)
            many.push_back(std::make_unique<Subscription>(*ana, QStringLiteral("a.%1").arg(i)));
        QTRY_VERIFY(std::all_of(many.begin(), many.end(), [](const auto &one) { return one->isReady(); }));
        Subscription tooMuch(*ana, "b");
        Heard heard(tooMuch);
        QTRY_VERIFY(heard.ended);
        QCOMPARE(heard.ended->code, Code::ResourceExhausted);
        many.pop_back();
        Subscription fits(*ana, "b");
        QTRY_VERIFY(fits.isReady());
        QCOMPARE(house.counter("topic_subscriptions_now"), 20u);
        many.clear();
        QTRY_COMPARE(house.counter("topic_subscriptions_now"), 1u);

        int refused = 0;
        for (int i = 0; i < 200; ++i) { // again and again: at some time it is too often
            CallOptions options;
            options.timeout = milliseconds(0);
            Call *call = ana->call({}, "topic.subscribe", Value(Value::Map { { "pattern", Value("c") } }), options);
            connect(call, &Call::finished, this, [&](const Result<Payload> &result) {
                refused += !result && result.error().code == Code::ResourceExhausted
                    && result.error().sentence.contains("too often");
            });
            connect(call, &Channel::received, call, [call] { call->cancel(); });
            if (i % 10 == 9)
                QCoreApplication::processEvents();
        }
        QTRY_VERIFY_WITH_TIMEOUT(refused > 0, 10000);
        QVERIFY(fits.isReady());
        QTRY_COMPARE(house.counter("topic_subscriptions_now"), 1u);
    }

    void largeMessagesGoToManyAtOnce() // U06
    {
        TopicHouse house;
        QVERIFY(house.open({ "ana", "bea" }));
        const auto ana = house.client("ana");
        std::vector<std::unique_ptr<Client>> clients;
        std::vector<std::unique_ptr<Subscription>> subscriptions;
        std::vector<std::unique_ptr<Heard>> heard;
        for (int i = 0; i < 12; ++i) {
            clients.push_back(house.client("bea"));
            subscriptions.push_back(std::make_unique<Subscription>(*clients.back(), "large"));
            heard.push_back(std::make_unique<Heard>(*subscriptions.back()));
        }
        QTRY_VERIFY(
            std::all_of(subscriptions.begin(), subscriptions.end(), [](const auto &one) { return one->isReady(); }));
        Publisher publisher(*ana);
        Answers answers(publisher);
        for (int i = 0; i < 6; ++i)
            (void)publisher.publish("large", QByteArray::number(i) + QByteArray(limits::topicMessage - 1, 'x'));
        QCOMPARE(publisher.publish("large", QByteArray(limits::topicMessage + 1, 'x')).error().code,
            Code::ResourceExhausted);
        QVERIFY(answers.waitFor(6));
        for (const auto &one : heard) {
            QTRY_COMPARE_WITH_TIMEOUT(one->messages.size(), 6, 15000);
            QCOMPARE(one->bytes, 6 * limits::topicMessage);
            for (int i = 0; i < 6; ++i)
                QVERIFY(one->messages[i].startsWith(QStringLiteral("large=%1xxx").arg(i)));
            QCOMPARE(one->missed, 0u);
        }
    }

    void moreTopicsThanNumbers()
    {
        TopicHouse house;
        QVERIFY(house.open({ "ana", "bea" }));
        const auto ana = house.client("ana"), bea = house.client("bea");
        Publisher publisher(*ana);
        Subscription all(*bea, "t.>");
        Heard heard(all);
        QTRY_VERIFY(all.isReady());
        constexpr int topics = 5000; // more than a publisher declares and a subscriber keeps
        for (int round = 0; round < 2; ++round)
            for (int i = 0; i < topics; ++i)
                (void)publisher.publish(QStringLiteral("t.%1").arg(i), QByteArray::number(i));
        QTRY_COMPARE_WITH_TIMEOUT(heard.messages.size(), 2 * topics, 15000);
        for (int i = 0; i < 2 * topics; ++i)
            QCOMPARE(heard.messages[i], QStringLiteral("t.%1=%1").arg(i % topics));
    }

    void publisherGoesInTheMiddle() // U09
    {
        TopicHouse house;
        QVERIFY(house.open({ "ana", "bea" }));
        auto ana = house.client("ana");
        const auto bea = house.client("bea");
        Subscription all(*bea, "burst");
        Heard heard(all);
        QTRY_VERIFY(all.isReady());
        auto publisher = std::make_unique<Publisher>(*ana);
        quint64 taken = 0;
        connect(publisher.get(), &Publisher::taken, this, [&](quint64 number) {
            if (std::exchange(taken, number) == 0)
                QMetaObject::invokeMethod(
                    this,
                    [&] {
                        publisher.reset();
                        ana.reset();
                    },
                    Qt::QueuedConnection);
        });
        for (int i = 0; i < 200; ++i)
            (void)publisher->publish("burst", QByteArray::number(i) + QByteArray(20000, '.'));
        QTRY_VERIFY(!ana);
        QTRY_COMPARE(house.counter("topic_publishers_now"), 0u);
        QTRY_VERIFY(quint64(heard.messages.size()) >= taken); // what the broker said it had
        QTRY_COMPARE(heard.messages.size(), int(house.counter("topic_messages")));
        for (int i = 0; i < heard.messages.size(); ++i)
            QVERIFY(heard.messages[i].startsWith(QStringLiteral("burst=%1.").arg(i)));
        QCOMPARE(heard.missed, 0u);
    }

    /// What waits in the broker for somebody slow, of somebody who may not say it any more.
    void liveOfWhoLostTheRightIsNotDelivered() // U04
    {
        TopicHouse house(withTopics({ { ">" }, { ">" }, { "load" }, {} }));
        QVERIFY(house.open({ "ana", "bea", "node" }));
        const auto ana = house.client("ana"), bea = house.client("bea"), node = house.client("node");
        Subscription slow(*bea, ">");
        Heard heard(slow);
        QTRY_VERIFY(slow.isReady());
        slow.stream()->hold();
        Publisher filler(*ana), machine(*node);
        Answers answers(filler), machineAnswers(machine);
        for (int i = 0; i < 4; ++i) // more than its credit
            (void)filler.publish("fill", QByteArray(100 * 1024, '.'));
        QVERIFY(answers.waitFor(4));
        (void)machine.publish("load", "x");
        QVERIFY(machineAnswers.waitFor(1));
        QCOMPARE(machineAnswers.codes.size(), 0);
        house.broker().apply(withTopics({ { ">" }, { ">" }, {}, {} }));
        slow.stream()->resume();
        QTRY_VERIFY(heard.messages.size() + qsizetype(heard.missed) >= 4);
        (void)filler.publish("end", "");
        QTRY_VERIFY(heard.messages.contains("end="));
        QVERIFY(!heard.messages.contains("load=x"));
    }

    void brokerComesBack()
    {
        TopicHouse house;
        QVERIFY(house.open({ "ana", "bea" }));
        const auto ana = house.client("ana"), bea = house.client("bea");
        Publisher publisher(*ana);
        Answers answers(publisher);
        Subscription all(*bea, "a");
        Heard heard(all);
        QTRY_VERIFY(all.isReady());
        house.stop();
        QTRY_VERIFY(!all.isReady() && !publisher.isReady());
        QCOMPARE(publisher.publish("a", "x").error().code, Code::Unavailable);
        QVERIFY(house.restart());
        ana->retryNow();
        bea->retryNow();
        QTRY_VERIFY_WITH_TIMEOUT(all.isReady() && publisher.isReady(), 10000);
        QCOMPARE(heard.gaps.size(), 1); // what was missed nobody knows
        QCOMPARE(heard.missed, 0u);
        (void)publisher.publish("a", "y");
        QTRY_COMPARE(heard.messages, QStringList({ "a=y" }));
    }
};

QTEST_GUILESS_MAIN(tst_topic_broker)
#include "tst_topic_broker.moc"
