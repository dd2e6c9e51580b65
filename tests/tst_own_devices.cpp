#include "core/contracts/mail.h"
#include "core/contracts/talk.h"
#include "core/mail_items.h"
#include "core/wire.h"
#include "support/mail_folder.h"

#include <QTest>

using namespace hawser;
using namespace hawser::chat;
using namespace hawser::test;
using contracts::ChatText;
using contracts::MailReceipt;
using contracts::MailSent;

namespace {

const messages::Myself laptopOfAna { anasLaptop, toAnas };

/// Ana's second device, and what her laptop tells it.
struct Phone : Folder {
    Folder &laptop;
    quint64 told = 0; ///< number of the last item

    explicit Phone(Folder &laptop) : laptop(laptop) { people = { { bea, true } }; }
    /// All that waits for it since it was asked last.
    Result<messages::News> hear()
    {
        Outbox::Run run;
        const auto waiting = Outbox(*laptop).pending(toAnas, told, 1 << 20);
        for (const Outbox::Run &next : *waiting) {
            run.first = run.first ? run.first : next.first;
            run.items += next.items;
            run.count += next.count;
        }
        told += run.count;
        return run.count ? take(from(ana, anasLaptop, ana), run, anasPhone) : messages::News {};
    }
};

} // namespace

class TestOwnDevices : public QObject {
    Q_OBJECT

private slots:
    void whatISayIsShownWithItsState();
    void aReceiptMayComeBeforeWhatItIsAbout();
    void nothingIsShownTwice();
    void aBrokerIsHeardOnlyAboutWhomItIsBelieved();
    void whatWasNotSentAndGoesAgainIsOneLine();
    void eitherDeviceMaySayItAgain();
    void numbersOfARestoredFolderAreToldAnew();
    void whatCameDirectlyIsHeardOnAll();
    void whatCameBothWaysCountsOnce();
    void onlyWhatIsNewIsPassedOn();
    void whoIsNotAllowedIsNotHeardByAnotherDevice();
    void nobodyIsToldWithoutABroker();
    void afterACrashOnlyWhatWasSaidHereIsComparedWithTheOutbox();
    void badWordsOfANewerProgramArePassedOver();
    void aHistoryOfBeforeGoesOn();
    void whatIsToldOfUnknownDevicesIsBounded();
    void whatABrokerLetGoIsToldOnce();
};

void TestOwnDevices::whatISayIsShownWithItsState()
{
    Folder laptop;
    Folder b;
    Phone phone(laptop);
    laptop.say(bea, "hi", laptopOfAna);
    const auto news = phone.hear();
    QCOMPARE(news->added.size(), 1);
    QCOMPARE(news->added.first().said, 1000);
    QCOMPARE(news->added.first().at, 2000);
    QVERIFY(news->added.first().mine && news->added.first().elsewhere);
    QCOMPARE(phone.shown(bea), QStringList("hi/queued"));
    QCOMPARE(*history::unread(*phone, bea), 0);
    QCOMPARE(history::search(*phone, bea, "hi", 10)->size(), 1);

    QVERIFY(messages::kept(*laptop, bea, laptopOfAna, 1, "home"));
    QCOMPARE(phone.hear()->changed.size(), 1);
    QCOMPARE(phone.shown(bea), QStringList("hi/at broker"));
    QCOMPARE(history::find(*phone, phone.lastId)->sentence, "home");

    QVERIFY(b.take(from(ana, anasLaptop, bea), laptop.waiting(bea), beasLaptop));
    const Outbox::Run receipt = b.waiting(ana); // both of Ana's get it from the mailbox
    QVERIFY(laptop.take(from(bea, beasLaptop, ana), receipt, laptopOfAna));
    QVERIFY(phone.take(from(bea, beasLaptop, ana), receipt, anasPhone));
    QCOMPARE(laptop.shown(bea), QStringList("hi/delivered"));
    QCOMPARE(phone.shown(bea), QStringList("hi/delivered"));
    QVERIFY(messages::markRead(*b, ana, b.lastId, beasLaptop));
    QVERIFY(phone.hearBea(b, anasPhone));
    QCOMPARE(phone.shown(bea), QStringList("hi/read"));
    QCOMPARE(phone.waiting(bea).count, quint64(0)); // what it only shows it does not send
}

