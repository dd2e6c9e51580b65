#include "core/shared_frames.h"
#include "core/stream.h"
#include "tests/support/transcript.h"

#include <QSignalSpy>
#include <QTest>

using namespace hawser;
using test::headOf;
using test::Transcript;

namespace {

/// Keeps what one stream brings.
struct Heard {
    explicit Heard(Stream *stream) : stream(stream)
    {
        QObject::connect(stream, &Stream::received, stream, [this](std::span<const MessageView> batch) {
            for (const MessageView &message : batch)
                messages += message.bytes.toByteArray();
        });
        QObject::connect(stream, &Stream::peerEnded, stream, [this] { ended = true; });
        QObject::connect(stream, &Stream::cancelled, stream, [this] { cancelled = true; });
        QObject::connect(stream, &Stream::closed, stream, [this](const Closing &with) { closing = with; });
    }
    Stream *stream;
    QByteArrayList messages;
    bool ended = false;
    bool cancelled = false;
    std::optional<Closing> closing;
};

} // namespace

class tst_link : public QObject {
    Q_OBJECT

    /// Opens a stream from a to b and returns both ends.
    static std::pair<Stream *, Stream *> joined(Transcript &links, OpenHead head = headOf("test/1"))
    {
        Stream *theirs = nullptr;
        const auto once =
            QObject::connect(links.b.get(), &Link::opened, [&theirs](Stream *stream) { theirs = stream; });
        Stream *ours = links.a->open(head, "body");
        if (!links.run())
            return {};
        QObject::disconnect(once);
        return { ours, theirs };
    }

private slots:
    void sharedFramesArriveBetweenOthersAndWithinCredit()
    {
        SharedFrames frames;
        frames.append(0, "he", "llo");
        frames.append(flag::more, "", QByteArray(2000, 'x'));
        frames.append(0, "", "y");
        QCOMPARE(frames.frames(), 3u);
        QCOMPARE(frames.cost(), 5 + 2000 + 1 + 3 * qint64(limits::frameCost));
        QCOMPARE(frames.bytesFor(7).left(17), QByteArray::fromHex("00000005 11 00 0000 00000007") + "hello");
        QVERIFY(frames.bytesFor(7).isSharedWith(frames.bytesFor(7)));

        Transcript links;
        const auto [ours, theirs] = joined(links);
        Heard heard(ours);
        theirs->send("before");
        QVERIFY(theirs->sendShared(frames));
        theirs->send("after");
        QVERIFY(links.run());
        QCOMPARE(heard.messages, QByteArrayList({ "before", "hello", QByteArray(2000, 'x') + 'y', "after" }));

        int sent = 0;
        while (theirs->sendShared(frames))
            ++sent;
        const qint64 used = 6 + 5 + 2 * limits::frameCost + (sent + 1) * frames.cost();
        QVERIFY(used <= limits::firstCredit && used + frames.cost() > limits::firstCredit - limits::frameCost);
        QVERIFY(links.run());
        QVERIFY(theirs->sendShared(frames)); // they were read
    }

    void opensTalksAndCloses()
    {
        Transcript links;
        const auto [ours, theirs] = joined(links);
        QVERIFY(theirs);
        QCOMPARE(theirs->head().name, "test/1");
        QCOMPARE(theirs->body(), "body");
        Heard heardOurs(ours), heardTheirs(theirs);
        ours->send("one");
        ours->send("");
        ours->send("three");
        ours->sendEnd();
        QVERIFY(links.run());
        QCOMPARE(heardTheirs.messages, QByteArrayList({ "one", "", "three" }));
        QVERIFY(heardTheirs.ended);
        theirs->send("back");
        theirs->close({ { Code::NotFound, "no such thing" }, "rest" });
        QVERIFY(heardTheirs.closing);
        QVERIFY(links.run());
        QCOMPARE(heardOurs.messages, QByteArrayList({ "back" }));
        QVERIFY(heardOurs.closing);
        QCOMPARE(heardOurs.closing->error.code, Code::NotFound);
        QCOMPARE(heardOurs.closing->error.sentence, "no such thing");
        QCOMPARE(heardOurs.closing->body, "rest");
        QCOMPARE(links.a->streams(), 0);
        QCOMPARE(links.b->streams(), 0);
    }

