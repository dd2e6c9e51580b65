#include "brokerd/broker.h"
#include "chat/offers.h"
#include "chat/person.h"
#include "support/talk_of.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace hawser;
using namespace hawser::chat;
using Offering = Transfer::Offering;
using State = Transfer::State;

namespace {

struct Someone {
    QTemporaryDir folder;
    std::unique_ptr<Person> person;
    std::optional<Address> at;

    explicit Someone(const QString &name)
    {
        start();
        if (const Result<void> named = person->setName(name); !named)
            qFatal("%s", qUtf8Printable(named.error().sentence));
    }
    void start()
    {
        PersonSettings settings;
        settings.program = QStringLiteral("tst 1");
        settings.downloads = downloads();
        settings.serveControl = false;
        Result<std::unique_ptr<Person>> opened = Person::open(folder.path(), settings);
        if (!opened)
            qFatal("%s", qUtf8Printable(opened.error().sentence));
        person = std::move(*opened);
        if (at)
            QVERIFY(person->setListening(true, at));
    }
    void stop() { person.reset(); }
    Person *operator->() { return person.get(); }
    QString listen()
    {
        const Result<void> listening = person->setListening(true, Address { QStringLiteral("127.0.0.1"), 0 });
        if (!listening)
            qFatal("%s", qUtf8Printable(listening.error().sentence));
        at = person->addresses().first();
        return at->text();
    }
    QString downloads() const { return folder.filePath(QStringLiteral("Downloads")); }
    QStringList received() const
    {
        return QDir(downloads()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
    }
    QString file(const QByteArray &content, const QString &name = QStringLiteral("shoot.bin"))
    {
        const QString path = folder.filePath(name);
        QFile out(path);
        if (!out.open(QIODevice::WriteOnly) || out.write(content) != content.size())
            qFatal("cannot write");
        return path;
    }
    /// From the next start on.
    void limit(const QByteArray &toml) { file(toml, QStringLiteral("limits.toml")); }
    /// Its history, beside the program that has it.
    std::unique_ptr<Database> database()
    {
        auto opened = Database::open(folder.filePath(QStringLiteral("chat.sqlite")), messages::steps());
        if (!opened)
            qFatal("%s", qUtf8Printable(opened.error().sentence));
        return std::move(*opened);
    }
    QList<Offer> offers() { return *offers::all(*database()); }
    /// All that it wrote until now is on disk, and what it wrote because of that.
    void writeAll()
    {
        for (int i = 0; i < 3; ++i) {
            bool isWritten = false;
            person->conversations().history().write(
                person.get(), [](Database &) { return Result<void>(); },
                [&isWritten](const Result<void> &) { isWritten = true; });
            QTRY_VERIFY(isWritten);
        }
    }
    Transfer transfer() { return person->transfers().all().value(0); }
};

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("<missing>");
}

/// Ana and Bea are contacts, directly or through a broker.
struct Couple {
    QTemporaryDir brokerFolder;
    Identity brokerIdentity = Identity::generate();
    std::unique_ptr<broker::Broker> broker;
    Someone ana { QStringLiteral("Ana") };
    Someone bea { QStringLiteral("Bea") };
    PublicKey anasKey = ana->key();
    PublicKey beasKey = bea->key();
    const QByteArray content { QByteArray(700'000, 'q') + "end" };

    explicit Couple(bool throughBroker)
    {
        if (throughBroker)
            atBroker();
        else
            directly();
        [&] {
            QTRY_VERIFY(ana->route().presence(beasKey).online);
            QTRY_VERIFY(bea->route().presence(anasKey).online);
        }();
    }
    void allow()
    {
        QTRY_VERIFY(bea->requests().shown());
        const Rights both = Rights(Right::Messages) | Right::Files;
        QVERIFY(bea->requests().allow(bea->requests().shown()->id, { both, Lasting::Always, true, false }));
        QTRY_VERIFY(ana->contacts().find(beasKey));
    }
    void directly()
    {
        QVERIFY(ana->asks().join(bea.listen()));
        QTRY_VERIFY(!ana->asks().all().first().number.isEmpty());
        allow();
    }
    void atBroker()
    {
        auto opened = broker::Broker::open(brokerFolder.path(), brokerIdentity, {});
        QVERIFY(opened);
        broker = std::move(*opened);
        const Result<Address> address = broker->listen({ QStringLiteral("127.0.0.1"), 0 });
        QVERIFY(address);
        const Result<QString> link = broker->administratorLink();
        QVERIFY(bea->asks().join(*link));
        QTRY_VERIFY(
            bea->brokers().find(brokerIdentity.key()) && bea->brokers().find(brokerIdentity.key())->administrator);
        QVERIFY(ana->asks().join(address->text()));
        QTRY_VERIFY(bea->requests().shown());
        QVERIFY(bea->requests().allow(bea->requests().shown()->id, { {}, Lasting::Always, true, false }));
        QTRY_VERIFY(ana->brokers().member(brokerIdentity.key(), beasKey));
        QTRY_VERIFY(bea->requests().all().isEmpty());
        QVERIFY(ana->asks().contact(brokerIdentity.key(), beasKey, QStringLiteral("Bea")));
        allow();
    }
    void beaGoes()
    {
        bea.stop();
        QTRY_VERIFY(!ana->route().presence(beasKey).online);
    }
    QByteArray offer(bool durably = false)
    {
        const Result<QByteArray> id =
            ana->transfers().send(beasKey, { ana.file(content) }, QStringLiteral("see"), durably);
        return id ? *id : QByteArray();
    }
    /// Bea is away, and the offer lies with the broker, or waits at Ana's.
    QByteArray offerToAway()
    {
        beaGoes();
        const QByteArray id = offer();
        [&] { QTRY_COMPARE(atAna(id).offering, broker ? Offering::AtBroker : Offering::Queued); }();
        return id;
    }
    void beaComesAndSees(const QByteArray &id)
    {
        bea.start();
        QTRY_COMPARE_WITH_TIMEOUT(atBea(id).state, State::Offered, 30'000);
    }
    void beaComesAndAccepts(const QByteArray &id)
    {
        beaComesAndSees(id);
        QVERIFY(bea->transfers().accept(id));
    }
    /// Her answer is on disk and with the broker.
    bool isAnswerSent(const QByteArray &id)
    {
        const auto database = bea.database();
        const Result<Offer> offer = offers::find(*database, anasKey, false, id);
        const Result<MailProgress> progress = Outbox(*database).progress(offers::sequenceTo(anasKey));
        return offer && offer->state != Offer::State::Open && progress && progress->kept == progress->last;
    }
    /// What Ana's folder says of it, as if it had come so.
    void setAtAna(const QByteArray &id, Offer::State state)
    {
        const auto database = ana.database();
        Offer offer = *offers::find(*database, beasKey, true, id);
        offer.state = state;
        offer.root.clear();
        QVERIFY(offers::save(*database, offer));
    }
    void forgetAtAna() { QVERIFY(offers::remove(*ana.database(), beasKey)); }
    Transfer atAna(const QByteArray &id) { return ana->transfers().find(id).value_or(Transfer {}); }
    Transfer atBea(const QByteArray &id) { return bea->transfers().find(id).value_or(Transfer {}); }
    void arrivedOnce(const QByteArray &id)
    {
        QTRY_COMPARE_WITH_TIMEOUT(atAna(id).state, State::Done, 30'000);
        QTRY_COMPARE(atBea(id).state, State::Done);
        QCOMPARE(atAna(id).receipt, atBea(id).receipt);
        QCOMPARE(bea.received(), QStringList { QStringLiteral("shoot.bin") });
        QCOMPARE(contentOf(bea.downloads() + QStringLiteral("/shoot.bin")), content);
    }
};

/// The disk goes away when the data begins to come, and what lies on it comes back with it.
struct Disk {
    QString place;
    QString elsewhere = place + QStringLiteral(".away");
    void goAway()
    {
        QVERIFY(QDir().mkpath(elsewhere));
        QVERIFY(QDir().rename(place + QStringLiteral("/.hawser-part"), elsewhere + QStringLiteral("/.hawser-part")));
        QVERIFY(QDir().rmdir(place));
    }
    void comeBack()
    {
        QVERIFY(QDir().mkpath(place));
        QVERIFY(QDir().rename(elsewhere + QStringLiteral("/.hawser-part"), place + QStringLiteral("/.hawser-part")));
    }
};

/// All of Ana's offer has come, and waits for Bea's disk.
QByteArray withoutADisk(Couple &two, Disk &disk)
{
    const QByteArray id = two.offerToAway();
    two.beaComesAndSees(id);
    bool isAway = false;
    QObject context;
    QObject::connect(&two.bea->transfers(), &Transfers::changed, &context, [&] {
        if (two.atBea(id).state == State::Going && !std::exchange(isAway, true))
            disk.goAway();
    });
    [&] {
        QVERIFY(two.bea->transfers().accept(id));
        QTRY_VERIFY(two.atBea(id).sentence.contains(QStringLiteral("waits for its place")));
        QCOMPARE(two.atBea(id).state, State::Waiting);
        QTRY_COMPARE(two.atAna(id).sentence, QStringLiteral("all of it has come there, and waits for its place"));
        QVERIFY(!QFileInfo::exists(disk.place));
    }();
    return id;
}

} // namespace

/// Files offered to somebody who is away: real people in this process, directly and through a real broker.
class TestPersonOffers : public QObject {
    Q_OBJECT

private slots:
    void whatIsOfferedToSomebodyAwayArrivesOnce_data()
    {
        QTest::addColumn<bool>("throughBroker");
        QTest::newRow("directly") << false;
        QTest::newRow("through a broker") << true;
    }
    void whatIsOfferedToSomebodyAwayArrivesOnce()
    {
        QFETCH(const bool, throughBroker);
        Couple two(throughBroker);
        const QByteArray id = two.offerToAway();
        QCOMPARE(two.atAna(id).state, State::Offered);
        QVERIFY(two.atAna(id).sentence.contains(QStringLiteral("Bea is away")));
        two.ana.stop(); // nobody is there
        two.ana.start();
        QTRY_COMPARE(two.atAna(id).state, State::Offered);
        QCOMPARE(two.atAna(id).title, QStringLiteral("shoot.bin"));
        if (throughBroker)
            two.ana.stop(); // she is away when Bea answers
        two.beaComesAndSees(id);
        QCOMPARE(two.atBea(id).note, QStringLiteral("see"));
        QVERIFY(two.bea->transfers().accept(id));
        QTRY_VERIFY(two.atBea(id).state != State::Offered);
        if (throughBroker) {
            QCOMPARE(two.atBea(id).state, State::Waiting);
            QTRY_VERIFY(two.isAnswerSent(id));
            two.bea.stop();
            two.ana.start();
            QTRY_COMPARE(two.atAna(id).offering, Offering::Accepted);
            QCOMPARE(two.atAna(id).state, State::Waiting);
            two.bea.start();
        }
        two.arrivedOnce(id);
        const QList<Entry> talk = hawser::testing::talkOf(*two.bea.person, two.anasKey);
        QCOMPARE(talk.size(), 1); // one line, over all restarts
        QCOMPARE(talk.first().kind, Entry::Kind::Transfer);
        two.bea.stop();
        two.bea.start();
        QTRY_COMPARE(two.atBea(id).state, State::Done);
    }

    void whoGoesBeforeTheAnswerFindsTheOfferAgain()
    {
        Couple two(false);
        const QByteArray id = two.offer();
        QTRY_COMPARE(two.atBea(id).state, State::Offered);
        two.beaGoes();
        QTRY_COMPARE(two.atAna(id).offering, Offering::Queued);
        two.beaComesAndAccepts(id);
        two.arrivedOnce(id);
    }

    void declinedIsSaid()
    {
        Couple two(true);
        const QByteArray id = two.offerToAway();
        two.ana.stop();
        two.beaComesAndSees(id);
        two.bea->transfers().decline(id);
        QCOMPARE(two.atBea(id).state, State::Cancelled);
        QTRY_VERIFY(two.isAnswerSent(id));
        two.bea.stop();
        two.ana.start();
        QTRY_COMPARE(two.atAna(id).state, State::Cancelled);
        QCOMPARE(two.atAna(id).sentence, QStringLiteral("Bea declined"));
        two.ana.stop();
        two.ana.start();
        QTRY_COMPARE(two.atAna(id).sentence, QStringLiteral("Bea declined"));
        two.ana->transfers().clearEnded();
        QVERIFY(two.ana->transfers().all().isEmpty());
        two.ana.stop();
        two.ana.start();
        bool isLoaded = false;
        two.ana->transfers().whenLoaded(this, [&isLoaded] { isLoaded = true; });
        QTRY_VERIFY(isLoaded);
        QVERIFY(two.ana->transfers().all().isEmpty());
    }

    void whatIsTakenBackDoesNotWaitThere_data()
    {
        QTest::addColumn<bool>("accepted");
        QTest::newRow("before the answer") << false;
        QTest::newRow("after it") << true;
    }
    void whatIsTakenBackDoesNotWaitThere()
    {
        QFETCH(const bool, accepted);
        Couple two(true);
        const QByteArray id = two.offerToAway();
        two.ana.stop();
        two.beaComesAndSees(id);
        if (accepted) {
            QVERIFY(two.bea->transfers().accept(id));
            QTRY_VERIFY(two.isAnswerSent(id));
        }
        two.bea.stop();
        two.ana.start();
        if (accepted)
            QTRY_COMPARE(two.atAna(id).offering, Offering::Accepted);
        QTRY_VERIFY(two.ana->transfers().find(id));
        two.ana->transfers().cancel(id);
        QCOMPARE(two.atAna(id).state, State::Cancelled);
        two.bea.start();
        QTRY_COMPARE(two.atBea(id).state, State::Cancelled);
        QCOMPARE(two.atBea(id).sentence, QStringLiteral("Ana took the offer back"));
        QVERIFY(two.bea.received().isEmpty());
    }

    void whatHasChangedIsNotSent_data()
    {
        QTest::addColumn<bool>("gone");
        QTest::newRow("changed") << false;
        QTest::newRow("gone") << true;
    }
    void whatHasChangedIsNotSent()
    {
        QFETCH(const bool, gone);
        Couple two(true);
        const QByteArray id = two.offerToAway();
        if (gone)
            QVERIFY(QFile::remove(two.ana.folder.filePath(QStringLiteral("shoot.bin"))));
        else
            two.ana.file(QByteArray(two.content.size(), 'z')); // of the same size
        two.beaComesAndAccepts(id);
        QTRY_COMPARE(two.atAna(id).state, State::Failed);
        QVERIFY(
            two.atAna(id).sentence.contains(gone ? QStringLiteral("not there any more") : QStringLiteral("changed")));
        QTRY_COMPARE(two.atBea(id).state, State::Cancelled);
        QCOMPARE(two.atBea(id).sentence, two.atAna(id).sentence);
        QVERIFY(two.bea.received().isEmpty());
    }

    void whoMayNotOfferFilesIsTold()
    {
        Couple two(false);
        QVERIFY(two.bea->contacts().revoke(two.anasKey, Right::Files));
        const QByteArray id = two.offerToAway();
        two.bea.start();
        QTRY_COMPARE_WITH_TIMEOUT(two.atAna(id).state, State::Failed, 30'000);
        QCOMPARE(two.atAna(id).sentence, QStringLiteral("they do not take files from you now"));
        QVERIFY(two.bea->transfers().all().isEmpty());
    }

    /// The stream of an accepted offer, opened by a program that does as it likes.
    void onlyWhatWasAcceptedIsTakenWithoutAQuestion_data()
    {
        QTest::addColumn<QString>("title");
        QTest::addColumn<quint64>("bytes");
        QTest::addColumn<bool>("accepts");
        QTest::addColumn<int>("code");
        const auto known = QStringLiteral("shoot.bin");
        QTest::newRow("larger") << known << quint64(1'000'000) << true << int(Code::InvalidArgument);
        QTest::newRow("another name") << QStringLiteral("x.bin") << quint64(1) << true << int(Code::InvalidArgument);
        QTest::newRow("not answered") << known << quint64(1) << false << int(Code::NotFound);
    }
    void onlyWhatWasAcceptedIsTakenWithoutAQuestion()
    {
        QFETCH(const QString, title);
        QFETCH(const quint64, bytes);
        QFETCH(const bool, accepts);
        QFETCH(const int, code);
        Couple two(true);
        const QByteArray id = two.offerToAway();
        two.ana.stop();
        two.forgetAtAna(); // her program does nothing itself
        two.beaComesAndSees(id);
        if (accepts) {
            QVERIFY(two.bea->transfers().accept(id));
            QTRY_COMPARE(two.atBea(id).state, State::Waiting);
        }
        two.ana.start();
        QTRY_VERIFY(two.ana->route().find(two.beasKey));
        std::optional<Code> heard;
        CallOptions options;
        options.keepOpen = true;
        options.streamClass = StreamClass::File;
        const Path path = *two.ana->route().find(two.beasKey);
        contracts::File::Request request { id, title, false, 1, 0, bytes, {}, true };
        Call *call = startCall(path.link, path.to, QStringLiteral("file/1"), toValue(request), options, this);
        connect(call, &Call::finished, this,
            [&heard](const Result<Payload> &result) { heard = result ? Code::Ok : result.error().code; });
        QTRY_VERIFY(heard);
        QCOMPARE(int(*heard), code);
        QVERIFY(two.bea.received().isEmpty());
    }

    /// What was received says the same again, and takes nothing twice.
    void aLateReceiptIsBelievedWhenItIsForWhatIsHere()
    {
        Couple two(true);
        const QByteArray id = two.offerToAway();
        two.beaComesAndAccepts(id);
        two.arrivedOnce(id);
        two.ana.stop();
        two.setAtAna(id, Offer::State::Accepted); // as if she had ended before she heard it
        two.ana.start();
        two.arrivedOnce(id);
    }

    /// Whoever offers and takes it back again and again takes no more room for it.
    void whatEndedIsForgottenInItsOrder_data()
    {
        QTest::addColumn<bool>("durably");
        QTest::newRow("while both are there") << false;
        QTest::newRow("kept") << true;
    }
    void whatEndedIsForgottenInItsOrder()
    {
        QFETCH(const bool, durably);
        Couple two(false);
        two.beaGoes();
        two.bea.limit("[transfers]\nended = 3\n");
        two.bea.start();
        QTRY_VERIFY(two.ana->route().presence(two.beasKey).online);
        const QByteArray stays = two.offer(durably);
        QTRY_COMPARE(two.atBea(stays).state, State::Offered);
        QByteArrayList ended;
        for (int i = 0; i < 8; ++i) {
            ended << two.offer(durably);
            QTRY_COMPARE(two.atBea(ended.last()).state, State::Offered);
            two.ana->transfers().cancel(ended.last());
            QTRY_COMPARE(two.atBea(ended.last()).state, State::Cancelled);
            QVERIFY(two.bea->transfers().all().size() <= 5); // the oldest goes at the end of a turn
        }
        QTRY_COMPARE(two.bea->transfers().all().size(), 4);
        LimitUse use;
        two.bea->transfers().report(use);
        QCOMPARE(use.now[u"transfers_ended"].toInt(), 3);
        QCOMPARE(use.hits[u"transfers_ended"].toInt(), 5);
        QCOMPARE(use.now[durably ? u"transfers_kept_offers" : u"transfers_offers"].toInt(), 1);
        for (int i = 0; i < 8; ++i)
            QCOMPARE(two.bea->transfers().find(ended[i]).has_value(), i >= 5);
        QCOMPARE(two.atBea(stays).state, State::Offered);
        if (!durably)
            return;
        two.bea.writeAll();
        QCOMPARE(two.bea.offers().size(), 5); // on disk one goes when the next one comes
    }

    /// It was stopped, and taken off the list, before it was on disk.
    void whatIsStoppedAtOnceIsNotOffered_data()
    {
        QTest::addColumn<bool>("atOnce");
        QTest::newRow("in the same breath") << true;
        QTest::newRow("while it is written") << false;
    }
    void whatIsStoppedAtOnceIsNotOffered()
    {
        QFETCH(const bool, atOnce);
        Couple two(true);
        two.beaGoes();
        Transfers &transfers = two.ana->transfers();
        const auto stop = [&transfers](const QByteArray &id) {
            const std::optional<Transfer> transfer = transfers.find(id);
            if (!transfer || transfer->state != State::Offered)
                return;
            transfers.cancel(id);
            transfers.clearEnded();
        };
        connect(
            &transfers, &Transfers::changed, &transfers, stop, atOnce ? Qt::DirectConnection : Qt::QueuedConnection);
        const QByteArray id = two.offer();
        QTRY_VERIFY(!transfers.find(id));
        two.ana.writeAll();
        QCOMPARE(two.ana.offers().size(), atOnce ? 0 : 1);
        if (!atOnce) {
            QCOMPARE(two.ana.offers().first().state, Offer::State::Cancelled);
            QVERIFY(two.ana.offers().first().isHidden);
        }
        QVERIFY(transfers.all().isEmpty());
        two.ana.stop();
        two.ana.start();
        two.bea.start();
        if (!atOnce)
            QTRY_COMPARE(two.bea.offers().value(0).state, Offer::State::Cancelled);
        QTRY_VERIFY(two.bea->route().presence(two.anasKey).online);
        QVERIFY(two.bea.received().isEmpty());
        two.ana.writeAll();
        QVERIFY(two.ana->transfers().all().isEmpty());
    }

    /// Whoever is removed while an offer to them is written leaves nothing of it.
    void whoIsRemovedIsOfferedNothing_data() { whatIsStoppedAtOnceIsNotOffered_data(); }
    void whoIsRemovedIsOfferedNothing()
    {
        QFETCH(const bool, atOnce);
        Couple two(true);
        two.beaGoes();
        Transfers &transfers = two.ana->transfers();
        const auto remove = [&two, &transfers](const QByteArray &id) {
            if (transfers.find(id) && transfers.find(id)->state == State::Offered)
                QVERIFY(two.ana->contacts().remove(two.beasKey));
        };
        connect(
            &transfers, &Transfers::changed, &transfers, remove, atOnce ? Qt::DirectConnection : Qt::QueuedConnection);
        const QByteArray id = two.offer();
        QTRY_COMPARE(two.atAna(id).state, State::Cancelled);
        two.ana.writeAll();
        QCOMPARE(two.atAna(id).state, State::Cancelled);
        transfers.clearEnded();
        two.ana.writeAll();
        QVERIFY(two.ana.offers().isEmpty());
        two.bea.start();
        QTRY_VERIFY(two.bea->route().presence(two.anasKey).online);
        two.bea.writeAll();
        QVERIFY(two.bea.offers().isEmpty());
    }

    void whatCameWaitsForItsDisk_data()
    {
        QTest::addColumn<bool>("programEnds");
        QTest::newRow("which comes back") << false;
        QTest::newRow("while the program ends, and an empty folder stands in its place") << true;
    }
    void whatCameWaitsForItsDisk()
    {
        QFETCH(const bool, programEnds);
        Couple two(true);
        Disk disk { two.bea.downloads() };
        const QByteArray id = withoutADisk(two, disk);
        if (programEnds) {
            two.bea.stop();
            QVERIFY(QDir().mkpath(disk.place));
            two.bea.start();
            QTRY_VERIFY(two.atBea(id).sentence.contains(QStringLiteral("waits for its place")));
            QVERIFY(two.bea.received().isEmpty());
            QVERIFY(two.atAna(id).state != State::Done);
        }
        disk.comeBack();
        two.arrivedOnce(id);
        two.bea.writeAll();
        const QList<Offer> offers = two.bea.offers();
        QCOMPARE(offers.value(0).state, Offer::State::Done);
        QCOMPARE(offers.value(0).saveTo, two.bea.downloads() + QStringLiteral("/shoot.bin"));
        QVERIFY(offers.value(0).part.isEmpty() && offers.value(0).landedIn.isEmpty()); // it was tidied up
    }

    void whatWaitsForItsDiskCanBeStopped()
    {
        Couple two(true);
        Disk disk { two.bea.downloads() };
        const QByteArray id = withoutADisk(two, disk);
        const auto stopped = [&] { // unless it is just looked for its place
            two.bea->transfers().cancel(id);
            return two.atBea(id).state == State::Cancelled;
        };
        QTRY_VERIFY(stopped());
        QTRY_COMPARE(two.atAna(id).state, State::Cancelled);
        two.bea.stop();
        two.bea.start();
        QTRY_COMPARE(two.atBea(id).state, State::Cancelled);
    }

    /// What was landing from somebody who is removed ends, and nothing of it stays.
    void whoIsRemovedLeavesNothingHalf_data()
    {
        QTest::addColumn<bool>("isLoaded");
        QTest::newRow("while it waits for its disk") << true;
        QTest::newRow("before it is known what waits") << false;
    }
    void whoIsRemovedLeavesNothingHalf()
    {
        QFETCH(const bool, isLoaded);
        Couple two(true);
        Disk disk { two.bea.downloads() };
        const QByteArray id = withoutADisk(two, disk);
        if (!isLoaded) {
            two.bea.stop();
            disk.comeBack();
            two.bea.start();
        }
        QVERIFY(two.bea->contacts().remove(two.anasKey));
        QTRY_VERIFY(two.atBea(id).isOver() || !isLoaded);
        two.bea.writeAll();
        QVERIFY(two.bea.offers().isEmpty());
        QVERIFY(!isLoaded || two.atBea(id).state == State::Cancelled);
        QCOMPARE(two.bea->transfers().all().size(), isLoaded ? 1 : 0);
        QVERIFY(two.bea.received().isEmpty());
    }

    /// Whatever the moment: it is there and said to be, or neither.
    void whoIsRemovedAtTheLastMomentLeavesNothingHalf()
    {
        Couple two(true);
        const QByteArray id = two.offerToAway();
        two.beaComesAndSees(id);
        connect(&two.bea->transfers(), &Transfers::changed, two.bea.person.get(), [&] {
            const Transfer transfer = two.atBea(id);
            if (transfer.state == State::Going && transfer.done == transfer.bytes)
                QVERIFY(two.bea->contacts().remove(two.anasKey));
        });
        QVERIFY(two.bea->transfers().accept(id));
        QTRY_VERIFY(two.atBea(id).isOver());
        two.bea.writeAll();
        QVERIFY(!two.bea->contacts().find(two.anasKey));
        QVERIFY(two.bea.offers().isEmpty());
        const bool isThere = two.atBea(id).state == State::Done;
        QTRY_COMPARE(two.bea.received(), isThere ? QStringList { QStringLiteral("shoot.bin") } : QStringList());
    }

    /// Bea's database takes the word that it lands only later: till then it comes again, and once.
    void whatCannotBeNotedComesAgain()
    {
        Couple two(true);
        const QByteArray id = two.offerToAway();
        two.beaComesAndSees(id);
        QVERIFY(two.bea.database()->run(QStringLiteral("CREATE TRIGGER no BEFORE UPDATE ON offers WHEN new.state = 3"
                                                       " BEGIN SELECT RAISE(ABORT, 'it cannot be written'); END")));
        QVERIFY(two.bea->transfers().accept(id));
        QTRY_VERIFY_WITH_TIMEOUT(two.bea.offers().value(0).tries >= 2, 30'000);
        QVERIFY(!QFileInfo::exists(two.bea.downloads() + QStringLiteral("/shoot.bin")));
        QVERIFY(!two.atAna(id).isOver());
        QVERIFY(two.bea.database()->run(QStringLiteral("DROP TRIGGER no")));
        two.arrivedOnce(id);
    }

    /// Ana begins before Bea's program knows what it accepted.
    void whatBeginsBeforeTheListIsLoadedGoesLater()
    {
        Couple two(true);
        const QByteArray id = two.offerToAway();
        two.ana.stop();
        two.beaComesAndAccepts(id);
        QTRY_VERIFY(two.isAnswerSent(id));
        two.bea.stop();
        two.ana.start();
        QTRY_COMPARE(two.atAna(id).offering, Offering::Accepted);
        const auto held = two.bea.database(); // by another program, for less than what waits for it
        QVERIFY(held->run(QStringLiteral("BEGIN IMMEDIATE")));
        two.bea.start();
        QTRY_COMPARE(two.atAna(id).sentence, QStringLiteral("what was accepted there is not known yet"));
        QVERIFY(held->run(QStringLiteral("COMMIT")));
        two.arrivedOnce(id);
    }

    void whoTookFilesAwayEndsWhatWasAccepted()
    {
        Couple two(true);
        const QByteArray id = two.offerToAway();
        two.ana.stop();
        two.beaComesAndAccepts(id);
        QTRY_COMPARE(two.atBea(id).state, State::Waiting);
        QVERIFY(two.bea->contacts().revoke(two.anasKey, Right::Files));
        QCOMPARE(two.atBea(id).state, State::Cancelled);
        two.ana.start();
        QTRY_COMPARE(two.atAna(id).state, State::Cancelled);
        QCOMPARE(two.atAna(id).sentence, QStringLiteral("files are not taken from you any more"));
    }
};

QTEST_GUILESS_MAIN(TestPersonOffers)
#include "tst_person_offers.moc"
