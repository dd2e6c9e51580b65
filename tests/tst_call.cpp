#include "core/call.h"
#include "core/wire.h"
#include "support/linked.h"

#include <QSignalSpy>
#include <QTest>

using namespace hawser;
using hawser::test::Linked;

namespace {

QByteArray body(const char *hex)
{
    return QByteArray::fromHex(hex);
}

/// What a call ended with.
struct Outcome {
    explicit Outcome(Call *call)
    {
        QObject::connect(call, &Call::finished, call, [this](const Result<Payload> &result) {
            ++times;
            if (result)
                payload = *result;
            error = result ? Error { Code::Ok, {} } : result.error();
        });
    }
    int times = 0;
    Error error { Code::Unknown, QStringLiteral("not yet") };
    Payload payload;
};

QByteArray pattern(qsizetype size)
{
    QByteArray bytes(size, Qt::Uninitialized);
    for (qsizetype i = 0; i < size; ++i)
        bytes[i] = char(i * 31 + (i >> 12));
    return bytes;
}

} // namespace

/// Calls over two links in memory, answered by hand.
class TestCall : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();

    void payloadsAreLaidOutAsWritten();
    void refusesMalformedBodies_data();
    void refusesMalformedBodies();
    void bulkThatDoesNotFitFollows();
    void refusesWhatIsTooLarge();

    void answerArrives();
    void errorArrivesAsRaised();
    void unansweredIsInternal();
    void secondAnswerIsDropped();
    void lateAnswerIsDropped();
    void cancelEndsAtOnceAndReachesTheOtherEnd();
    void deadlineEndsBothSides();
    void deadlineTravels();
    void withoutLinkItFailsInALaterTurn();
    void brokenLinkEndsBothSides();
    void destroyedCallCancelsSilently();
    void keptCallSurvivesItsEnd();

    void bulkBothWays_data();
    void bulkBothWays();
    void bulkAndChannelTogether();
    void bulkThatEndsEarlyIsRefused();
    void bulkBeyondItsWordIsRefused();
    void answerLargerThanAFrameIsAnError();
    void fitsTheFramesOfAStranger();
    void channelBothWays();
    void messageAboveTheLimitEndsTheCall();
    void outputComesBeforeTheResult();
    void oneWayHasItsBulkInItsFrame();

private:
    Call *start(const QString &name = QStringLiteral("test"), const Value &parameters = {}, CallOptions options = {})
    {
        return startCall(m_linked->dialler(), {}, name, parameters, options, this);
    }

    std::unique_ptr<Linked> m_linked;
    std::shared_ptr<IncomingCall> m_incoming; // the newest one
};

void TestCall::init()
{
    m_linked = std::make_unique<Linked>();
    connect(m_linked->listener(), &Link::opened, this, [this](Stream *stream) {
        m_incoming = IncomingCall::share(stream, stream->caller());
        const Result<UnpackedPayload> unpacked = unpackPayload(stream->body());
        if (unpacked && unpacked->missing > 0)
            m_incoming->gather(unpacked->missing, [] {});
        else if (unpacked)
            m_incoming->setBulk(unpacked->payload.bulk);
    });
}

void TestCall::cleanup()
{
    m_incoming.reset();
    qDeleteAll(findChildren<Call *>());
    m_linked.reset();
}

// --- payloads

void TestCall::payloadsAreLaidOutAsWritten()
{
    const auto empty = packPayload({}, 100);
    QVERIFY(empty);
    QCOMPARE(empty->body, body("00000001 80 0000000000000000"));

    Value parameters;
    parameters.insert(QStringLiteral("a"), 1);
    const auto packed = packPayload({ parameters, "xyz" }, 100);
    QVERIFY(packed);
    QCOMPARE(packed->body, body("00000004 81a16101 0000000000000003 78797a"));
    QVERIFY(!packed->bulkFollows);

    const auto unpacked = unpackPayload(packed->body);
    QVERIFY(unpacked);
    QCOMPARE(unpacked->payload.parameters, parameters);
    QCOMPARE(unpacked->payload.bulk, QByteArray("xyz"));
    QCOMPARE(unpacked->missing, 0);

    const auto nothing = unpackPayload({});
    QVERIFY(nothing);
    QCOMPARE(nothing->payload.parameters, Value(Value::Map {}));
}

