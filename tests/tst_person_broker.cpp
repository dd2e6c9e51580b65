#include "brokerd/broker.h"
#include "support/talk_of.h"
#include "tests/support/knocker.h"
#include "tests/support/someone.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace hawser;
using namespace hawser::chat;
using hawser::test::lastEntry;
using hawser::test::Someone;
using hawser::test::talkOf;

namespace {

struct House {
    QTemporaryDir folder;
    Identity identity = Identity::generate();
    std::unique_ptr<broker::Broker> broker;
    QString address;

    House()
    {
        auto opened = broker::Broker::open(folder.path(), identity, {});
        if (!opened)
            qFatal("%s", qUtf8Printable(opened.error().sentence));
        broker = std::move(*opened);
        const Result<Address> at = broker->listen({ QStringLiteral("127.0.0.1"), 0 });
        if (!at)
            qFatal("%s", qUtf8Printable(at.error().sentence));
        address = at->text();
    }
    bool isReady(Someone &someone) const
    {
        const auto known = someone->brokers().find(identity.key());
        return known && known->state == hawser::chat::Broker::State::Ready;
    }
};

} // namespace

/// People at a broker: the real broker in this process, real TLS.
class TestPersonBroker : public QObject {
    Q_OBJECT

private slots:
    void firstLinkMakesTheAdministrator()
    {
        House house;
        Someone ana(QStringLiteral("Ana"));
        enterAsAdministrator(house, ana);
        QTRY_VERIFY(ana->brokers().find(house.identity.key())->administrator);
    }

    void administratorSeesWhoJoinsAndLetsThemIn()
    {
        House house;
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        enterAsAdministrator(house, ana);
        QVERIFY(bea->asks().join(house.address));
        QTRY_VERIFY(ana->requests().shown());
        QTRY_COMPARE(bea->asks().all().first().state, Ask::State::Waiting);
        const Request request = *ana->requests().shown();
        QCOMPARE(request.kind, Asking::JoinPerson);
        QCOMPARE(request.key, bea->key());
        QCOMPARE(request.claim, QStringLiteral("Bea"));
        QCOMPARE(request.number(), bea->asks().all().first().number);
        QCOMPARE(request.doors.first().broker, house.identity.key());
        QVERIFY(ana->requests().allow(request.id, { {}, Lasting::Always, true, false }));
        QTRY_VERIFY(house.isReady(bea));
        QTRY_VERIFY(ana->requests().all().isEmpty());
        QTRY_COMPARE(bea->asks().all().first().state, Ask::State::Accepted);
        QTRY_COMPARE(bea->brokers().people(house.identity.key()).size(), 1);
    }

    void whoBelongsThereIsNotAskedAbout()
    {
        House house;
        Someone ana(QStringLiteral("Ana"));
        enterAsAdministrator(house, ana);
        bool stayed = true; // what goes on there is not disturbed
        connect(&ana->brokers(), &Brokers::changed, this, [&] { stayed = stayed && house.isReady(ana); });
        const Result<QByteArray> again = ana->asks().join(house.address);
        QTRY_COMPARE(ana->asks().find(*again)->state, Ask::State::Already);
        QVERIFY(ana->asks().find(*again)->sentence.startsWith(QStringLiteral("You belong to ")));
        QVERIFY(stayed);
        QVERIFY(ana->requests().all().isEmpty());
        QCOMPARE(ana->brokers().all().size(), 1);
    }

