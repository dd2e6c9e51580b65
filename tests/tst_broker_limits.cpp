// What an administrator sets of the broker's limits is shown, and acts where it should.
#include "core/contracts/call_me.h"
#include "core/contracts/topics.h"
#include "core/number.h"
#include "support/code_of.h"
#include "support/linked.h"
#include "support/topichouse.h"

#include <QSignalSpy>
#include <QTest>

using namespace hawser;
using namespace hawser::broker;
using test::codeOf;
using test::Linked;
using test::TopicHouse;

namespace {

constexpr WallTime minute = 60 * 1000;
constexpr WallTime day = 24 * 60 * minute;

template <typename C>
Result<typename C::Reply> ask(Client &client, const typename C::Request &request)
{
    std::optional<Result<typename C::Reply>> answer;
    QObject context;
    client.call<C>({}, request, &context, [&answer](const Result<typename C::Reply> &reply) { answer = reply; });
    if (!QTest::qWaitFor([&] { return answer.has_value(); }))
        return Error { Code::DeadlineExceeded, QStringLiteral("no answer") };
    return *answer;
}

Knock knockOf(const PublicKey &broker, const QByteArray &nonce, const QString &address)
{
    Knock knock;
    knock.key = Identity::generate().key();
    knock.id = randomBytes(16);
    knock.address = address;
    knock.commitment = commitmentOf(nonce, knock.key, broker);
    return knock;
}

/// Two people of it; null: it did not work.
std::pair<std::unique_ptr<Client>, std::unique_ptr<Client>> both(TopicHouse &house)
{
    if (!house.open({ QStringLiteral("ana"), QStringLiteral("bea") }))
        return {};
    return { house.client(QStringLiteral("ana")), house.client(QStringLiteral("bea")) };
}

} // namespace