void TestCall::refusesMalformedBodies_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("code");
    const int invalid = int(Code::InvalidArgument);
    QTest::newRow("one byte") << body("00") << invalid;
    QTest::newRow("no bulk length") << body("00000001 80") << invalid;
    QTest::newRow("parameters beyond the end") << body("00000002 80 0000000000000000") << invalid;
    QTest::newRow("length near 2^32") << body("ffffffff 80 0000000000000000") << invalid;
    QTest::newRow("parameters are a list") << body("00000001 90 0000000000000000") << invalid;
    QTest::newRow("two values") << body("00000002 8080 0000000000000000") << invalid;
    QTest::newRow("bulk shorter than announced") << body("00000001 80 0000000000000002 00") << invalid;
    QTest::newRow("bulk longer than announced") << body("00000001 80 0000000000000001 0000") << invalid;
    QTest::newRow("bulk without word") << body("00000001 80 0000000000000000 00") << invalid;
    QTest::newRow("bulk of 16 MiB and a byte") << body("00000001 80 0000000001000001") << int(Code::ResourceExhausted);
    QTest::newRow("bulk of 2^64-1") << body("00000001 80 ffffffffffffffff") << int(Code::ResourceExhausted);
}

void TestCall::refusesMalformedBodies()
{
    QFETCH(QByteArray, bytes);
    QFETCH(int, code);
    const auto unpacked = unpackPayload(bytes);
    QVERIFY(!unpacked);
    QCOMPARE(int(unpacked.error().code), code);
}

void TestCall::bulkThatDoesNotFitFollows()
{
    const auto fits = packPayload({ {}, QByteArray(87, 'b') }, 100);
    QVERIFY(fits && !fits->bulkFollows);
    QCOMPARE(fits->body.size(), 100);
    const auto follows = packPayload({ {}, QByteArray(88, 'b') }, 100);
    QVERIFY(follows && follows->bulkFollows);
    QCOMPARE(follows->body, body("00000001 80 0000000000000058"));
    const auto unpacked = unpackPayload(follows->body);
    QVERIFY(unpacked);
    QCOMPARE(unpacked->missing, 88);
}

void TestCall::refusesWhatIsTooLarge()
{
    Value parameters;
    parameters.insert(QStringLiteral("t"), QString(100, u'x'));
    const auto large = packPayload({ parameters, {} }, 100);
    QVERIFY(!large);
    QCOMPARE(large.error().code, Code::ResourceExhausted);
    QVERIFY(packPayload({ {}, QByteArray(limits::message, 'b') }, 100));
    const auto bulky = packPayload({ {}, QByteArray(limits::message + 1, 'b') }, 100);
    QVERIFY(!bulky);
    QCOMPARE(bulky.error().code, Code::ResourceExhausted);
    const auto list = packPayload({ Value(Value::List {}), {} }, 100);
    QVERIFY(!list);
    QCOMPARE(list.error().code, Code::InvalidArgument);
}

// --- calls

void TestCall::answerArrives()
{
    Value parameters;
    parameters.insert(QStringLiteral("a"), 1);
    Outcome outcome(start(QStringLiteral("x"), parameters));
    m_linked->pump();
    QVERIFY(m_incoming);
    QCOMPARE(m_incoming->stream()->head().name, QByteArray("x"));
    QVERIFY(m_incoming->stream()->head().end);
    QCOMPARE(m_incoming->caller().user, Linked::keyOf(1));
    QVERIFY(!m_incoming->timeLeft());
    QCOMPARE(outcome.times, 0);
    m_incoming->finish(parameters, "raw");
    QVERIFY(m_incoming->isFinished());
    m_linked->pump();
    QCOMPARE(outcome.times, 1);
    QCOMPARE(outcome.payload.parameters, parameters);
    QCOMPARE(outcome.payload.bulk, QByteArray("raw"));
}

