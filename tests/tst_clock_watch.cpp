#include "core/clock_watch.h"

#include <QTest>

using namespace hawser;
using namespace std::chrono_literals;

class TestClockWatch : public QObject {
    Q_OBJECT

private slots:
    void tellsARunningCalendarFromASetOne_data();
    void tellsARunningCalendarFromASetOne();
    void waitsForTheCalendarToBeSetRight();
    void takesManySmallStepsForCorrections();
    void doubtsACalendarThatIsFarFromTheOneBefore();
    void runs();
};

constexpr qint64 year2026 = 1'795'000'000'000; // ms

void TestClockWatch::tellsARunningCalendarFromASetOne_data()
{
    QTest::addColumn<qint64>("calendar"); // ms that it moves while ten seconds pass
    QTest::addColumn<bool>("steady");
    QTest::newRow("as it should") << qint64(10'000) << true;
    QTest::newRow("stands") << qint64(0) << true;
    QTest::newRow("an hour ahead") << qint64(10'000 + 3'600'000) << true;
    QTest::newRow("a little more") << qint64(10'000 + 3'600'001) << false;
    QTest::newRow("an hour back") << qint64(10'000 - 3'600'000) << true;
    QTest::newRow("a little more back") << qint64(10'000 - 3'600'001) << false;
    QTest::newRow("fifty years") << qint64(50) * 365 * 86'400'000 << false;
    QTest::newRow("to 1970") << -year2026 << false;
}

void TestClockWatch::tellsARunningCalendarFromASetOne()
{
    QFETCH(qint64, calendar);
    QFETCH(bool, steady);
    ClockWatch watch;
    QVERIFY(watch.look(5s, year2026).steady);
    const ClockWatch::Look look = watch.look(15s, year2026 + calendar);
    QCOMPARE(look.steady, steady);
    QCOMPARE(look.jumped.count(), steady ? 0 : calendar - 10'000);
}

void TestClockWatch::waitsForTheCalendarToBeSetRight()
{
    constexpr qint64 tenDays = 864'000'000;
    ClockWatch watch;
    QVERIFY(watch.look(0s, year2026).steady);
    QVERIFY(!watch.look(10s, year2026 + tenDays + 10'000).steady);
    QVERIFY(!watch.look(10min, year2026 + tenDays + 600'000).steady);
    const ClockWatch::Look back = watch.look(10min + 5s, year2026 + 605'000);
    QVERIFY2(!back.steady && !back.sure, "set right is set, too");
    QCOMPARE(back.jumped.count(), -tenDays);
    QVERIFY(!watch.look(20min, year2026 + 1'200'000).steady);
    QVERIFY(watch.look(20min + 5s, year2026 + 1'205'000).steady);
}

void TestClockWatch::takesManySmallStepsForCorrections()
{
    ClockWatch watch;
    for (int step = 0; step < 100; ++step)
        QVERIFY(watch.look(seconds(step), year2026 + step * 3'000'000LL).steady);
}

void TestClockWatch::doubtsACalendarThatIsFarFromTheOneBefore()
{
    for (const qint64 away : { qint64(3600001), qint64(-3600001), qint64(50) * 365 * 86400000 }) {
        ClockWatch watch;
        watch.setBefore(year2026);
        const ClockWatch::Look first = watch.look(5s, year2026 + away);
        QVERIFY(first.steady); // rights that ended while it was away have ended
        QVERIFY(!first.sure);
        QVERIFY(first.jumped == milliseconds(0)); // perhaps it was only away
        QVERIFY(!watch.look(10min, year2026 + away + 595'000).sure);
        QVERIFY(watch.look(10min + 5s, year2026 + away + 600'000).sure);
    }
    ClockWatch soon;
    soon.setBefore(year2026);
    QVERIFY(soon.look(5s, year2026 + 3'600'000).sure);
    QVERIFY(ClockWatch().look(5s, year2026).sure); // the first of all
}

void TestClockWatch::runs()
{
    const milliseconds before = runningTime();
    QVERIFY(before.count() > 0);
    QVERIFY(runningTime() >= before);
}

QTEST_GUILESS_MAIN(TestClockWatch)
#include "tst_clock_watch.moc"
