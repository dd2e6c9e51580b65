#include "desktop/models/conversation_model.h"
#include "support/print_model.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace hawser;
using namespace hawser::chat;
using namespace hawser::desktop;
using hawser::test::printModel;

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

Entry numbered(quint64 id)
{
    return said(id, QString::number(id));
}

/// Answers what the model asks for, out of a conversation with ids 1 … size.
class Source : public QObject {
public:
    Source(ConversationModel &model, quint64 size) : m_model(model), m_size(size)
    {
        QObject::connect(&model, &ConversationModel::wanted, this, [this](const PageWish &wish) {
            asked << wish;
            if (!isSlow)
                answer(wish);
        });
    }

    void answer(const PageWish &wish)
    {
        using From = PageWish::From;
        const qint64 half = wish.count / 2;
        const qint64 last = wish.from == From::Newest ? qint64(m_size)
            : wish.from == From::Before               ? qint64(wish.id) - 1
            : wish.from == From::After                ? qint64(wish.id) + wish.count
                                                      : qint64(wish.id) + half - 1;
        const qint64 end = std::min(last, qint64(m_size));
        const qint64 begin = std::max<qint64>(1, last - wish.count + 1);
        Page page;
        for (qint64 id = begin; id <= end; ++id)
            page.entries << numbered(quint64(id));
        page.hasEarlier = begin > 1;
        page.hasLater = end < qint64(m_size);
        m_model.take(wish, page);
    }

    bool isSlow = false;
    QList<PageWish> asked;

private:
    ConversationModel &m_model;
    quint64 m_size;
};

/// "251 … 350"
QString window(const ConversationModel &model)
{
    const QStringList rows = printModel(model);
    return rows.isEmpty() ? QStringLiteral("empty") : QStringLiteral("%1 … %2").arg(rows.first(), rows.last());
}

const PublicKey bea =
    *PublicKey::fromHex(QStringLiteral("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"));

/// A model that shows these and nothing else.
void show(ConversationModel &model, const QList<Entry> &entries, const QList<Transfer> &transfers = {})
{
    model.open(bea, QStringLiteral("Bea"), transfers);
    model.take({ bea, PageWish::From::Newest, 0, ConversationModel::page }, { entries });
}

} // namespace

class TestConversationModel : public QObject {
    Q_OBJECT

private slots:
    void opensAtTheNewest();
    void holdsAWindowHoweverLongItIs();
    void goesToAnEntryAndBack();
    void whatIsSaidElsewhereIsNotShownInTheMiddle();
    void doesNotPushAwayWhatIsRead();
    void mergesWhatWasSaidWhileThePageWasRead();
    void answersThatComeTooLateDoNothing();
    void keepsTheOrderOfIds();
    void takesABurstTogether();
    void changesWhatWasSaid();
    void marksDaysAndWhoGoesOn();
    void showsTransfersAsTheyGo();
    void readsLinesAloud();
};

