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

class TestMessages : public QObject {
    Q_OBJECT

private slots:
    void eachStateIsTrueWhenItIsShown();
    void filesOfBeforeAreTakenOver();
    void whatExpiredMayBeACall();
    void deliveredDirectlyNeedsNoReceipt();
    void comesOnceHoweverOftenItIsSent();
    void keepsTheOrderOfItsSender();
    void whatIsRefusedSaysWhyAndGoesAgain();
    void theirNoHoldsForAllThatWaits();
    void whoMayNotSpeakIsNotHeard();
    void aStrangerHearsThatItWasNotTaken();
    void whatWasTurnedDownIsNotDeliveredByWhatFollows();
    void whatIsAtABrokerIsNotDeliveredByWhatGoesDirectly();
    void whoIsRemovedGetsNothingOfWhatWaited();
    void whatIsGivenUpIsNotDelivered();
    void whatWaitsSaysWhy();
    void whatTheBrokerLetsGoIsNotSent();
    void readOnOneDeviceIsReadOnAll();
    void whatANewerProgramSaysIsPassedOver();
    void afterACrashTheHistoryAgreesWithTheOutbox();
};

/// From the version before calls were kept: what was said stays.
void TestMessages::filesOfBeforeAreTakenOver()
{
    const Database::Steps steps = messages::steps();
    Folder mine;
    mine.database.reset();
    const QString path = mine.folder.filePath(QStringLiteral("old.sqlite"));
    mine.database = std::move(*Database::open(path, steps.first(3)));
    QVERIFY(!CallBook(*mine).all());
    mine.say(bea, QStringLiteral("of before"), anasLaptop);
    mine.database.reset();
    mine.database = std::move(*Database::open(path, steps));
    QCOMPARE(history::find(*mine, 1)->text, QStringLiteral("of before"));
    QVERIFY(CallBook(*mine).all()->isEmpty());
}

