#include "core/wall_clock.h"
#include "tests/support/code_of.h"
#include "tests/support/file_at.h"
#include "tests/support/topichouse.h"

#include <QElapsedTimer>
#include <list>

using namespace hawser;
using test::codeOf;
using test::Heard;
using test::TopicHouse;

namespace {

/// Waits until all that was published is dealt with; what was refused, in between.
struct Answers {
    explicit Answers(Publisher &publisher) : publisher(publisher)
    {
        QObject::connect(
            &publisher, &Publisher::refused, &context, [this](quint64 first, quint64 count, const Error &why) {
                sentences += why.sentence;
                refused << qMakePair(first, count);
                codes << why.code;
            });
    }
    bool waitFor(quint64 number, int ms = 10000)
    {
        return QTest::qWaitFor([&] { return publisher.takenUpTo() >= number; }, ms);
    }
    Publisher &publisher;
    QObject context;
    QList<QPair<quint64, quint64>> refused;
    QList<Code> codes;
    QString sentences;
};

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

broker::Config withTopics(const broker::TopicDefaults &topics)
{
    broker::Config config;
    config.topics = topics;
    return config;
}

/// One message waits for Bea's durable subscription; both have gone.
bool leaveOneForBea(TopicHouse &house)
{
    const auto ana = house.client("ana"), bea = house.client("bea");
    Subscription durable(*bea, "a", { .durable = "d" });
    if (!QTest::qWaitFor([&] { return durable.isReady(); }))
        return false;
    Publisher publisher(*ana);
    Answers answers(publisher);
    (void)publisher.publish("a", "x");
    return answers.waitFor(1);
}

} // namespace

/// A broker in this process with real clients over loopback TLS.
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

    /// What waits for days goes when they have passed, not when the calendar was set.
    void durableOutlivesAJumpOfTheCalendar() // P10
    {
        using std::chrono::days, std::chrono::hours;
        TopicHouse house;
        QVERIFY(house.open({ "ana", "bea" }));
        QVERIFY(leaveOneForBea(house));
        const auto ana = house.client("ana");
        qint64 wall = wallClock();
        milliseconds running = runningTime();
        int looks = 0;
        const auto look = [&](milliseconds calendar, milliseconds passed) {
            wall += calendar.count();
            running += passed;
            house.broker().keepHouse(wall, running);
            const QString fresh = QString::number(++looks); // made when all that was to be done is done
            {
                Subscription after(*ana, "b", { .durable = fresh });
                QTRY_VERIFY(after.isReady());
            }
            QTRY_COMPARE(house.counter("topic_subscriptions_now"), 0u);
        };
        look(hours(2), hours(2));
        look(days(365), hours(2));
        look(-days(365), hours(2));
        QCOMPARE(house.counter("durable_messages_now"), 1u);
        QCOMPARE(house.counter("durable_subscriptions_now"), 4u);
        look(days(8), days(8)); // slept, or just on
        QTRY_COMPARE(house.counter("durable_messages_now"), 0u);
        QCOMPARE(house.counter("durable_subscriptions_now"), 5u);
        look(days(31), days(31));
        QTRY_COMPARE(house.counter("durable_subscriptions_now"), 1u);
    }

    /// A broker that starts on another date than it stopped waits until somebody could have set it right. Rights end all the same.
    void durableOutlivesAStartOnAnotherDate() // P10
    {
        using std::chrono::hours, std::chrono::minutes;
        TopicHouse house;
        QVERIFY(house.open({ "ana", "bea" }));
        QVERIFY(leaveOneForBea(house));
        const quint64 users = house.broker().status().users;
        house.stop();
        {
            const auto store = Database::open(house.folder() + QStringLiteral("/topics.sqlite"), { {}, {} });
            QVERIFY(store && (*store)->run(QStringLiteral("UPDATE messages SET at = 0"))); // too old by this calendar
            const auto accounts =
                Database::open(house.folder() + QStringLiteral("/broker.sqlite"), broker::databaseSteps());
            QVERIFY(accounts
                && (*accounts)->run(
                    QStringLiteral("UPDATE accounts SET until = 1 WHERE key = ?"), { house.key("ana").bytes() }));
            QVERIFY((*accounts)->run(QStringLiteral("INSERT INTO invitations VALUES (x'01', 0, 0, 1, 1)")));
            QVERIFY((*accounts)->run(QStringLiteral("INSERT INTO promises VALUES (x'01', ?, 'r', x'', x'', 1)"),
                { house.key("bea").bytes() }));
        }
        const auto waiting = [&] { // invitations and requests
            const auto accounts =
                Database::open(house.folder() + QStringLiteral("/broker.sqlite"), broker::databaseSteps());
            const Result<qint64> count = (*accounts)->number(QStringLiteral(
                "SELECT (SELECT count(*) FROM invitations WHERE hash = x'01') + (SELECT count(*) FROM promises)"));
            return count ? *count : -1;
        };
        QFile calendar(house.folder() + QStringLiteral("/calendar"));
        QVERIFY(calendar.open(QIODevice::ReadWrite));
        QVERIFY(qAbs(calendar.readAll().toLongLong() - wallClock()) < milliseconds(hours(1)).count()); // it was noted
        const QByteArray before = QByteArray::number(wallClock() - milliseconds(hours(2)).count());
        QVERIFY(calendar.resize(0) && calendar.seek(0) && calendar.write(before) > 0 && calendar.flush());
        QVERIFY(house.restart());
        QCOMPARE(house.broker().status().users, users - 1);
        const auto bea = house.client("bea");
        const auto messages = [&](const char *fresh) { // when all that was to be done is done
            Subscription after(*bea, "b", { .durable = QString::fromLatin1(fresh) });
            return QTest::qWaitFor([&] { return after.isReady(); }) ? int(house.counter("durable_messages_now")) : -1;
        };
        QCOMPARE(messages("one"), 1);
        QCOMPARE(waiting(), 2);
        QCOMPARE(test::contentOf(calendar.fileName()), before);
        house.broker().keepHouse(wallClock() + milliseconds(minutes(11)).count(), runningTime() + minutes(11));
        QCOMPARE(messages("two"), 0);
        QCOMPARE(waiting(), 0);
        QVERIFY(test::contentOf(calendar.fileName()) != before);
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
