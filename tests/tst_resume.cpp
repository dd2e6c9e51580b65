#include "brokerd/router.h"
#include "core/identity.h"
#include "core/stream.h"
#include "tests/support/transcript.h"

#include <QSignalSpy>
#include <QTest>

using namespace hawser;
using test::headOf;
using test::Transcript;

namespace {

constexpr milliseconds window { 120'000 };

LinkSettings lasting()
{
    LinkSettings settings;
    settings.resumeWindow = window;
    return settings;
}

/// What a stream brings, as lines under its name.
struct Diary : QObject {
    std::map<QByteArray, QByteArrayList> lines;

    void keep(Stream *stream, bool echo)
    {
        const QByteArray name = stream->head().name;
        connect(stream, &Stream::received, this, [this, stream, name, echo](std::span<const MessageView> messages) {
            for (const MessageView &message : messages) {
                lines[name] += message.bytes.toByteArray();
                if (echo)
                    stream->send(message.bytes);
            }
        });
        connect(stream, &Stream::peerEnded, this, [this, stream, name, echo] {
            lines[name] += "end";
            if (echo)
                stream->close({ { Code::Ok, {}, {}, {} }, "result" });
        });
        connect(stream, &Stream::closed, this, [this, name](const Closing &with) {
            lines[name] += "closed " + QByteArray::number(int(with.error.code)) + ' '
                + QByteArray::number(int(with.error.begun)) + ' ' + with.body;
        });
    }
    bool operator==(const Diary &other) const { return lines == other.lines; }
};

/// Opens streams at `from`, says something on each; `to` answers everything. Both diaries tell what arrived.
struct Exchange {
    Exchange(Link &from, Link &to, const Party &target = {}) : m_from(from), m_target(target)
    {
        QObject::connect(&to, &Link::opened, &there, [this](Stream *stream) {
            there.lines[stream->head().name] += "open " + stream->body();
            there.keep(stream, true);
        });
        QObject::connect(&to, &Link::oneWay, &there,
            [this](const OpenHead &head, QByteArrayView body) { there.lines[head.name] += body.toByteArray(); });
    }
    void say()
    {
        for (int i = 0; i < 3; ++i) {
            OpenHead head = headOf("talk/" + QByteArray::number(i), i == 1);
            head.party = m_target;
            Stream *stream = m_from.open(head, "body");
            here.keep(stream, false);
            for (const int size : { 1, 0, 70, 3 })
                stream->send(QByteArray(size, char('a' + i)));
            stream->sendEnd();
        }
        OpenHead head = headOf("once/1");
        head.party = m_target;
        for (int i = 0; i < 3; ++i)
            QVERIFY(m_from.send(head, QByteArray::number(i)));
    }

    Diary here, there;

private:
    Link &m_from;
    Party m_target;
};

} // namespace

/// A connection breaks anywhere; what was said arrives, in order and once.
class TestResume : public QObject {
    Q_OBJECT

private slots:
    void cutAtEachByte_data()
    {
        QTest::addColumn<bool>("down");
        QTest::newRow("up") << false;
        QTest::newRow("down") << true;
    }
    void cutAtEachByte()
    {
        QFETCH(bool, down);
        Transcript whole(lasting(), lasting());
        Exchange plain(*whole.a, *whole.b);
        plain.say();
        QVERIFY(whole.run());
        QCOMPARE(plain.here.lines["talk/0"].back(), QByteArray("closed 0 0 result"));
        const qint64 bytes = down ? whole.carriedToA : whole.carriedToB;
        QVERIFY(bytes > 300);
        for (qint64 at = 0; at <= bytes; ++at) {
            Transcript links(lasting(), lasting());
            Exchange cut(*links.a, *links.b);
            cut.say();
            (down ? links.mostToA : links.mostToB) = at;
            QVERIFY(links.run());
            links.cut();
            QVERIFY(links.a->isSuspended() && links.b->isSuspended());
            QVERIFY(links.resume());
            QVERIFY(links.run());
            QVERIFY2(cut.here == plain.here && cut.there == plain.there, qPrintable(QString::number(at)));
            QCOMPARE(links.a->streams() + links.b->streams(), 0);
            QCOMPARE(links.a->dropped() + links.b->dropped(), 0u);
        }
    }