void TestCall::errorArrivesAsRaised()
{
    Outcome outcome(start());
    m_linked->pump();
    m_incoming->fail({ Code::OutOfRange, QStringLiteral("too far – “north”") });
    m_linked->pump();
    QCOMPARE(outcome.error.code, Code::OutOfRange);
    QCOMPARE(outcome.error.sentence, QStringLiteral("too far – “north”"));
    QCOMPARE(outcome.error.origin, Origin::Peer);
}

void TestCall::unansweredIsInternal()
{
    Outcome outcome(start());
    m_linked->pump();
    m_incoming.reset();
    m_linked->pump();
    QCOMPARE(outcome.error.code, Code::Internal);
    QVERIFY(!outcome.error.sentence.isEmpty());
}

void TestCall::secondAnswerIsDropped()
{
    Outcome outcome(start());
    m_linked->pump();
    m_incoming->fail({ Code::NotFound, QStringLiteral("first") });
    m_incoming->finish(Value());
    m_incoming->fail({ Code::Aborted, QStringLiteral("third") });
    m_linked->pump();
    QCOMPARE(outcome.times, 1);
    QCOMPARE(outcome.error.code, Code::NotFound);
    QCOMPARE(m_linked->brokenBy().code, Code::Ok);
}

void TestCall::lateAnswerIsDropped()
{
    CallOptions options;
    options.timeout = milliseconds(1);
    Call *call = start(QStringLiteral("x"), {}, options);
    Outcome outcome(call);
    m_linked->pump();
    m_incoming->finish(Value()); // crosses the caller's deadline on the way
    QPointer<Call> alive(call);
    QTimerEvent timeout(0);
    QCoreApplication::sendEvent(call, &timeout);
    QCOMPARE(outcome.error.code, Code::DeadlineExceeded);
    QCOMPARE(outcome.error.begun, Begun::Maybe);
    m_linked->pump();
    QCOMPARE(outcome.times, 1);
    QCOMPARE(m_linked->brokenBy().code, Code::Ok);
    Outcome next(start());
    m_linked->pump();
    m_incoming->finish(Value());
    m_linked->pump();
    QCOMPARE(next.error.code, Code::Ok);
}

void TestCall::cancelEndsAtOnceAndReachesTheOtherEnd()
{
    Call *call = start();
    Outcome outcome(call);
    m_linked->pump();
    QSignalSpy stopped(m_incoming.get(), &IncomingCall::stopped);
    call->cancel();
    QCOMPARE(outcome.error.code, Code::Cancelled);
    QCOMPARE(stopped.size(), 0);
    m_linked->pump();
    QCOMPARE(stopped.size(), 1);
    QCOMPARE(stopped[0][0].value<Error>().code, Code::Cancelled);
    QVERIFY(m_incoming->isFinished());
    m_incoming->finish(Value()); // nobody waits
    m_linked->pump();
    QCOMPARE(outcome.times, 1);
    QCOMPARE(m_linked->dialler()->streams(), 0);
    QCOMPARE(m_linked->listener()->streams(), 0);
}

void TestCall::deadlineEndsBothSides()
{
    CallOptions options;
    options.timeout = milliseconds(20);
    Outcome outcome(start(QStringLiteral("x"), {}, options));
    m_linked->pump();
    QSignalSpy stopped(m_incoming.get(), &IncomingCall::stopped);
    QTRY_COMPARE(outcome.error.code, Code::DeadlineExceeded);
    QTRY_COMPARE(stopped.size(), 1);
    QTRY_COMPARE(m_linked->listener()->streams(), 0);
    QCOMPARE(outcome.times, 1);
}