    void carriesLargeMessagesWholeHoweverTheyAreCut_data()
    {
        QTest::addColumn<int>("size");
        QTest::addColumn<int>("most");
        for (const int size : { 65504, 65519, 65520, 65521, 65536, 200000, 5 * 1024 * 1024, int(limits::message) }) {
            for (const int most : { 4099, 65536 })
                QTest::addRow("%d in reads of %d", size, most) << size << most;
        }
    }
    void carriesLargeMessagesWholeHoweverTheyAreCut()
    {
        QFETCH(int, size);
        QFETCH(int, most);
        Transcript links;
        const auto [ours, theirs] = joined(links);
        Heard heard(theirs);
        QByteArray message(size, Qt::Uninitialized);
        for (int i = 0; i < size; ++i)
            message[i] = char(i * 31 + i / 251);
        ours->send(message);
        ours->send("after");
        QVERIFY(links.run(most));
        QCOMPARE(heard.messages.size(), 2);
        QCOMPARE(heard.messages[0], message);
        QCOMPARE(heard.messages[1], "after");
    }

    void aReaderThatHoldsStopsTheSender()
    {
        Transcript links;
        const auto [ours, theirs] = joined(links);
        Heard heard(theirs);
        theirs->hold();
        for (int i = 0; i < 100; ++i)
            ours->send(QByteArray(10000, 'x'));
        QVERIFY(links.run());
        QVERIFY(links.carriedToB <= limits::firstCredit + 1000);
        QVERIFY(ours->waiting() > 900000);
        QCOMPARE(ours->room(), 0);
        theirs->resume();
        QVERIFY(links.run());
        QCOMPARE(heard.messages.size(), 100);
        QCOMPARE(ours->waiting(), 0);
    }

    void roomComesBackAsASignal()
    {
        Transcript links;
        const auto [ours, theirs] = joined(links);
        Heard heard(theirs);
        qint64 sent = 0;
        const auto fill = [&, ours = ours] {
            while (ours->room() >= 1000 && sent < 20000) {
                ours->send(QByteArray(1000, 'x'));
                ++sent;
            }
        };
        connect(ours, &Stream::roomAvailable, ours, fill);
        fill();
        QVERIFY(sent < 100); // the first credit
        QVERIFY(links.run());
        QCOMPARE(sent, 20000);
        QCOMPARE(heard.messages.size(), 20000);
    }

    void backgroundWaitsBehindPrompt()
    {
        Transcript links;
        OpenHead bulk = headOf("bulk/1");
        bulk.background = true;
        const auto [file, fileThere] = joined(links, bulk);
        const auto [talk, talkThere] = joined(links);
        QByteArrayList order;
        connect(fileThere, &Stream::received, this, [&](auto) { order += "file"; });
        connect(talkThere, &Stream::received, this, [&](auto) { order += "talk"; });
        file->send(QByteArray(60000, 'f'));
        talk->send("t");
        QVERIFY(links.run());
        QCOMPARE(order.first(), "talk");
        QVERIFY(order.contains("file"));
    }

    void numbersAreReused()
    {
        Transcript links;
        QList<Stream *> opened;
        connect(links.b.get(), &Link::opened, this, [](Stream *stream) { stream->close({}); });
        for (int i = 0; i < 5000; ++i) {
            links.a->open(headOf("x"), {});
            QVERIFY(links.run());
        }
        QCOMPARE(links.a->streams(), 0);
        QByteArray seen;
        Stream *last = links.a->open(headOf("x"), {});
        Q_UNUSED(last);
        const QByteArray chunk = links.a->nextChunk(links.now);
        QVERIFY(chunk.size() > 12);
        QCOMPARE(qFromBigEndian<quint32>(chunk.constData() + chunk.size() - 12 - 54 - 1 + 8 + 0), 1u);
    }

    void opensBeyondThePeersAllowanceWaitAndGo()
    {
        LinkSettings a, b;
        a.opensAllowed = b.opensGranted = 4;
        Transcript links(a, b);
        QList<Stream *> there;
        connect(links.b.get(), &Link::opened, this, [&](Stream *stream) { there += stream; });
        for (int i = 0; i < 10; ++i)
            links.a->open(headOf("x"), {});
        QVERIFY(links.run());
        QCOMPARE(there.size(), 4);
        for (int i = 0; i < 10; ++i) {
            QVERIFY(i < there.size());
            there[i]->close({});
            QVERIFY(links.run());
        }
        QCOMPARE(there.size(), 10);
    }

