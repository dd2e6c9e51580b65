#include "chat/offers.h"
#include "core/contracts/mail.h"
#include "core/limits.h"
#include "core/wire.h"
#include "support/code_of.h"

#include <QTemporaryDir>
#include <QTest>

using namespace hawser;
using namespace hawser::chat;
using contracts::File;
using contracts::FileAnswer;
using contracts::FileWithdrawn;
using contracts::MailReceipt;
using test::codeOf;

namespace {

PublicKey somebody(const char *hex)
{
    return *PublicKey::fromHex(QString::fromLatin1(hex)); // RFC 8032, 7.1
}

const PublicKey ana = somebody("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
const PublicKey bea = somebody("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
const QByteArray anasLaptop("laptop-a");
const QByteArray beasLaptop("laptop-b");
const QByteArray beasPhone("phone--b");

/// A data folder's database.
struct Folder {
    PublicKey owner;
    messages::Myself me;
    QTemporaryDir folder;
    std::unique_ptr<Database> database;
    QHash<PublicKey, quint64> posted; ///< of what waits, so much was carried

    Folder(const PublicKey &owner, const QByteArray &device) : owner(owner), me(device)
    {
        database = std::move(*Database::open(folder.filePath(QStringLiteral("chat.sqlite")), messages::steps()));
    }
    Database &operator*() { return *database; }

    /// What waits for them since the last time, as one run.
    Outbox::Run waiting(const PublicKey &with) { return waiting(with, offers::sequenceTo(with)); }
    Outbox::Run waiting(const PublicKey &with, const MailSequence &sequence)
    {
        Outbox::Run all;
        const auto runs = Outbox(*database).pending(sequence, posted[with], 1 << 20);
        for (const Outbox::Run &run : *runs) {
            all.first = all.first ? all.first : run.first;
            all.items += run.items;
            all.count += run.count;
        }
        posted[with] += all.count;
        return all;
    }
    QByteArrayList kinds(const PublicKey &with)
    {
        QByteArrayList kinds;
        const Result<QList<MailItem>> items = unpackItems(waiting(with).items);
        for (const MailItem &item : *items)
            kinds << item.kind;
        return kinds;
    }
    Result<messages::News> take(const PublicKey &sender, const QByteArray &from, const Outbox::Run &run,
        bool direct = false, bool mayOffer = true)
    {
        const MailSequence sequence =
            sender == owner ? messages::sequenceToMine(owner, ana) : offers::sequenceTo(owner);
        messages::Arrival arrival { { sender, from, owner, sequence.conversation }, run.first, run.items };
        arrival.direct = direct;
        arrival.mayOffer = mayOffer;
        arrival.now = 2000;
        arrival.me = me;
        arrival.people.insert(ana, true);
        return messages::take(*database, arrival);
    }
    Offer offer(const PublicKey &peer, bool mine, const QByteArray &id)
    {
        const Result<Offer> found = offers::find(*database, peer, mine, id);
        return found ? *found : Offer {};
    }
};

Offer files(char id = 'x')
{
    Offer offer;
    offer.id = QByteArray(16, id);
    offer.peer = bea;
    offer.mine = true;
    offer.since = 1000;
    offer.title = QStringLiteral("shoot.bin");
    offer.files = 1;
    offer.bytes = 5;
    offer.paths = QStringList { QStringLiteral("/home/ana/shoot.bin") };
    offer.fingerprint = QByteArray(32, 'f');
    return offer;
}

Outbox::Run runOf(const char *kind, const QByteArray &body, quint64 number = 1)
{
    const MailItem item { kind, body, 0 };
    return { number, packItems({ &item, 1 }), 1 };
}

Outbox::Run offerOf(const QByteArray &id, quint64 number)
{
    return runOf(
        contracts::fileOfferKind, encodeStruct(File::Request { id, QStringLiteral("x"), false, 1, 0, 1, {} }), number);
}

Outbox::Run offerOf(char id, quint64 number)
{
    return offerOf(QByteArray(16, id), number);
}

/// Both, and Ana's offer at Bea's.
struct Offered {
    Folder a { ana, anasLaptop };
    Folder b { bea, beasLaptop };
    QByteArray id = QByteArray(16, 'x');

    Offered()
    {
        if (!offers::send(*a, files(), a.me) || !b.take(ana, anasLaptop, a.waiting(bea)))
            qFatal("the offer did not come");
    }
    Offer atAna() { return a.offer(bea, true, id); }
    Offer atBea() { return b.offer(ana, false, id); }
};

} // namespace

/// File offers as durable messages, without a network.
class TestOffers : public QObject {
    Q_OBJECT

private slots:
    void isKeptByBothAndItsStatesAreTrue()
    {
        Offered both;
        QCOMPARE(both.atAna().way, Offer::Way::Queued);
        QVERIFY(offers::kept(*both.a, bea, 1, QStringLiteral("home")));
        QCOMPARE(both.atAna().way, Offer::Way::AtBroker);
        QCOMPARE(both.atAna().broker, QStringLiteral("home"));
        const Offer offer = both.atBea();
        QCOMPARE(offer.state, Offer::State::Open);
        QCOMPARE(offer.title, QStringLiteral("shoot.bin"));
        QCOMPARE(offer.bytes, 5u);
        QCOMPARE(offer.device, anasLaptop);
        QVERIFY(offer.paths.isEmpty());
        QVERIFY(both.a.take(bea, beasLaptop, both.b.waiting(ana))); // the receipt
        QCOMPARE(both.atAna().way, Offer::Way::Delivered);
    }

    void theAnswerWaitsForWhoOffered()
    {
        Offered both;
        Offer accepted = both.atBea();
        accepted.saveTo = QStringLiteral("/home/bea");
        QVERIFY(offers::accept(*both.b, accepted, {}));
        QCOMPARE(both.atBea().state, Offer::State::Accepted);
        const Result<messages::News> news = both.a.take(bea, beasLaptop, both.b.waiting(ana));
        QVERIFY(news);
        QCOMPARE(news->offers.last().state, Offer::State::Accepted);
        QCOMPARE(both.atAna().state, Offer::State::Accepted);
        QCOMPARE(both.atAna().device, beasLaptop);
        QCOMPARE(codeOf(offers::accept(*both.b, accepted, {})), Code::NotFound);
    }

    void comesOnceHoweverOftenItIsSent()
    {
        Folder a(ana, anasLaptop);
        Folder b(bea, beasLaptop);
        QVERIFY(offers::send(*a, files(), a.me));
        const Outbox::Run run = a.waiting(bea);
        QCOMPARE(b.take(ana, anasLaptop, run)->offers.size(), 1);
        QCOMPARE(b.take(ana, anasLaptop, run)->offers.size(), 0);
        QCOMPARE(b.take(ana, anasLaptop, run, true)->offers.size(), 0);
        QCOMPARE(offers::all(*b)->size(), 1);
    }

    void theFirstAnswerCounts()
    {
        Offered both;
        Folder phone(bea, beasPhone);
        both.a.posted[bea] = 0;
        QVERIFY(phone.take(ana, anasLaptop, both.a.waiting(bea)));
        QVERIFY(offers::accept(*both.b, both.atBea(), {}));
        QVERIFY(offers::accept(*phone, phone.offer(ana, false, both.id), {}));
        QVERIFY(both.a.take(bea, beasLaptop, both.b.waiting(ana)));
        QVERIFY(both.a.take(bea, beasPhone, phone.waiting(ana)));
        QCOMPARE(both.atAna().device, beasLaptop);
        const Outbox::Run withdrawn = both.a.waiting(bea);
        QVERIFY(both.b.take(ana, anasLaptop, withdrawn));
        QVERIFY(phone.take(ana, anasLaptop, withdrawn));
        QCOMPARE(both.atBea().state, Offer::State::Accepted);
        QCOMPARE(phone.offer(ana, false, both.id).state, Offer::State::Cancelled);
        QCOMPARE(phone.offer(ana, false, both.id).sentence, QStringLiteral("it was answered on another device"));
    }

    void whatWasAnsweredOnOneDeviceIsNotAskedOnAnother()
    {
        Offered both;
        Folder phone(bea, beasPhone);
        both.a.posted[bea] = 0;
        QVERIFY(phone.take(ana, anasLaptop, both.a.waiting(bea)));
        const MailSequence mine = messages::sequenceToMine(bea, ana);
        QVERIFY(offers::accept(*both.b, both.atBea(), mine));
        QVERIFY(phone.take(bea, beasLaptop, both.b.waiting(bea, mine)));
        QCOMPARE(phone.offer(ana, false, both.id).sentence, QStringLiteral("accepted on another device of mine"));
        QVERIFY(phone.offer(ana, false, both.id).isOver());
    }

    void aNoAndAWithdrawalEndBoth()
    {
        Offered both;
        Offer no = both.atBea();
        no.state = Offer::State::Cancelled;
        QVERIFY(offers::end(*both.b, no, QString()));
        QVERIFY(both.a.take(bea, beasLaptop, both.b.waiting(ana)));
        QCOMPARE(both.atAna().state, Offer::State::Cancelled);

        Offered other;
        QVERIFY(offers::accept(*other.b, other.atBea(), {}));
        Offer gone = other.atAna();
        gone.state = Offer::State::Failed;
        QVERIFY(offers::end(*other.a, gone, QStringLiteral("it is not there any more")));
        QVERIFY(other.b.take(ana, anasLaptop, other.a.waiting(bea)));
        QCOMPARE(other.atBea().state, Offer::State::Cancelled);
        QCOMPARE(other.atBea().sentence, QStringLiteral("it is not there any more"));
        QVERIFY(other.a.take(bea, beasLaptop, other.b.waiting(ana))); // their yes comes too late
        QCOMPARE(other.atAna().state, Offer::State::Failed);
    }

    void whoMayNotOfferIsToldAndNothingIsShown()
    {
        Folder a(ana, anasLaptop);
        Folder b(bea, beasLaptop);
        QVERIFY(offers::send(*a, files(), a.me));
        const Result<messages::News> news = b.take(ana, anasLaptop, a.waiting(bea), true, false);
        QVERIFY(news && news->offers.isEmpty());
        QVERIFY(offers::all(*b)->isEmpty());
        QVERIFY(a.take(bea, beasLaptop, b.waiting(ana)));
        QCOMPARE(a.offer(bea, true, files().id).state, Offer::State::Failed);
        QCOMPARE(a.offer(bea, true, files().id).sentence, QStringLiteral("they do not take files from you now"));
    }

    void badOffersAreRefusedAndNotShown_data()
    {
        QTest::addColumn<File::Request>("request");
        const QByteArray id(16, 'y');
        const quint64 many = limits::transferEntries + 1;
        QTest::newRow("a path for a name") << File::Request { id, QStringLiteral("../x"), false, 1, 0, 1, {} };
        QTest::newRow("no name") << File::Request { id, {}, true, 0, 1, 1, {} };
        QTest::newRow("too many files") << File::Request { id, QStringLiteral("x"), true, many, 0, 1, {} };
        QTest::newRow("too many in sum") << File::Request { id, QStringLiteral("x"), true, many - 1, many - 1, 1, {} };
        QTest::newRow("wraps around") << File::Request { id, QStringLiteral("x"), true, ~quint64(0), 2, 1, {} };
        QTest::newRow("the id of somebody else's")
            << File::Request { QByteArray(16, 'z'), QStringLiteral("x"), false, 1, 0, 1, {} };
    }
    void badOffersAreRefusedAndNotShown()
    {
        QFETCH(const File::Request, request);
        Folder b(bea, beasLaptop);
        Offer mine = files('z'); // to Ana, who now uses its id
        mine.peer = ana;
        QVERIFY(offers::save(*b, mine));
        const auto news = b.take(ana, anasLaptop, runOf(contracts::fileOfferKind, encodeStruct(request)), true);
        QVERIFY(news && news->offers.isEmpty());
        QCOMPARE(offers::all(*b)->size(), 1);
        const Result<QList<MailItem>> answers = unpackItems(b.waiting(ana).items);
        QCOMPARE(answers->size(), 1);
        const Result<FileAnswer> answer = decodeStruct<FileAnswer>(answers->first().body);
        QCOMPARE(answer->answer, QStringLiteral("refused"));
        QCOMPARE(answer->id, request.id);
        QVERIFY(!answer->why.isEmpty());
    }

    void whatCannotBeReadIsNotTaken_data()
    {
        QTest::addColumn<QByteArray>("kind");
        QTest::addColumn<QByteArray>("body");
        const Value id(QByteArray(16, 'y'));
        const auto map = [](const Value::Map &map) { return encode(Value(map)); };
        QTest::newRow("no map") << QByteArray("file.offer/1") << QByteArray("\xc0", 1);
        QTest::newRow("a negative size") << QByteArray("file.offer/1")
                                         << map({ { QStringLiteral("id"), id },
                                                { QStringLiteral("title"), Value(QStringLiteral("x")) },
                                                { QStringLiteral("bytes"), Value(-1) } });
        QTest::newRow("no id") << QByteArray("file.offer/1")
                               << map({ { QStringLiteral("title"), Value(QStringLiteral("x")) } });
        QTest::newRow("an answer that is none") << QByteArray("file.answer/1") << QByteArray("garbage");
        QTest::newRow("a withdrawal that is none") << QByteArray("file.withdrawn/1") << QByteArray();
    }
    void whatCannotBeReadIsNotTaken()
    {
        QFETCH(const QByteArray, kind);
        QFETCH(const QByteArray, body);
        Folder b(bea, beasLaptop);
        const Outbox::Run bad = runOf(kind.constData(), body);
        QCOMPARE(codeOf(b.take(ana, anasLaptop, bad)), Code::InvalidArgument);
        const Outbox::Run good = runOf("file.offer/1",
            encodeStruct(File::Request { QByteArray(16, 'y'), QStringLiteral("x"), false, 1, 0, 1, {} }), 2);
        QCOMPARE(b.take(ana, anasLaptop, good)->offers.size(), 1); // the rest goes on
        QCOMPARE(offers::readable(*unpackItems(good.items + bad.items)), 1);
    }

    void foreignAnswersMeanNothing()
    {
        Offered both;
        const PublicKey mallory = somebody("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
        const auto yes = [&](const QByteArray &device, const QByteArray &id, const char *answer = "accepted") {
            return encodeStruct(FileAnswer { {}, device, id, QLatin1String(answer), {} });
        };
        QVERIFY(both.a.take(mallory, beasLaptop, runOf("file.answer/1", yes(anasLaptop, both.id))));
        QVERIFY(both.a.take(bea, beasLaptop, runOf("file.answer/1", yes(beasPhone, both.id))));
        QVERIFY(both.a.take(bea, beasLaptop, runOf("file.answer/1", yes(anasLaptop, QByteArray(3, 'x')), 2)));
        QVERIFY(both.a.take(bea, beasLaptop, runOf("file.answer/1", yes(anasLaptop, both.id, "perhaps"), 3)));
        QVERIFY(both.b.take(
            mallory, anasLaptop, runOf("file.withdrawn/1", encodeStruct(FileWithdrawn { both.id, {}, {} }))));
        QCOMPARE(both.atAna().state, Offer::State::Open);
        QCOMPARE(both.atBea().state, Offer::State::Open);
    }

    void onlySoManyWait()
    {
        Folder a(ana, anasLaptop);
        Folder b(bea, beasLaptop);
        a.me.offers.open = b.me.offers.open = 3;
        for (const char id : { 'a', 'b', 'c' })
            QVERIFY(offers::send(*a, files(id), a.me));
        QCOMPARE(codeOf(offers::send(*a, files('d'), a.me)), Code::ResourceExhausted);
        QVERIFY(b.take(ana, anasLaptop, a.waiting(bea)));
        QCOMPARE(offers::all(*b)->size(), 3);
        b.waiting(ana);
        const Result<messages::News> refused = b.take(ana, anasLaptop, offerOf('d', 4), true);
        QCOMPARE(refused->limitsHit, QByteArrayList { "transfers_kept_offers" });
        QCOMPARE(offers::all(*b)->size(), 3);
        QCOMPARE(b.kinds(ana), QByteArrayList { "file.answer/1" });
    }

    /// Whoever offers and takes it back again and again takes no more room for it.
    void whatIsOfferedAndTakenBackInALoopTakesNoMoreRoom()
    {
        Folder b(bea, beasLaptop);
        b.me.offers.ended = 5;
        for (quint64 i = 1; i < 40; i += 2) {
            const QByteArray id = QByteArray::number(i).rightJustified(16, '0');
            QVERIFY(b.take(ana, anasLaptop, offerOf(id, i), true));
            const QByteArray withdrawn = encodeStruct(FileWithdrawn { id, {}, {} });
            QVERIFY(b.take(ana, anasLaptop, runOf(FileWithdrawn::kind, withdrawn, i + 1), true));
            QVERIFY(offers::all(*b)->size() <= 6);
        }
        QCOMPARE(b.waiting(ana).count, 0u);
    }

    /// Nor do offers that are refused, when their answers are not fetched.
    void answersThatNobodyTakesAreNotHeapedUp_data()
    {
        QTest::addColumn<bool>("isContact");
        QTest::newRow("of a contact") << true;
        QTest::newRow("of a stranger") << false;
    }
    void answersThatNobodyTakesAreNotHeapedUp()
    {
        QFETCH(const bool, isContact);
        Folder b(bea, beasLaptop);
        b.me.offers.answers = 4;
        for (quint64 i = 1; i <= 20; ++i) {
            const Outbox::Run run = offerOf(char(i), i);
            messages::Arrival stranger { { ana, anasLaptop, bea, offers::sequenceTo(bea).conversation }, i, run.items };
            stranger.me = b.me;
            if (isContact)
                QVERIFY(b.take(ana, anasLaptop, run, false, false));
            else
                QVERIFY(messages::turnAway(*b, stranger));
        }
        const MailSequence said = isContact ? offers::sequenceTo(ana) : messages::sequenceToStranger(ana);
        QCOMPARE(b.waiting(ana, said).count, 4u);
        if (!isContact)
            return;
        QVERIFY(Outbox(*b).kept(said, 4)); // they are fetched: the next is answered again
        QVERIFY(b.take(ana, anasLaptop, offerOf('u', 21), true, false));
        QCOMPARE(b.kinds(ana), QByteArrayList { "file.answer/1" });
    }

    void anIdOfAnotherLengthMeansNothing()
    {
        Folder b(bea, beasLaptop);
        for (const int length : { 0, 15, 17, 32 }) {
            const QByteArray id(length, 'y');
            QVERIFY(b.take(ana, anasLaptop, offerOf(id, quint64(length) + 1)));
            QCOMPARE(codeOf(offers::check({ id, QStringLiteral("x"), false, 1, 0, 1, {} })), Code::InvalidArgument);
        }
        const Outbox::Run run = offerOf(QByteArray(17, 'y'), 1);
        messages::Arrival stranger { { ana, anasLaptop, bea, offers::sequenceTo(bea).conversation }, 1, run.items };
        QVERIFY(messages::turnAway(*b, stranger));
        QVERIFY(offers::all(*b)->isEmpty());
        QCOMPARE(b.waiting(ana).count, 0u); // who says such a thing is not answered
        QCOMPARE(b.waiting(ana, messages::sequenceToStranger(ana)).count, 0u);
    }

    void ofThoseThatAreOverTheLastToEndStay()
    {
        Folder a(ana, anasLaptop);
        a.me.offers.ended = 3;
        for (const char id : { 'a', 'b', 'c', 'd', 'e' })
            QVERIFY(offers::send(*a, files(id), a.me));
        for (const char id : { 'e', 'd', 'b', 'a' }) { // c goes on
            Offer over = a.offer(bea, true, QByteArray(16, id));
            over.state = Offer::State::Done;
            QVERIFY(offers::end(*a, over));
            QVERIFY(offers::end(*a, over)); // which is no other end
        }
        QVERIFY(offers::send(*a, files('f'), a.me));
        QByteArray left;
        const Result<QList<Offer>> offers = offers::all(*a);
        for (const Offer &offer : *offers)
            left += offer.id.left(1);
        QCOMPARE(left, QByteArray("abcdf"));
    }

    void hidingBringsNothingBack()
    {
        Folder a(ana, anasLaptop);
        Offer over = *offers::send(*a, files(), a.me);
        QVERIFY(offers::hide(*a, QList<Offer> { over }));
        QVERIFY(!a.offer(bea, true, over.id).isHidden); // it is not over
        over.state = Offer::State::Done;
        QVERIFY(offers::end(*a, over));
        QVERIFY(offers::hide(*a, QList<Offer> { over }));
        QVERIFY(a.offer(bea, true, over.id).isHidden);
        QVERIFY(offers::forget(*a, bea)); // Bea is no contact any more
        QVERIFY(offers::hide(*a, QList<Offer> { over }));
        QVERIFY(offers::all(*a)->isEmpty());
    }

    void nobodyAnsweredInTime()
    {
        Offered both;
        QVERIFY(offers::expire(*both.a, 1000)->isEmpty());
        QCOMPARE(offers::expire(*both.a, 1001)->size(), 1);
        QCOMPARE(both.atAna().state, Offer::State::Failed);
        QCOMPARE(both.a.kinds(bea), QByteArrayList { "file.withdrawn/1" });
        QCOMPARE(offers::expire(*both.b, 2001)->size(), 1);
        QVERIFY(both.atBea().isOver());
    }

    void whatTheBrokerLetsGoIsOver()
    {
        Offered both;
        QVERIFY(offers::kept(*both.a, bea, 1, QStringLiteral("home")));
        QCOMPARE(offers::expired(*both.a, bea, 1, 1)->size(), 1);
        QCOMPARE(both.atAna().state, Offer::State::Failed);
        QCOMPARE(both.atAna().sentence, messages::expiredSentence());
    }

    void aDatabaseOfTheVersionBeforeIsTakenOver()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("chat.sqlite"));
        const auto tables = messages::steps().indexOf(offers::tables());
        QVERIFY(Database::open(path, messages::steps().first(tables))); // which knew no offers
        const QString offer =
            QStringLiteral("INSERT INTO offers (peer, mine, id, state, since, number, hidden, details)"
                           " VALUES (?, 1, ?, ?, 1000, 1, 0, ?)");
        {
            const auto before =
                Database::open(path, messages::steps().first(tables + 1)); // nor the order of their ends
            QVERIFY(before);
            const QByteArray details = encodeStruct(files());
            for (const auto &[id, state] : { std::pair('a', 4), { 'b', 1 }, { 'c', 6 }, { 'd', 5 } })
                QVERIFY((*before)->run(offer, { bea.bytes(), QByteArray(16, id), state, details }));
        }
        const auto now = Database::open(path, messages::steps());
        QVERIFY(now);
        messages::Myself me(anasLaptop);
        me.offers.ended = 2;
        QVERIFY(offers::send(**now, files('e'), me));
        QByteArray left;
        const Result<QList<Offer>> offers = offers::all(**now);
        for (const Offer &offer : *offers)
            left += offer.id.left(1);
        QCOMPARE(left, QByteArray("bcde"));
    }
};

QTEST_GUILESS_MAIN(TestOffers)
#include "tst_offers.moc"
