#include "core/identity.h"
#include "core/mail_items.h"
#include "core/store/outbox.h"
#include "tests/support/mail_run.h"

#include <QTemporaryDir>
#include <QTest>

using namespace hawser;
using test::items;

class TestOutbox : public QObject {
    Q_OBJECT

private slots:
    void init();
    void itemsAreLaidOutAsTheProtocolSays();
    void numbersGrowByOneInEachSequence();
    void whatIsPendingComesInOrder();
    void acknowledgedInTheMiddleOfARun();
    void acknowledgementOfWhatWasNeverSentIsNothing();
    void receiptsOnlyRise();
    void moreThanMayWaitIsRefusedBeforeAnythingIsLost();
    void givenUpKeepsItsNumber();
    void aCopyGoesOnFromWhereTheKeeperIs_data();
    void aCopyGoesOnFromWhereTheKeeperIs();
    void isThereAfterReopening();
    void anyBytesAreTheSameAfterReopening();

private:
    void open()
    {
        m_database =
            std::move(*Database::open(m_folder->filePath(QStringLiteral("outbox.sqlite")), { Outbox::tables() }));
    }
    /// "3:c 4:d" of all that waits behind `after`.
    QByteArray pending(quint64 after = 0, qint64 bytes = 1 << 20)
    {
        QByteArrayList said;
        const auto runs = Outbox(*m_database).pending(m_to, after, bytes);
        if (!runs)
            return runs.error().sentence.toUtf8();
        for (const Outbox::Run &run : *runs) {
            const auto unpacked = unpackItems(run.items);
            if (!unpacked || quint64(unpacked->size()) != run.count)
                return "damaged";
            for (qsizetype i = 0; i < unpacked->size(); ++i) {
                const MailItem &item = (*unpacked)[i];
                said << QByteArray::number(run.first + quint64(i)) + ':'
                        + (item.kind == goneKind ? QByteArray("gone") : item.body);
            }
        }
        return said.join(' ');
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Database> m_database;
    MailSequence m_to;
};

void TestOutbox::init()
{
    m_database.reset();
    m_folder = std::make_unique<QTemporaryDir>();
    m_to = { Identity::generate().key(), QByteArray(16, 'c') };
    open();
}

void TestOutbox::itemsAreLaidOutAsTheProtocolSays()
{
    const MailItem item { "chat/1", "hi", 0x0102030405060708 };
    const QByteArray bytes = QByteArray::fromHex("00000015"
                                                 "0102030405060708"
                                                 "06"
                                                 "636861742f31"
                                                 "6869");
    QCOMPARE(packItems({ { item } }), bytes);
    QCOMPARE(*unpackItems(bytes + bytes), QList<MailItem>({ item, item }));
}

void TestOutbox::numbersGrowByOneInEachSequence()
{
    Outbox outbox(*m_database);
    QCOMPARE(*outbox.put(m_to, items({ "a", "b" })), 1u);
    QCOMPARE(*outbox.put(m_to, items({ "c" })), 3u);
    const MailSequence other { m_to.recipient, QByteArray(16, 'x') };
    QCOMPARE(*outbox.put(other, items({ "z" })), 1u);
    QCOMPARE(outbox.waiting()->size(), 2);
    QCOMPARE(outbox.waiting()->first(), m_to);
    QVERIFY(outbox.kept(m_to, 3));
    QCOMPARE(*outbox.put(m_to, items({ "d" })), 4u); // never again from the beginning
    QCOMPARE(outbox.waiting()->first(), other);
    QCOMPARE(outbox.put(m_to, {}).error().code, Code::InvalidArgument);
}

void TestOutbox::whatIsPendingComesInOrder()
{
    Outbox outbox(*m_database);
    QVERIFY(outbox.put(m_to, items({ "a", "b", "c" })));
    QVERIFY(outbox.put(m_to, items({ "d" })));
    QVERIFY(outbox.put(m_to, items({ "e", "f" })));
    QCOMPARE(pending(), QByteArray("1:a 2:b 3:c 4:d 5:e 6:f"));
    QCOMPARE(pending(2), QByteArray("3:c 4:d 5:e 6:f"));
    QCOMPARE(pending(3), QByteArray("4:d 5:e 6:f"));
    QCOMPARE(pending(6), QByteArray());
    QCOMPARE(pending(3, 1), QByteArray("4:d")); // at least one run
}

void TestOutbox::acknowledgedInTheMiddleOfARun()
{
    Outbox outbox(*m_database);
    QVERIFY(outbox.put(m_to, items({ "a", "b", "c" })));
    QVERIFY(outbox.put(m_to, items({ "d" })));
    QCOMPARE(outbox.kept(m_to, 2)->kept, 2u);
    QCOMPARE(pending(), QByteArray("3:c 4:d"));
    QCOMPARE(outbox.kept(m_to, 3)->bytes, items({ "d" }).size());
    QCOMPARE(pending(), QByteArray("4:d"));
    QCOMPARE(outbox.kept(m_to, 1)->kept, 3u); // never back
    QCOMPARE(outbox.kept(m_to, 4)->bytes, 0);
    QVERIFY(outbox.waiting()->isEmpty());
}

void TestOutbox::acknowledgementOfWhatWasNeverSentIsNothing()
{
    Outbox outbox(*m_database);
    QVERIFY(outbox.put(m_to, items({ "a" })));
    QCOMPARE(outbox.kept(m_to, ~quint64(0))->kept, 1u);
    QCOMPARE(*outbox.put(m_to, items({ "b" })), 2u);
    QCOMPARE(pending(), QByteArray("2:b"));
    QCOMPARE(outbox.kept({ Identity::generate().key(), m_to.conversation }, 5)->kept, 0u);
}

void TestOutbox::receiptsOnlyRise()
{
    Outbox outbox(*m_database);
    QVERIFY(outbox.put(m_to, items({ "a", "b", "c" })));
    QCOMPARE(outbox.delivered(m_to, 2)->delivered, 2u);
    QCOMPARE(outbox.delivered(m_to, 1)->delivered, 2u);
    QCOMPARE(outbox.read(m_to, 1)->read, 1u);
    const auto all = outbox.read(m_to, 900); // nobody has read what was never said
    QCOMPARE(all->read, 3u);
    QCOMPARE(all->delivered, 3u); // read is delivered
}

void TestOutbox::moreThanMayWaitIsRefusedBeforeAnythingIsLost()
{
    Outbox outbox(*m_database, { 3, 1000 });
    QVERIFY(outbox.put(m_to, items({ "a", "b" })));
    QCOMPARE(outbox.put(m_to, items({ "c", "d" })).error().code, Code::ResourceExhausted);
    QCOMPARE(outbox.put(m_to, items({ QByteArray(1000, 'x') })).error().code, Code::ResourceExhausted);
    QCOMPARE(*outbox.put(m_to, items({ "c" })), 3u);
    QCOMPARE(pending(), QByteArray("1:a 2:b 3:c"));
    QVERIFY(outbox.kept(m_to, 1));
    QCOMPARE(*outbox.put(m_to, items({ "d" })), 4u);
}

void TestOutbox::givenUpKeepsItsNumber()
{
    Outbox outbox(*m_database);
    QVERIFY(outbox.put(m_to, items({ "a", "b", "c" })));
    QVERIFY(outbox.giveUp(m_to, 2));
    QCOMPARE(pending(), QByteArray("1:a 2:gone 3:c"));
    QVERIFY(outbox.kept(m_to, 1));
    QCOMPARE(outbox.giveUp(m_to, 1).error().code, Code::NotFound);
    QCOMPARE(outbox.giveUp(m_to, 4).error().code, Code::NotFound);
    // the last of a run: its digest is the one of what is sent
    QVERIFY(outbox.giveUp(m_to, 3));
    QVERIFY(outbox.kept(m_to, 3));
    QCOMPARE(outbox.compare(m_to, 3, itemDigest(packItems({ { MailItem { goneKind, {}, 0 } } })))->by, 0u);
    QCOMPARE(outbox.progress(m_to)->bytes, 0); // what was given up has another size
    QVERIFY(outbox.put(m_to, items({ "d" })));
    QCOMPARE(pending(), QByteArray("4:d"));
}

void TestOutbox::aCopyGoesOnFromWhereTheKeeperIs_data()
{
    QTest::addColumn<quint64>("kept"); // of the three that were put
    QTest::addColumn<quint64>("highest");
    QTest::addColumn<QByteArray>("has"); // what the keeper has under that number
    QTest::addColumn<quint64>("by");
    QTest::addColumn<QByteArray>("then");
    QTest::newRow("nothing was sent") << quint64(0) << quint64(0) << QByteArray() << quint64(0)
                                      << QByteArray("1:a 2:b 3:c");
    QTest::newRow("an answer was lost") << quint64(1) << quint64(3) << QByteArray("c") << quint64(0)
                                        << QByteArray("2:b 3:c");
    QTest::newRow("all is well") << quint64(2) << quint64(2) << QByteArray("b") << quint64(0) << QByteArray("3:c");
    QTest::newRow("it knows less") << quint64(2) << quint64(1) << QByteArray("a") << quint64(0) << QByteArray("3:c");
    QTest::newRow("it has more than was given out")
        << quint64(1) << quint64(9) << QByteArray("z") << quint64(8) << QByteArray("10:b 11:c");
    QTest::newRow("it has something else under a number of mine")
        << quint64(1) << quint64(3) << QByteArray("z") << quint64(2) << QByteArray("4:b 5:c");
    QTest::newRow("and does not say what")
        << quint64(1) << quint64(3) << QByteArray() << quint64(0) << QByteArray("2:b 3:c");
}

void TestOutbox::aCopyGoesOnFromWhereTheKeeperIs()
{
    QFETCH(quint64, kept);
    QFETCH(quint64, highest);
    QFETCH(QByteArray, has);
    Outbox outbox(*m_database);
    QVERIFY(outbox.put(m_to, items({ "a", "b" })));
    QVERIFY(outbox.put(m_to, items({ "c" })));
    QVERIFY(outbox.kept(m_to, kept));
    const auto restored = outbox.compare(m_to, highest, has.isEmpty() ? QByteArray() : itemDigest(items({ has })));
    QVERIFY(restored);
    QTEST(restored->by, "by");
    if (restored->by)
        QCOMPARE(restored->after, kept);
    QTEST(pending(), "then");
    QCOMPARE(*outbox.put(m_to, items({ "d" })), std::max<quint64>(3, 3 + restored->by) + 1);
}

void TestOutbox::isThereAfterReopening()
{
    QVERIFY(Outbox(*m_database).put(m_to, items({ "a", "b" })));
    QVERIFY(Outbox(*m_database).kept(m_to, 1));
    const MailProgress before = *Outbox(*m_database).progress(m_to);
    m_database.reset();
    open();
    QCOMPARE(*Outbox(*m_database).progress(m_to), before);
    QCOMPARE(pending(), QByteArray("2:b"));
}

void TestOutbox::anyBytesAreTheSameAfterReopening()
{
    QByteArray body;
    for (int value = 0; value < 256; ++value)
        body += char(value);
    body += "\n---\n'; DROP TABLE outbox; --\r\n\0@@@"; // what other programs put between things
    body += items({ "an item in an item" });
    const MailItem item { "chat/1", body, 1 };
    QVERIFY(Outbox(*m_database).put(m_to, packItems({ &item, 1 })));
    m_database.reset();
    open();
    const auto runs = Outbox(*m_database).pending(m_to, 0, 1 << 20);
    QVERIFY(runs && runs->size() == 1);
    const auto unpacked = unpackItems(runs->first().items);
    QVERIFY(unpacked && unpacked->size() == 1);
    QCOMPARE(unpacked->first().body, body);
}

QTEST_GUILESS_MAIN(TestOutbox)
#include "tst_outbox.moc"