    void oneWayOpensArriveInOrderAndCostNothingInTheEnd()
    {
        Transcript links;
        QByteArrayList heard;
        connect(links.b.get(), &Link::oneWay, this, [&](const OpenHead &head, QByteArrayView body) {
            QCOMPARE(head.name, "tell");
            heard += body.toByteArray();
        });
        for (int i = 0; i < 3000; ++i)
            QVERIFY(links.a->send(headOf("tell"), QByteArray::number(i)));
        QVERIFY(links.run());
        QCOMPARE(heard.size(), 3000);
        for (int i = 0; i < 3000; ++i)
            QCOMPARE(heard[i], QByteArray::number(i));
    }

    void anAcknowledgementComesByBytesAndByTime()
    {
        Transcript links;
        const auto [ours, theirs] = joined(links);
        QVERIFY(links.pass(seconds(2)));
        QCOMPARE(links.a->lane().kept(), 0);
        ours->send("small");
        QVERIFY(links.run());
        QVERIFY(links.a->lane().kept() > 0);
        QVERIFY(links.pass(milliseconds(1100)));
        QCOMPARE(links.a->lane().kept(), 0);
        for (int i = 0; i < 10; ++i)
            ours->send(QByteArray(60000, 'x'));
        QVERIFY(links.run());
        QVERIFY(links.a->lane().kept() < 200000); // acknowledged at 128 KiB, no time passed
    }

    void whatIsNotAcknowledgedIsBounded()
    {
        LinkSettings a;
        a.retention = 100000;
        Transcript links(a);
        Stream *stream = links.a->open(headOf("x"), {});
        for (int i = 0; i < 100; ++i)
            stream->send(QByteArray(600, 'x'));
        qint64 out = 0;
        for (QByteArray chunk = links.a->nextChunk(links.now); !chunk.isEmpty(); chunk = links.a->nextChunk(links.now))
            out += chunk.size();
        QVERIFY(out > 0);
        QVERIFY(links.a->lane().kept() <= 100000 + 64 * 1024);
    }

    void silenceEndsTheLinkInTime()
    {
        Transcript links;
        QSignalSpy ended(links.b.get(), &Link::ended);
        links.now += seconds(44);
        QVERIFY(links.b->tick(links.now));
        links.now += seconds(1);
        QVERIFY(!links.b->tick(links.now));
        QCOMPARE(ended.size(), 1);
    }

    void somethingUnacknowledgedIsNoticedSooner()
    {
        Transcript links;
        Stream *stream = links.a->open(headOf("x"), {});
        Heard heard(stream);
        while (!links.a->nextChunk(links.now).isEmpty()) { } // written, and lost on the way
        links.now += seconds(5);
        QVERIFY(links.a->deadline() <= links.now);
        QVERIFY(links.a->tick(links.now));
        QVERIFY(!links.a->nextChunk(links.now).isEmpty()); // a PING
        for (int i = 0; i < 2; ++i) {
            links.now += seconds(5);
            QVERIFY(links.a->tick(links.now));
        }
        links.now += seconds(5);
        QVERIFY(!links.a->tick(links.now));
        QVERIFY(heard.closing);
        QCOMPARE(heard.closing->error.code, Code::Unavailable);
        QCOMPARE(heard.closing->error.begun, Begun::Maybe);
    }

    void whoDoesNotReadIsLetGoWhenTheirMachineHasItAll()
    {
        Transcript links;
        bool tookAll = false;
        links.a->peerTookAll = [&tookAll] { return tookAll; };
        links.a->open(headOf("x"), {});
        while (!links.a->nextChunk(links.now).isEmpty()) { }
        tookAll = true;
        links.now += seconds(5);
        QVERIFY(links.a->tick(links.now)); // it has 5 s more to say something
        while (!links.a->nextChunk(links.now).isEmpty()) { }
        tookAll = false;
        links.now += seconds(5);
        QVERIFY(links.a->tick(links.now)); // on a line that is dead it has 10 s more
        tookAll = true;
        links.now += seconds(5);
        const Result<void> over = links.a->tick(links.now);
        QVERIFY(!over);
        QCOMPARE(over.error().code, Code::ResourceExhausted);
    }