void TestCall::deadlineTravels()
{
    CallOptions options;
    options.timeout = std::chrono::minutes(5);
    Outcome outcome(start(QStringLiteral("x"), {}, options));
    m_linked->pump();
    const auto left = m_incoming->timeLeft();
    QVERIFY(left);
    QVERIFY(*left <= std::chrono::minutes(5));
    QVERIFY(*left > std::chrono::minutes(4));

    // The caller's own clock may not run at all: the called side still stops.
    QSignalSpy stopped(m_incoming.get(), &IncomingCall::stopped);
    QTimerEvent timeout(0);
    QCoreApplication::sendEvent(m_incoming.get(), &timeout);
    QCOMPARE(stopped.size(), 1);
    QCOMPARE(stopped[0][0].value<Error>().code, Code::DeadlineExceeded);
    m_linked->pump();
    QCOMPARE(outcome.error.code, Code::DeadlineExceeded);
}

void TestCall::withoutLinkItFailsInALaterTurn()
{
    Outcome outcome(startCall(nullptr, {}, QStringLiteral("x"), {}, {}, this));
    QCOMPARE(outcome.times, 0);
    QTRY_COMPARE(outcome.times, 1);
    QCOMPARE(outcome.error.code, Code::Unavailable);
    QCOMPARE(outcome.error.begun, Begun::No);

    Outcome noName(start(QStringLiteral("no name")));
    QTRY_COMPARE(noName.error.code, Code::InvalidArgument);
    Outcome longName(start(QString(65, u'a')));
    QTRY_COMPARE(longName.error.code, Code::InvalidArgument);
    Outcome tooMuch(start(QStringLiteral("x"), Value(Value::Map { { QStringLiteral("t"), QByteArray(65500, 'x') } })));
    QTRY_COMPARE(tooMuch.error.code, Code::ResourceExhausted);
    QCOMPARE(m_linked->dialler()->streams(), 0);
}

void TestCall::brokenLinkEndsBothSides()
{
    Outcome outcome(start());
    m_linked->pump();
    QSignalSpy stopped(m_incoming.get(), &IncomingCall::stopped);
    m_linked->cut();
    QCOMPARE(outcome.error.code, Code::Unavailable);
    QCOMPARE(outcome.error.begun, Begun::Maybe);
    QCOMPARE(stopped.size(), 1);
    QCOMPARE(stopped[0][0].value<Error>().code, Code::Unavailable);
}

void TestCall::destroyedCallCancelsSilently()
{
    Call *call = start();
    Outcome outcome(call);
    m_linked->pump();
    QSignalSpy stopped(m_incoming.get(), &IncomingCall::stopped);
    delete call;
    m_linked->pump();
    QCOMPARE(stopped.size(), 1);
    QCOMPARE(outcome.times, 0);

    Call *inside = start();
    connect(inside, &Call::finished, inside, [inside] { delete inside; });
    m_linked->pump();
    m_incoming->finish(Value());
    m_linked->pump();
    QCOMPARE(findChildren<Call *>().size(), 0);
}

void TestCall::keptCallSurvivesItsEnd()
{
    QObject keeper;
    QPointer<Call> kept = start();
    QPointer<Call> gone = start();
    connect(kept, &Call::finished, &keeper, [&] { kept->setParent(&keeper); });
    m_linked->cut();
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    QVERIFY(kept);
    QVERIFY(!gone);
    QCOMPARE(kept->result().error().code, Code::Unavailable);
}

// --- bulk and channels

void TestCall::bulkBothWays_data()
{
    QTest::addColumn<qsizetype>("size");
    QTest::newRow("inside the frame") << qsizetype(60000);
    QTest::newRow("one frame more") << qsizetype(limits::framePayload);
    QTest::newRow("5 MiB") << qsizetype(5 * 1024 * 1024);
    QTest::newRow("16 MiB, the most") << limits::message;
}