void TestConversationModel::opensAtTheNewest()
{
    ConversationModel model;
    QAbstractItemModelTester tester(&model);
    Source source(model, 100'000);
    model.open(bea, "Bea", {});
    QCOMPARE(window(model), "99901 … 100000");
    QVERIFY(model.hasEarlier() && !model.hasLater());
    QCOMPARE(source.asked.size(), 1);
}

void TestConversationModel::holdsAWindowHoweverLongItIs()
{
    ConversationModel model;
    QAbstractItemModelTester tester(&model);
    Source source(model, 1000);
    model.open(bea, "Bea", {});
    for (int i = 0; i < 4; ++i)
        model.fetchEarlier();
    QCOMPARE(window(model), "501 … 800");
    QVERIFY(model.hasEarlier() && model.hasLater());
    for (int i = 0; i < 20; ++i)
        model.fetchEarlier();
    QCOMPARE(window(model), "1 … 300");
    QVERIFY(!model.hasEarlier());
    for (int i = 0; i < 20; ++i)
        model.fetchLater();
    QCOMPARE(window(model), "701 … 1000");
    QVERIFY(!model.hasLater());
}

void TestConversationModel::goesToAnEntryAndBack()
{
    ConversationModel model;
    QAbstractItemModelTester tester(&model);
    Source source(model, 1000);
    QStringList found;
    connect(
        &model, &ConversationModel::found, this, [&](const QModelIndex &index) { found << index.data().toString(); });
    model.open(bea, "Bea", {});
    model.goTo(950); // is shown already
    QCOMPARE(source.asked.size(), 1);
    model.goTo(400);
    QCOMPARE(window(model), "350 … 449");
    QCOMPARE(found, (QStringList { "950", "400" }));
    model.goToNewest();
    QCOMPARE(window(model), "901 … 1000");
}

void TestConversationModel::whatIsSaidElsewhereIsNotShownInTheMiddle()
{
    ConversationModel model;
    QAbstractItemModelTester tester(&model);
    Source source(model, 1000);
    model.open(bea, "Bea", {});
    model.goTo(400);
    model.append(numbered(1001));
    QCOMPARE(window(model), "350 … 449");
    QVERIFY(model.hasLater());
}

void TestConversationModel::doesNotPushAwayWhatIsRead()
{
    ConversationModel model;
    QAbstractItemModelTester tester(&model);
    Source source(model, 1000);
    model.open(bea, "Bea", {});
    model.fetchEarlier();
    model.fetchEarlier();
    QCOMPARE(window(model), "701 … 1000");
    model.setFollowing(false);
    model.append(numbered(1001));
    QCOMPARE(window(model), "701 … 1000");
    QVERIFY(model.hasLater());
    model.goToNewest();
    model.setFollowing(true);
    for (quint64 id = 1001; id <= 1500; ++id)
        model.append(numbered(id));
    QTRY_COMPARE(window(model), "1201 … 1500");
    QVERIFY(model.hasEarlier());
}

void TestConversationModel::mergesWhatWasSaidWhileThePageWasRead()
{
    ConversationModel model;
    QAbstractItemModelTester tester(&model);
    Source source(model, 1000);
    source.isSlow = true;
    model.open(bea, "Bea", {});
    model.append(numbered(1000)); // on disk before the page was read, and after
    model.append(numbered(1001));
    source.answer(source.asked.first());
    QCOMPARE(window(model), "901 … 1001");
    model.append(numbered(1001));
    QCOMPARE(model.rowCount(), 101);
}

void TestConversationModel::answersThatComeTooLateDoNothing()
{
    ConversationModel model;
    QAbstractItemModelTester tester(&model);
    Source source(model, 1000);
    source.isSlow = true;
    model.open(bea, "Bea", {});
    model.goTo(400);
    source.answer(source.asked.first());
    QCOMPARE(window(model), "empty");
    source.answer(source.asked.last());
    QCOMPARE(window(model), "350 … 449");
    model.fetchEarlier();
    model.fetchEarlier(); // one at a time
    QCOMPARE(source.asked.size(), 3);
    model.open({}, {}, {});
    source.answer(source.asked.last());
    QCOMPARE(window(model), "empty");
}

void TestConversationModel::keepsTheOrderOfIds()
{
    ConversationModel model;
    QAbstractItemModelTester tester(&model);
    show(model, { numbered(1) });
    model.append(numbered(3)); // mine, shown at once
    model.append(numbered(2)); // theirs, shown when it was on disk
    QTRY_COMPARE(printModel(model), (QStringList { "1", "2", "3" }));
}

void TestConversationModel::takesABurstTogether()
{
    ConversationModel model;
    QAbstractItemModelTester tester(&model);
    show(model, {});
    QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
    for (quint64 id = 1; id <= 200; ++id)
        model.append(numbered(id));
    QCOMPARE(inserted.size(), 1); // the first at once
    QTRY_COMPARE(inserted.size(), 2);
    QCOMPARE(window(model), "1 … 200");
}

void TestConversationModel::changesWhatWasSaid()
{
    ConversationModel model;
    QAbstractItemModelTester tester(&model);
    Entry hello = said(7, "hello", true);
    hello.state = Entry::State::Queued;
    show(model, { hello });
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
    show(model,
        { said(1, "a", false, noon), said(2, "b", false, noon + minute), said(3, "c", true, noon + 2 * minute),
            said(4, "d", true, noon + 20 * minute), said(5, "e", true, noon + 24 * 60 * minute) });
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
    show(model, { entry }, { shoot });
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
    show(model, { mine, said(2, "hello\u202E", false, at) });
    QCOMPARE(model.index(0).data(Qt::AccessibleTextRole).toString(), "You, 09:15: hi, not sent: Bea is away");
    QCOMPARE(model.index(1).data(Qt::AccessibleTextRole).toString(), QStringLiteral("Bea, 09:15: hello⟨U+202E⟩"));
}

QTEST_GUILESS_MAIN(TestConversationModel)
#include "tst_conversation_model.moc"