    void theDiallerPingsAndKnowsTheRoundTrip()
    {
        Transcript links;
        QSignalSpy pong(links.a.get(), &Link::pong);
        for (int i = 0; i < 20; ++i)
            QVERIFY(links.pass(seconds(15)));
        QCOMPARE(pong.size(), 20);
        QVERIFY(!links.b->isOver());
    }

    void theEndOfTheLinkClosesItsStreams()
    {
        Transcript links;
        const auto [ours, theirs] = joined(links);
        Heard heardOurs(ours), heardTheirs(theirs);
        links.b->leave({ Leave::Leaving, milliseconds(0), "bye" });
        QVERIFY(heardTheirs.closing);
        QVERIFY(!links.run()); // the sink says that the connection is to be closed
        QVERIFY(heardOurs.closing);
        QCOMPARE(heardOurs.closing->error.code, Code::Unavailable);
        Stream *late = links.a->open(headOf("late"), {});
        QSignalSpy closed(late, &Stream::closed);
        QVERIFY(closed.wait(1000));
        QCOMPARE(closed[0][0].value<Closing>().error.begun, Begun::No);
    }

    void leavingWaitsUntilAllIsWritten_data()
    {
        QTest::addColumn<bool>("cut");
        QTest::newRow("at once") << false;
        QTest::newRow("what was lost with a connection goes again first") << true;
    }
    void leavingWaitsUntilAllIsWritten()
    {
        QFETCH(const bool, cut);
        LinkSettings settings;
        settings.resumeWindow = limits::resumeWindow;
        Transcript links(settings, settings);
        const auto [ours, theirs] = joined(links);
        Heard heard(ours);
        QSignalSpy goingAway(links.a.get(), &Link::goingAway);
        theirs->close({ { Code::Ok, {}, {}, {} }, "the answer" });
        if (cut) {
            while (!links.b->nextChunk(links.now).isEmpty()) { }
            links.cut();
            QVERIFY(links.resume());
        }
        links.b->leaveWhenWritten({ Leave::Leaving, milliseconds(0), "come again" });
        QVERIFY(!links.b->isOver());
        QVERIFY(!links.run()); // the sink says that the connection is to be closed
        QCOMPARE(heard.closing->body, "the answer");
        QVERIFY(links.b->isOver());
        QCOMPARE(goingAway.size(), 1);
    }

    void aCancelIsAWishThatTheOtherEndAnswers()
    {
        Transcript links;
        const auto [ours, theirs] = joined(links);
        Heard heardOurs(ours), heardTheirs(theirs);
        ours->cancel();
        ours->cancel();
        QVERIFY(links.run());
        QVERIFY(heardTheirs.cancelled);
        QVERIFY(!heardOurs.closing);
        theirs->close({ { Code::Cancelled, "as you wish" }, {} });
        QVERIFY(links.run());
        QCOMPARE(heardOurs.closing->error.code, Code::Cancelled);
    }

