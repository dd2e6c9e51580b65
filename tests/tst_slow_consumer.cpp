#include "core/connection.h"
#include "support/framesink.h"

#include <QSignalSpy>
#include <QTest>

using namespace hawser;

/// Takes limits::noProgress of real time, so it runs with the long tests.
class TestSlowConsumer : public QObject {
    Q_OBJECT

private slots:
    void whoDoesNotReadIsClosed()
    {
        auto [mine, theirs] = Connection::pair({}, {});
        RecordingSink sink;
        Error why;
        connect(mine.get(), &Connection::closed, this, [&](const Error &error) { why = error; });
        QSignalSpy ready(mine.get(), &Connection::encrypted);
        QVERIFY(ready.wait());
        mine->setSink(&sink);
        sink.sayFrame("nobody reads this"); // `theirs` has no sink
        const Instant began = now();
        QTRY_COMPARE_WITH_TIMEOUT(why.code, Code::ResourceExhausted, 20'000);
        QVERIFY(now() - began >= limits::noProgress);
        QVERIFY2(why.sentence.contains("slow consumer"), qUtf8Printable(why.sentence));
        QCOMPARE(sink.losses.size(), 1u);
    }
};

QTEST_GUILESS_MAIN(TestSlowConsumer)
#include "tst_slow_consumer.moc"