void TestOwnDevices::aReceiptMayComeBeforeWhatItIsAbout()
{
    Folder laptop;
    Folder b;
    Phone phone(laptop);
    for (const char *text : { "one", "two", "three" })
        laptop.say(bea, text, laptopOfAna);
    Outbox::Run run = laptop.waiting(bea);
    run.items.truncate((*cutItems(run.items))[2]);
    QVERIFY(b.take(from(ana, anasLaptop, bea), run, beasLaptop));
    QVERIFY(phone.hearBea(b, anasPhone));
    QVERIFY(phone.hear());
    QCOMPARE(phone.shown(bea), (QStringList { "one/delivered", "two/delivered", "three/queued" }));
    QVERIFY(messages::kept(*laptop, bea, laptopOfAna, 3, "home"));
    QVERIFY(phone.hear()); // and never back
    QCOMPARE(phone.shown(bea), (QStringList { "one/delivered", "two/delivered", "three/at broker" }));
}

void TestOwnDevices::nothingIsShownTwice()
{
    Folder laptop;
    Phone phone(laptop);
    laptop.say(bea, "hi", laptopOfAna);
    const Outbox::Run run = laptop.waiting(toAnas);
    QVERIFY(phone.hear());
    phone.open(); // a crash before the answer
    QVERIFY(phone.take(from(ana, anasLaptop, ana), run, anasPhone));
    // A broker hands it out once more, under another number.
    QVERIFY(phone.take(from(ana, anasLaptop, ana), { run.first + 1, run.items, 1 }, anasPhone));
    QCOMPARE(phone.shown(bea), QStringList("hi/queued"));
    laptop.say(bea, "hi", laptopOfAna); // but the same words may be said again
    Outbox::Run second = laptop.waiting(toAnas);
    second.items = second.items.sliced((*cutItems(second.items))[1]);
    QVERIFY(phone.take(from(ana, anasLaptop, ana), { 3, second.items, 1 }, anasPhone));
    QCOMPARE(phone.shown(bea), (QStringList { "hi/queued", "hi/queued" }));
}

void TestOwnDevices::aBrokerIsHeardOnlyAboutWhomItIsBelieved()
{
    Folder laptop;
    Phone phone(laptop);
    phone.people = { { home, true } };
    laptop.say(bea, "hi", laptopOfAna);
    Folder b;
    b.say(ana, "hello", beasLaptop);
    QVERIFY(laptop.hearBea(b, laptopOfAna, true));
    QVERIFY(messages::kept(*laptop, bea, laptopOfAna, 1, "home"));
    QVERIFY(phone.hear());
    QCOMPARE(phone.shown(bea), QStringList());
}

void TestOwnDevices::whatWasNotSentAndGoesAgainIsOneLine()
{
    using messages::Refusal;
    Folder laptop;
    Phone phone(laptop);
    const Entry one = laptop.say(bea, "one", laptopOfAna);
    laptop.say(bea, "two", laptopOfAna);
    QVERIFY(messages::refused(*laptop, bea, laptopOfAna, 1, Refusal::ForNow, "the mailbox is full"));
    QVERIFY(messages::refused(*laptop, bea, laptopOfAna, 1, Refusal::GivenUp, "too large"));
    QVERIFY(phone.hear());
    QCOMPARE(phone.shown(bea), (QStringList { "one/not sent", "two/queued" }));
    QVERIFY(messages::sayAgain(*laptop, one.id, laptopOfAna));
    QVERIFY(messages::kept(*laptop, bea, laptopOfAna, 3, "home"));
    QVERIFY(phone.hear());
    QCOMPARE(phone.shown(bea), (QStringList { "one/at broker", "two/at broker" }));
}

