#include "support/couple.h"

#include <QTest>

using namespace hawser;
using namespace hawser::chat;
using namespace hawser::test;

namespace {

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
void waitForDisk(Couple &two, Disk &disk, const QByteArray &id)
{
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
}

/// The same, from the start.
struct Stranded : Couple {
    Disk disk { bea.downloads() };
    const QByteArray id;

    Stranded() : Couple(true), id(offerToAway()) { waitForDisk(*this, disk, id); }
    /// Bea stops it, unless its place is just looked for.
    bool stops()
    {
        bea->transfers().cancel(id);
        return atBea(id).state == State::Cancelled;
    }
};

} // namespace

/// What was accepted has come and gets its place, whatever goes away meanwhile: real people in this process.
class TestPersonLanding : public QObject {
    Q_OBJECT

private slots:
    void whatCameWaitsForItsDisk_data()
    {
        QTest::addColumn<bool>("programEnds");
        QTest::newRow("which comes back") << false;
        QTest::newRow("while the program ends, and an empty folder stands in its place") << true;
    }
    void whatCameWaitsForItsDisk()
    {
        QFETCH(const bool, programEnds);
        Stranded two;
        if (programEnds) {
            two.bea.stop();
            QVERIFY(QDir().mkpath(two.disk.place));
            two.bea.start();
            QTRY_VERIFY(two.atBea(two.id).sentence.contains(QStringLiteral("waits for its place")));
            QVERIFY(two.bea.received().isEmpty());
            QVERIFY(two.atAna(two.id).state != State::Done);
        }
        two.disk.comeBack();
        two.arrivedOnce(two.id);
        two.bea.writeAll();
        const QList<Offer> offers = two.bea.offers();
        QCOMPARE(offers.value(0).state, Offer::State::Done);
        QCOMPARE(offers.value(0).saveTo, two.bea.downloads() + QStringLiteral("/shoot.bin"));
        QVERIFY(offers.value(0).part.isEmpty() && offers.value(0).landedIn.isEmpty()); // it was tidied up
    }

    void whatWaitsForItsDiskCanBeStopped()
    {
        Stranded two;
        QTRY_VERIFY(two.stops());
        QTRY_COMPARE(two.atAna(two.id).state, State::Cancelled);
        two.bea.restart();
        QTRY_COMPARE(two.atBea(two.id).state, State::Cancelled);
    }