    void contactThroughTheBrokerThenTalkAndFile()
    {
        House house;
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        befriend(house, ana, bea);
        QCOMPARE(bea->route().presence(ana->key()).via, bea->brokers().all().first().name);

        QVERIFY(bea->conversations().say(ana->key(), QStringLiteral("hi!")));
        QTRY_COMPARE(lastEntry(*bea.person, ana->key()).state, Entry::State::Delivered);
        QCOMPARE(lastEntry(*ana.person, bea->key()).text, QStringLiteral("hi!"));

        QFile file(bea.folder.filePath(QStringLiteral("shoot.bin")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        QCOMPARE(file.write(QByteArray(2'000'000, 'q')), 2'000'000);
        file.close();
        const Result<QByteArray> sent = bea->transfers().send(ana->key(), { file.fileName() });
        QVERIFY(sent);
        QTRY_COMPARE(ana->transfers().all().size(), 1);
        QVERIFY(ana->transfers().accept(ana->transfers().all().first().id));
        QTRY_COMPARE(bea->transfers().find(*sent)->state, Transfer::State::Done);
    }

    void contactRequestSaysWhoVouches()
    {
        House house;
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        enterAsAdministrator(house, ana);
        letIn(house, ana, bea);
        QVERIFY(bea->asks().contact(house.identity.key(), ana->key(), QStringLiteral("Ana")));
        QTRY_VERIFY(ana->requests().shown());
        const Door door = ana->requests().shown()->doors.first();
        QCOMPARE(ana->requests().shown()->kind, Asking::ContactThroughBroker);
        QCOMPARE(door.broker, house.identity.key());
        QCOMPARE(door.knownAs, QStringLiteral("Bea"));
        QVERIFY(door.address.isEmpty());
        QTRY_COMPARE(contactAsk(bea).number, ana->requests().shown()->number());
    }

    void membersAreStrangersUntilOneSaysYes()
    {
        House house;
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        enterAsAdministrator(house, ana);
        letIn(house, ana, bea);
        Contact contact;
        contact.key = ana->key();
        contact.brokers << house.identity.key();
        QVERIFY(bea->contacts().save(contact)); // only on one side
        QTRY_VERIFY(bea->route().presence(ana->key()).online);
        QVERIFY(bea->conversations().say(ana->key(), QStringLiteral("hi!")));
        QTRY_COMPARE(lastEntry(*bea.person, ana->key()).state, Entry::State::NotSent);
        QCOMPARE(lastEntry(*bea.person, ana->key()).sentence, QStringLiteral("they do not take messages from you now"));
        QVERIFY(talkOf(*ana.person, bea->key()).isEmpty());
    }

    void whoMayNotSpeakAnyMoreIsTold()
    {
        House house;
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        befriend(house, ana, bea);
        QVERIFY(ana->contacts().revoke(bea->key(), Right::Messages));
        QVERIFY(bea->conversations().say(ana->key(), QStringLiteral("one")));
        QTRY_COMPARE(lastEntry(*bea.person, ana->key()).state, Entry::State::NotSent);
        QCOMPARE(lastEntry(*bea.person, ana->key()).sentence, QStringLiteral("they do not take messages from you now"));
        QVERIFY(talkOf(*ana.person, bea->key()).isEmpty());
        Grants both;
        both[Right::Messages] = { Lasting::Always, 0 };
        QVERIFY(ana->contacts().setRights(bea->key(), both));
        bea->conversations().tryAgain(lastEntry(*bea.person, ana->key()).id);
        QTRY_COMPARE(lastEntry(*bea.person, ana->key()).state, Entry::State::Delivered);
        QCOMPARE(lastEntry(*ana.person, bea->key()).text, QStringLiteral("one"));
    }

    void whoWasLetInDirectlyIsNotBelievedThroughABroker()
    {
        House house;
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        befriend(house, ana, bea);
        Contact direct = *bea->contacts().find(ana->key());
        direct.brokers.clear();
        QVERIFY(bea->contacts().save(direct)); // as if they had met without the broker
        // She does not write through it …
        QVERIFY(bea->conversations().say(ana->key(), QStringLiteral("hi!")));
        QTRY_COMPARE(lastEntry(*bea.person, ana->key()).state, Entry::State::Queued);
        // … nor takes what comes through it,
        QVERIFY(ana->conversations().say(bea->key(), QStringLiteral("not heard")));
        QTRY_COMPARE(lastEntry(*ana.person, bea->key()).state, Entry::State::AtBroker);
        // but can be asked.
        QVERIFY(bea->contacts().remove(ana->key()));
        direct.rights.clear();
        QVERIFY(bea->contacts().save(direct));
        QVERIFY(ana->contacts().remove(bea->key()));
        QVERIFY(ana->asks().contact(house.identity.key(), bea->key(), QStringLiteral("Bea")));
        QTRY_VERIFY(bea->requests().shown());
        QCOMPARE(bea->requests().shown()->contact, QStringLiteral("Ana"));
        QVERIFY(bea->requests().allow(bea->requests().shown()->id, { Right::Messages, Lasting::Days, false, false }));
        QCOMPARE(bea->contacts().find(ana->key())->brokers, QList<PublicKey> { house.identity.key() });
        QTRY_VERIFY(ana->route().presence(bea->key()).online);
        QVERIFY(ana->conversations().say(bea->key(), QStringLiteral("it is me")));
        QTRY_COMPARE(lastEntry(*ana.person, bea->key()).state, Entry::State::Delivered);
        QStringList heard;
        for (const Entry &entry : talkOf(*bea.person, ana->key()))
            if (!entry.mine)
                heard << entry.text;
        QCOMPARE(heard, QStringList { QStringLiteral("it is me") });
    }

    void aBrokerTellsAWrongNonceToTheBlockedAndTheUnblockedAlike()
    {
        House house;
        Someone ana(QStringLiteral("Ana"));
        enterAsAdministrator(house, ana);
        test::Knocker mallory(contracts::AskToBeLetIn::Kind::Person);
        mallory.connectTo(*Address::parse(house.address), house.identity.key());
        QTRY_VERIFY(ana->requests().shown());
        const quint64 left = mallory.heard->leftMs;
        QVERIFY(left > 110'000 && left <= 120'000);
        QVERIFY(ana->requests().block(ana->requests().shown()->id, Block::What::Key));
        QTRY_VERIFY(ana->requests().all().isEmpty());
        mallory.lies = true;
        mallory.knock();
        QTRY_VERIFY(mallory.refused);
        QCOMPARE(mallory.refused->code, Code::InvalidArgument);
        QVERIFY(ana->requests().all().isEmpty());
    }

    void whoIsAwayFindsItAtTheBroker()
    {
        House house;
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        befriend(house, ana, bea);
        const PublicKey key = bea->key();
        bea.person.reset();
        QTRY_VERIFY(!ana->route().presence(key).online);
        QVERIFY(ana->conversations().say(key, QStringLiteral("hi!")));
        QTRY_COMPARE(lastEntry(*ana.person, key).state, Entry::State::AtBroker);
        QCOMPARE(lastEntry(*ana.person, key).sentence, ana->brokers().all().first().name);
        bea.open();
        QTRY_COMPARE(lastEntry(*ana.person, key).state, Entry::State::Delivered);
        QCOMPARE(lastEntry(*bea.person, ana->key()).text, QStringLiteral("hi!"));
        bea->conversations().markRead(ana->key());
        QTRY_COMPARE(lastEntry(*ana.person, key).state, Entry::State::Read);
    }

    /// What might be done is not sent before it is on disk that it might.
    void aCallLeavesOnlyWhenItIsOnDiskThatItMay()
    {
        House house;
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        befriend(house, ana, bea);
        ana.person.reset();
        const auto file = Database::open(ana.folder.filePath(QStringLiteral("chat.sqlite")), messages::steps());
        QVERIFY(file);
        SentCall call;
        call.to = bea->key();
        call.broker = house.identity.key();
        call.command = QStringLiteral("order");
        call.at = QDateTime::currentMSecsSinceEpoch();
        call.until = call.at + 1'000'000;
        call.mayHaveLeft = false;
        call.device = QByteArray(8, 'd');
        QVERIFY(CallBook(**file).put(call));
        QVERIFY((*file)->run(QStringLiteral("CREATE TRIGGER no BEFORE UPDATE OF may_have_left ON sent_calls"
                                            " BEGIN SELECT RAISE(ABORT, 'it cannot be written'); END")));
        ana.open();
        QTRY_VERIFY(house.isReady(ana));
        QVERIFY(ana->conversations().say(bea->key(), QStringLiteral("hi!"))); // on the same way
        QTRY_COMPARE(lastEntry(*ana.person, bea->key()).state, Entry::State::Delivered);
        QCOMPARE(CallBook(**file).all()->first().state, SentCall::State::Queued);
        QVERIFY((*file)->run(QStringLiteral("DROP TRIGGER no")));
        QTRY_COMPARE_WITH_TIMEOUT(CallBook(**file).all()->first().state, SentCall::State::AtBroker, 20'000);
    }

    /// She writes on the laptop while the phone is off, and on the phone; Bea answers, by the broker and directly.
    void whatISayOnOneDeviceIsOnMyOthers()
    {
        House house;
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        befriend(house, ana, bea);
        Someone phone(QStringLiteral("Ana"), ana);
        const hawser::chat::Broker at = ana->brokers().all().first();
        QVERIFY(phone->brokers().add(Location { at.name, at.address, at.key }));
        QTRY_VERIFY(house.isReady(phone));
        QVERIFY(phone->contacts().save(*ana->contacts().find(bea->key())));
        const PublicKey hers = ana->key();
        const PublicKey key = bea->key();
        QVERIFY(bea->conversations().say(hers, QStringLiteral("zero")));
        QTRY_COMPARE(textsOf(phone, key), QStringList { "zero" }); // the broker knows this device from now on
        phone.person.reset(); // for days

        QVERIFY(ana->conversations().say(key, QStringLiteral("one")));
        QTRY_COMPARE(lastEntry(*ana.person, key).state, Entry::State::Delivered);
        QVERIFY(bea->conversations().say(hers, QStringLiteral("two")));
        QTRY_COMPARE(talkOf(*ana.person, key).size(), 3);
        ana.person.reset();
        phone.open();
        QTRY_COMPARE(textsOf(phone, key), (QStringList { "zero", "one", "two" }));
        QTRY_COMPARE(talkOf(*phone.person, key).value(1).state, Entry::State::Delivered);
        QVERIFY(talkOf(*phone.person, key).value(1).mine);
        QCOMPARE(phone->conversations().unread(key), 2);
        bea->conversations().markRead(hers);
        QTRY_COMPARE(talkOf(*phone.person, key).value(1).state, Entry::State::Read);

        ana.open(); // and now both are there
        QTRY_VERIFY(house.isReady(ana));
        QVERIFY(phone->conversations().say(key, QStringLiteral("three")));
        QTRY_COMPARE(textsOf(ana, key), (QStringList { "zero", "one", "two", "three" }));
        QTRY_COMPARE(lastEntry(*ana.person, key).state, Entry::State::Delivered);
        QVERIFY(ana->setListening(true, Address { QStringLiteral("127.0.0.1"), 0 }));
        QVERIFY(bea->asks().join(ana->addresses().first().text()));
        QTRY_VERIFY(bea->route().presence(hers).direct);
        QVERIFY(bea->conversations().say(hers, QStringLiteral("four"))); // goes to one of them alone
        QTRY_COMPARE(lastEntry(*bea.person, hers).state, Entry::State::Delivered);
        QTRY_COMPARE(textsOf(phone, key), (QStringList { "zero", "one", "two", "three", "four" }));
        QVERIFY(ana->conversations().say(key, QStringLiteral("five")));
        QTRY_COMPARE(lastEntry(*phone.person, key).text, QStringLiteral("five"));
        QTRY_COMPARE(lastEntry(*phone.person, key).state, Entry::State::Delivered);
        QCOMPARE(textsOf(ana, key), textsOf(phone, key));
        QCOMPARE(textsOf(bea, hers), textsOf(phone, key));
    }

    void routeIsDirectWhereThereIsALinkElseByTheBroker()
    {
        House house;
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        befriend(house, ana, bea);
        Result<Path> path = bea->route().find(ana->key());
        QVERIFY(path && !path->direct);
        QCOMPARE(path->to.user, ana->key());
        QCOMPARE(path->broker, house.identity.key());
        QCOMPARE(path->link, bea->brokers().client(house.identity.key())->link());

        QSignalSpy changed(&bea->route(), &Route::presenceChanged);
        QVERIFY(ana->setListening(true, Address { QStringLiteral("127.0.0.1"), 0 }));
        QVERIFY(bea->asks().join(ana->addresses().first().text()));
        QTRY_VERIFY(bea->route().presence(ana->key()).direct);
        QVERIFY(changed.count() > 0);
        path = bea->route().find(ana->key());
        QVERIFY(path && path->direct && path->to.user.isNull());
        bea->route().measure(ana->key());
        QTRY_VERIFY(bea->route().presence(ana->key()).roundTrip > milliseconds(0));

        const PublicKey key = ana->key();
        ana.person.reset();
        QTRY_VERIFY(!bea->route().presence(key).online);
        const Result<Path> gone = bea->route().find(key);
        QCOMPARE(gone.error().code, Code::Unavailable);
        QCOMPARE(gone.error().begun, Begun::No);
        QCOMPARE(gone.error().sentence, QStringLiteral("Ana is away"));
    }

    void aChangedNameIsSeenAtOnce()
    {
        House house;
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        enterAsAdministrator(house, ana);
        letIn(house, ana, bea);
        const PublicKey at = house.identity.key();
        QTRY_COMPARE(ana->brokers().member(at, bea->key())->name, QStringLiteral("Bea"));
        QVERIFY(bea->setName(QStringLiteral("Beatrix")));
        QTRY_COMPARE(ana->brokers().member(at, bea->key())->name, QStringLiteral("Beatrix"));
    }

    void whoWasTakenOutAsksOnlyWhenToldTo()
    {
        House house;
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        enterAsAdministrator(house, ana);
        letIn(house, ana, bea);
        const PublicKey at = house.identity.key();
        bool done = false;
        ana->brokers().revoke(at, bea->key().hex(), this, [&done](const auto &reply) { done = bool(reply); });
        QTRY_VERIFY(done);
        QTRY_COMPARE(bea->brokers().find(at)->state, hawser::chat::Broker::State::Stopped);
        bea.open();
        QTRY_COMPARE(bea->brokers().find(at)->state, hawser::chat::Broker::State::Stopped);
        QVERIFY(bea->brokers().find(at)->sentence.contains(house.address));
        QVERIFY(ana->requests().all().isEmpty());
        letIn(house, ana, bea);
    }

    void deniedIsTold()
    {
        House house;
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        enterAsAdministrator(house, ana);
        QVERIFY(bea->asks().join(house.address));
        QTRY_VERIFY(ana->requests().shown());
        QTRY_COMPARE(bea->asks().all().first().state, Ask::State::Waiting);
        QVERIFY(ana->requests().deny(ana->requests().shown()->id));
        QTRY_COMPARE(bea->asks().all().first().state, Ask::State::Denied);
        QTRY_VERIFY(ana->requests().all().isEmpty());
    }

private:
    static QStringList textsOf(Someone &someone, const PublicKey &with)
    {
        QStringList texts;
        for (const Entry &entry : talkOf(*someone.person, with))
            texts << entry.text;
        return texts;
    }
    static Ask contactAsk(Someone &someone)
    {
        for (const Ask &ask : someone->asks().all())
            if (ask.kind == contracts::AskToBeLetIn::Kind::Contact)
                return ask;
        return {};
    }
    static void enterAsAdministrator(House &house, Someone &someone)
    {
        Result<QString> link = house.broker->administratorLink();
        QVERIFY(link);
        QVERIFY(someone->asks().join(*link));
        QTRY_VERIFY(house.isReady(someone));
        QTRY_VERIFY(someone->brokers().find(house.identity.key())->administrator);
    }
    static void letIn(House &house, Someone &administrator, Someone &guest)
    {
        QVERIFY(guest->asks().join(house.address));
        QTRY_VERIFY(administrator->requests().shown());
        const quint64 id = administrator->requests().shown()->id;
        QVERIFY(administrator->requests().allow(id, { {}, Lasting::Always, true, false }));
        QTRY_VERIFY(house.isReady(guest));
        QTRY_VERIFY(administrator->requests().all().isEmpty());
        QTRY_VERIFY(guest->brokers().member(house.identity.key(), administrator->key()));
    }
    static void befriend(House &house, Someone &ana, Someone &bea)
    {
        enterAsAdministrator(house, ana);
        letIn(house, ana, bea);
        QVERIFY(bea->asks().contact(house.identity.key(), ana->key(), QStringLiteral("Ana")));
        QTRY_VERIFY(ana->requests().shown());
        const Rights both = Rights(Right::Messages) | Right::Files;
        QVERIFY(ana->requests().allow(ana->requests().shown()->id, { both, Lasting::Always, true, false }));
        QTRY_VERIFY(bea->contacts().find(ana->key()));
        QTRY_VERIFY(bea->route().presence(ana->key()).online);
        QTRY_VERIFY(ana->route().presence(bea->key()).online);
    }
};

QTEST_GUILESS_MAIN(TestPersonBroker)
#include "tst_person_broker.moc"