void TestOwnDevices::eitherDeviceMaySayItAgain()
{
    Folder laptop;
    Phone phone(laptop);
    laptop.say(bea, "one", laptopOfAna);
    QVERIFY(messages::refused(*laptop, bea, laptopOfAna, 1, messages::Refusal::All, "no"));
    QVERIFY(phone.hear());
    QCOMPARE(phone.shown(bea), QStringList("one/not sent"));
    QVERIFY(messages::sayAgain(*phone, phone.lastId, { anasPhone, toAnas }));
    QVERIFY(messages::kept(*phone, bea, { anasPhone, toAnas }, 1, "home"));
    laptop.people = phone.people;
    QVERIFY(laptop.take(from(ana, anasPhone, ana), phone.waiting(toAnas), laptopOfAna));
    QCOMPARE(laptop.shown(bea), QStringList("one/at broker"));
    QCOMPARE(phone.shown(bea), QStringList("one/at broker"));
}

void TestOwnDevices::numbersOfARestoredFolderAreToldAnew()
{
    Folder laptop;
    Phone phone(laptop);
    laptop.say(bea, "one", laptopOfAna);
    QVERIFY(phone.hear());
    const auto restored = Outbox(*laptop).compare(messages::sequenceTo(bea), 5, QByteArray(16, 'x'));
    QCOMPARE(restored->by, quint64(5));
    QVERIFY(messages::renumber(*laptop, bea, laptopOfAna, restored->after, restored->by));
    QVERIFY(messages::kept(*laptop, bea, laptopOfAna, 6, {}));
    QVERIFY(phone.hear());
    QCOMPARE(phone.shown(bea), QStringList("one/delivered"));
}

void TestOwnDevices::whatCameDirectlyIsHeardOnAll()
{
    Folder laptop;
    Folder b;
    Phone phone(laptop);
    b.say(ana, "one", beasLaptop);
    b.say(ana, "two", beasLaptop);
    QVERIFY(laptop.hearBea(b, laptopOfAna, true));
    const auto news = phone.hear();
    QCOMPARE(news->added.size(), 2);
    QCOMPARE(phone.shown(bea), (QStringList { "one", "two" }));
    QCOMPARE(*history::unread(*phone, bea), 2);
    QCOMPARE(phone.waiting(bea).count, quint64(0)); // she knows by the acknowledgement
    // Read there is read here.
    QVERIFY(messages::markRead(*laptop, bea, laptop.lastId, laptopOfAna));
    QVERIFY(phone.hear()->read.contains(bea));
    QCOMPARE(*history::unread(*phone, bea), 0);
    // How far mine came by the direct way.
    laptop.say(bea, "three", laptopOfAna);
    QVERIFY(messages::kept(*laptop, bea, laptopOfAna, 3, {})); // two of the numbers were the marks for the two
    QVERIFY(phone.hear());
    QCOMPARE(phone.shown(bea).last(), "three/delivered");
    QVERIFY(b.take(from(ana, anasLaptop, bea), laptop.waiting(bea), beasLaptop, true));
    QVERIFY(messages::markRead(*b, ana, b.lastId, beasLaptop));
    Outbox::Run read = b.waiting(ana);
    QVERIFY(laptop.take(from(bea, beasLaptop, ana), read, laptopOfAna, true));
    QVERIFY(phone.hear());
    QCOMPARE(phone.shown(bea).last(), "three/read");
}

void TestOwnDevices::whatCameBothWaysCountsOnce()
{
    Folder laptop;
    Folder b;
    Phone phone(laptop);
    b.say(ana, "hi", beasLaptop);
    QVERIFY(laptop.hearBea(b, laptopOfAna, true)); // its answer was cut off
    QVERIFY(laptop.hearBea(b, laptopOfAna));
    QVERIFY(phone.hearBea(b, anasPhone));
    QVERIFY(phone.hear());
    QCOMPARE(phone.shown(bea), QStringList("hi"));
}