    void cutAgainAndAgain_data()
    {
        QTest::addColumn<int>("every");
        for (const int every : { 83, 101, 333, 1000 }) // a frame of 272 bytes comes at last where more of it comes
            QTest::addRow("%d", every) << every;
    }
    void cutAgainAndAgain()
    {
        QFETCH(int, every);
        Transcript whole(lasting(), lasting());
        Exchange plain(*whole.a, *whole.b);
        plain.say();
        QVERIFY(whole.run());
        Transcript links(lasting(), lasting());
        Exchange cut(*links.a, *links.b);
        cut.say();
        for (int i = 0; i < 200; ++i) {
            links.mostToA = every + 7 * i;
            links.mostToB = every + 5 * i;
            QVERIFY(links.run());
            links.cut();
            QVERIFY(links.resume());
        }
        QVERIFY(links.run());
        QVERIFY(cut.here == plain.here && cut.there == plain.there);
    }

    void whatWasAcknowledgedIsNotKept()
    {
        Transcript links(lasting(), lasting());
        Exchange exchange(*links.a, *links.b);
        exchange.say();
        QVERIFY(links.run());
        QVERIFY(links.a->lane().kept() > 0); // nothing is owed for a second
        links.cut();
        QVERIFY(links.resume());
        QCOMPARE(links.a->lane().kept(), 0); // the greeting said it
        QCOMPARE(links.b->lane().kept(), 0);
    }

