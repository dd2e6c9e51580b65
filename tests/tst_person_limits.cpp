// What a person sets in limits.toml is checked, documented, shown, and acts where it should.
#include "chat/direct.h"
#include "core/clock_watch.h"
#include "core/contracts/control.h"
#include "core/store/database.h"
#include "core/wall_clock.h"
#include "support/desk.h"
#include "support/knocker.h"
#include "support/limit_checks.h"
#include "support/someone.h"
#include "support/talk_of.h"

#include <QTemporaryDir>
#include <QTest>

using namespace hawser;
using namespace hawser::chat;
using hawser::test::lastEntry;
using hawser::test::Someone;

namespace {

/// With such a file.
struct Limited : hawser::test::Desk {
    explicit Limited(const QByteArray &limits) : Desk(QStringLiteral("Ana"), limits) { }

    contracts::PersonStatus::Reply status()
    {
        if (!QTest::qWaitFor([this] { return client.state() == Client::State::Ready; }))
            return {};
        const auto answer = call<contracts::PersonStatus>({});
        const bool came = QTest::qWaitFor([&] { return answer->has_value(); });
        return came && **answer ? ***answer : contracts::PersonStatus::Reply();
    }
    PublicKey friendOf()
    {
        Contact contact;
        contact.key = Identity::generate().key();
        contact.alias = QStringLiteral("Bea");
        contact.rights.insert(Right::Messages, {});
        return person->contacts().save(contact) ? contact.key : PublicKey();
    }
};

Request from(int number)
{
    Request request;
    request.key = Identity::generate().key();
    Door door;
    door.askId = QByteArray::number(number);
    door.address = QStringLiteral("192.0.2.%1").arg(number);
    request.doors.append(door);
    return request;
}

} // namespace

class TestPersonLimits : public QObject {
    Q_OBJECT

private slots:
    void everyLimitIsReadAndChecked() { QCOMPARE(test::wrongLimits(parseLimits), QString()); }

    void everyLimitIsDocumented()
    {
        PersonLimits person;
        QCOMPARE(test::wrongDocument(QStringLiteral("hawser and hawser-desktop"), describe(person)), QString());
    }