/// What came by the broker is in the midst of what comes directly: it brings that to the others itself.
void TestOwnDevices::onlyWhatIsNewIsPassedOn()
{
    Folder laptop;
    Folder b;
    Phone phone(laptop);
    for (const char *text : { "one", "two", "three", "four" })
        b.say(ana, QString::fromLatin1(text), beasLaptop);
    const Outbox::Run all = b.waiting(ana);
    const auto cuts = cutItems(all.items);
    const Outbox::Run second { all.first + 1, all.items.mid((*cuts)[1], (*cuts)[2] - (*cuts)[1]), 1 };
    QVERIFY(laptop.take(from(bea, beasLaptop, ana), second, laptopOfAna));
    QVERIFY(laptop.hearBea(b, laptopOfAna, true));
    QCOMPARE(laptop.waiting(toAnas).count, quint64(2)); // what is before it, and what is behind it
    QVERIFY(phone.hear());
    QCOMPARE(phone.shown(bea), (QStringList { "one", "three", "four" }));
}

void TestOwnDevices::whoIsNotAllowedIsNotHeardByAnotherDevice()
{
    Folder laptop;
    Folder b;
    Phone phone(laptop);
    phone.people = { { bea, false } };
    b.say(ana, "hi", beasLaptop);
    QVERIFY(laptop.hearBea(b, laptopOfAna, true));
    QVERIFY(phone.hear());
    QCOMPARE(phone.shown(bea), QStringList());
}

void TestOwnDevices::nobodyIsToldWithoutABroker()
{
    Folder laptop;
    Folder b;
    laptop.say(bea, "hi", anasLaptop);
    b.say(ana, "hello", beasLaptop);
    QVERIFY(laptop.hearBea(b, anasLaptop, true));
    QCOMPARE(laptop.waiting(toAnas).count, quint64(0));
    QCOMPARE(*(*laptop).number(QStringLiteral("SELECT count(*) FROM outbox_sequences")), 1); // what she says to Bea
}

void TestOwnDevices::afterACrashOnlyWhatWasSaidHereIsComparedWithTheOutbox()
{
    Folder laptop;
    Phone phone(laptop);
    laptop.say(bea, "there", laptopOfAna);
    QVERIFY(phone.hear());
    phone.say(bea, "here", anasPhone);
    QVERIFY(Outbox(*phone).kept(messages::sequenceTo(bea), 1)); // and then somebody pulled the plug
    phone.open();
    QVERIFY(messages::reconcile(*phone));
    QCOMPARE(phone.shown(bea), (QStringList { "there/queued", "here/at broker" }));
    QVERIFY(!history::page(*phone, { bea })->entries.first().sentence.isEmpty()); // where it waits
}

void TestOwnDevices::badWordsOfANewerProgramArePassedOver()
{
    Folder laptop;
    Phone phone(laptop);
    const QByteArray hi = encodeStruct(ChatText { "hi" });
    const auto sent = [](const MailSent &what) { return MailItem { MailSent::kind, encodeStruct(what), 1 }; };
    const contracts::MailHeard odd { bea, "short", QByteArray(16, '\0'), 1, "no items" };
    const contracts::MailHeard ownEcho { ana, anasLaptop, QByteArray(16, '\0'), 1, packItems({}) };
    const MailItem items[] = { { MailSent::kind, "no map", 1 }, sent({ bea, 0, ChatText::kind, hi }),
        sent({ bea, mostMailNumber + 1, ChatText::kind, hi }), sent({ bea, 1, "chat/9", hi }),
        sent({ bea, 1, ChatText::kind, "no map" }), sent({ bea, 1, ChatText::kind, encodeStruct(ChatText { "" }) }),
        { contracts::MailState::kind, encodeStruct(contracts::MailState { bea, 1, 9, 77, {} }), 1 },
        { contracts::MailHeard::kind, encodeStruct(odd), 1 }, { contracts::MailHeard::kind, encodeStruct(ownEcho), 1 },
        { "mail.other/7", "?", 1 }, sent({ bea, 2, ChatText::kind, hi }) };
    const Outbox::Run run { 1, packItems(items), std::size(items) };
    QVERIFY(phone.take(from(ana, anasLaptop, ana), run, anasPhone));
    QCOMPARE(phone.shown(bea), QStringList("hi/queued"));
    // And from somebody else these words mean nothing.
    QVERIFY(phone.take(from(bea, beasLaptop, ana), run, anasPhone));
    QCOMPARE(phone.shown(bea), QStringList("hi/queued"));
}

