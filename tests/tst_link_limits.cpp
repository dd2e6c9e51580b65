// What an owner may say of links and strangers acts where it should: each limit, set to two values, is measured.
#include "core/admission.h"
#include "core/server.h"
#include "support/linked.h"
#include "support/transcript.h"

#include <QSignalSpy>
#include <QTcpServer>
#include <QTest>
#include <functional>

using namespace hawser;
using test::headOf;
using test::Linked;
using test::Transcript;

namespace {

/// As the side that listens makes a member's link.
LinkSettings settingsOf(const LinkLimits &links)
{
    Admission admission;
    admission.use(links);
    LinkSettings settings;
    settings.retention = admission.retention;
    settings.resumeWindow = admission.resumeWindow;
    settings.awayAfter = admission.awayAfter;
    settings.ping = seconds(admission.welcome.ping);
    settings.opensGranted = admission.welcome.opens;
    settings.bounds = admission.bounds;
    return settings;
}

/// Ticks once a second until `over`. \return after how many
qint64 secondsUntil(Link &link, Instant from, const std::function<bool()> &over)
{
    for (qint64 passed = 0; passed < 100'000; ++passed) {
        if (link.deadline() <= from + seconds(passed))
            (void)link.tick(from + seconds(passed));
        if (over())
            return passed;
        while (!link.nextChunk(from + seconds(passed)).isEmpty()) { }
    }
    return -1;
}

/// Bytes that are written and never acknowledged.
qint64 keptAtMost(const LinkLimits &links)
{
    Transcript pair(settingsOf(links));
    Stream *stream = pair.a->open(headOf("x"), {});
    for (int i = 0; i < 200; ++i)
        stream->send(QByteArray(8192, 'x'));
    for (int i = 0; i < 20; ++i)
        (void)pair.a->send(headOf("y"), QByteArray(60000, 'y'));
    while (!pair.a->nextChunk(pair.now).isEmpty()) { }
    return pair.a->lane().kept() / (256 * 1024) * (256 * 1024); // whole chunks: a little more than is allowed
}

qint64 unansweredFor(const LinkLimits &links)
{
    Transcript pair(settingsOf(links));
    pair.a->open(headOf("x"), {});
    while (!pair.a->nextChunk(pair.now).isEmpty()) { } // written, and lost on the way
    return secondsUntil(*pair.a, pair.now, [&] { return pair.a->isSuspended() || pair.a->isOver(); });
}

qint64 asksEvery(const LinkLimits &links)
{
    LinkSettings settings = settingsOf(links);
    settings.dialler = true;
    Link link(settings, Instant(seconds(1000)));
    for (qint64 passed = 0; passed < 1000; ++passed) {
        (void)link.tick(Instant(seconds(1000 + passed)));
        if (!link.nextChunk(Instant(seconds(1000 + passed))).isEmpty())
            return passed;
    }
    return -1;
}

qint64 silentFor(const LinkLimits &links)
{
    Link link(settingsOf(links), Instant(seconds(1000)));
    return secondsUntil(link, Instant(seconds(1000)), [&] { return link.isSuspended() || link.isOver(); });
}

qint64 waitsForTheNextConnection(const LinkLimits &links)
{
    Link link(settingsOf(links), Instant(seconds(1000)));
    link.lost({ Code::Unavailable, {} }, Instant(seconds(1000)));
    return secondsUntil(link, Instant(seconds(1000)), [&] { return link.isOver(); });
}

qint64 awayAfter(const LinkLimits &links)
{
    Link link(settingsOf(links), Instant(seconds(1000)));
    link.lost({ Code::Unavailable, {} }, Instant(seconds(1000)));
    return secondsUntil(link, Instant(seconds(1000)), [&] { return link.isAway(); });
}

qint64 laneWaits(const LinkLimits &links)
{
    LinkSettings settings = settingsOf(links);
    settings.lane = 1;
    Link lane(settings, Instant(seconds(1000)));
    return secondsUntil(lane, Instant(seconds(1000)), [&] { return lane.isOver(); });
}

qint64 opensThatAreTaken(const LinkLimits &links)
{
    LinkSettings opener;
    opener.opensAllowed = quint64(links.openStreams);
    Transcript pair(opener, settingsOf(links));
    qint64 taken = 0;
    QObject::connect(pair.b.get(), &Link::opened, pair.b.get(), [&taken] { ++taken; });
    for (int i = 0; i < 200; ++i)
        pair.a->open(headOf("x"), {});
    return pair.run() ? taken : -1;
}

/// The most that a sender was ever allowed beyond what was read.
qint64 creditGranted(const LinkLimits &links)
{
    Transcript pair({}, settingsOf(links));
    QObject::connect(pair.b.get(), &Link::opened, pair.b.get(), [](Stream *stream) {
        QObject::connect(stream, &Stream::received, stream, [](std::span<const MessageView>) {});
    });
    Stream *stream = pair.a->open(headOf("x"), {});
    qint64 most = 0;
    for (int i = 0; i < 2000; ++i) {
        most = qMax(most, stream->room() + limits::frameCost);
        stream->send(QByteArray(16000, 'x'));
        if (!pair.run())
            return -1;
    }
    return most;
}

qint64 waitingOpens(const LinkLimits &links)
{
    LinkSettings settings = settingsOf(links);
    settings.opensAllowed = 0;
    Link link(settings, Instant(seconds(1000)));
    qint64 taken = 0;
    while (link.send(headOf("x"), QByteArray(1024, 'x')))
        taken += 1024;
    return taken;
}

/// Answers to PINGs that nobody reads.
qint64 unreadAnswers(const LinkLimits &links)
{
    Link link(settingsOf(links), Instant(seconds(1000)));
    FrameReader reader(limits::framePayload);
    QByteArray ping;
    appendFrame(ping, FrameType::Ping, 0, 0, QByteArray(4, 'p'));
    for (;;) {
        std::copy_n(ping.constData(), ping.size(), reader.space().data());
        reader.filled(ping.size());
        const Result<void> taken = link.read(reader, Instant(seconds(1000)));
        reader.endTurn();
        if (!taken)
            return link.lane().controlWaiting() / 1024 * 1024; // the last answer goes a little above
    }
}

struct Measure {
    const char *name;
    qint64 small;
    qint64 large;
    qint64 (*measured)(const LinkLimits &);
};

const Measure measures[] = {
    { "unacknowledged_bytes", 512 * 1024, 1024 * 1024, keptAtMost },
    { "unacknowledged_seconds", 8, 40, unansweredFor },
    { "ping_seconds", 5, 90, asksEvery },
    { "silence_seconds", 50, 300, silentFor },
    { "no_progress_seconds", 3, 60,
        [](const LinkLimits &links) {
            const Link link(settingsOf(links), Instant(seconds(1000)));
            return qint64(link.noProgress.count() / 1000);
        } },
    { "resume_seconds", 7, 600, waitsForTheNextConnection },
    { "away_seconds", 2, 20, awayAfter },
    { "lane_seconds", 3, 30, laneWaits },
    { "open_streams", 16, 100, opensThatAreTaken },
    { "stream_credit_bytes", 256 * 1024, 1024 * 1024, creditGranted },
    { "waiting_open_bytes", 64 * 1024, 256 * 1024, waitingOpens },
    { "unread_answer_bytes", 64 * 1024, 256 * 1024, unreadAnswers },
};

qint64 *valueOf(const Limits &limits, const QByteArray &name)
{
    for (const Limit &limit : limits)
        if (name == limit.name)
            return limit.value;
    return nullptr;
}

QHostAddress source(quint32 number)
{
    return QHostAddress(0xC0000200u + number); // 192.0.2.0
}

} // namespace

