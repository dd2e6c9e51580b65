#include "chat/request_queue.h"
#include "core/identity.h"

#include <QTest>

using namespace hawser;
using namespace hawser::chat;
using namespace std::chrono_literals;

/// Who is on the screen, who waits, who is only listed: rules 5 and 6 of the approval dialog.
class TestRequestQueue : public QObject {
    Q_OBJECT

private slots:
    void showsOneAndLetsEightWait()
    {
        RequestQueue queue;
        QList<quint64> ids;
        for (int i = 0; i < 12; ++i)
            ids << queue.knock(from(QStringLiteral("192.0.2.%1").arg(i)), start);
        QCOMPARE(queue.shown()->id, ids[0]);
        QCOMPARE(queue.waiting(), limits::requestsWaiting);
        QCOMPARE(queue.find(ids[8])->place, Request::Place::Waiting);
        QCOMPARE(queue.find(ids[9])->place, Request::Place::Listed);
        QCOMPARE(queue.all().size(), 12);
    }

    void thousandStrangersCostOneDialogAndABoundedList()
    {
        RequestQueue queue;
        for (int i = 0; i < 1000; ++i)
            queue.knock(from(QStringLiteral("2001:db8::%1").arg(i, 0, 16)), start);
        QCOMPARE(queue.waiting(), limits::requestsWaiting);
        QCOMPARE(queue.all().size(), RequestLimits().listed);
    }

    void fourthFromOneAddressGoesStraightToTheList()
    {
        RequestQueue queue;
        for (int i = 0; i < 3; ++i)
            queue.knock(from(QStringLiteral("192.0.2.1")), start);
        const quint64 fourth = queue.knock(from(QStringLiteral("192.0.2.1")), start + 9min);
        QCOMPARE(queue.find(fourth)->place, Request::Place::Listed);
        const quint64 later = queue.knock(from(QStringLiteral("192.0.2.1")), start + 10min);
        QCOMPARE(queue.find(later)->place, Request::Place::Waiting);
    }

    void sameKeyThroughTwoBrokersIsOneRequest()
    {
        RequestQueue queue;
        Request home = from({});
        home.kind = Asking::ContactThroughBroker;
        home.doors[0].brokerName = QStringLiteral("home");
        home.doors[0].broker = Identity::generate().key();
        Request work = home;
        work.doors[0].brokerName = QStringLiteral("work");
        work.doors[0].broker = Identity::generate().key();
        const quint64 id = queue.knock(home, start);
        QCOMPARE(queue.knock(work, start + 1s), id);
        QCOMPARE(queue.find(id)->doors.size(), 2);
        QCOMPARE(queue.waiting(), 0);
    }

    void joiningABrokerAndAskingMeAreTwoQuestions()
    {
        RequestQueue queue;
        Request contact = from({});
        Request join = contact;
        join.kind = Asking::JoinPerson;
        QVERIFY(queue.knock(contact, start) != queue.knock(join, start));
    }

    void twoMinutesOnTheScreenCountAsNotNow()
    {
        RequestQueue queue;
        const quint64 first = queue.knock(from(QStringLiteral("192.0.2.1")), start);
        const quint64 second = queue.knock(from(QStringLiteral("192.0.2.2")), start + 5s);
        QCOMPARE(queue.timeLeft(start + 8s), milliseconds(112s));
        QCOMPARE(queue.deadline(), start + 120s);
        QCOMPARE(queue.tick(start + 119s), QList<quint64>());
        QCOMPARE(queue.shown()->id, first);
        queue.tick(start + 120s);
        QCOMPARE(queue.find(first)->place, Request::Place::Listed);
        QCOMPARE(queue.shown()->id, second);
        QCOMPARE(queue.timeLeft(start + 120s), milliseconds(120s));
    }

    void moreTimeStopsTheCountdown()
    {
        RequestQueue queue;
        const quint64 id = queue.knock(from(QStringLiteral("192.0.2.1")), start);
        queue.moreTime(id);
        QVERIFY(!queue.timeLeft(start));
        queue.tick(start + 1h);
        QCOMPARE(queue.shown()->id, id);
    }

