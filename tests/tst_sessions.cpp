#include "brokerd/session.h"
#include "core/identity.h"

#include <QTest>

using namespace hawser;
using namespace hawser::broker;

/// Sessions over connections in memory.
class TestSessions : public QObject {
    Q_OBJECT

private slots:
    void init() { m_sessions = std::make_unique<Sessions>(); }
    void cleanup()
    {
        m_sessions.reset();
        m_far.clear();
    }

    void suspendedIsNotCounted()
    {
        Link *link = add(Identity::generate().key());
        QCOMPARE(m_sessions->count(Standing::Member), 1);
        int gone = 0;
        connect(m_sessions.get(), &Sessions::gone, this, [&] { ++gone; });
        cut(link);
        QCOMPARE(m_sessions->count(Standing::Member), 0);
        QCOMPARE(m_sessions->suspended(), 1);
        QCOMPARE(gone, 0);
    }

    void awayAndBackIsSaid()
    {
        const PublicKey key = Identity::generate().key();
        Link *link = add(key);
        QList<bool> here;
        connect(m_sessions.get(), &Sessions::presenceChanged, this,
            [&](const Session &session) { here += session.isHere(); });
        cut(link);
        QVERIFY(m_sessions->isHere(key)); // it may be back in a moment
        QVERIFY(link->tick(now() + limits::awayAfter));
        QVERIFY(!m_sessions->isHere(key));
        QVERIFY(m_sessions->hasAny(key));
        QVERIFY(link->resume(0, 1024, seconds(15), now()));
        QVERIFY(m_sessions->isHere(key));
        QCOMPARE(here, QList<bool>({ false, true }));
    }