void TestCall::bulkBothWays()
{
    QFETCH(qsizetype, size);
    const QByteArray there = pattern(size);
    const QByteArray back = there.mid(1) + 'z';
    CallOptions options;
    options.bulk = there;
    Outcome outcome(start(QStringLiteral("x"), {}, options));
    m_linked->pump();
    QVERIFY(m_incoming);
    QVERIFY(m_incoming->bulk() == there);
    m_incoming->finish(Value(), back);
    m_linked->pump();
    QCOMPARE(outcome.error.code, Code::Ok);
    QVERIFY(outcome.payload.bulk == back);
    QCOMPARE(m_linked->brokenBy().code, Code::Ok);

    options.bulk = QByteArray(limits::message + 1, 'x');
    Outcome tooMuch(start(QStringLiteral("x"), {}, options));
    QTRY_COMPARE(tooMuch.error.code, Code::ResourceExhausted);
}

void TestCall::bulkAndChannelTogether()
{
    CallOptions options;
    options.bulk = pattern(200000);
    options.keepOpen = true;
    Call *call = start(QStringLiteral("x"), {}, options);
    Outcome outcome(call);
    QByteArrayList output;
    connect(call, &Channel::received, this,
        [&](const ChannelMessage &message) { output.append(message.bytes.toByteArray()); });
    call->sendBytes("after the bulk");
    QByteArrayList input;
    connect(m_linked->listener(), &Link::opened, this, [&] {
        connect(m_incoming.get(), &Channel::received, this,
            [&](const ChannelMessage &message) { input.append(message.bytes.toByteArray()); });
    });
    m_linked->pump();
    QVERIFY(m_incoming->bulk() == options.bulk);
    QCOMPARE(input, QByteArrayList { "after the bulk" });
    m_incoming->sendBytes("before the bulk");
    m_incoming->finish(Value(), pattern(150000));
    m_linked->pump();
    QCOMPARE(output, QByteArrayList { "before the bulk" });
    QVERIFY(outcome.payload.bulk == pattern(150000));
}

void TestCall::bulkThatEndsEarlyIsRefused()
{
    OpenHead head;
    head.name = "x";
    Stream *stream = m_linked->dialler()->open(head, body("00000001 80 0000000000000005"));
    QSignalSpy closed(stream, &Stream::closed);
    stream->send("abcd", true);
    stream->sendEnd();
    m_linked->pump();
    QCOMPARE(closed.size(), 1);
    QCOMPARE(closed[0][0].value<Closing>().error.code, Code::InvalidArgument);
}

void TestCall::bulkBeyondItsWordIsRefused()
{
    OpenHead head;
    head.name = "x";
    Stream *stream = m_linked->dialler()->open(head, body("00000001 80 0000000000000005"));
    QSignalSpy closed(stream, &Stream::closed);
    stream->send("abcdef", true);
    m_linked->pump();
    QCOMPARE(closed.size(), 1);
    QCOMPARE(closed[0][0].value<Closing>().error.code, Code::InvalidArgument);

    Stream *unasked = m_linked->dialler()->open(head, {});
    QSignalSpy refused(unasked, &Stream::closed);
    unasked->send("a", true);
    m_linked->pump();
    QCOMPARE(refused.size(), 1);
}

void TestCall::answerLargerThanAFrameIsAnError()
{
    Outcome outcome(start());
    m_linked->pump();
    m_incoming->finish(Value(Value::Map { { QStringLiteral("t"), QByteArray(65500, 'x') } }));
    m_linked->pump();
    QCOMPARE(outcome.error.code, Code::ResourceExhausted);
    QVERIFY(outcome.error.sentence.contains(QStringLiteral("larger than one frame")));
}

void TestCall::fitsTheFramesOfAStranger()
{
    LinkSettings settings = Linked::diallerSettings();
    settings.maxPayload = limits::greetingPayload;
    m_linked = std::make_unique<Linked>(settings);
    Outcome tooMuch(start(QStringLiteral("x"), Value(Value::Map { { QStringLiteral("t"), QByteArray(4100, 'x') } })));
    QTRY_COMPARE(tooMuch.error.code, Code::ResourceExhausted);
    QCOMPARE(m_linked->moved(0), 0);
}