/// A file of the program before, with what was said then.
void TestOwnDevices::aHistoryOfBeforeGoesOn()
{
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("chat.sqlite"));
    {
        const auto before = Database::open(path, messages::steps().first(2));
        QVERIFY(before);
        QVERIFY((*before)->run(QStringLiteral("INSERT INTO talks (key) VALUES (?)"), { bea.bytes() }));
        QVERIFY((*before)->run(QStringLiteral("INSERT INTO entries VALUES (7, 1, 1, 1, 'old', 5, 0, 4, '', ?, 1, x'',"
                                              " x'')"),
            { anasLaptop }));
    }
    const auto now = Database::open(path, messages::steps());
    QVERIFY(now);
    const Result<Page> page = history::page(**now, { bea });
    QVERIFY(page);
    QCOMPARE(page->entries.size(), 1);
    QCOMPARE(page->entries.first().text, "old");
    QVERIFY(!page->entries.first().elsewhere);
    QVERIFY(history::noteTold(**now, bea, anasPhone, { 1, 0, 0 }));
}

void TestOwnDevices::whatIsToldOfUnknownDevicesIsBounded()
{
    Folder a;
    for (quint64 i = 1; i <= 100; ++i)
        QVERIFY(history::noteTold(*a, bea, QByteArray::number(qulonglong(10'000'000 + i)), { i, 0, 0 }));
    QCOMPARE(history::told(*a, bea, "10000100")->delivered, quint64(100));
    QCOMPARE(history::told(*a, bea, "10000001")->delivered, quint64(0));
    QCOMPARE(*(*a).number(QStringLiteral("SELECT count(*) FROM told")), 32);
    QVERIFY(messages::forget(*a, bea));
    QCOMPARE(history::told(*a, bea, "10000100")->delivered, quint64(0));
}

void TestOwnDevices::whatABrokerLetGoIsToldOnce()
{
    Folder a;
    const auto says = [&](quint64 inAll) {
        QStringList lines;
        const auto news = messages::lost(*a, home, inAll, ++a.lastId, 2000);
        for (const Entry &entry : news->added)
            lines << entry.text;
        return lines;
    };
    QCOMPARE(says(38), QStringList("Up to 38 messages went before this computer fetched them."));
    a.open();
    QCOMPARE(says(38), QStringList()); // on each new channel
    QCOMPARE(says(40), QStringList("Up to 2 messages went before this computer fetched them."));
    QCOMPARE(says(1), QStringList("One message may have gone before this computer fetched it.")); // it had forgotten us
    QCOMPARE(*history::unread(*a, home), 3); // until somebody has seen them
    QCOMPARE(history::page(*a, {})->entries.size(), 3);
    QVERIFY(messages::markRead(*a, home, a.lastId, anasLaptop));
    QCOMPARE(*history::unread(*a, home), 0);
    QCOMPARE(Outbox(*a).waiting()->size(), 0); // and nobody is told that
}

QTEST_GUILESS_MAIN(TestOwnDevices)
#include "tst_own_devices.moc"
