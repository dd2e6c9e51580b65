#include "desktop/models/conversation_model.h"
#include "support/print_model.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace hawser;
using namespace hawser::chat;
using namespace hawser::desktop;
using hawser::testing::printModel;

namespace {

constexpr qint64 minute = 60 * 1000;

Entry said(quint64 id, const QString &text, bool mine = false, qint64 at = 0)
{
    Entry entry;
    entry.id = id;
    entry.text = text;
    entry.mine = mine;
    entry.at = at;
    return entry;
}

QList<Entry> many(int count)
{
    QList<Entry> entries;
    for (int i = 0; i < count; ++i)
        entries << said(quint64(i), QString::number(i));
    return entries;
}

} // namespace

class TestConversationModel : public QObject {
    Q_OBJECT

private slots:
    void hasRowsForTheNewestOnly();
    void takesABurstTogether();
    void forgetsTheOldest();
    void changesWhatWasSaid();
    void marksDaysAndWhoGoesOn();
    void showsTransfersAsTheyGo();
    void readsLinesAloud();
};

void TestConversationModel::hasRowsForTheNewestOnly()
{
    ConversationModel model;
    QAbstractItemModelTester tester(&model);
    model.reset("Bea", many(450), {});
    QCOMPARE(model.rowCount(), ConversationModel::page);
    QCOMPARE(printModel(model).first(), "250");
    model.showEarlier();
    QCOMPARE(printModel(model).first(), "50");
    model.showEarlier();
    QVERIFY(!model.hasEarlier());
    model.showEarlier();
    QCOMPARE(printModel(model).first(), "0");
    QCOMPARE(model.rowCount(), 450);
}

void TestConversationModel::takesABurstTogether()
{
    ConversationModel model;
    QAbstractItemModelTester tester(&model);
    model.reset("Bea", {}, {});
    QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
    for (const Entry &entry : many(1000))
        model.append(entry);
    QCOMPARE(inserted.size(), 1); // the first at once
    QTRY_COMPARE(inserted.size(), 2);
    QCOMPARE(printModel(model).last(), "999");
    QCOMPARE(model.rowCount(), 1000);
}

void TestConversationModel::forgetsTheOldest()
{
    ConversationModel model;
    QAbstractItemModelTester tester(&model);
    model.reset("Bea", many(202), {});
    model.trim(1); // has no row
    QCOMPARE(printModel(model).first(), "2");
    model.trim(3);
    QCOMPARE(printModel(model).first(), "4");
    QCOMPARE(printModel(model).last(), "201");
    model.append(said(500, "new"));
    model.trim(1000);
    QCOMPARE(model.rowCount(), 0);
}

void TestConversationModel::changesWhatWasSaid()
{
    ConversationModel model;
    QAbstractItemModelTester tester(&model);
    Entry hello = said(7, "hello", true);
    hello.state = Entry::State::Sending;
    model.reset("Bea", { hello }, {});
    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    hello.state = Entry::State::Delivered;
    model.change(hello);
    QTRY_COMPARE(changed.size(), 1);
    QCOMPARE(model.entry(model.index(0)).state, Entry::State::Delivered);
    model.change(said(8, "unknown"));
    QCOMPARE(printModel(model), QStringList("hello"));
}

void TestConversationModel::marksDaysAndWhoGoesOn()
{
    const qint64 noon = QDateTime(QDate(2025, 11, 21), QTime(12, 0)).toMSecsSinceEpoch();
    ConversationModel model;
    model.reset("Bea",
        { said(1, "a", false, noon), said(2, "b", false, noon + minute), said(3, "c", true, noon + 2 * minute),
            said(4, "d", true, noon + 20 * minute), said(5, "e", true, noon + 24 * 60 * minute) },
        {});
    QList<bool> days;
    QList<bool> goesOn;
    for (int row = 0; row < model.rowCount(); ++row) {
        days << model.index(row).data(ConversationModel::FirstOfDayRole).toBool();
        goesOn << model.index(row).data(ConversationModel::FollowsRole).toBool();
    }
    QCOMPARE(days, (QList<bool> { true, false, false, false, true }));
    QCOMPARE(goesOn, (QList<bool> { false, true, false, false, false }));
}

void TestConversationModel::showsTransfersAsTheyGo()
{
    ConversationModel model;
    QAbstractItemModelTester tester(&model);
    Transfer shoot;
    shoot.id = "t";
    shoot.state = Transfer::State::Offered;
    shoot.title = "shoot-42";
    shoot.files = 3;
    shoot.bytes = 1000;
    Entry entry = said(1, {}, true);
    entry.kind = Entry::Kind::Transfer;
    entry.transfer = "t";
    model.reset("Bea", { entry }, { shoot });
    QCOMPARE(printModel(model), QStringList("shoot-42 · 3 files · 1.0 kB · waiting for their answer"));
    shoot.state = Transfer::State::Going;
    shoot.done = 250;
    shoot.speed = 100;
    shoot.timeLeft = milliseconds(7500);
    model.putTransfer(shoot);
    QCOMPARE(printModel(model), QStringList("shoot-42 · 3 files · 1.0 kB · 25 % · 100 bytes/s · about 8 s left"));
}

void TestConversationModel::readsLinesAloud()
{
    const qint64 at = QDateTime(QDate(2025, 11, 21), QTime(9, 15)).toMSecsSinceEpoch();
    Entry mine = said(1, "hi", true, at);
    mine.state = Entry::State::NotSent;
    mine.sentence = "Bea is away";
    ConversationModel model;
    model.reset("Bea", { mine, said(2, "hello\u202E", false, at) }, {});
    QCOMPARE(model.index(0).data(Qt::AccessibleTextRole).toString(), "You, 09:15: hi, not sent: Bea is away");
    QCOMPARE(model.index(1).data(Qt::AccessibleTextRole).toString(), QStringLiteral("Bea, 09:15: hello⟨U+202E⟩"));
}

QTEST_GUILESS_MAIN(TestConversationModel)
#include "tst_conversation_model.moc"