    void whatIsOnTheScreenDoesNotChangeWhenTheSameKeyKnocksAgain()
    {
        RequestQueue queue;
        Request request = from(QStringLiteral("192.0.2.1"));
        request.claim = QStringLiteral("Bea");
        request.rights = QStringList { QStringLiteral("messages") };
        const quint64 id = queue.knock(request, start);
        request.claim = QStringLiteral("Ana's boss");
        request.rights << QStringLiteral("files");
        request.host = QStringLiteral("another");
        QCOMPARE(queue.knock(request, start + 1s), id);
        QCOMPARE(queue.shown()->claim, QStringLiteral("Bea"));
        QCOMPARE(queue.shown()->rights, QStringList { QStringLiteral("messages") });
        QVERIFY(queue.shown()->host != request.host);
    }

    void aListedOneThatKnocksAgainStaysListed()
    {
        RequestQueue queue;
        Request request = from(QStringLiteral("192.0.2.1"));
        const quint64 id = queue.knock(request, start);
        queue.notNow(id, start + 3s);
        request.claim = QStringLiteral("another claim");
        QCOMPARE(queue.knock(request, start + 10s), id);
        QCOMPARE(queue.find(id)->place, Request::Place::Listed);
        QCOMPARE(queue.find(id)->claim, QStringLiteral("another claim"));
        QVERIFY(!queue.shown());
    }

    void reviewBringsItBackAndTheShownOneWaits()
    {
        RequestQueue queue;
        const quint64 first = queue.knock(from(QStringLiteral("192.0.2.1")), start);
        const quint64 second = queue.knock(from(QStringLiteral("192.0.2.2")), start);
        queue.review(second, start + 5s);
        QCOMPARE(queue.shown()->id, second);
        QCOMPARE(queue.find(first)->place, Request::Place::Waiting);
        queue.remove(second, start + 6s);
        QCOMPARE(queue.shown()->id, first);
    }

    void rejectAllEmptiesTheScreenAndKeepsTheList()
    {
        RequestQueue queue;
        for (int i = 0; i < 5; ++i)
            queue.knock(from(QStringLiteral("192.0.2.%1").arg(i)), start);
        queue.rejectAll();
        QVERIFY(!queue.shown());
        QCOMPARE(queue.waiting(), 0);
        QCOMPARE(queue.all().size(), 5);
    }

    void isForgottenAfterSevenDays()
    {
        RequestQueue queue;
        Request kept = from(QStringLiteral("192.0.2.1"));
        kept.id = 17;
        kept.doors[0].present = true;
        queue.restore(kept, milliseconds(24h * 6), start);
        QVERIFY(!queue.find(17)->doors[0].present);
        QCOMPARE(queue.find(17)->place, Request::Place::Listed);
        QCOMPARE(queue.tick(start + 23h), QList<quint64>());
        QCOMPARE(queue.tick(start + 24h), QList<quint64>({ 17 }));
        QVERIFY(queue.all().isEmpty());
        QVERIFY(queue.knock(from({}), start + 25h) > 17);
    }

    void numberIsOfTheDoorWhereSomebodyStands()
    {
        Request request = from({});
        request.doors[0].number = QStringLiteral("111111");
        Door second;
        second.askId = QByteArray(16, 'b');
        second.number = QStringLiteral("222222");
        second.present = true;
        request.doors.append(second);
        QCOMPARE(request.number(), QStringLiteral("222222"));
        request.doors[1].present = false;
        QCOMPARE(request.number(), QStringLiteral("111111"));
    }

private:
    static Request from(const QString &address)
    {
        Request request;
        request.key = Identity::generate().key();
        request.claim = QStringLiteral("Bea K.");
        Door door;
        door.address = address;
        door.askId = QByteArray(16, 'a');
        request.doors.append(door);
        return request;
    }
    const Instant start { 1000h };
};

QTEST_APPLESS_MAIN(TestRequestQueue)
#include "tst_requestqueue.moc"