class TestBrokerLimits : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        auto database = Database::open(m_folder->filePath(QStringLiteral("broker.sqlite")), databaseSteps());
        QVERIFY(database);
        m_database = std::move(*database);
    }

    void statusShowsEveryLimit()
    {
        Config config;
        for (const Limit &limit : describe(config))
            *limit.value = limit.most;
        TopicHouse house(config);
        QVERIFY(house.open({ QStringLiteral("ana") }));
        const auto status = house.broker().status();
        for (const Limit &limit : describe(config)) {
            const Value *shown = status.limits.find(statusName(limit));
            QVERIFY2(shown, limit.name);
            QCOMPARE(shown->toInt(), limit.most);
        }
        for (const Value *map : { &status.used, &status.hits })
            for (const auto &[name, number] : map->map())
                QVERIFY2(status.limits.find(name), qUtf8Printable(name));
        QCOMPARE(status.used[u"accounts"].toInt(), 1);
    }

    void greetingsSayWhatWasSet()
    {
        Config config;
        config.links.pingSeconds = 77;
        config.links.openStreams = 33;
        TopicHouse house(config);
        QVERIFY(house.open({ QStringLiteral("ana") }));
        const auto ana = house.client(QStringLiteral("ana"));
        QVERIFY(ana);
        QCOMPARE(ana->welcome().ping, 77u);
        QCOMPARE(ana->welcome().opens, 33u);
    }

    void sessionsOfOneAreBounded()
    {
        Config config;
        config.sessionsPerUser = 2;
        TopicHouse house(config);
        QVERIFY(house.open({ QStringLiteral("ana") }));
        const auto first = house.client(QStringLiteral("ana"));
        const auto second = house.client(QStringLiteral("ana"));
        QVERIFY(first && second);
        const auto third = house.dial(QStringLiteral("ana"));
        QTRY_COMPARE(third->state(), Client::State::Waiting);
        QCOMPARE(third->lastError().sentence, QStringLiteral("too many programs of yours are connected"));
        const auto status = house.broker().status();
        QCOMPARE(status.used[u"sessions_per_user"].toInt(), 2);
        QVERIFY(status.hits[u"sessions_per_user"].toInt() >= 1);
    }

    void accountsAreBounded()
    {
        Accounts accounts(*m_database);
        accounts.setMost(1);
        Account account;
        account.key = Identity::generate().key();
        QVERIFY(accounts.admit(account));
        QVERIFY(accounts.admit(account)); // the same one again
        account.key = Identity::generate().key();
        QCOMPARE(codeOf(accounts.admit(account)), Code::ResourceExhausted);
        LimitUse use;
        accounts.report(use);
        QCOMPARE(use.now[u"accounts"].toInt(), 1);
        QCOMPARE(use.hits[u"accounts"].toInt(), 1);
    }

    void invitationsAreBounded()
    {
        Invitations invitations(*m_database);
        invitations.setMost(1);
        QVERIFY(invitations.make({ AccountKind::User, false, 1, day }));
        QCOMPARE(codeOf(invitations.make({ AccountKind::User, false, 1, day })), Code::ResourceExhausted);
        QVERIFY(invitations.expire(day));
        QVERIFY(invitations.make({ AccountKind::User, false, 1, 2 * day }));
    }

    void anInvitationWorksAsLongAsIsSet()
    {
        Config config;
        config.invitationHours = 3;
        TopicHouse house(config);
        QVERIFY(house.open({ QStringLiteral("admin") }));
        const auto admin = house.client(QStringLiteral("admin"));
        QVERIFY(admin);
        const WallTime before = QDateTime::currentMSecsSinceEpoch();
        QVERIFY(ask<contracts::Invite>(*admin, {}));
        auto database = Database::open(house.folder() + QStringLiteral("/broker.sqlite"), databaseSteps());
        QVERIFY(database);
        const WallTime lasts = *(*database)->number(QStringLiteral("SELECT until FROM invitations")) - before;
        QVERIFY(lasts >= 180 * minute && lasts < 181 * minute);
    }

    void requestsAreBounded()
    {
        const PublicKey own = Identity::generate().key();
        Requests requests(*m_database, own);
        requests.setLimits(
            { .waiting = 2, .perAddress = 1, .windowMinutes = 5, .unanswered = 2, .days = 1, .blocks = 1 });
        const QByteArray nonce = randomBytes(numberNonce);
        const auto knock = [&](int address, WallTime at) {
            const Knock one = knockOf(own, nonce, QStringLiteral("192.0.2.%1").arg(address));
            const auto answer = requests.answerTo(one, at, Instant(milliseconds(at)));
            return answer ? codeOf(requests.reveal(one, answer->nonce, nonce, at)) : answer.error().code;
        };
        QCOMPARE(knock(1, 0), Code::Ok);
        QCOMPARE(knock(1, 5 * minute - 1), Code::ResourceExhausted); // of one address
        QCOMPARE(knock(1, 5 * minute), Code::Ok);
        QCOMPARE(knock(2, 5 * minute), Code::ResourceExhausted); // two wait
        requests.expire(day);
        QCOMPARE(requests.all().size(), 1);
        requests.expire(day + 5 * minute);
        QCOMPARE(requests.all().size(), 0);
        const Instant later(milliseconds(2 * day));
        for (int i = 0; i < 2; ++i)
            QVERIFY(requests.answerTo(knockOf(own, nonce, QStringLiteral("192.0.2.%1").arg(10 + i)), 2 * day, later));
        QCOMPARE(codeOf(requests.answerTo(knockOf(own, nonce, QStringLiteral("192.0.2.20")), 2 * day, later)),
            Code::ResourceExhausted); // two have not shown their number
        LimitUse use;
        requests.report(use);
        QCOMPARE(use.hits[u"requests_waiting"].toInt(), 1);
        QCOMPARE(use.hits[u"requests_per_address"].toInt(), 1);
        QCOMPARE(use.hits[u"requests_unanswered"].toInt(), 1);
        QCOMPARE(use.now[u"requests_unanswered"].toInt(), 2);
    }

    void blocksAreListedAndLifted()
    {
        Config config;
        config.blocks = 2;
        TopicHouse house(config);
        QVERIFY(house.open({ QStringLiteral("admin") }));
        const QString key(64, QLatin1Char('a'));
        house.stop();
        {
            auto database = Database::open(house.folder() + QStringLiteral("/broker.sqlite"), databaseSteps());
            QVERIFY(database);
            Requests requests(**database, Identity::generate().key());
            requests.setLimits({ .blocks = 2 });
            const WallTime until = QDateTime::currentMSecsSinceEpoch() + day;
            QVERIFY(requests.block(key, until));
            QVERIFY(requests.block(QStringLiteral("192.0.2.7"), until));
            QVERIFY(requests.block(key, until + 1)); // longer
            QCOMPARE(codeOf(requests.block(QStringLiteral("192.0.2.8"), until)), Code::ResourceExhausted);
        }
        QVERIFY(house.restart());
        const auto admin = house.client(QStringLiteral("admin"));
        QVERIFY(admin);
        QCOMPARE(house.broker().status().used[u"blocks"].toInt(), 2);
        const auto listed = ask<contracts::BrokerBlocks>(*admin, {});
        QVERIFY(listed);
        QCOMPARE(listed->blocks.size(), 2);
        QCOMPARE(listed->blocks[0].what, QStringLiteral("192.0.2.7"));
        QVERIFY(listed->blocks[0].leftMs > quint64(day - minute) && listed->blocks[0].leftMs <= quint64(day));
        QVERIFY(!listed->more);
        const auto after = ask<contracts::BrokerBlocks>(*admin, { QStringLiteral("192.0.2.7") });
        QVERIFY(after);
        QCOMPARE(after->blocks.size(), 1);
        QCOMPARE(codeOf(ask<contracts::LiftBrokerBlock>(*admin, { QStringLiteral("aaaa") })), Code::NotFound);
        const auto lifted = ask<contracts::LiftBrokerBlock>(*admin, { key.left(8).toUpper() });
        QVERIFY(lifted);
        QCOMPARE(lifted->what, key);
        QVERIFY(ask<contracts::LiftBrokerBlock>(*admin, { QStringLiteral("192.0.2.7") }));
        QCOMPARE(codeOf(ask<contracts::LiftBrokerBlock>(*admin, { key })), Code::NotFound);
        house.stop(); // and on disk
        auto database = Database::open(house.folder() + QStringLiteral("/broker.sqlite"), databaseSteps());
        QVERIFY(database);
        QCOMPARE(*(*database)->number(QStringLiteral("SELECT COUNT(*) FROM blocks")), 0);
    }

    void whoIsNoAdministratorLiftsNothing()
    {
        TopicHouse house;
        QVERIFY(house.open({ QStringLiteral("ana") }));
        const auto ana = house.client(QStringLiteral("ana"));
        QVERIFY(ana);
        QCOMPARE(codeOf(ask<contracts::BrokerBlocks>(*ana, {})), Code::PermissionDenied);
        QCOMPARE(
            codeOf(ask<contracts::LiftBrokerBlock>(*ana, { QStringLiteral("192.0.2.7") })), Code::PermissionDenied);
    }

    void offersAreBounded()
    {
        Config config;
        config.commandsPerNode = 1;
        TopicHouse house(config);
        QVERIFY(house.open({ QStringLiteral("node") }));
        const auto node = house.client(QStringLiteral("node"));
        QVERIFY(node);
        CommandSpec spec;
        contracts::AnnounceOffer::Request offer;
        for (const char *name : { "a", "b" }) {
            spec.name = QLatin1String(name);
            offer.commands.push_back(specToValue(spec));
        }
        QCOMPARE(codeOf(ask<contracts::AnnounceOffer>(*node, offer)), Code::ResourceExhausted);
        offer.commands.pop_back();
        QVERIFY(ask<contracts::AnnounceOffer>(*node, offer));
        QCOMPARE(house.broker().status().hits[u"commands_per_node"].toInt(), 1);
    }

    void writingIsBounded()
    {
        Rates rates;
        rates.setLimits(2, 3);
        const Party session { Linked::keyOf(1), "device", "session" };
        const Instant at(seconds(1000));
        for (int i = 0; i < 3; ++i)
            QVERIFY(rates.take(session, at));
        QVERIFY(!rates.take(session, at));
        QVERIFY(rates.take(session, at + milliseconds(500)));
        QVERIFY(!rates.take(session, at + milliseconds(500)));
        Config config;
        config.writesAtOnce = 1;
        config.writesPerSecond = 1;
        TopicHouse house(config);
        QVERIFY(house.open({ QStringLiteral("ana") }));
        const auto ana = house.client(QStringLiteral("ana"));
        QVERIFY(ana);
        std::optional<Code> codes[3];
        for (auto &code : codes)
            ana->call<contracts::CallMe>({}, { QStringLiteral("Ana") }, ana.get(),
                [&code](const Result<contracts::CallMe::Reply> &reply) { code = codeOf(reply); });
        QTRY_VERIFY(codes[0] && codes[1] && codes[2]);
        QCOMPARE(*codes[0], Code::Ok);
        QCOMPARE(*codes[2], Code::ResourceExhausted);
        QVERIFY(house.broker().status().hits[u"writes_per_second"].toInt() >= 1);
    }

    void topicRightsAreBounded()
    {
        Config config;
        config.topicRightsPerAccount = 1;
        TopicHouse house(config);
        QVERIFY(house.open({ QStringLiteral("admin"), QStringLiteral("node") }));
        const auto admin = house.client(QStringLiteral("admin"));
        QVERIFY(admin);
        contracts::GrantTopics::Request grant;
        grant.who = house.key(QStringLiteral("node")).hex();
        grant.subscribe = QStringList { QStringLiteral("a"), QStringLiteral("b") };
        QCOMPARE(codeOf(ask<contracts::GrantTopics>(*admin, grant)), Code::ResourceExhausted);
        grant.subscribe.removeLast();
        QVERIFY(ask<contracts::GrantTopics>(*admin, grant));
    }

    void subscriptionsAreBounded()
    {
        Config config;
        config.subscriptions = 1;
        TopicHouse house(config);
        const auto [ana, bea] = both(house);
        QVERIFY(ana && bea);
        Subscription first(*ana, QStringLiteral("a"));
        test::Heard heard(first);
        QTRY_COMPARE(heard.ready, 1);
        Subscription second(*bea, QStringLiteral("a"));
        test::Heard refused(second);
        QTRY_VERIFY(refused.ended.has_value());
        QCOMPARE(refused.ended->code, Code::ResourceExhausted);
        const auto status = house.broker().status();
        QCOMPARE(status.used[u"subscriptions"].toInt(), 1);
        QCOMPARE(status.hits[u"subscriptions"].toInt(), 1);
    }

    void aSlowSubscriberHasItsTime_data()
    {
        QTest::addColumn<int>("patience");
        QTest::newRow("short") << 2;
        QTest::newRow("long") << 30;
    }

    void aSlowSubscriberHasItsTime()
    {
        QFETCH(int, patience);
        Config config;
        config.subscriberPatienceSeconds = patience;
        config.subscriberBehindSeconds = 600;
        config.subscriberSkippedSeconds = 100;
        Linked pair;
        OpenHead head;
        head.name = "x";
        Stream *stream = pair.dialler()->open(head, {});
        SubscriberCounters counters;
        TopicSubscriber subscriber(stream, config, counters, [] { return std::vector<BlockPointer>(); });
        const auto source = std::make_shared<TopicSource>();
        const auto offer = [&](Instant at) {
            BlockBuilder builder(nullptr);
            for (int i = 0; i < 20; ++i) // more than the first credit
                builder.add(source, {}, QByteArray(14000, 'x'));
            for (const BlockPointer &block : builder.take())
                subscriber.offer(block, at);
        };
        const Instant at(seconds(1000));
        offer(at);
        subscriber.tick(at + seconds(patience) - milliseconds(1));
        QCOMPARE(counters.skipped, 0u);
        subscriber.tick(at + seconds(patience));
        QCOMPARE(counters.skipped, 1u);
    }

    void aBrokerWithoutPatienceStopsAtOnce()
    {
        Config config;
        config.drainSeconds = 0;
        TopicHouse house(config);
        const auto [ana, bea] = both(house);
        QVERIFY(ana && bea);
        Commands waiting;
        std::shared_ptr<IncomingCall> held;
        CommandSpec spec;
        spec.name = QStringLiteral("wait");
        spec.streamClass = StreamClass::Talk;
        waiting.serveDynamic(
            spec, [&held](const Value &, std::shared_ptr<IncomingCall> call) { held = std::move(call); });
        bea->setCommands(&waiting);
        CallOptions options;
        options.streamClass = StreamClass::Talk;
        ana->call({ house.key(QStringLiteral("bea")), {}, {} }, spec.name, {}, options);
        QTRY_VERIFY(held);
        QSignalSpy drained(&house.broker(), &Broker::drained);
        const Instant begun = now();
        house.broker().drain();
        QTRY_COMPARE(drained.size(), 1);
        QVERIFY(now() - begun < seconds(5)); // the default has eight
        held.reset();
        bea->setCommands(nullptr);
    }

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Database> m_database;
};

QTEST_GUILESS_MAIN(TestBrokerLimits)
#include "tst_broker_limits.moc"
