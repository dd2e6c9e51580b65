#include "core/long_wait.h"

#include <QTest>

using namespace hawser;
using namespace std::chrono_literals;

class TestLongWait : public QObject {
    Q_OBJECT

private slots:
    void endsWhenTheWholeTimeIsOver();
    void isLongerThanATimerCounts();
    void endsWithItsContext();
};

/// Also when it looks at the clock between.
void TestLongWait::endsWhenTheWholeTimeIsOver()
{
    const Instant began = now();
    std::optional<Instant> ended;
    waitLong(
        this, 40ms, [&] { ended = now(); }, 1ms);
    QTRY_VERIFY(ended);
    QVERIFY(*ended - began >= 40ms);
}

void TestLongWait::isLongerThanATimerCounts()
{
    QTest::failOnWarning(QRegularExpression(".*")); // Qt's word about a time that is none
    QObject context;
    bool isOver = false;
    bool isMarkOver = false;
    for (const qint64 time : { qint64(30) * 24 * 3600 * 1000, (qint64(1) << 32) + 5 }) // as an int: below zero, 5
        waitLong(&context, milliseconds(time), [&] { isOver = true; });
    waitLong(&context, 50ms, [&] { isMarkOver = true; });
    QTRY_VERIFY(isMarkOver);
    QVERIFY(!isOver);
}

void TestLongWait::endsWithItsContext()
{
    auto context = std::make_unique<QObject>();
    bool isOver = false;
    bool isMarkOver = false;
    waitLong(context.get(), 1ms, [&] { isOver = true; });
    waitLong(this, 20ms, [&] { isMarkOver = true; });
    context.reset();
    QTRY_VERIFY(isMarkOver);
    QVERIFY(!isOver);
}

QTEST_GUILESS_MAIN(TestLongWait)
#include "tst_long_wait.moc"
