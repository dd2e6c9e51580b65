#include "chat/parts.h"
#include "core/transfer/landing.h"
#include "support/couple.h"

#include <QTest>

using namespace hawser;
using namespace hawser::chat;
using namespace hawser::test;

namespace {

/// What of a person's private folders is noted, in the order in which it was.
QByteArrayList notedOf(Partner &person)
{
    const auto database = person.database();
    auto rows = database->run(QStringLiteral("SELECT folder, part FROM parts ORDER BY row"));
    QByteArrayList parts;
    while (rows && rows->next())
        parts << (rows->value(0).toString() == person.downloads() ? rows->value(1).toByteArray() : "elsewhere");
    return parts;
}

QStringList partsIn(const QString &folder)
{
    return QDir(folder + QStringLiteral("/.hawser-part")).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
}

/// What a program leaves that was killed while something came.
QByteArray killedIn(const QString &folder)
{
    std::unique_ptr<transfer::Landing> landing = std::move(*transfer::Landing::open(folder));
    if (const auto file = landing->makeFile({ "half.bin" }); !file || ::write(file->get(), "half", 4) != 4)
        qFatal("cannot write");
    landing->setKept(true);
    return landing->partName();
}

/// A kept offer of Ana's as Bea's folder has it, with what came of it.
Offer offerAt(Couple &two, char id, Offer::State state, bool isWhole)
{
    Offer offer;
    offer.id = QByteArray(16, id);
    offer.peer = two.anasKey;
    offer.state = state;
    offer.title = QStringLiteral("shoot.bin");
    offer.files = 1;
    offer.bytes = 4;
    offer.since = QDateTime::currentMSecsSinceEpoch();
    offer.saveTo = two.bea.downloads();
    offer.part = killedIn(offer.saveTo);
    offer.root = isWhole ? QByteArray(32, 'r') : QByteArray();
    return offer;
}

} // namespace

/// Nothing of what came halfway stays behind: real people in this process.
class TestPersonParts : public QObject {
    Q_OBJECT

private slots:
    void whatComesIsNotedUntilItIsOver_data()
    {
        QTest::addColumn<bool>("programEnds");
        QTest::newRow("it arrives") << false;
        QTest::newRow("the program ends") << true;
    }
    void whatComesIsNotedUntilItIsOver()
    {
        QFETCH(const bool, programEnds);
        Couple two(false);
        const QByteArray id = two.offer();
        QTRY_COMPARE(two.atBea(id).state, State::Offered);
        QStringList there;
        QByteArrayList noted;
        QEventLoop going;
        connect(&two.bea->transfers(), &Transfers::changed, &going, [&] {
            if (two.atBea(id).state != State::Going || !there.isEmpty())
                return;
            there = partsIn(two.bea.downloads());
            noted = notedOf(two.bea);
            going.exit();
        });
        QVERIFY(two.bea->transfers().accept(id));
        going.exec();
        QCOMPARE(there.size(), 1);
        QCOMPARE(noted, QByteArrayList { there.first().toLatin1() });
        if (programEnds) {
            two.bea.stop();
        } else {
            QTRY_COMPARE(two.atBea(id).state, State::Done);
            two.bea.writeAll();
            QCOMPARE(two.bea.received(), QStringList("shoot.bin"));
        }
        QCOMPARE(partsIn(two.bea.downloads()), QStringList());
        QCOMPARE(notedOf(two.bea), QByteArrayList());
    }

    void whatCannotBeNotedDoesNotCome()
    {
        Couple two(false);
        QVERIFY(two.bea.database()->run(QStringLiteral(
            "CREATE TRIGGER no BEFORE INSERT ON parts BEGIN SELECT RAISE(ABORT, 'it cannot be written'); END")));
        const QByteArray id = two.offer();
        QTRY_COMPARE(two.atBea(id).state, State::Offered);
        QVERIFY(two.bea->transfers().accept(id));
        QTRY_COMPARE(two.atBea(id).state, State::Failed);
        QTRY_COMPARE(two.atAna(id).state, State::Failed);
        QTRY_COMPARE(two.bea.received(), QStringList());
    }

    void whatAKilledProgramLeftIsTakenAway()
    {
        Couple two(false);
        two.bea.stop();
        const QByteArray left = killedIn(two.bea.downloads()), others = killedIn(two.bea.downloads());
        const QString away = two.bea.folder.filePath(QStringLiteral("away"));
        {
            const auto database = two.bea.database();
            QVERIFY(parts::note(*database, two.bea.downloads(), left));
            QVERIFY(parts::note(*database, away, "onadisk"));
        }
        two.bea.start();
        QTRY_COMPARE(partsIn(two.bea.downloads()), QStringList(others)); // of another program
        two.bea.writeAll();
        QCOMPARE(notedOf(two.bea), QByteArrayList { "elsewhere" }); // its disk may come back
    }

    void aFolderOfTheVersionBeforeNotesThem()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("chat.sqlite"));
        const auto version = messages::steps().indexOf(parts::tables());
        QVERIFY(version > 0);
        QVERIFY(!parts::note(**Database::open(path, messages::steps().first(version)), path, "a"));
        QVERIFY(parts::note(**Database::open(path, messages::steps()), path, "a"));
    }

    /// Of what was offered durably: what is no longer wanted goes, what a person was told is there stays.
    void whatWasKeptIsTakenAwayUnlessItCameWhole()
    {
        Couple two(false);
        two.bea.stop();
        QStringList whole;
        {
            const auto database = two.bea.database();
            QVERIFY(offers::save(*database, offerAt(two, 'a', Offer::State::Accepted, false)));
            QVERIFY(offers::save(*database, offerAt(two, 'b', Offer::State::Cancelled, true)));
            QVERIFY(offers::save(*database, offerAt(two, 'c', Offer::State::Failed, false)));
            const Offer stays = offerAt(two, 'd', Offer::State::Failed, true);
            QVERIFY(offers::save(*database, stays));
            whole << QString::fromLatin1(stays.part);
        }
        QCOMPARE(partsIn(two.bea.downloads()).size(), 4);
        two.bea.start();
        QTRY_COMPARE(two.bea->transfers().all().size(), 4);
        two.bea.writeAll();
        QCOMPARE(partsIn(two.bea.downloads()), whole);
    }

    /// Of an offer that was kept nothing comes before it is on disk where.
    void whatIsKeptComesWhenItIsNoted()
    {
        Couple two(true);
        const QByteArray id = two.offerToAway();
        two.ana.stop();
        two.beaComesAndAccepts(id);
        QTRY_VERIFY(two.isAnswerSent(id));
        two.bea.setWrites(Offer::State::Accepted, false);
        two.ana.start();
        const QString brokeOff = QStringLiteral("it broke off; it begins again when Ana is there");
        QTRY_COMPARE(two.atBea(id).sentence, brokeOff);
        QCOMPARE(two.bea.offers().value(0).state, Offer::State::Accepted);
        QCOMPARE(two.atBea(id).done, 0u);
        two.bea.setWrites(Offer::State::Accepted, true);
        two.arrivedOnce(id);
    }
};

QTEST_GUILESS_MAIN(TestPersonParts)
#include "tst_person_parts.moc"