    void aMistakeIsNamed()
    {
        QTemporaryDir folder;
        QFile file(folder.filePath(QStringLiteral("limits.toml")));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("[links]\nsilence_seconds = 'x'\n") > 0);
        file.close();
        const auto opened = Person::open(folder.path(), {});
        QVERIFY(!opened);
        QCOMPARE(opened.error().sentence,
            file.fileName() + QStringLiteral(":2: links: silence_seconds must be a whole number from 5 to 3600"));
    }

    void statusShowsEveryLimit()
    {
        PersonLimits person;
        QByteArray file;
        QByteArray table;
        for (const Limit &limit : describe(person)) {
            if (table != limit.table)
                file += '[' + QByteArray(limit.table) + "]\n";
            table = limit.table;
            file += QByteArray(limit.name) + " = " + QByteArray::number(limit.least) + '\n';
        }
        Limited ana(file);
        const auto status = ana.status();
        for (const Limit &limit : describe(person)) {
            const Value *shown = status.limits.find(statusName(limit));
            QVERIFY2(shown, limit.name);
            QCOMPARE(shown->toInt(), limit.least);
        }
        for (const Value *map : { &status.used, &status.hits })
            for (const auto &[name, number] : map->map())
                QVERIFY2(status.limits.find(name), qUtf8Printable(name));
        QCOMPARE(status.used[u"control_connections"].toInt(), 1);
    }

    void theOutboxIsBounded()
    {
        Limited ana("[outbox]\nitems = 2\n");
        const PublicKey bea = ana.friendOf();
        QVERIFY(!bea.isNull());
        for (const char *text : { "one", "two", "three" })
            QVERIFY(ana.person->conversations().say(bea, QLatin1String(text)));
        QTRY_COMPARE(int(ana.status().used[u"outbox_items"].toInt()), 2);
        const auto status = ana.status();
        QCOMPARE(status.counters[u"outbox_items"].toInt(), 2);
        QCOMPARE(status.counters[u"history_entries"].toInt(), 2);
        QVERIFY(status.used[u"outbox_bytes"].toInt() > 0);
    }

    void linksHaveWhatWasSet()
    {
        Limited ana("[links]\nunacknowledged_bytes = 300000\nsilence_seconds = 60\nping_seconds = 20\n");
        Limited bea("[links]\nunacknowledged_bytes = 400000\nresume_seconds = 9\n[admission]\nstrangers = 5\n");
        QVERIFY(bea.person->setListening(true, Address { QStringLiteral("127.0.0.1"), 0 }));
        QVERIFY(ana.person->asks().join(bea.person->addresses().first().text()));
        QTRY_VERIFY(bea.person->requests().shown());
        QTRY_VERIFY(!ana.person->asks().all().value(0).number.isEmpty());
        QVERIFY(bea.person->requests().allow(
            bea.person->requests().shown()->id, { Rights(Right::Messages), Lasting::Always, true, false }));
        QTRY_VERIFY(ana.person->route().presence(bea.person->key()).online);
        QTRY_VERIFY(bea.person->route().presence(ana.person->key()).online);
        const Link *mine = ana.person->direct().link(bea.person->key());
        const Link *theirs = bea.person->direct().link(ana.person->key());
        QVERIFY(mine && theirs);
        QCOMPARE(mine->settings().retention, 300000);
        QCOMPARE(mine->settings().bounds.silenceSeconds, 60);
        QCOMPARE(mine->settings().ping, milliseconds(20'000));
        QCOMPARE(theirs->settings().retention, 400000);
        QCOMPARE(theirs->settings().resumeWindow, milliseconds(9'000));
        const auto status = bea.status();
        const auto shown = std::find_if(status.links.begin(), status.links.end(),
            [&](const contracts::LinkState &link) { return link.key == ana.person->key() && link.state == u"ready"; });
        QVERIFY(shown != status.links.end());
        QCOMPARE(shown->way, QStringLiteral("direct"));
        QCOMPARE(shown->unacknowledgedMost, 400000u);
        QCOMPARE(status.limits[u"admission_strangers"].toInt(), 5);
    }

    void requestsAreBounded()
    {
        RequestLimits limits;
        limits.waiting = 2;
        limits.perAddress = 1;
        limits.windowMinutes = 3;
        limits.onScreenSeconds = 30;
        limits.days = 2;
        limits.listed = 5;
        RequestQueue queue(limits);
        const Instant start(seconds(1000));
        QList<quint64> ids;
        for (int i = 0; i < 6; ++i)
            ids << queue.knock(from(i), start);
        QCOMPARE(queue.waiting(), 2);
        QCOMPARE(queue.all().size(), 5);
        QCOMPARE(ids[5], 0u);
        QCOMPARE(*queue.timeLeft(start), milliseconds(30'000));
        queue.rejectAll();
        queue.remove(ids[0], start);
        const quint64 again = queue.knock(from(1), start + std::chrono::minutes(3) - seconds(1));
        QCOMPARE(queue.find(again)->place, Request::Place::Listed); // the second of that address
        queue.remove(again, start);
        const quint64 later = queue.knock(from(1), start + std::chrono::minutes(3));
        QCOMPARE(queue.shown()->id, later);
        QVERIFY(queue.tick(start + std::chrono::hours(48) - seconds(1)).isEmpty());
        QCOMPARE(queue.tick(start + std::chrono::hours(48)).size(), 4);
        LimitUse use;
        queue.report(use);
        QCOMPARE(use.hits[u"requests_listed"].toInt(), 1);
        QCOMPARE(use.hits[u"requests_per_address"].toInt(), 1);
    }

    /// Who asks anew too often goes unheard for a while, by a clock that nobody sets; and what was told to whom is not forgotten
    /// at the first sight of another year.
    void aSetCalendarSilencesNobodyAndForgetsNothing() // P10
    {
        using std::chrono::days, std::chrono::hours;
        Someone bea(QStringLiteral("Bea"));
        test::Knocker mallory(contracts::AskToBeLetIn::Kind::Contact);
        const auto told = [&] {
            LimitUse use;
            bea->requests().report(use);
            return use.now[u"requests_unanswered"].toInt();
        };
        const auto knocks =
            [&](const QString &address) { // comes anew and is told a number, whether or not it is heard of
                mallory.heard.reset();
                mallory.connectTo(*Address::parse(address), bea->key());
                return QTest::qWaitFor([&] { return mallory.heard.has_value(); });
            };
        const QString door = bea.listen();
        for (const int heardOf : { 1, 2, 3, 3 }) {
            QVERIFY(knocks(door));
            QCOMPARE(told(), heardOf);
        }

        qint64 wall = wallClock();
        milliseconds running = runningTime();
        const auto look = [&](milliseconds calendar, milliseconds passed) {
            wall += calendar.count();
            running += passed;
            bea->keepHouse(wall, running);
        };
        look({}, {});
        look(days(400), hours(2));
        look(-days(400), hours(2));
        look(hours(2), hours(2));
        QCOMPARE(told(), 3);

        // what she was asked while her calendar was ten days ahead was not asked just now
        bea.person.reset();
        const auto file = Database::open(bea.folder.filePath(QStringLiteral("person.db")), { {}, {} });
        QVERIFY(file && (*file)->run(QStringLiteral("UPDATE knocks SET since = since + 864000000")));
        bea.open();
        QVERIFY(knocks(bea.listen()));
        QCOMPARE(told(), 4);
        running = runningTime();
        wall = wallClock();
        look({}, {});
        look(days(18), days(18));
        QCOMPARE(told(), 0);
    }
};

QTEST_GUILESS_MAIN(TestPersonLimits)
#include "tst_person_limits.moc"