    void whoBreaksTheRulesIsClosed_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        const auto frame = [](FrameType type, quint8 flags, quint32 stream, const QByteArray &payload) {
            QByteArray out;
            appendFrame(out, type, flags, stream, payload);
            return out;
        };
        OpenHead head = headOf("x");
        const QByteArray open = frame(FrameType::Open, 0, 1, encodeOpen(head, {}));
        QTest::newRow("a HELLO after the greeting") << frame(FrameType::Hello, 0, 0, "\x80");
        QTest::newRow("an unknown type below 128") << frame(FrameType(77), 0, 1, {});
        QTest::newRow("an unknown type of the connection") << frame(FrameType(77), 0, 0, {});
        QTest::newRow("an ACK of what was never sent")
            << frame(FrameType::Ack, 0, 0, QByteArray::fromHex("0000000000000001"));
        QTest::newRow("an ACK of the wrong size") << frame(FrameType::Ack, 0, 0, "1234");
        QTest::newRow("a PING of 17 bytes") << frame(FrameType::Ping, 0, 0, QByteArray(17, 'p'));
        QTest::newRow("an OPEN too short") << frame(FrameType::Open, 0, 1, QByteArray(53, '\0'));
        QTest::newRow("an OPEN without a name") << frame(FrameType::Open, 0, 1, QByteArray(54, '\0'));
        QTest::newRow("an OPEN with our number") << frame(FrameType::Open, 0, 2, encodeOpen(head, {}));
        QTest::newRow("an OPEN of an open one") << open + open;
        QTest::newRow("an OPEN far off") << frame(FrameType::Open, 0, 131073, encodeOpen(head, {}));
        QTest::newRow("DATA beyond the credit") << open + frame(FrameType::Data, 0, 1, QByteArray(65536, 'x'));
        QTest::newRow("DATA after END") << frame(FrameType::Open, flag::end, 1, encodeOpen(head, {}))
                + frame(FrameType::Data, 0, 1, "x");
        QTest::newRow("a CREDIT beyond reason") << open + frame(FrameType::Credit, 0, 1, QByteArray(8, '\xff'));
        QTest::newRow("a CLOSE too short") << open + frame(FrameType::Close, 0, 1, "abc");
    }
    void whoBreaksTheRulesIsClosed()
    {
        QFETCH(QByteArray, bytes);
        Transcript links;
        QSignalSpy ended(links.b.get(), &Link::ended);
        connect(links.b.get(), &Link::opened, this, [](Stream *) {});
        const Result<void> outcome = links.inject(bytes);
        QVERIFY(!outcome);
        QCOMPARE(outcome.error().code, Code::Protocol);
        QCOMPARE(ended.size(), 1);
        QVERIFY(links.b->nextChunk(links.now).contains("\x06")); // GOAWAY are its last words
    }

    /// Feeds b without ever taking what it answers.
    static Result<void> feed(Link &b, const QByteArray &bytes, Instant at)
    {
        FrameReader reader { limits::framePayload };
        memcpy(reader.space().data(), bytes.constData(), size_t(bytes.size()));
        reader.filled(bytes.size());
        const Result<void> outcome = b.read(reader, at);
        reader.endTurn();
        return outcome;
    }

    void whoAsksAndDoesNotReadIsStopped()
    {
        Transcript links;
        QByteArray pings;
        for (int i = 0; i < 1000; ++i)
            appendFrame(pings, FrameType::Ping, 0, 0, QByteArray(16, 'p'));
        Result<void> outcome;
        int turns = 0;
        while (outcome && turns++ < 1000)
            outcome = feed(*links.b, pings, links.now);
        QVERIFY(!outcome);
        QVERIFY(turns > 20); // many are answered
        QVERIFY(links.b->lane().controlWaiting() < 2 * 1024 * 1024);
    }

    void whoDoesNotReadAnswersMayOpenNoMore()
    {
        Transcript links;
        const QByteArray reason(1000, 'r');
        connect(links.b.get(), &Link::opened, this, [&reason](Stream *stream) {
            stream->close({ { Code::NotFound, QString::fromLatin1(reason) }, {} });
        });
        QByteArray open;
        appendFrame(open, FrameType::Open, flag::end, 1, encodeOpen(headOf("x"), {}));
        Result<void> outcome;
        int opened = 0;
        while (outcome && opened++ < 100000)
            outcome = feed(*links.b, open, links.now);
        QVERIFY(!outcome); // the OPENs it was granted are used up
        QVERIFY(links.b->lane().promptWaiting() < 3 * 1024 * 1024);
    }

    void whoReadsAnswersMayOpenOnAndOn()
    {
        Transcript links;
        connect(links.b.get(), &Link::opened, this, [](Stream *stream) {
            stream->close({ { Code::NotFound, QString(1000, QLatin1Char('r')) }, {} });
        });
        int closed = 0;
        for (int i = 0; i < 5000; ++i)
            connect(links.a->open(headOf("x"), {}), &Stream::closed, this, [&closed] { ++closed; });
        QVERIFY(links.run());
        QCOMPARE(closed, 5000);
    }

    void whatIsNotOpenIsDroppedAndCounted()
    {
        Transcript links;
        QByteArray bytes;
        for (const FrameType type : { FrameType::Data, FrameType::Credit, FrameType::Close })
            appendFrame(bytes, type, 0, 99, QByteArray(8, '\1'));
        appendFrame(bytes, FrameType(200), 0, 99, "unknown but harmless");
        QVERIFY(links.inject(bytes));
        QCOMPARE(links.b->dropped(), 3u);
        QVERIFY(!links.b->isOver());
    }
};

QTEST_GUILESS_MAIN(tst_link)
#include "tst_link.moc"