class TestLinkLimits : public QObject {
    Q_OBJECT

private slots:
    void eachIsMeasured()
    {
        LinkLimits all;
        QByteArrayList without { "call_bulk_bytes" }; // below
        for (const Limit &limit : describe(all))
            if (std::none_of(std::begin(measures), std::end(measures),
                    [&](const Measure &measure) { return !std::strcmp(measure.name, limit.name); }))
                QVERIFY2(without.removeOne(limit.name), limit.name);
    }

    void actsWhereItShould_data()
    {
        QTest::addColumn<int>("row");
        for (size_t i = 0; i < std::size(measures); ++i)
            QTest::newRow(measures[i].name) << int(i);
    }

    void actsWhereItShould()
    {
        QFETCH(int, row);
        const Measure &measure = measures[row];
        for (const qint64 value : { measure.small, measure.large }) {
            LinkLimits links;
            qint64 *set = valueOf(describe(links), measure.name);
            QVERIFY(set);
            *set = value;
            QCOMPARE(measure.measured(links), value);
        }
    }

    void silenceIsAtLeastThreePings()
    {
        LinkLimits links;
        links.silenceSeconds = 20;
        links.pingSeconds = 30;
        QCOMPARE(silentFor(links), 90);
    }

    void aFullLaneIsCountedOnce()
    {
        LinkLimits links;
        links.unacknowledgedBytes = 256 * 1024;
        Transcript pair(settingsOf(links));
        for (int i = 0; i < 20; ++i)
            QVERIFY(pair.a->send(headOf("y"), QByteArray(60000, 'y')));
        for (int i = 0; i < 100; ++i)
            (void)pair.a->nextChunk(pair.now);
        QCOMPARE(pair.a->lane().timesFull(), 1u);
        QVERIFY(pair.run()); // what b never got is acknowledged by nobody: a stays full
        QCOMPARE(pair.a->lane().timesFull(), 1u);
    }

