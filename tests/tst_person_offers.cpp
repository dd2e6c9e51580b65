#include "core/clock_watch.h"
#include "core/wall_clock.h"
#include "support/couple.h"
#include "support/talk_of.h"

#include <QTest>

using namespace hawser;
using namespace hawser::chat;
using namespace hawser::test;

namespace {

/// Bea is away. As soon as the offer to her stands somebody acts: in the same breath, or a turn later.
QByteArray offerAnd(Couple &two, bool atOnce, const std::function<void(const QByteArray &id)> &act)
{
    two.beaGoes();
    Transfers *transfers = &two.ana->transfers();
    const auto look = [transfers, act](const QByteArray &id) {
        if (const auto transfer = transfers->find(id); transfer && transfer->state == State::Offered)
            act(id);
    };
    QObject::connect(
        transfers, &Transfers::changed, transfers, look, atOnce ? Qt::DirectConnection : Qt::QueuedConnection);
    return two.offer();
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
        two.ana.restart(); // nobody is there
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
        const QList<Entry> talk = talkOf(*two.bea.person, two.anasKey);
        QCOMPARE(talk.size(), 1); // one line, over all restarts
        QCOMPARE(talk.first().kind, Entry::Kind::Transfer);
        two.bea.restart();
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
        two.ana.restart();
        QTRY_COMPARE(two.atAna(id).sentence, QStringLiteral("Bea declined"));
        two.ana->transfers().clearEnded();
        QVERIFY(two.ana->transfers().all().isEmpty());
        two.ana.restart();
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

    /// That it ended cannot be written yet when it is cleared from the list: it is off the list after a restart, too.
    void whatWasClearedStaysCleared()
    {
        Couple two(false);
        const QByteArray id = two.offerToAway();
        two.ana.setWrites(Offer::State::Cancelled, false);
        two.ana->transfers().cancel(id);
        two.ana.writeAll();
        two.ana->transfers().clearEnded();
        two.ana.writeAll();
        QVERIFY(two.ana->transfers().all().isEmpty());
        QCOMPARE(two.ana.offers().value(0).state, Offer::State::Open);
        two.ana.setWrites(Offer::State::Cancelled, true);
        QTRY_COMPARE_WITH_TIMEOUT(two.ana.offers().value(0).state, Offer::State::Cancelled, 20'000);
        two.ana.restart();
        two.ana.writeAll(); // it has read what there is
        QVERIFY(two.ana->transfers().all().isEmpty());
    }

    /// What waits for days goes when they have passed, not when the calendar was set.
    void whatWaitsOutlivesAJumpOfTheCalendar() // P10
    {
        using std::chrono::days, std::chrono::hours;
        Couple two(false);
        const QByteArray id = two.offerToAway();
        qint64 wall = wallClock();
        milliseconds running = runningTime();
        const Grant aWeek { Lasting::Days, wall + days(7) / milliseconds(1) };
        QVERIFY(two.ana->contacts().setRights(two.beasKey, { { Right::Messages, aWeek } }));
        const auto look = [&](milliseconds calendar, milliseconds passed) {
            wall += calendar.count();
            running += passed;
            two.ana->keepHouse(wall, running);
            two.ana.writeAll();
        };
        const auto isGiven = [&] { return !two.ana->contacts().find(two.beasKey)->rights.isEmpty(); };
        look(hours(2), hours(2));
        look(days(400), hours(2));
        QVERIFY(isGiven());
        QCOMPARE(two.atAna(id).state, State::Offered);
        look(-days(400), hours(2));
        look(hours(2), hours(2));
        QVERIFY(isGiven());
        QCOMPARE(two.atAna(id).state, State::Offered);
        look(days(8), days(8)); // slept, or just on
        QVERIFY(!isGiven());
        QCOMPARE(two.atAna(id).state, State::Offered);
        look(days(23), days(23));
        QCOMPARE(two.atAna(id).state, State::Failed);
        QCOMPARE(two.atAna(id).sentence, QStringLiteral("nobody answered in time"));
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
        QObject context; // nothing is heard after this test
        CallOptions options;
        options.keepOpen = true;
        options.streamClass = StreamClass::File;
        const Path path = *two.ana->route().find(two.beasKey);
        contracts::File::Request request { id, title, false, 1, 0, bytes, {}, true };
        Call *call = startCall(path.link, path.to, QStringLiteral("file/1"), toValue(request), options, &context);
        connect(call, &Call::finished, &context,
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

    void aReceiptForSomethingElseIsNotBelieved()
    {
        Couple two(true);
        const QByteArray id = two.offerToAway();
        two.beaComesAndAccepts(id);
        two.arrivedOnce(id);
        two.ana.stop();
        two.setAtAna(id, Offer::State::Accepted);
        Offer other = two.bea.offers().value(0);
        other.root = QByteArray(32, 'x');
        QVERIFY(offers::save(*two.bea.database(), other));
        two.ana.start();
        QTRY_COMPARE_WITH_TIMEOUT(two.atAna(id).state, State::Failed, 30'000);
        QVERIFY(two.atAna(id).sentence.contains(QStringLiteral("does not match")));
        QVERIFY(two.atAna(id).receipt.isEmpty());
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
        Transfers &transfers = two.ana->transfers();
        const QByteArray id = offerAnd(two, atOnce, [&transfers](const QByteArray &id) {
            transfers.cancel(id);
            transfers.clearEnded();
        });
        QTRY_VERIFY(!transfers.find(id));
        two.ana.writeAll();
        QCOMPARE(two.ana.offers().size(), atOnce ? 0 : 1);
        if (!atOnce) {
            QCOMPARE(two.ana.offers().first().state, Offer::State::Cancelled);
            QVERIFY(two.ana.offers().first().isHidden);
        }
        QVERIFY(transfers.all().isEmpty());
        two.ana.restart();
        two.bea.start();
        if (!atOnce)
            QTRY_COMPARE(two.bea.offers().value(0).state, Offer::State::Cancelled);
        QTRY_VERIFY(Outbox(*two.ana.database()).waiting()->isEmpty());
        QVERIFY(two.ana->conversations().say(two.beasKey, QStringLiteral("hi"))); // behind all that went there
        QTRY_COMPARE(lastEntry(*two.bea.person, two.anasKey).text, QStringLiteral("hi"));
        two.bea.writeAll();
        QCOMPARE(two.bea.offers().size(), atOnce ? 0 : 1);
        QVERIFY(two.ana->transfers().all().isEmpty());
    }

    /// Whoever is removed while an offer to them is written leaves nothing of it.
    void whoIsRemovedIsOfferedNothing_data() { whatIsStoppedAtOnceIsNotOffered_data(); }
    void whoIsRemovedIsOfferedNothing()
    {
        QFETCH(const bool, atOnce);
        Couple two(true);
        Transfers &transfers = two.ana->transfers();
        const QByteArray id =
            offerAnd(two, atOnce, [&two](const QByteArray &) { QVERIFY(two.ana->contacts().remove(two.beasKey)); });
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
