#include "core/wall_clock.h"
#include "tests/support/file_at.h"
#include "tests/support/topichouse.h"

using namespace hawser;
using test::Answers;
using test::TopicHouse;

namespace {

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

/// What waits until a date, at a broker in this process whose calendar is set.
class tst_topic_calendar : public QObject {
    Q_OBJECT

private slots:
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
};

QTEST_GUILESS_MAIN(tst_topic_calendar)
#include "tst_topic_calendar.moc"