    void bothEndsOfALinkHaveWhatTheirOwnersSay()
    {
        Server server(Identity::generate(), { Role::Broker, QStringLiteral("server") });
        server.setDoor(Server::anybody);
        LinkLimits theirs;
        theirs.unacknowledgedBytes = 300'000;
        theirs.silenceSeconds = 77;
        theirs.pingSeconds = 9;
        theirs.openStreams = 33;
        theirs.resumeSeconds = 13;
        theirs.awaySeconds = 3;
        server.setLimits(theirs);
        const Result<Address> address = server.listen({ QStringLiteral("127.0.0.1"), 0 });
        QVERIFY(address);
        LinkLimits ours = theirs;
        ours.unacknowledgedBytes = 400'000;
        ours.pingSeconds = 20; // the larger wish holds
        ours.openStreams = 44;
        ours.resumeSeconds = 14;
        ours.awaySeconds = 4;
        Client client(Identity::generate(), {});
        client.setLimits(ours, {});
        client.connectTo(*address, server.key());
        QTRY_COMPARE(client.state(), Client::State::Ready);
        const LinkSettings &mine = client.link()->settings();
        QCOMPARE(mine.bounds, ours);
        QCOMPARE(mine.retention, 400'000);
        QCOMPARE(mine.ping, milliseconds(20'000));
        QCOMPARE(mine.resumeWindow, milliseconds(14'000));
        QCOMPARE(mine.awayAfter, milliseconds(4'000));
        QCOMPARE(mine.opensGranted, 44u);
        QCOMPARE(mine.opensAllowed, 33u);
        const LinkSettings &other = server.mooring(server.present().first())->link()->settings();
        QCOMPARE(other.bounds, theirs);
        QCOMPARE(other.retention, 300'000);
        QCOMPARE(other.ping, milliseconds(20'000));
        QCOMPARE(other.resumeWindow, milliseconds(13'000));
        QCOMPARE(other.awayAfter, milliseconds(3'000));
        QCOMPARE(other.opensGranted, 33u);
    }

    void bulkOfCallsIsBounded()
    {
        Linked pair;
        Commands commands;
        commands.setMostBulk(100'000);
        CommandSpec spec;
        spec.name = QStringLiteral("take");
        int taken = 0;
        commands.serveDynamic(spec, [&taken](const Value &, const std::shared_ptr<IncomingCall> &call) {
            ++taken;
            call->finish(Value());
        });
        commands.attach(pair.listener());
        std::optional<Result<Payload>> answers[2];
        const qsizetype sizes[] = { 90'000, 200'000 };
        for (int i = 0; i < 2; ++i) {
            CallOptions options;
            options.bulk = QByteArray(sizes[i], 'b');
            Call *call = startCall(pair.dialler(), {}, spec.name, {}, options, &pair);
            connect(call, &Call::finished, &pair, [&, i](const Result<Payload> &answer) { answers[i] = answer; });
            QTRY_VERIFY(answers[i].has_value());
        }
        QVERIFY(*answers[0]);
        QVERIFY(!*answers[1]);
        QCOMPARE(answers[1]->error().code, Code::ResourceExhausted);
        QCOMPARE(taken, 1);
        QCOMPARE(commands.bulkRefused(), 1u);
        QCOMPARE(commands.heldBulk(), 0);
    }

    void whoDoesNotAnswerADialIsLeftInTime()
    {
        QTcpServer mute; // takes connections and says nothing
        QVERIFY(mute.listen(QHostAddress::LocalHost));
        Client client(Identity::generate(), {});
        DialLimits dials;
        dials.connectSeconds = 1;
        client.setLimits({}, dials);
        QSignalSpy failed(&client, &Client::failed);
        const Instant begun = now();
        client.connectTo({ QStringLiteral("127.0.0.1"), mute.serverPort() }, std::nullopt);
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY(now() - begun >= seconds(1));
        QVERIFY(client.lastError().sentence.endsWith(QLatin1String(" in 1 seconds")));
    }

    void triesAreNeverFurtherApart()
    {
        for (const milliseconds most : { milliseconds(4000), milliseconds(60'000) }) {
            Backoff backoff(most);
            milliseconds longest { 0 };
            for (int i = 0; i < 20; ++i)
                longest = qMax(longest, backoff.next(1));
            QCOMPARE(longest, most);
        }
    }

    void aConnectionWearsOut()
    {
        DialLimits dials;
        dials.connectionHours = 2;
        dials.connectionGigabytes = 3;
        using namespace std::chrono_literals;
        QVERIFY(!Client::isWornOut(dials, 119min, 2'999'999'999));
        QVERIFY(Client::isWornOut(dials, 120min, 0));
        QVERIFY(Client::isWornOut(dials, 0min, 3'000'000'000));
    }

    // --- strangers

    void strangersAreBounded()
    {
        AdmissionControl control([](quint32) { return 99u; }); // never by chance
        AdmissionLimits limits;
        limits.strangers = 5;
        limits.strangersStart = 5;
        limits.strangersPerSource = 2;
        control.setLimits(limits);
        const Instant at(seconds(1000));
        for (quint32 i = 0; i < 5; ++i)
            QVERIFY(control.enter(source(i / 2), at).ticket);
        QCOMPARE(QByteArray(control.enter(source(0), at).reason), QByteArray("source"));
        QCOMPARE(QByteArray(control.enter(source(9), at).reason), QByteArray("crowded"));
        QCOMPARE(control.strangers(), 5);
    }

    void chanceBeginsWhereItIsSaid_data()
    {
        QTest::addColumn<qint64>("strangers");
        QTest::addColumn<qint64>("start");
        QTest::newRow("at the start") << AdmissionLimits().strangers << qint64(3);
        QTest::newRow("a start above the end refuses nobody earlier") << qint64(3) << qint64(10);
    }

    void chanceBeginsWhereItIsSaid()
    {
        AdmissionControl control([](quint32) { return 0u; }); // always
        QFETCH(const qint64, strangers);
        QFETCH(const qint64, start);
        AdmissionLimits limits;
        limits.strangers = strangers;
        limits.strangersStart = start;
        control.setLimits(limits);
        const Instant at(seconds(1000));
        for (quint32 i = 0; i < 3; ++i)
            QVERIFY(control.enter(source(i), at).ticket);
        QCOMPARE(QByteArray(control.enter(source(3), at).reason), QByteArray("crowded"));
    }

    void penaltiesAreBounded()
    {
        AdmissionControl control([](quint32) { return 99u; });
        AdmissionLimits limits;
        limits.penaltySources = 20;
        limits.penaltyMostSeconds = 30;
        control.setLimits(limits);
        const Instant at(seconds(1000));
        for (quint32 i = 0; i < 200; ++i)
            control.penalise(source(i), std::chrono::minutes(10), at);
        QVERIFY(control.penalised() <= 20);
        QVERIFY(control.isPenalised(source(199), at + seconds(29)));
        QVERIFY(!control.isPenalised(source(199), at + seconds(30)));
    }

    void aGreetingHasItsTimeAndItsBytes()
    {
        Listener listener(Identity::generate());
        AdmissionLimits limits;
        limits.greetingSeconds = 1;
        listener.setLimits(limits);
        const Result<Address> address = listener.listen({ QStringLiteral("127.0.0.1"), 0 });
        QVERIFY(address);
        QTcpSocket silent;
        silent.connectToHost(QHostAddress::LocalHost, address->port);
        const Instant begun = now();
        QTRY_COMPARE(listener.counters().value("deadline"), 1u);
        QVERIFY(now() - begun >= milliseconds(900));
        limits.greetingSeconds = 100;
        limits.strangerBytes = -1; // even nothing is too much
        listener.setLimits(limits);
        QTcpSocket next;
        next.connectToHost(QHostAddress::LocalHost, address->port);
        QTRY_COMPARE(listener.counters().value("memory"), 1u);
    }
};

QTEST_GUILESS_MAIN(TestLinkLimits)
#include "tst_link_limits.moc"