    /// Her no is on disk before what came is taken away.
    void whatIsStoppedIsThereUntilThatIsOnDisk_data()
    {
        QTest::addColumn<bool>("programEnds");
        QTest::newRow("which takes it in the end") << false;
        QTest::newRow("when the program ends before") << true;
    }
    void whatIsStoppedIsThereUntilThatIsOnDisk()
    {
        QFETCH(const bool, programEnds);
        Stranded two;
        two.bea.setWrites(Offer::State::Cancelled, false);
        bool isStopped = false; // the moment after one try to find its place: no other is under way
        connect(&two.bea->transfers(), &Transfers::changed, two.bea.person.get(), [&] {
            if (!std::exchange(isStopped, true)) {
                two.disk.comeBack();
                two.bea->transfers().cancel(two.id);
            }
        });
        QTRY_VERIFY(isStopped);
        QCOMPARE(two.atBea(two.id).state, State::Cancelled);
        two.bea.writeAll();
        QCOMPARE(two.bea.offers().value(0).state, Offer::State::Landing);
        QCOMPARE(two.bea.received(), QStringList { QStringLiteral(".hawser-part") });
        if (programEnds)
            two.bea.stop();
        two.bea.setWrites(Offer::State::Cancelled, true);
        if (programEnds) {
            two.bea.start();
            return two.arrivedOnce(two.id);
        }
        QTRY_VERIFY_WITH_TIMEOUT(two.bea.received().isEmpty(), 20'000);
        QCOMPARE(two.bea.offers().value(0).state, Offer::State::Cancelled);
        QTRY_COMPARE(two.atAna(two.id).state, State::Cancelled);
    }

    /// The program ended when that was on disk, and before the other was done.
    void whatIsLeftOfWhatWasStoppedIsTakenAway()
    {
        Stranded two;
        QTRY_VERIFY(two.stops());
        two.bea.writeAll();
        two.bea.stop();
        two.disk.comeBack();
        two.bea.start();
        QTRY_VERIFY(two.bea.received().isEmpty());
    }

    /// One of them had got its name when the disk went.
    void whatLandsInTwoPartsIsInTheFolder()
    {
        Couple two(true);
        Disk disk { two.bea.downloads() };
        two.beaGoes();
        const QString first = two.ana.file("first", QStringLiteral("first.bin"));
        const Result<QByteArray> id =
            two.ana->transfers().send(two.beasKey, { first, two.ana.file(two.content) }, QStringLiteral("see"), false);
        QVERIFY(id);
        QTRY_COMPARE(two.atAna(*id).offering, Offering::AtBroker);
        waitForDisk(two, disk, *id);
        const QDir parts(disk.elsewhere + QStringLiteral("/.hawser-part"));
        const QString part = parts.filePath(parts.entryList(QDir::Dirs | QDir::NoDotAndDotDot).value(0));
        QVERIFY(QDir().mkpath(disk.place));
        QVERIFY(QDir().rename(part + QStringLiteral("/first.bin"), disk.place + QStringLiteral("/first.bin")));
        disk.comeBack();
        QTRY_COMPARE_WITH_TIMEOUT(two.atBea(*id).state, State::Done, 30'000);
        QTRY_COMPARE(two.bea.received(), (QStringList { QStringLiteral("first.bin"), QStringLiteral("shoot.bin") }));
        QCOMPARE(two.atBea(*id).saveTo, two.bea.downloads());
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
        Stranded two;
        if (!isLoaded) {
            two.bea.stop();
            two.disk.comeBack();
            two.bea.start();
        }
        QVERIFY(two.bea->contacts().remove(two.anasKey));
        QTRY_VERIFY(two.atBea(two.id).isOver() || !isLoaded);
        two.bea.writeAll();
        QVERIFY(two.bea.offers().isEmpty());
        QVERIFY(!isLoaded || two.atBea(two.id).state == State::Cancelled);
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
        two.bea.setWrites(Offer::State::Landing, false);
        QVERIFY(two.bea->transfers().accept(id));
        QTRY_VERIFY_WITH_TIMEOUT(two.bea.offers().value(0).tries >= 2, 30'000);
        QVERIFY(!QFileInfo::exists(two.bea.downloads() + QStringLiteral("/shoot.bin")));
        QVERIFY(!two.atAna(id).isOver());
        two.bea.setWrites(Offer::State::Landing, true);
        two.arrivedOnce(id);
    }

    /// What breaks off again and again is given up, and both know.
    void whatBreaksOffTooOftenIsGivenUp()
    {
        Couple two(true);
        two.ana.stop();
        two.ana.limit("[transfers]\ntries = 2\n");
        two.ana.start();
        const QByteArray id = two.offerToAway();
        two.beaComesAndSees(id);
        two.bea.setWrites(Offer::State::Landing, false);
        QVERIFY(two.bea->transfers().accept(id));
        QTRY_COMPARE_WITH_TIMEOUT(two.atAna(id).state, State::Failed, 30'000);
        QVERIFY(two.atAna(id).sentence.startsWith(QStringLiteral("it broke off 2 times")));
        QTRY_COMPARE(two.atBea(id).state, State::Cancelled);
        QCOMPARE(two.atBea(id).sentence, two.atAna(id).sentence);
        LimitUse use;
        two.ana->transfers().report(use);
        QCOMPARE(use.hits[u"transfers_tries"].toInt(), 1);
        QTRY_VERIFY(two.bea.received().isEmpty());
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
};

QTEST_GUILESS_MAIN(TestPersonLanding)
#include "tst_person_landing.moc"