    void theLargestFallsFirst()
    {
        m_sessions->setSuspendedBudget(1'000'000);
        Link *links[3];
        const int kilobytes[3] = { 300, 600, 250 };
        for (int i = 0; i < 3; ++i) {
            links[i] = add(Identity::generate().key());
            for (int k = 0; k < kilobytes[i]; ++k)
                links[i]->lane().append(FrameType::Data, 0, 1, QByteArray(1000, 'x'), false);
        }
        int gone = 0;
        connect(m_sessions.get(), &Sessions::gone, this, [&] { ++gone; });
        cut(links[0]);
        cut(links[1]);
        QCoreApplication::processEvents();
        QCOMPARE(gone, 0);
        QVERIFY(m_sessions->suspendedBytes() > 900'000);
        cut(links[2]);
        QTRY_COMPARE(gone, 1);
        QVERIFY(links[1]->isOver());
        QVERIFY(links[0]->isSuspended() && links[2]->isSuspended());
        QVERIFY(m_sessions->suspendedBytes() < 1'000'000);
    }

    void whatALimitEndedIsCountedUnderIt()
    {
        Link *silent = add(Identity::generate().key());
        QVERIFY(silent->tick(now() + seconds(44)));
        QVERIFY(!silent->tick(now() + seconds(46)));
        QVERIFY(silent->isSuspended());
        Link *unacknowledged = add(Identity::generate().key());
        unacknowledged->lane().append(FrameType::Data, 0, 1, QByteArray(1000, 'x'), false);
        const Instant written = now();
        QVERIFY(!unacknowledged->nextChunk(written).isEmpty());
        for (const int passed : { 5, 10, 15, 19 }) // it is asked meanwhile
            QVERIFY(unacknowledged->tick(written + seconds(passed)));
        QVERIFY(!unacknowledged->tick(written + seconds(20)));
        Link *slow = add(Identity::generate().key());
        slow->lost({ Code::ResourceExhausted, QStringLiteral("it does not read"), {}, {} }, now());
        cut(add(Identity::generate().key())); // that was the network
        LimitUse use;
        m_sessions->report(use);
        QCOMPARE(use.hits[u"links_silence_seconds"].toInt(), 1);
        QCOMPARE(use.hits[u"links_unacknowledged_seconds"].toInt(), 1);
        QCOMPARE(use.hits[u"links_no_progress_seconds"].toInt(), 1);
        QCOMPARE(use.hits.map().size(), size_t(4)); // and how often a lane was full
    }

    /// Of whom was let in too, and of any lane: who breaks the rules is closed, and counted by the reason.
    void whoBreaksTheRulesIsCounted_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<Code>("reason");
        QTest::newRow("an ACK of what was never sent")
            << QByteArray::fromHex("00000008030000000000000000000000000f4240") << Code::Protocol;
        QTest::newRow("an unknown type") << QByteArray::fromHex("000000006300000000000001") << Code::Protocol;
        QTest::newRow("a frame beyond all size")
            << QByteArray::fromHex("000100011100000000000001") << Code::ResourceExhausted;
    }
    void whoBreaksTheRulesIsCounted()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(Code, reason);
        add(Identity::generate().key());
        Link *link = add(Identity::generate().key());
        FrameReader reader { limits::framePayload };
        memcpy(reader.space().data(), bytes.constData(), size_t(bytes.size()));
        reader.filled(bytes.size());
        const Result<void> outcome = link->read(reader, now());
        reader.endTurn();
        QVERIFY(!outcome);
        QCOMPARE(m_sessions->ended(reason), 1u);
        QCOMPARE(m_sessions->count(Standing::Member), 1);
        m_sessions->tellAll([] { return GoAway { Leave::Leaving, {}, {} }; }); // that is no fault of theirs
        QCOMPARE(m_sessions->ended(Code::Protocol) + m_sessions->ended(Code::ResourceExhausted), 1u);
        QCOMPARE(m_sessions->ended(Code::DataLoss), 0u);
    }

    void whatOthersMayStillSendCounts()
    {
        m_sessions->setSuspendedBudget(1'000'000);
        m_sessions->setCost([](const Link &) { return qint64(600'000); });
        Link *first = add(Identity::generate().key());
        Link *second = add(Identity::generate().key());
        cut(first);
        QVERIFY(first->isSuspended());
        cut(second);
        QTRY_VERIFY(first->isOver() != second->isOver());
    }

    /// A network that goes takes many links at once: they are looked through once, not once for each.
    void manyThatGoTogetherAreCountedOnce()
    {
        int asked = 0;
        m_sessions->setCost([&asked](const Link &) { return ++asked, qint64(1); });
        std::vector<Link *> links;
        for (int i = 0; i < 50; ++i)
            links.push_back(add(Identity::generate().key()));
        for (Link *link : links)
            cut(link);
        QTRY_COMPARE(asked, 50);
        QCoreApplication::processEvents();
        QCOMPARE(asked, 50);
    }

    void oneLinkADevice()
    {
        const PublicKey key = Identity::generate().key();
        Link *older = add(key, QByteArray(8, 'd'));
        Link *other = add(key, QByteArray(8, 'e'));
        cut(older);
        Link *newer = add(key, QByteArray(8, 'd'));
        QVERIFY(older->isOver());
        Hello hello;
        hello.link = QByteArray(8, 'd') + QByteArray(8, 'l');
        QVERIFY(m_sessions->wasReplaced(key, hello)); // when it comes back it is told
        hello.link = QByteArray(8, 'e') + QByteArray(8, 'l');
        QVERIFY(!m_sessions->wasReplaced(key, hello));
        QVERIFY(!other->isOver() && !newer->isOver());
        QCOMPARE(m_sessions->members(key).size(), size_t(2));
    }

private:
    Link *add(const PublicKey &key, const QByteArray &device = randomBytes(8))
    {
        auto [mine, theirs] = Connection::pair({}, key);
        m_far.push_back(std::move(theirs));
        LinkSettings settings;
        settings.resumeWindow = limits::resumeWindow;
        Arrival arrival;
        arrival.key = key;
        arrival.hello.device = device;
        arrival.hello.session = randomBytes(8);
        arrival.hello.link = device + QByteArray(8, 'l');
        arrival.standing = Standing::Member;
        settings.peerParty = { key, device, arrival.hello.session };
        arrival.mooring.reset(new Mooring(std::make_unique<Link>(settings, now()), std::move(mine), 1));
        return m_sessions->add(arrival, now()).link;
    }
    static void cut(Link *link) { link->lost({ Code::Unavailable, QStringLiteral("cut"), {}, {} }, now()); }

    std::unique_ptr<Sessions> m_sessions;
    std::vector<std::unique_ptr<Connection>> m_far;
};

QTEST_GUILESS_MAIN(TestSessions)
#include "tst_sessions.moc"
