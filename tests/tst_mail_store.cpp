#include "brokerd/mail_store.h"
#include "core/identity.h"
#include "core/mail_items.h"
#include "core/wire.h"
#include "tests/support/mail_run.h"

#include <QTemporaryDir>
#include <QTest>

using namespace hawser;
using test::items;
using namespace hawser::broker;

namespace {

constexpr WallTime start = 1'000'000'000'000; // ms
constexpr qint64 day = 24 * 60 * 60 * 1000;

} // namespace

class TestMailStore : public QObject {
    Q_OBJECT

private slots:
    void init();
    void eachDeviceTakesAll();
    void aTakenPartCountsNoMore();
    void postedAgainIsKeptOnce();
    void otherContentIsAConflict_data();
    void otherContentIsAConflict();
    void aGapIsFilledLater();
    void whoGoesOtherWaysTooIsTakenForEver();
    void whatIsGoneConflictsWithNothing();
    void oneSenderCannotFillTheBox();
    void aFullBoxTakesWhatFits();
    void tooLargeIsSaidOfThatItem();
    void whatIsTooOldGoesAndThoseWhoMissedItHear();
    void keptNoLongerThanTheSenderWished();
    void whoSentWhatNobodyTookHears();
    void whoLagsTooFarLosesTheOldest();
    void anItemThatFailsFiveTimesIsSetAsideAlone();
    void whatIsSetAsideCounts();
    void whatWasSetAsideBeforeItCountedCounts();
    void ownDevicesDoNotGetTheirOwn();
    void cursorsThatLieDoNothing();
    void aFlippedBitHurtsOnlyItsRow();
    void aForgottenAccountLeavesNothing();
    void isThereAfterReopening();
    void tooManyDevices();

private:
    MailStore store() { return MailStore(*m_database, m_limits); }
    MailPosted post(quint64 first, const QByteArrayList &texts, WallTime now = start, qint64 keepMs = 0)
    {
        MailPosted posted;
        posted.source = m_source;
        posted.first = first;
        posted.items = items(texts);
        posted.keepMs = keepMs;
        const Result<void> done = m_database->transaction([&] { return store().post(posted, now); });
        if (!done)
            posted.why = done.error();
        return posted;
    }
    /// "1:a 2:b": what a device gets behind `after`.
    QByteArray fetch(char device, quint64 after = 0, quint64 most = 1000)
    {
        const auto fetched = store().fetch(m_source.recipient, QByteArray(8, device), after, 1 << 20, most);
        if (!fetched)
            return fetched.error().sentence.toUtf8();
        QByteArrayList said;
        for (const MailStore::Letter &letter : fetched->letters) {
            const auto unpacked = unpackItems(letter.items);
            for (qsizetype i = 0; i < unpacked->size(); ++i)
                said << QByteArray::number(letter.first + quint64(i)) + ':' + (*unpacked)[i].body;
        }
        return said.join(' ');
    }
    MailStore::Device begin(char device, WallTime now = start)
    {
        return *store().begin(m_source.recipient, QByteArray(8, device), now);
    }
    bool taken(char device, quint64 upto)
    {
        return bool(store().taken(m_source.recipient, QByteArray(8, device), upto, start));
    }
    /// The item fails so often that it is set aside.
    bool fails(char device, quint64 serial)
    {
        bool aside = false;
        for (int i = 0; i < m_limits.tries; ++i)
            aside = *store().failed(m_source.recipient, QByteArray(8, device), serial, serial, start);
        return aside;
    }
    qint64 expire(WallTime now)
    {
        const Result<MailStore::Expired> expired = store().expire(now, m_broker);
        return expired ? expired->items : -1;
    }
    MailShelf::Box waiting() { return *MailShelf(*m_database).box(m_source.recipient.bytes()); }
    MailShelf::Totals totals() { return *store().totals(); }
    qint64 rows(const char *table)
    {
        return *m_database->number(QStringLiteral("SELECT count(*) FROM ") + QLatin1String(table));
    }
    void open()
    {
        m_database.reset();
        m_database = std::move(*Database::open(m_folder->filePath(QStringLiteral("mail.sqlite")), MailStore::steps()));
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Database> m_database;
    MailboxLimits m_limits;
    MailSource m_source;
    PublicKey m_broker = Identity::generate().key();
};

void TestMailStore::init()
{
    m_limits = {};
    m_database.reset();
    m_folder = std::make_unique<QTemporaryDir>();
    m_source = { Identity::generate().key(), QByteArray(8, 's'), Identity::generate().key(), QByteArray(16, 'c') };
    open();
}

void TestMailStore::eachDeviceTakesAll()
{
    QCOMPARE(post(1, { "a", "b", "c" }).kept, 3u);
    begin('1');
    begin('2');
    QCOMPARE(fetch('1'), QByteArray("1:a 2:b 3:c"));
    QVERIFY(taken('1', 3));
    QCOMPARE(fetch('1', begin('1').cursor), QByteArray());
    QCOMPARE(fetch('2', begin('2').cursor), QByteArray("1:a 2:b 3:c"));
    QCOMPARE(totals().items, 0); // it was delivered
    QCOMPARE(totals().allItems, 3); // and is kept for the other
    QVERIFY(taken('2', 2));
    QCOMPARE(fetch('2', 2), QByteArray("3:c"));
    QVERIFY(taken('2', 3));
    QCOMPARE(rows("mail"), 0);
    QCOMPARE(totals().allItems, 0);
    QCOMPARE(totals().synchronous, 2);
}

void TestMailStore::aTakenPartCountsNoMore()
{
    begin('1');
    post(1, { "aaa", "b", "cc" });
    post(4, { "d" });
    const qint64 all = totals().bytes;
    QVERIFY(taken('1', 2));
    QCOMPARE(totals().items, 2);
    QVERIFY(totals().bytes < all);
    QVERIFY(taken('1', 3));
    QCOMPARE(totals().items, 1);
    QCOMPARE(totals().bytes, items({ "d" }).size());
    QVERIFY(taken('1', 4));
    QCOMPARE(totals().items, 0);
    QCOMPARE(totals().bytes, 0);
    QCOMPARE(rows("mail"), 0);
}

void TestMailStore::postedAgainIsKeptOnce()
{
    QCOMPARE(post(1, { "a", "b" }).fresh, 2u);
    const MailPosted again = post(1, { "a", "b" });
    QCOMPARE(again.fresh, 0u);
    QCOMPARE(again.kept, 2u); // so the sender knows
    QCOMPARE(again.refused, 0u);
    QCOMPARE(post(2, { "b", "c" }).fresh, 1u);
    QCOMPARE(fetch('1'), QByteArray("1:a 2:b 3:c"));
    begin('1');
    QVERIFY(taken('1', 3));
    QCOMPARE(post(1, { "a", "b", "c" }).fresh, 0u); // also when it is long gone
    QCOMPARE(rows("mail"), 0);
}

void TestMailStore::otherContentIsAConflict_data()
{
    QTest::addColumn<int>("first");
    QTest::addColumn<QByteArrayList>("texts");
    QTest::addColumn<int>("kept");
    QTest::addColumn<int>("refused");
    QTest::newRow("in the middle") << 1 << QByteArrayList { "a", "X", "c" } << 1 << 2;
    QTest::newRow("the highest") << 3 << QByteArrayList { "X" } << 0 << 3;
    QTest::newRow("before new ones") << 3 << QByteArrayList { "X", "d" } << 0 << 3;
    QTest::newRow("the first") << 1 << QByteArrayList { "X" } << 0 << 1;
    QTest::newRow("none") << 2 << QByteArrayList { "b", "c", "d" } << 4 << 0;
}

void TestMailStore::otherContentIsAConflict()
{
    QFETCH(int, first);
    QFETCH(QByteArrayList, texts);
    post(1, { "a", "b" });
    post(3, { "c" });
    const MailPosted posted = post(quint64(first), texts);
    QTEST(int(posted.kept), "kept");
    QTEST(int(posted.refused), "refused");
    if (posted.refused) {
        QCOMPARE(posted.why.code, Code::Conflict);
        QCOMPARE(posted.retryMs, 0);
        QCOMPARE(fetch('1'), QByteArray("1:a 2:b 3:c")); // the first stays
    }
}

void TestMailStore::aGapIsFilledLater()
{
    QCOMPARE(post(3, { "c" }).kept, 3u);
    QCOMPARE(post(1, { "a" }).fresh, 1u);
    QCOMPARE(post(1, { "a", "b", "c", "d" }).fresh, 2u); // b and d
    QCOMPARE(fetch('1'), QByteArray("3:c 1:a 2:b 4:d")); // as they came: the receiver knows their numbers
}

/// Two people who talk directly and through a broker by turns leave out what went directly here.
void TestMailStore::whoGoesOtherWaysTooIsTakenForEver()
{
    for (quint64 n = 1; n <= Marks::mostGaps + 10; ++n)
        QCOMPARE(post(2 * n, { "x" }).kept, 2 * n);
    const MailPosted late = post(1, { "late" }); // never kept, but nobody can tell that any more
    QCOMPARE(late.refused, 1u);
    QCOMPARE(late.why.code, Code::Conflict);
    QCOMPARE(post(2 * Marks::mostGaps - 1, { "not so late" }).fresh, 1u);
}

void TestMailStore::whatIsGoneConflictsWithNothing()
{
    QCOMPARE(post(1, { "a", "b" }).kept, 2u);
    QCOMPARE(post(1, { "X" }).why.code, Code::Conflict);
    QCOMPARE(post(2, { "X" }).why.code, Code::Conflict);
    MailPosted gone { m_source, 1, packItems(QList<MailItem>(3, MailItem { goneKind, {}, 0 })) };
    QVERIFY(store().post(gone, start));
    QCOMPARE(gone.refused, 0u);
    QCOMPARE(gone.kept, 3u);
    QCOMPARE(gone.fresh, 1u);
    QCOMPARE(fetch('1').left(7), QByteArray("1:a 2:b"));
}

void TestMailStore::oneSenderCannotFillTheBox()
{
    m_limits.senderItems = 3;
    QCOMPARE(post(1, { "a", "b" }).kept, 2u);
    const MailPosted more = post(3, { "c", "d", "e" });
    QCOMPARE(more.kept, 3u);
    QCOMPARE(more.refused, 4u);
    QCOMPARE(more.why.code, Code::ResourceExhausted);
    QVERIFY(more.retryMs > 0);
    QCOMPARE(post(1, { "a", "b", "c" }).refused, 0u); // what is here is no addition
    const MailSource mallory = m_source;
    m_source.sender = Identity::generate().key();
    QCOMPARE(post(1, { "bob" }).kept, 1u);
    m_source = mallory;
    begin('1');
    QVERIFY(taken('1', 2));
    QCOMPARE(post(4, { "d", "e" }).kept, 5u); // there is room again
    m_limits.senderItems = 1000;
    m_limits.senderBytes = 10;
    QCOMPARE(post(6, { "fits not" }).refused, 6u);
}

void TestMailStore::aFullBoxTakesWhatFits()
{
    m_limits.items = 2;
    QCOMPARE(post(1, { "a", "b", "c" }).refused, 3u);
    QCOMPARE(totals().items, 2);
    m_source.sender = Identity::generate().key();
    QCOMPARE(post(1, { "x" }).refused, 1u);
    m_limits.items = 1000;
    m_limits.bytes = totals().bytes + items({ "x" }).size();
    QCOMPARE(post(1, { "x", "y" }).refused, 2u);
    m_source.recipient = Identity::generate().key(); // others are not full
    QCOMPARE(post(1, { "x" }).kept, 1u);
}

void TestMailStore::tooLargeIsSaidOfThatItem()
{
    m_limits.itemBytes = 100;
    const MailPosted posted = post(1, { "a", QByteArray(100, 'x'), "c" });
    QCOMPARE(posted.kept, 1u);
    QCOMPARE(posted.refused, 2u);
    QCOMPARE(posted.retryMs, 0);
}

void TestMailStore::whatIsTooOldGoesAndThoseWhoMissedItHear()
{
    begin('1');
    begin('2');
    post(1, { "a", "b" });
    post(3, { "c" }, start + 20 * day);
    QVERIFY(taken('1', 1));
    QCOMPARE(expire(start + 29 * day), 0);
    QVERIFY(store().begin(m_source.recipient, QByteArray(8, '1'), start + 29 * day));
    QVERIFY(store().begin(m_source.recipient, QByteArray(8, '2'), start + 29 * day));
    QCOMPARE(expire(start + 30 * day), 2);
    QCOMPARE(begin('1', start + 30 * day).lost, 1u);
    const MailStore::Device other = begin('2', start + 30 * day);
    QCOMPARE(other.lost, 2u);
    QCOMPARE(fetch('2', other.cursor), QByteArray("3:c"));
    QCOMPARE(begin('2', start + 30 * day).lost, 2u); // and what it did not hear it hears again
    QCOMPARE(waiting().items, 1);
    QCOMPARE(expire(start + 50 * day), 1);
    QCOMPARE(waiting().items, 0);
    QCOMPARE(waiting().bytes, 0);
}

void TestMailStore::keptNoLongerThanTheSenderWished()
{
    post(1, { "short" }, start, 1000);
    post(2, { "clamped" }, start, std::numeric_limits<qint64>::max());
    post(3, { "negative" }, start, -5);
    QCOMPARE(expire(start + 999), 0);
    QCOMPARE(expire(start + 1000), 1);
    QCOMPARE(expire(start + 30 * day), 2);
}

void TestMailStore::whoSentWhatNobodyTookHears()
{
    begin('1');
    post(1, { "taken", "b", "c" });
    post(4, { "d" }, start + 1);
    post(5, { "later" }, start + day);
    QVERIFY(taken('1', 1));
    const auto told = [this](quint64 after) {
        QStringList ranges;
        const auto fetched = store().fetch(m_source.sender, QByteArray(8, 's'), after, 1 << 20, 100);
        for (const MailStore::Letter &letter : fetched->letters) {
            if (letter.source.sender != m_broker)
                continue;
            const auto one = unpackItems(letter.items);
            const auto what = decodeStruct<contracts::MailExpired>(one->first().body);
            if (one->first().kind != contracts::MailExpired::kind || !what || what->to != m_source.recipient
                || what->device != m_source.device || what->conversation != m_source.conversation)
                return QStringList { "wrong" };
            ranges << QStringLiteral("%1-%2").arg(QString::number(what->first), QString::number(what->upto));
        }
        return ranges;
    };
    QCOMPARE(expire(start + 30 * day + 1), 4);
    QCOMPARE(told(0), QStringList { "2-4" }); // the first was taken
    QCOMPARE(expire(start + 31 * day), 1);
    QCOMPARE(told(0), (QStringList { "2-4", "5-5" }));
    // What the broker itself said, and what goes to own devices, is told to nobody when it is too old.
    m_source.sender = m_source.recipient;
    begin('1', start + 31 * day);
    post(1, { "read elsewhere" }, start + 31 * day);
    const int before = rows("mail");
    QCOMPARE(expire(start + 90 * day), 3);
    QCOMPARE(rows("mail"), before - 3);
}

void TestMailStore::whoLagsTooFarLosesTheOldest()
{
    m_limits.items = 3;
    begin('1');
    begin('2');
    for (quint64 n = 1; n <= 5; ++n) {
        QCOMPARE(post(n, { QByteArray::number(n) }).kept, n);
        QVERIFY(taken('1', n));
    }
    QCOMPARE(totals().allItems, 3);
    const MailStore::Device slow = begin('2');
    QCOMPARE(slow.lost, 2u);
    QCOMPARE(fetch('2', slow.cursor), QByteArray("3:3 4:4 5:5"));
}

void TestMailStore::anItemThatFailsFiveTimesIsSetAsideAlone()
{
    begin('1');
    post(1, { "a", "bad", "c" });
    QVERIFY(taken('1', 1));
    const QByteArray device(8, '1');
    for (int i = 1; i < 5; ++i)
        QCOMPARE(*store().failed(m_source.recipient, device, 2, 3, start), false);
    QCOMPARE(begin('1').singlyTo, 3u); // nothing else is blamed for it
    QCOMPARE(fetch('1', 1, 1), QByteArray("2:bad"));
    QCOMPARE(*store().failed(m_source.recipient, device, 2, 2, start), true);
    QCOMPARE(totals().parked, 1);
    QCOMPARE(fetch('1', begin('1').cursor), QByteArray("3:c"));
    QCOMPARE(*store().failed(m_source.recipient, device, 3, 3, start), false); // counted for itself
    QVERIFY(taken('1', 3));
    QCOMPARE(totals().items, 1); // the one that was set aside
    QCOMPARE(totals().allItems, 1);
    QCOMPARE(expire(start + 30 * day), 0);
    QCOMPARE(totals().parked, 0);
    QCOMPARE(totals().items, 0);
    QCOMPARE(totals().allItems, 0);
}

void TestMailStore::whatIsSetAsideCounts()
{
    m_limits.senderItems = 3;
    begin('1');
    begin('2');
    for (quint64 n = 1; n <= 3; ++n) {
        QCOMPARE(post(n, { "bad" }).kept, n);
        QVERIFY(fails('1', n));
        QVERIFY(taken('2', n)); // takes it: it waits for nobody, and yet it lies there
    }
    const qint64 size = items({ "bad" }).size();
    QCOMPARE(totals().parked, 3);
    QCOMPARE(waiting().items, 3);
    QCOMPARE(waiting().bytes, 3 * size);
    QCOMPARE(waiting().allItems, 3);
    const MailPosted more = post(4, { "one more" });
    QCOMPARE(more.kept, 0u);
    QCOMPARE(more.why.code, Code::ResourceExhausted);
    QVERIFY(more.retryMs > 0);
    m_limits.senderItems = 1000;
    m_limits.bytes = 4 * size - 1;
    QCOMPARE(post(4, { "bad" }).why.code, Code::ResourceExhausted); // the whole box is full too
    // Forgotten and back it meets the same item again: that is kept, and counts, once.
    QCOMPARE(post(4, { "" }).kept, 4u);
    QVERIFY(m_database->run(QStringLiteral("DELETE FROM mail_devices WHERE device = ?"), { QByteArray(8, '1') }));
    begin('1');
    QVERIFY(fails('1', 4));
    QVERIFY(m_database->run(QStringLiteral("DELETE FROM mail_devices WHERE device = ?"), { QByteArray(8, '1') }));
    begin('1');
    QVERIFY(fails('1', 4));
    QCOMPARE(totals().parked, 4);
    QVERIFY(taken('2', 4));
    QCOMPARE(waiting().items, 4);
    m_limits.items = 4;
    QCOMPARE(post(5, { "" }).why.code, Code::ResourceExhausted);
    expire(start + 30 * day);
    QCOMPARE(waiting().items, 0);
    QCOMPARE(waiting().bytes, 0);
    QCOMPARE(post(5, { "" }, start + 30 * day).kept, 5u);
}

void TestMailStore::whatWasSetAsideBeforeItCountedCounts()
{
    m_database.reset();
    const QString path = m_folder->filePath(QStringLiteral("old.sqlite"));
    m_database = std::move(*Database::open(path, MailStore::steps().first(1)));
    const QByteArray whose = m_source.recipient.bytes();
    const auto run = [&](const char *statement, const QVariantList &values) {
        return bool(m_database->run(QLatin1String(statement), values));
    };
    for (const QByteArray &recipient : { whose, QByteArray(32, 'o') }) {
        QVERIFY(run("INSERT INTO mail_boxes VALUES (?, 5, 50, 7, 9)", { recipient }));
        QVERIFY(run("INSERT INTO mail_pairs VALUES (?, ?, 2, 20)", { recipient, m_source.sender.bytes() }));
        QVERIFY(run("INSERT INTO mail_pairs VALUES (?, ?, 3, 30)", { recipient, QByteArray(32, 's') }));
    }
    for (const int serial : { 1, 2 })
        QVERIFY(run("INSERT INTO mail_parked VALUES (?, ?, ?, ?, ?, ?)",
            { whose, QByteArray(8, '1'), serial, start, m_source.sender.bytes(), QByteArray(100, 'x') }));
    m_database = std::move(*Database::open(path, MailStore::steps()));
    QCOMPARE(waiting().items, 7);
    QCOMPARE(waiting().bytes, 250);
    QCOMPARE(waiting().allItems, 9);
    QCOMPARE(waiting().furthest, 9u);
    MailShelf shelf(*m_database);
    QCOMPARE(shelf.waitingOf(whose, m_source.sender.bytes())->items, 4);
    QCOMPARE(shelf.waitingOf(whose, m_source.sender.bytes())->bytes, 220);
    QCOMPARE(shelf.waitingOf(whose, QByteArray(32, 's'))->items, 3);
    QCOMPARE(shelf.box(QByteArray(32, 'o'))->items, 5);
    expire(start + 30 * day);
    QCOMPARE(waiting().items, 5);
    QCOMPARE(waiting().bytes, 50);
}

void TestMailStore::ownDevicesDoNotGetTheirOwn()
{
    m_source.sender = m_source.recipient;
    m_source.device = QByteArray(8, '1');
    begin('1');
    QCOMPARE(post(1, { "to nobody" }).kept, 1u);
    QCOMPARE(totals().allItems, 0); // there is no other device
    begin('2');
    QCOMPARE(post(2, { "read" }).kept, 2u);
    const auto mine = store().fetch(m_source.recipient, QByteArray(8, '1'), 0, 1000, 10);
    QVERIFY(mine->letters.isEmpty());
    QCOMPARE(mine->looked, 1u); // it lies behind
    QCOMPARE(fetch('2'), QByteArray("2:read"));
}

void TestMailStore::cursorsThatLieDoNothing()
{
    begin('1');
    post(1, { "a" });
    QVERIFY(taken('1', ~quint64(0)));
    QCOMPARE(post(2, { "b" }).kept, 2u);
    QCOMPARE(fetch('1', begin('1').cursor), QByteArray("2:b"));
    QVERIFY(store().taken(m_source.recipient, QByteArray(8, 'x'), 2, start)); // of a device that never began
    QVERIFY(store().taken(Identity::generate().key(), QByteArray(8, '1'), 2, start)); // of somebody else
    QCOMPARE(fetch('1', begin('1').cursor), QByteArray("2:b"));
    QVERIFY(taken('1', 2));
    QVERIFY(taken('1', 1)); // never back
    QCOMPARE(begin('1').cursor, 2u);
}

void TestMailStore::aFlippedBitHurtsOnlyItsRow()
{
    post(1, { "a" });
    post(2, { "b" });
    post(3, { "c" });
    QVERIFY(m_database->run(QStringLiteral("UPDATE mail SET items = ? WHERE serial = 2"), { items({ "B" }) }));
    QCOMPARE(fetch('1'), QByteArray("1:a 3:c"));
    const auto fetched = store().fetch(m_source.recipient, QByteArray(8, '1'), 0, 1000, 10);
    QCOMPARE(fetched->damaged, 1u);
}

void TestMailStore::aForgottenAccountLeavesNothing()
{
    begin('1');
    post(1, { "a" });
    const MailSource gone = m_source;
    m_source.recipient = Identity::generate().key();
    post(1, { "other" });
    QVERIFY(store().forget(gone.recipient));
    QCOMPARE(totals().items, 1);
    QCOMPARE(fetch('1'), QByteArray("1:other"));
    m_source = gone;
    QCOMPARE(fetch('1'), QByteArray());
    QCOMPARE(begin('1').cursor, 0u);
    QCOMPARE(post(1, { "again" }).fresh, 1u);
}

void TestMailStore::isThereAfterReopening()
{
    begin('1');
    post(1, { "a", "b" });
    QVERIFY(taken('1', 1));
    open();
    QCOMPARE(fetch('1', begin('1').cursor), QByteArray("2:b"));
    QCOMPARE(post(1, { "a", "b" }).fresh, 0u);
    QVERIFY(taken('1', 2));
    open();
    QCOMPARE(post(3, { "c" }).kept, 3u);
    QCOMPARE(fetch('1', begin('1').cursor), QByteArray("3:c")); // serials never begin again
}

void TestMailStore::tooManyDevices()
{
    m_limits.devices = 3;
    for (int i = 0; i < 3; ++i)
        QCOMPARE(begin(char('A' + i), start + i).forgotten, 0);
    QCOMPARE(begin('D', start + 3).forgotten, 1);
    QCOMPARE(rows("mail_devices"), 3);
    post(1, { "a" });
    for (int i = 1; i <= 3; ++i)
        QVERIFY(taken(char('A' + i), 1));
    QCOMPARE(rows("mail"), 0); // the forgotten one holds nothing back
}

QTEST_GUILESS_MAIN(TestMailStore)
#include "tst_mail_store.moc"
