#include "core/identity.h"
#include "core/mail_items.h"
#include "core/store/inbox.h"

#include <QTemporaryDir>
#include <QTest>

using namespace hawser;
using Seen = Inbox::Seen;

namespace {

QByteArray items(int count, const char *text = "text")
{
    QByteArray run;
    for (int i = 0; i < count; ++i)
        appendItem(run, { "chat/1", QByteArray(text) + QByteArray::number(i), 1 });
    return run;
}

} // namespace

class TestInbox : public QObject {
    Q_OBJECT

private slots:
    void init();
    void marksKnowTheirGaps();
    void marksAreBounded();
    void damagedMarksAreSaidSo_data();
    void damagedMarksAreSaidSo();
    void eachNumberCountsOnce();
    void newOnesComeWithTheirNumbers();
    void otherContentIsAConflictAndTheFirstStays();
    void olderContentThanRemembered();
    void sourcesAreApart();
    void goesWithTheTransactionItStandsIn();
    void isThereAfterReopening();
    void refusesWhatHasNoNumber_data();
    void refusesWhatHasNoNumber();

private:
    QList<Seen> take(quint64 first, const QByteArray &run, int digests = 4)
    {
        Inbox inbox(*m_database, digests);
        const Result<QList<Seen>> seen = inbox.take(m_source, first, run);
        return seen ? *seen : QList<Seen>();
    }
    void open()
    {
        m_database =
            std::move(*Database::open(m_folder->filePath(QStringLiteral("inbox.sqlite")), { Inbox::tables() }));
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Database> m_database;
    MailSource m_source;
};

void TestInbox::init()
{
    m_database.reset();
    m_folder = std::make_unique<QTemporaryDir>();
    m_source = { Identity::generate().key(), QByteArray(8, 'd'), Identity::generate().key(), QByteArray(16, 'c') };
    open();
}

void TestInbox::marksKnowTheirGaps()
{
    Marks marks;
    QVERIFY(!marks.has(1) && marks.missing() == 0);
    marks.add(3, 5); // 1–2 are missing
    marks.add(9, 9); // 6–8 too
    QCOMPARE(marks.highest(), 9u);
    QCOMPARE(marks.missing(), 5u);
    QVERIFY(!marks.has(1) && !marks.has(2) && marks.has(3) && marks.has(5) && !marks.has(6) && !marks.has(8)
        && marks.has(9));
    marks.add(1, 2);
    QCOMPARE(marks.missing(), 3u);
    QVERIFY(marks.has(1) && marks.has(2) && !marks.has(6));
    marks.add(7, 7); // splits
    QVERIFY(marks.has(7) && !marks.has(6) && !marks.has(8));
    const Result<Marks> again = Marks::restore(marks.highest(), marks.gaps());
    QVERIFY(again);
    QVERIFY(again->has(7) && !again->has(6) && !again->has(8) && again->missing() == 2);
    QVERIFY(again->has(5));
    marks.add(4, 20);
    QCOMPARE(marks.missing(), 0u);
    QVERIFY(!marks.has(0) && !marks.has(21));
}

void TestInbox::marksAreBounded()
{
    Marks marks;
    for (quint64 n = 1; n <= Marks::mostGaps; ++n)
        marks.add(2 * n, 2 * n);
    QCOMPARE(marks.forgotten(), 0u);
    QCOMPARE(marks.missing(), quint64(Marks::mostGaps));
    QVERIFY(!marks.has(1));
    const quint64 next = 2 * Marks::mostGaps + 2;
    marks.add(next, next); // goes on, and the oldest gap is forgotten
    QCOMPARE(marks.highest(), next);
    QCOMPARE(marks.forgotten(), 1u);
    QVERIFY(marks.has(1) && !marks.has(3) && !marks.has(next - 1));
    QCOMPARE(marks.missing(), quint64(Marks::mostGaps));
    marks.add(1, 1);
    QCOMPARE(marks.missing(), quint64(Marks::mostGaps));
    const Result<Marks> again = Marks::restore(marks.highest(), marks.gaps());
    QVERIFY(again);
    QCOMPARE(again->forgotten(), 1u);
    QCOMPARE(again->missing(), quint64(Marks::mostGaps));
    QVERIFY(again->has(1) && again->has(2) && !again->has(3));
    QCOMPARE(again->gaps(), marks.gaps());
}

void TestInbox::damagedMarksAreSaidSo_data()
{
    QTest::addColumn<QByteArray>("gaps");
    const auto pair = [](quint8 a, quint8 b) { return QByteArray(7, '\0') + char(a) + QByteArray(7, '\0') + char(b); };
    QTest::newRow("cut") << pair(1, 2).chopped(1);
    QTest::newRow("backwards") << pair(5, 4);
    QTest::newRow("at the highest") << pair(5, 10);
    QTest::newRow("not in order") << pair(5, 6) + pair(2, 3);
    QTest::newRow("all forgotten") << pair(0, 10);
    QTest::newRow("forgotten twice") << pair(0, 1) + pair(0, 3);
    QTest::newRow("forgotten later") << pair(2, 3) + pair(0, 5);
}

void TestInbox::damagedMarksAreSaidSo()
{
    QFETCH(QByteArray, gaps);
    const Result<Marks> marks = Marks::restore(10, gaps);
    QVERIFY(!marks);
    QCOMPARE(marks.error().code, Code::DataLoss);
}

void TestInbox::eachNumberCountsOnce()
{
    QCOMPARE(take(1, items(3)), QList<Seen>(3, Seen::New));
    QCOMPARE(take(1, items(3)), QList<Seen>(3, Seen::Again));
    QByteArray both = items(3); // 1–3 again, 4 new
    appendItem(both, { "chat/1", "new", 1 });
    QCOMPARE(take(1, both), QList<Seen>({ Seen::Again, Seen::Again, Seen::Again, Seen::New }));
    QCOMPARE(take(8, items(1)), QList<Seen> { Seen::New });
    const Marks gapped = Inbox(*m_database).highest(m_source)->marks;
    QCOMPARE(gapped.missing(), 3u);
    QVERIFY(gapped.has(4) && !gapped.has(5));
    QCOMPARE(take(5, items(3)), QList<Seen>(3, Seen::New)); // by another way, later
    QCOMPARE(take(5, items(3)), QList<Seen>(3, Seen::Again));
    const auto highest = Inbox(*m_database).highest(m_source);
    QCOMPARE(highest->marks.highest(), 8u);
    QCOMPARE(highest->marks.missing(), 0u);
    QCOMPARE(highest->digest, itemDigest(items(1)));
}

void TestInbox::newOnesComeWithTheirNumbers()
{
    take(2, items(2));
    QByteArray run;
    for (const char *text : { "one", "two", "three", "four" })
        appendItem(run, { "chat/1", text, 1 });
    const auto fresh = Inbox(*m_database).takeNew(m_source, 1, run);
    QVERIFY(fresh);
    QCOMPARE(fresh->size(), 2); // the others came before, or are in conflict with what did
    QCOMPARE(fresh->at(0).number, 1u);
    QCOMPARE(fresh->at(0).item.body, QByteArray("one"));
    QCOMPARE(fresh->at(1).number, 4u);
    QCOMPARE(fresh->at(1).item.body, QByteArray("four"));
    QVERIFY(Inbox(*m_database).takeNew(m_source, 1, run)->isEmpty());
    QCOMPARE(Inbox(*m_database).takeNew(m_source, 5, "garbage").error().code, Code::InvalidArgument);
}

void TestInbox::otherContentIsAConflictAndTheFirstStays()
{
    QCOMPARE(take(1, items(2, "first")), QList<Seen>(2, Seen::New));
    QCOMPARE(take(1, items(2, "other")), QList<Seen>(2, Seen::Conflict));
    QCOMPARE(take(1, items(2, "first")), QList<Seen>(2, Seen::Again));
    // without remembering, the highest is still compared
    QCOMPARE(take(2, items(1, "other"), 0), QList<Seen> { Seen::Conflict });
}

void TestInbox::olderContentThanRemembered()
{
    QCOMPARE(take(1, items(10, "first")), QList<Seen>(10, Seen::New));
    QCOMPARE(take(6, items(1, "other")), QList<Seen> { Seen::Again }); // 4 are remembered
    QCOMPARE(take(7, items(1, "other")), QList<Seen> { Seen::Conflict });
    QCOMPARE(*m_database->number(QStringLiteral("SELECT count(*) FROM inbox_digests")), 4);
}

void TestInbox::sourcesAreApart()
{
    const MailSource first = m_source;
    QCOMPARE(take(1, items(1)), QList<Seen> { Seen::New });
    m_source.device = QByteArray(8, 'e');
    QCOMPARE(take(1, items(1)), QList<Seen> { Seen::New });
    m_source = first;
    m_source.conversation = QByteArray(16, 'x');
    QCOMPARE(take(1, items(1)), QList<Seen> { Seen::New });
    m_source = first;
    m_source.sender = Identity::generate().key();
    QCOMPARE(take(1, items(1)), QList<Seen> { Seen::New });
    m_source = first;
    m_source.recipient = Identity::generate().key();
    QCOMPARE(take(1, items(1)), QList<Seen> { Seen::New });
    QVERIFY(Inbox(*m_database).forget(m_source.recipient));
    QCOMPARE(take(1, items(1)), QList<Seen> { Seen::New });
    m_source = first;
    QCOMPARE(take(1, items(1)), QList<Seen> { Seen::Again });
}

void TestInbox::goesWithTheTransactionItStandsIn()
{
    const Result<void> undone = m_database->transaction([&]() -> Result<void> {
        take(1, items(2));
        return Error { Code::Aborted, {} };
    });
    QVERIFY(!undone);
    QCOMPARE(take(1, items(2)), QList<Seen>(2, Seen::New));
}

void TestInbox::isThereAfterReopening()
{
    take(1, items(2));
    take(5, items(1));
    m_database.reset();
    open();
    QCOMPARE(take(1, items(2)), QList<Seen>(2, Seen::Again));
    QCOMPARE(take(3, items(2)), QList<Seen>(2, Seen::New));
    QCOMPARE(take(5, items(1, "other")), QList<Seen> { Seen::Conflict });
}

void TestInbox::refusesWhatHasNoNumber_data()
{
    QTest::addColumn<quint64>("first");
    QTest::addColumn<QByteArray>("run");
    QTest::newRow("zero") << quint64(0) << items(1);
    QTest::newRow("beyond 2^62") << (quint64(1) << 62) << items(1);
    QTest::newRow("all ones") << ~quint64(0) << items(1);
    QTest::newRow("nothing") << quint64(1) << QByteArray();
    QTest::newRow("cut") << quint64(1) << items(1).chopped(1);
    QTest::newRow("kind is no name") << quint64(1) << packItems({ { MailItem { "no name", "x", 0 } } });
    QTest::newRow("kind is empty") << quint64(1) << packItems({ { MailItem { "", "x", 0 } } });
    QTest::newRow("kind longer than item") << quint64(1)
                                           << QByteArray::fromHex("0000000e"
                                                                  "0000000000000000"
                                                                  "05"
                                                                  "61");
    QTest::newRow("shorter than its head") << quint64(1)
                                           << QByteArray::fromHex("00000004"
                                                                  "0000000000000000"
                                                                  "00");
}

void TestInbox::refusesWhatHasNoNumber()
{
    QFETCH(quint64, first);
    QFETCH(QByteArray, run);
    const auto seen = Inbox(*m_database).take(m_source, first, run);
    QVERIFY(!seen);
    QCOMPARE(seen.error().code, Code::InvalidArgument);
    QCOMPARE(Inbox(*m_database).highest(m_source)->id, 0);
}

QTEST_GUILESS_MAIN(TestInbox)
#include "tst_inbox.moc"