void TestCall::channelBothWays()
{
    CallOptions options;
    options.keepOpen = true;
    Call *call = start(QStringLiteral("x"), {}, options);
    Outcome outcome(call);
    m_linked->pump();
    connect(m_incoming.get(), &Channel::received, this,
        [this](const ChannelMessage &message) { m_incoming->sendValue(Value(message.value()->toInt() * 2)); });
    QSignalSpy ended(m_incoming.get(), &Channel::peerEnded);
    QList<qint64> answers;
    connect(call, &Channel::received, this,
        [&](const ChannelMessage &message) { answers.append(message.value()->toInt()); });
    for (int i = 1; i <= 1000; ++i)
        call->sendValue(Value(i));
    call->sendEnd();
    m_linked->pump();
    QCOMPARE(answers.size(), 1000);
    QCOMPARE(answers.first(), 2);
    QCOMPARE(answers.last(), 2000);
    QCOMPARE(ended.size(), 1);
    m_incoming->finish(Value());
    m_linked->pump();
    QCOMPARE(outcome.error.code, Code::Ok);
    QVERIFY(!ChannelMessage { "\xc1" }.value());
}

void TestCall::messageAboveTheLimitEndsTheCall()
{
    CallOptions options;
    options.keepOpen = true;
    Call *call = start(QStringLiteral("x"), {}, options);
    Outcome outcome(call);
    qsizetype arrived = 0;
    connect(m_linked->listener(), &Link::opened, this, [&] {
        connect(m_incoming.get(), &Channel::received, this, [&](const ChannelMessage &m) { arrived = m.bytes.size(); });
    });
    call->sendBytes(QByteArray(limits::message, 'm'));
    m_linked->pump();
    QCOMPARE(arrived, limits::message);
    QCOMPARE(outcome.times, 0);
    call->sendBytes(QByteArray(limits::message + 1, 'm'));
    QCOMPARE(outcome.error.code, Code::ResourceExhausted);
    m_linked->pump();
    QVERIFY(m_incoming->isFinished());

    Outcome second(start());
    m_linked->pump();
    m_incoming->sendBytes(QByteArray(limits::message + 1, 'm'));
    m_linked->pump();
    QCOMPARE(second.error.code, Code::ResourceExhausted);
}

void TestCall::outputComesBeforeTheResult()
{
    Call *call = start();
    qint64 output = 0;
    qint64 outputAtEnd = -1;
    connect(call, &Channel::received, this, [&](const ChannelMessage &message) { output += message.bytes.size(); });
    connect(call, &Call::finished, this, [&] { outputAtEnd = output; });
    m_linked->pump();
    for (int i = 0; i < 200; ++i)
        m_incoming->sendBytes(QByteArray(10000, 'o')); // far more than the first credit
    m_incoming->finish(Value());
    m_linked->pump();
    QCOMPARE(outputAtEnd, 2000000);
}

void TestCall::oneWayHasItsBulkInItsFrame()
{
    QList<QByteArray> bodies;
    connect(m_linked->listener(), &Link::oneWay, this,
        [&](const OpenHead &, QByteArrayView bytes) { bodies.append(bytes.toByteArray()); });
    CallOptions options;
    options.bulk = QByteArray(60000, 'b');
    QVERIFY(sendOneWay(m_linked->dialler(), {}, QStringLiteral("x"), {}, options));
    m_linked->pump();
    QCOMPARE(bodies.size(), 1);
    QVERIFY(bodies[0].endsWith(options.bulk));
    options.bulk = QByteArray(70000, 'b');
    const auto tooMuch = sendOneWay(m_linked->dialler(), {}, QStringLiteral("x"), {}, options);
    QVERIFY(!tooMuch);
    QCOMPARE(tooMuch.error().code, Code::ResourceExhausted);
    const auto nowhere = sendOneWay(nullptr, {}, QStringLiteral("x"), {}, {});
    QVERIFY(!nowhere);
    QCOMPARE(nowhere.error().code, Code::Unavailable);
}

QTEST_GUILESS_MAIN(TestCall)
#include "tst_call.moc"