    void whatIsSaidMeanwhileWaitsWithinItsBounds()
    {
        Transcript links(lasting(), lasting());
        Diary heard;
        connect(links.b.get(), &Link::opened, this, [&](Stream *stream) { heard.keep(stream, false); });
        Stream *stream = links.a->open(headOf("much/1"), {});
        QVERIFY(links.run());
        links.cut();
        int sent = 0;
        while (stream->room() >= 1000 && sent < 100'000) {
            stream->send(QByteArray(1000, 'x'));
            ++sent;
        }
        QVERIFY(sent > 0 && sent < 100); // the credit it has, and no more
        for (int i = 0; i < 1000; ++i)
            links.a->open(headOf("call/1"), QByteArray(10'000, 'c'));
        QVERIFY(links.a->lane().waiting() < 600 * 1024);
        QCOMPARE(links.a->nextChunk(links.now), QByteArray());
        QVERIFY(links.resume());
        QVERIFY(links.run());
        QCOMPARE(heard.lines["much/1"].size(), sent);
        QCOMPARE(links.b->streams(), 1001);
    }

    void credit()
    {
        Transcript links(lasting(), lasting());
        Diary heard;
        connect(links.b.get(), &Link::opened, this, [&](Stream *stream) { heard.keep(stream, false); });
        Stream *stream = links.a->open(headOf("much/1"), {});
        QVERIFY(links.run());
        for (int i = 0; i < 40; ++i)
            stream->send(QByteArray(100'000, char('a' + i % 26))); // what has no credit waits in the stream
        for (int i = 0; i < 400 && stream->waiting() > 0; ++i) {
            links.mostToA = 40 + i;
            links.mostToB = 70'000 + 1000 * i;
            QVERIFY(links.run());
            links.cut();
            QVERIFY(links.resume());
        }
        QVERIFY(links.run());
        QCOMPARE(heard.lines["much/1"].size(), 40);
        for (int i = 0; i < 40; ++i)
            QCOMPARE(heard.lines["much/1"][i], QByteArray(100'000, char('a' + i % 26)));
    }

    void countsThatCannotBeTrue()
    {
        Transcript links(lasting(), lasting());
        Exchange exchange(*links.a, *links.b);
        exchange.say();
        QVERIFY(links.run());
        QVERIFY(links.pass(seconds(2))); // acknowledged
        const quint64 taken = links.b->lane().takenCount();
        links.cut();
        const Result<void> more = links.a->resume(taken + 1, 1024, seconds(15), links.now);
        QCOMPARE(more.error().code, Code::DataLoss);
        const Result<void> fewer = links.a->resume(taken - 1, 1024, seconds(15), links.now);
        QCOMPARE(fewer.error().code, Code::DataLoss);
        QVERIFY(links.a->isSuspended());
        QSignalSpy ended(links.a.get(), &Link::ended);
        links.a->leave({ Leave::DataLoss, {}, more.error().sentence });
        QCOMPARE(ended.size(), 1);
        QCOMPARE(ended[0][0].value<Error>().code, Code::DataLoss);
    }

    void whatWasNotWrittenAgainCannotBeAcknowledged()
    {
        Transcript links(lasting(), lasting());
        links.a->open(headOf("one/1"), {});
        links.mostToB = 0;
        QVERIFY(links.run());
        links.cut();
        QVERIFY(links.resume());
        QByteArray ack;
        appendFrame(ack, FrameType::Ack, 0, 0, QByteArray::fromHex("0000000000000001"));
        FrameReader reader(limits::framePayload);
        memcpy(reader.space().data(), ack.constData(), size_t(ack.size()));
        reader.filled(ack.size());
        const Result<void> taken = links.a->read(reader, links.now);
        reader.endTurn();
        QCOMPARE(taken.error().code, Code::Protocol);
    }

    void theWindowPasses()
    {
        Transcript links(lasting(), lasting());
        Exchange exchange(*links.a, *links.b);
        OpenHead head = headOf("never/1");
        Stream *begun = links.a->open(head, {});
        exchange.here.keep(begun, false);
        QVERIFY(links.run());
        links.cut();
        Stream *fresh = links.a->open(headOf("fresh/1"), {});
        exchange.here.keep(fresh, false);
        QSignalSpy away(links.a.get(), &Link::wentAway);
        QSignalSpy ended(links.a.get(), &Link::ended);
        QCOMPARE(links.a->deadline(), links.now + limits::awayAfter);
        QVERIFY(links.pass(limits::awayAfter));
        QCOMPARE(away.size(), 1);
        QVERIFY(links.a->isAway() && ended.isEmpty());
        QVERIFY(links.pass(window - limits::awayAfter - milliseconds(1)));
        QVERIFY(ended.isEmpty());
        QVERIFY(links.pass(milliseconds(1)));
        QCOMPARE(ended.size(), 1);
        QCOMPARE(away.size(), 1);
        QCOMPARE(exchange.here.lines["never/1"], QByteArrayList({ "closed 14 2 " })); // the other side may have begun
        QCOMPARE(exchange.here.lines["fresh/1"], QByteArrayList({ "closed 14 1 " })); // certainly not
    }

    void opensGrantedMeanwhileAreSaid()
    {
        LinkSettings a = lasting(), b = lasting();
        a.opensGranted = b.opensAllowed = 2;
        Transcript links(a, b);
        QList<Stream *> there;
        connect(links.a.get(), &Link::opened, this, [&](Stream *stream) { there += stream; });
        for (int i = 0; i < 4; ++i)
            links.b->open(headOf("x"), {});
        QVERIFY(links.run());
        QCOMPARE(there.size(), 2);
        links.cut();
        const quint64 said = links.a->opensGranted(); // in HELLO, which is on its way
        for (Stream *stream : QList<Stream *>(there))
            stream->close({});
        QVERIFY(links.b->resume(links.a->lane().takenCount(), said, seconds(15), links.now));
        QVERIFY(links.a->resume(links.b->lane().takenCount(), links.b->opensGranted(), seconds(15), links.now));
        QVERIFY(links.run());
        QCOMPARE(there.size(), 4);
    }

    void aLaneWaitsForItsFirstConnection()
    {
        LinkSettings settings = lasting();
        settings.lane = 1;
        Transcript links(settings, settings);
        Exchange exchange(*links.a, *links.b);
        exchange.say();
        QVERIFY(links.run());
        QVERIFY(links.a->isSuspended());
        QCOMPARE(links.carriedToB, 0);
        QVERIFY(links.resume());
        QVERIFY(links.run());
        QCOMPARE(exchange.here.lines["talk/2"].back(), QByteArray("closed 0 0 result"));
        links.cut(); // from now on it has as long as any link
        QVERIFY(links.pass(limits::laneWait));
        QVERIFY(links.a->isSuspended());
    }

    void aLaneWithoutConnectionEnds()
    {
        LinkSettings settings = lasting();
        settings.lane = 1;
        Transcript links(settings, settings);
        Diary diary;
        Stream *stream = links.a->open(headOf("file/1"), {});
        diary.keep(stream, false);
        QVERIFY(links.pass(limits::laneWait - milliseconds(1)));
        QVERIFY(links.a->isSuspended());
        QVERIFY(links.pass(milliseconds(1)));
        QVERIFY(links.a->isOver());
        QCOMPARE(diary.lines["file/1"], QByteArrayList({ "closed 14 1 " }));
    }

    void silenceOnlySuspends()
    {
        Transcript links(lasting(), lasting());
        Stream *stream = links.a->open(headOf("one/1"), {});
        QVERIFY(stream);
        links.mostToB = links.mostToA = 0; // half-open
        QVERIFY(links.run());
        Result<void> outcome;
        int passed = 0;
        while (outcome && ++passed < 60)
            outcome = links.pass(seconds(1));
        QCOMPARE(passed, 20); // something is unacknowledged
        QVERIFY(links.a->isSuspended() && !links.a->isOver());
        QCOMPARE(links.a->streams(), 1);
    }

    void whoWasSilentIsAwayAtOnce()
    {
        Transcript links(lasting(), lasting());
        QVERIFY(links.run());
        links.mostToB = links.mostToA = 0; // half-open, with nothing unacknowledged
        QSignalSpy away(links.a.get(), &Link::wentAway);
        int passed = 0;
        while (away.isEmpty() && ++passed < 60)
            (void)links.pass(seconds(1)); // the end of a connection is no end
        QVERIFY(links.a->isSuspended());
        QVERIFY2(passed <= 46, qPrintable(QStringLiteral("here for %1 s").arg(passed)));
    }

    void whoStoodStillAsksBeforeItGivesUp()
    {
        Transcript links(lasting(), lasting());
        QVERIFY(links.run());
        links.now += std::chrono::hours(1); // the program was stopped, or the machine slept
        QVERIFY(links.a->tick(links.now));
        QVERIFY(!links.a->isSuspended());
        QSignalSpy pong(links.a.get(), &Link::pong);
        QVERIFY(links.run());
        QCOMPARE(pong.size(), 1);
        links.mostToB = links.mostToA = 0;
        links.now += std::chrono::hours(1);
        QVERIFY(links.a->tick(links.now));
        QVERIFY(links.run());
        QVERIFY(!links.pass(seconds(5))); // nobody answers
        QVERIFY(links.a->isSuspended());
    }

    void throughABrokerCutAtEachByte_data()
    {
        QTest::addColumn<int>("pipe");
        for (int pipe = 0; pipe < 4; ++pipe)
            QTest::addRow("%s %s", pipe < 2 ? "caller" : "called", pipe % 2 ? "to broker" : "from broker") << pipe;
    }
    void throughABrokerCutAtEachByte();
};

namespace {

/// Two members at a broker; each side's connection can break.
struct House {
    House()
    {
        LinkSettings own = lasting();
        own.peer = broker;
        own.peerRole = Role::Broker;
        LinkSettings brokers[2] = { lasting(), lasting() };
        for (int i = 0; i < 2; ++i) {
            keys[i] = Identity::generate().key();
            brokers[i].peerParty = { keys[i], QByteArray(8, char('1' + i)), QByteArray(8, char('3' + i)) };
            sides.push_back(std::make_unique<Transcript>(own, brokers[i]));
            sides[i]->b->setRouter(&router);
        }
    }
    ~House()
    {
        for (const auto &side : sides)
            side->b->setRouter(nullptr);
    }
    Result<void> run()
    {
        for (qint64 before = -1; before != moved();) {
            before = moved();
            for (const auto &side : sides)
                if (const Result<void> ran = side->run(); !ran)
                    return ran;
        }
        return {};
    }
    qint64 moved() const
    {
        return sides[0]->carriedToA + sides[0]->carriedToB + sides[1]->carriedToA + sides[1]->carriedToB;
    }

    static inline const PublicKey broker = Identity::generate().key();
    PublicKey keys[2];
    std::vector<std::unique_ptr<Transcript>> sides;
    broker::SpliceRouter router { [this](Link &, const OpenHead &head) -> Result<std::vector<Link *>> {
        return std::vector<Link *> { sides[head.party.user == keys[0] ? 0 : 1]->b.get() };
    } };
};

} // namespace

void TestResume::throughABrokerCutAtEachByte()
{
    QFETCH(int, pipe);
    House whole;
    Exchange plain(*whole.sides[0]->a, *whole.sides[1]->a, { whole.keys[1], {}, {} });
    plain.say();
    QVERIFY(whole.run());
    QCOMPARE(plain.here.lines["talk/2"].back(), QByteArray("closed 0 0 result"));
    const auto &side = whole.sides[size_t(pipe / 2)];
    const qint64 bytes = pipe % 2 ? side->carriedToB : side->carriedToA;
    QVERIFY(bytes > 300);
    for (qint64 at = 0; at <= bytes; ++at) {
        House house;
        Exchange cut(*house.sides[0]->a, *house.sides[1]->a, { house.keys[1], {}, {} });
        cut.say();
        Transcript &broken = *house.sides[size_t(pipe / 2)];
        (pipe % 2 ? broken.mostToB : broken.mostToA) = at;
        QVERIFY(house.run());
        broken.cut();
        QVERIFY(house.run()); // the others go on
        QVERIFY(broken.resume());
        QVERIFY(house.run());
        QVERIFY2(cut.here == plain.here && cut.there == plain.there, qPrintable(QString::number(at)));
        QCOMPARE(house.router.active(), 0);
        for (const auto &one : house.sides)
            QCOMPARE(house.router.reserved(*one->b), 0);
    }
}

QTEST_GUILESS_MAIN(TestResume)
#include "tst_resume.moc"
