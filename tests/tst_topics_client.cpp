// The client's end of topics, with a broker in this process that at first cannot.
#include "core/client.h"
#include "core/server.h"
#include "core/topics_client.h"
#include "tests/support/own_host.h"
#include "tests/support/topichouse.h"

#include <QSignalSpy>
#include <QTest>

using namespace hawser;
using contracts::PublishTopics;
using contracts::SubscribeTopics;

namespace {

Profile profile(Role role)
{
    return { role, QStringLiteral("somebody"), QStringLiteral("test 1"), {}, {}, {} };
}

/// Ends the first stream that somebody opens as `why`; the next ones are served.
struct House {
    Commands commands;
    Server server { Identity::generate(), profile(Role::Broker) };
    Client client { Identity::generate(), profile(Role::Person) };
    std::optional<Error> why =
        Error { Code::Unavailable, QStringLiteral("another program holds the database"), Begun::No };
    std::vector<std::shared_ptr<IncomingCall>> open;
    QByteArrayList published;

    House()
    {
        commands.serveChannel<SubscribeTopics>([this](const auto &, const std::shared_ptr<IncomingCall> &call) {
            if (serves(call))
                call->sendBytes(topic::encode(topic::Begin()));
        });
        commands.serveChannel<PublishTopics>([this](const auto &, const std::shared_ptr<IncomingCall> &call) {
            if (!serves(call))
                return;
            QObject::connect(call.get(), &Channel::received, &server, [this, call](const ChannelMessage &message) {
                const auto said = topic::decodePublished(message.bytes);
                if (said->said == topic::Said::Topic)
                    return;
                published << said->rest.toByteArray();
                call->sendBytes(topic::encode(topic::Taken { quint64(published.size()) }));
            });
        });
        server.setCommands(&commands);
        server.setDoor(Server::anybody);
        client.connectTo(*server.listen({ test::ownHost(), 0 }), server.key());
    }
    bool serves(const std::shared_ptr<IncomingCall> &call)
    {
        open.push_back(call);
        if (const auto failure = std::exchange(why, {}))
            call->fail(*failure);
        return open.size() > 1;
    }
};

} // namespace

class TestTopicsClient : public QObject {
    Q_OBJECT

private slots:
    void aSubscriptionThatCannotBeServedNowStandsLater()
    {
        House house;
        QSignalSpy links(&house.client, &Client::ready);
        Subscription orders(house.client, QStringLiteral("orders.*"), { .durable = QStringLiteral("till") });
        test::Heard heard(orders);
        QSignalSpy waits(&orders, &Subscription::waits);
        QTRY_VERIFY(orders.isReady());
        QCOMPARE(waits.size(), 1);
        QCOMPARE(waits.first().first().value<Error>().sentence, QStringLiteral("another program holds the database"));
        QCOMPARE(house.open.size(), size_t(2));
        QVERIFY(!heard.ended);
        QCOMPARE(links.size(), 1);
    }

    void aSubscriptionWhoseClientIsAwaySaysSoAndGoesOn()
    {
        House house;
        house.why.reset();
        house.open.push_back({}); // all are served
        Subscription orders(house.client, QStringLiteral("orders.*"));
        test::Heard heard(orders);
        QTRY_VERIFY(orders.isReady());
        QSignalSpy waits(&orders, &Subscription::waits);
        QSignalSpy ready(&orders, &Subscription::ready);
        QSignalSpy missed(&orders, &Subscription::missed);
        house.client.renew(); // a short cut stays silent
        QSignalSpy resumed(&house.client, &Client::resumed);
        QTRY_COMPARE(resumed.size(), 1);
        QVERIFY(waits.isEmpty());
        QVERIFY(ready.isEmpty());
        emit house.client.away();
        emit house.client.away();
        QCOMPARE(waits.size(), 1);
        emit house.client.resumed();
        QCOMPARE(ready.size(), 1);
        QCOMPARE(waits.size(), 1);
        QVERIFY(missed.isEmpty());
    }

    void aPublisherWhoseStreamEndedPublishesAgain()
    {
        House house;
        QSignalSpy links(&house.client, &Client::ready);
        Publisher publisher(house.client);
        QTRY_COMPARE(house.open.size(), size_t(2));
        const Result<quint64> number = publisher.publish(QStringLiteral("orders.a"), "one");
        QVERIFY(number);
        QTRY_COMPARE(publisher.takenUpTo(), *number);
        QCOMPARE(house.published, QByteArrayList { "one" });
        QCOMPARE(links.size(), 1);
    }
};

QTEST_GUILESS_MAIN(TestTopicsClient)
#include "tst_topics_client.moc"