/// A broker's word about what nobody fetched counts for calls as for what was said.
void TestMessages::whatExpiredMayBeACall()
{
    Folder mine;
    SentCall call;
    const PublicKey broker = somebody("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
    call.to = bea; // a machine
    call.broker = broker;
    call.parameters = Value(Value::Map {});
    call.device = anasLaptop;
    const Result<SentCall> put = CallBook(*mine).put(call);
    QVERIFY(put && CallBook(*mine).kept(bea, broker, 1, QStringLiteral("home")));
    const contracts::MailExpired gone { bea, anasLaptop, MailSource::ofBroker(broker), 1, 1 };
    const MailItem item { contracts::MailExpired::kind, encodeStruct(gone), 1 };
    const MailSource source { broker, QByteArray(8, '\0'), ana, QByteArray(16, '\0') };
    messages::Arrival arrival { source, 1, packItems({ &item, 1 }) };
    QVERIFY(messages::take(*mine, arrival)->calls.isEmpty()); // somebody's, who is no broker
    arrival.first = 2;
    arrival.isBroker = true;
    const auto news = messages::take(*mine, arrival);
    QVERIFY(news);
    QCOMPARE(news->calls.size(), 1);
    QCOMPARE(news->calls.first().outcome().code, Code::DeadlineExceeded);
}

void TestMessages::eachStateIsTrueWhenItIsShown()
{
    Folder a;
    Folder b;
    a.say(bea, "hi", anasLaptop);
    QCOMPARE(a.shown(bea), QStringList("hi/queued"));
    const Outbox::Run run = a.waiting(bea);
    QVERIFY(messages::kept(*a, bea, anasLaptop, 1, "home"));
    QCOMPARE(a.shown(bea), QStringList("hi/at broker"));
    QCOMPARE(history::find(*a, 1)->sentence, "home");
    const auto news = b.take(from(ana, anasLaptop, bea), run, beasLaptop);
    QCOMPARE(news->added.size(), 1);
    QCOMPARE(news->added.first().text, "hi");
    QCOMPARE(news->added.first().said, 1000);
    QVERIFY(a.hearBea(b, anasLaptop)); // the receipt
    QCOMPARE(a.shown(bea), QStringList("hi/delivered"));
    QVERIFY(messages::markRead(*b, ana, b.lastId, {}));
    QVERIFY(a.hearBea(b, anasLaptop));
    QCOMPARE(a.shown(bea), QStringList("hi/read"));
    QVERIFY(messages::kept(*a, bea, anasLaptop, 1, "home")); // never back
    QCOMPARE(a.shown(bea), QStringList("hi/read"));
}

void TestMessages::deliveredDirectlyNeedsNoReceipt()
{
    Folder a;
    Folder b;
    a.say(bea, "hi", anasLaptop);
    QVERIFY(b.take(from(ana, anasLaptop, bea), a.waiting(bea), beasLaptop, true));
    QCOMPARE(b.waiting(ana).count, quint64(0));
    QVERIFY(messages::kept(*a, bea, anasLaptop, 1, {}));
    QCOMPARE(a.shown(bea), QStringList("hi/delivered"));
}

void TestMessages::comesOnceHoweverOftenItIsSent()
{
    Folder a;
    Folder b;
    a.say(bea, "hi", anasLaptop);
    const Outbox::Run run = a.waiting(bea);
    QCOMPARE(b.take(from(ana, anasLaptop, bea), run, beasLaptop)->added.size(), 1);
    b.open(); // a crash before the answer
    QCOMPARE(b.take(from(ana, anasLaptop, bea), run, beasLaptop)->added.size(), 0);
    QCOMPARE(b.take(from(ana, anasLaptop, bea), run, beasLaptop, true)->added.size(), 0);
    QCOMPARE(b.shown(ana), QStringList("hi"));
    QCOMPARE(*history::unread(*b, ana), 1);
    QCOMPARE(b.waiting(ana).count, quint64(1)); // one receipt
}

void TestMessages::keepsTheOrderOfItsSender()
{
    Folder a;
    Folder b;
    for (const char *text : { "one", "two", "three" })
        a.say(bea, QString::fromLatin1(text), anasLaptop);
    QVERIFY(b.take(from(ana, anasLaptop, bea), a.waiting(bea), beasLaptop));
    QCOMPARE(b.shown(ana), (QStringList { "one", "two", "three" }));
    QVERIFY(messages::kept(*a, bea, anasLaptop, 2, "home"));
    QCOMPARE(a.shown(bea), (QStringList { "one/at broker", "two/at broker", "three/queued" }));
}

void TestMessages::whatIsRefusedSaysWhyAndGoesAgain()
{
    using messages::Refusal;
    Folder a;
    a.say(bea, "one", anasLaptop);
    a.say(bea, "two", anasLaptop);
    QVERIFY(messages::refused(*a, bea, anasLaptop, 1, Refusal::ForNow, "the mailbox is full"));
    QCOMPARE(history::find(*a, 1)->sentence, "the mailbox is full");
    QCOMPARE(a.shown(bea), (QStringList { "one/queued", "two/queued" }));
    QVERIFY(messages::refused(*a, bea, anasLaptop, 1, Refusal::GivenUp, "too large"));
    QCOMPARE(a.shown(bea), (QStringList { "one/not sent", "two/queued" }));
    QCOMPARE(messages::sayAgain(*a, 2, anasLaptop).error().code, Code::NotFound); // it waits
    const Result<Entry> again = messages::sayAgain(*a, 1, anasLaptop);
    QVERIFY(again);
    QCOMPARE(again->number, quint64(3));
    QVERIFY(again->sentence.isEmpty());
    QCOMPARE(a.shown(bea), (QStringList { "one/queued", "two/queued" }));
}

void TestMessages::theirNoHoldsForAllThatWaits()
{
    Folder a;
    Folder b;
    a.say(bea, "one", anasLaptop);
    a.say(bea, "two", anasLaptop);
    QVERIFY(messages::refused(*a, bea, anasLaptop, 1, messages::Refusal::All, "no"));
    QCOMPARE(a.shown(bea), (QStringList { "one/not sent", "two/not sent" }));
    QVERIFY(b.take(from(ana, anasLaptop, bea), a.waiting(bea), beasLaptop)); // their numbers go on, and say nothing
    QCOMPARE(b.shown(ana), QStringList());
}

void TestMessages::whoMayNotSpeakIsNotHeard()
{
    Folder a;
    Folder b;
    a.say(bea, "let me in", anasLaptop);
    QVERIFY(b.take(from(ana, anasLaptop, bea), a.waiting(bea), beasLaptop, false, false)->added.isEmpty());
    QCOMPARE(b.shown(ana), QStringList());
    QVERIFY(messages::kept(*a, bea, anasLaptop, 1, "home"));
    QVERIFY(a.hearBea(b, anasLaptop));
    QCOMPARE(a.shown(bea), QStringList("let me in/not sent"));
    QCOMPARE(history::find(*a, 1)->sentence, messages::noSentence());
}

void TestMessages::aStrangerHearsThatItWasNotTaken()
{
    Folder a;
    Folder b;
    a.say(bea, "one", anasLaptop);
    a.say(bea, "two", anasLaptop);
    const Outbox::Run run = a.waiting(bea);
    QVERIFY(messages::turnAway(*b, { from(ana, anasLaptop, bea), run.first, run.items }));
    QCOMPARE(b.waiting(ana).count, quint64(0)); // of what a contact may be told, nothing
    const Outbox::Run answer = b.waiting(messages::sequenceToStranger(ana));
    QVERIFY(a.take(from(bea, beasLaptop, ana), answer, anasLaptop));
    QCOMPARE(a.shown(bea), (QStringList { "one/not sent", "two/not sent" }));
    QVERIFY(
        messages::turnAway(*a, { from(bea, beasLaptop, ana), answer.first, answer.items })); // which is not answered
    QCOMPARE(a.waiting(messages::sequenceToStranger(bea)).count, quint64(0));
    // Another device of theirs knows Ana, and takes the first.
    Folder phone;
    Outbox::Run first = run;
    first.items.truncate((*cutItems(run.items))[1]);
    QVERIFY(phone.take(from(ana, anasLaptop, bea), first, QByteArray("phone--b")));
    QVERIFY(a.take(from(bea, QByteArray("phone--b"), ana), phone.waiting(ana), anasLaptop));
    QCOMPARE(a.shown(bea), (QStringList { "one/delivered", "two/not sent" }));
}

void TestMessages::whatWasTurnedDownIsNotDeliveredByWhatFollows()
{
    Folder a;
    Folder b;
    a.say(bea, "one", anasLaptop);
    QVERIFY(b.take(from(ana, anasLaptop, bea), a.waiting(bea), beasLaptop, false, false));
    QVERIFY(messages::kept(*a, bea, anasLaptop, 1, "home"));
    QVERIFY(a.hearBea(b, anasLaptop));
    a.say(bea, "two", anasLaptop); // Bea lets her speak now
    QVERIFY(b.take(from(ana, anasLaptop, bea), a.waiting(bea), beasLaptop));
    QVERIFY(messages::kept(*a, bea, anasLaptop, 2, "home"));
    const QStringList shown { "one/not sent", "two/delivered" };
    QVERIFY(a.hearBea(b, anasLaptop));
    QCOMPARE(a.shown(bea), shown);
    QVERIFY(messages::markRead(*b, ana, b.lastId, {}));
    QVERIFY(a.hearBea(b, anasLaptop));
    QCOMPARE(a.shown(bea), (QStringList { "one/not sent", "two/read" }));
    a.open();
    QVERIFY(messages::reconcile(*a));
    QCOMPARE(a.shown(bea), (QStringList { "one/not sent", "two/read" }));
}

void TestMessages::whatIsAtABrokerIsNotDeliveredByWhatGoesDirectly()
{
    Folder a;
    a.say(bea, "one", anasLaptop);
    QVERIFY(Outbox(*a).kept(messages::sequenceTo(bea), 1) && messages::kept(*a, bea, anasLaptop, 1, "home"));
    a.say(bea, "two", anasLaptop);
    QVERIFY(Outbox(*a).kept(messages::sequenceTo(bea), 2) && messages::kept(*a, bea, anasLaptop, 2, {}));
    QCOMPARE(a.shown(bea), (QStringList { "one/at broker", "two/delivered" }));
    a.open();
    QVERIFY(messages::reconcile(*a));
    QCOMPARE(a.shown(bea), (QStringList { "one/at broker", "two/delivered" }));
}

void TestMessages::whoIsRemovedGetsNothingOfWhatWaited()
{
    Folder a;
    Folder b;
    a.say(bea, "old", anasLaptop);
    QVERIFY(messages::forget(*a, bea));
    QCOMPARE(a.shown(bea), QStringList());
    a.say(bea, "new", anasLaptop);
    QVERIFY(b.take(from(ana, anasLaptop, bea), a.waiting(bea), beasLaptop));
    QCOMPARE(b.shown(ana), QStringList("new"));
}

void TestMessages::whatIsGivenUpIsNotDelivered()
{
    Folder a;
    a.say(bea, "one", anasLaptop);
    a.say(bea, "two", anasLaptop);
    QVERIFY(messages::refused(*a, bea, anasLaptop, 1, messages::Refusal::GivenUp, "too large"));
    QVERIFY(messages::kept(*a, bea, anasLaptop, 2, {}));
    QCOMPARE(a.shown(bea), (QStringList { "one/not sent", "two/delivered" }));
}

void TestMessages::whatWaitsSaysWhy()
{
    Folder a;
    a.say(bea, "one", anasLaptop);
    QCOMPARE(messages::explain(*a, bea, anasLaptop, "another key")->changed.size(), 1);
    QCOMPARE(history::find(*a, 1)->sentence, "another key");
    QVERIFY(messages::explain(*a, bea, anasLaptop, "another key")->changed.isEmpty());
    a.open();
    QVERIFY(messages::reconcile(*a));
    QVERIFY(history::find(*a, 1)->sentence.isEmpty());
    QCOMPARE(a.shown(bea), QStringList("one/queued"));
}

void TestMessages::whatTheBrokerLetsGoIsNotSent()
{
    Folder a;
    for (const char *text : { "one", "two", "three", "four" })
        a.say(bea, QLatin1String(text), anasLaptop);
    QVERIFY(messages::kept(*a, bea, anasLaptop, 3, QStringLiteral("home")));
    quint64 number = 0;
    const auto says = [&](const contracts::MailExpired &what, bool isBroker) {
        const MailItem item { contracts::MailExpired::kind, encodeStruct(what), 0 };
        messages::Arrival arrival { from(home, QByteArray(8, '\0'), ana), ++number, packItems({ &item, 1 }) };
        arrival.isAllowed = false;
        arrival.isBroker = isBroker;
        arrival.me = anasLaptop;
        return messages::take(*a, arrival);
    };
    const QByteArray conversation = messages::sequenceTo(bea).conversation;
    const QStringList untouched { "one/at broker", "two/at broker", "three/at broker", "four/queued" };
    QVERIFY(says({ bea, anasLaptop, conversation, 2, 4 }, false)); // somebody else says so
    QVERIFY(says({ bea, anasPhone, conversation, 2, 4 }, true)); // of another device
    QVERIFY(says({ bea, anasLaptop, QByteArray(16, 'x'), 2, 4 }, true)); // of another conversation
    QVERIFY(says({ ana, anasLaptop, conversation, 2, 4 }, true)); // to somebody else
    QCOMPARE(a.shown(bea), untouched);
    const auto news = says({ bea, anasLaptop, conversation, 2, 4 }, true);
    QCOMPARE(a.shown(bea), (QStringList { "one/at broker", "two/not sent", "three/not sent", "four/queued" }));
    QCOMPARE(news->changed.size(), 2);
    QCOMPARE(news->changed.first().sentence, messages::expiredSentence());
    QVERIFY(messages::sayAgain(*a, news->changed.first().id, anasLaptop));
    QCOMPARE(a.shown(bea)[1], QStringLiteral("two/queued"));
    // Bea comes, and takes what is still there.
    QVERIFY(messages::kept(*a, bea, anasLaptop, 5, QStringLiteral("home")));
    Folder b;
    Outbox::Run rest = a.waiting(bea);
    const QList<quint32> cut = *cutItems(rest.items);
    rest.items = rest.items.mid(cut[3], cut[5] - cut[3]);
    rest.first += 3;
    QVERIFY(b.take(from(ana, anasLaptop, bea), rest, beasLaptop));
    QVERIFY(a.hearBea(b, anasLaptop));
    QCOMPARE(a.shown(bea), (QStringList { "one/delivered", "two/delivered", "three/not sent", "four/delivered" }));
}

void TestMessages::readOnOneDeviceIsReadOnAll()
{
    Folder b;
    Folder laptop;
    Folder phone;
    b.say(ana, "one", beasLaptop);
    b.say(ana, "two", beasLaptop);
    const Outbox::Run run = b.waiting(ana);
    QVERIFY(laptop.take(from(bea, beasLaptop, ana), run, anasLaptop));
    QVERIFY(phone.take(from(bea, beasLaptop, ana), run, anasPhone));
    QVERIFY(messages::markRead(*laptop, bea, laptop.lastId, { anasLaptop, toAnas }));
    const auto news = phone.take(from(ana, anasLaptop, ana), laptop.waiting(toAnas), anasPhone);
    QVERIFY(news->read.contains(bea));
    QCOMPARE(*history::unread(*phone, bea), 0);
}

void TestMessages::whatANewerProgramSaysIsPassedOver()
{
    Folder b;
    const MailItem items[] = { { "chat/9", "?", 1 }, { ChatText::kind, "no map", 1 },
        { MailReceipt::read, "no map", 1 }, { ChatText::kind, encodeStruct(ChatText { "" }), 1 },
        { ChatText::kind, encodeStruct(ChatText { "hi" }), 1 } };
    const auto news = b.take(from(ana, anasLaptop, bea), { 1, packItems(items), 5 }, beasLaptop);
    QVERIFY(news);
    QCOMPARE(b.shown(ana), QStringList("hi"));
    QCOMPARE(news->added.first().number, quint64(5));
}

void TestMessages::afterACrashTheHistoryAgreesWithTheOutbox()
{
    Folder a;
    a.say(bea, "one", anasLaptop);
    a.say(bea, "two", anasLaptop);
    QVERIFY(Outbox(*a).kept(messages::sequenceTo(bea), 1)); // and then somebody pulled the plug
    a.open();
    QVERIFY(messages::reconcile(*a));
    QCOMPARE(a.shown(bea), (QStringList { "one/at broker", "two/queued" }));
}

QTEST_GUILESS_MAIN(TestMessages)
#include "tst_messages.moc"
