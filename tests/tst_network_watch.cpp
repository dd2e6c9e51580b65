#include "core/network_watch.h"

#include <QSignalSpy>
#include <QTest>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace hawser;

/// The kernel is played: the other end of a pair of sockets says what it would.
class TestNetworkWatch : public QObject {
    Q_OBJECT

private slots:
    void init() { QCOMPARE(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, m_pair), 0); }
    void cleanup() { ::close(m_pair[1]); }

    void whatComesTogetherIsSaidOnce()
    {
        NetworkWatch watch(m_pair[0]);
        QSignalSpy changed(&watch, &NetworkWatch::changed);
        say({ RTM_DELADDR, RTM_NEWADDR });
        say({ RTM_NEWADDR });
        QVERIFY(changed.wait());
        QCOMPARE(changed.size(), 1);
        say({ RTM_NEWADDR });
        QVERIFY(changed.wait());
        QCOMPARE(changed.size(), 2);
    }

    void otherNewsAndGarbageSayNothing()
    {
        NetworkWatch watch(m_pair[0]);
        QSignalSpy changed(&watch, &NetworkWatch::changed);
        say({ RTM_NEWNEIGH, NLMSG_DONE });
        const nlmsghdr lies { 0xffffffff, RTM_NEWADDR, 0, 0, 0 };
        const nlmsghdr nothing { 0, RTM_NEWADDR, 0, 0, 0 };
        for (const nlmsghdr &each : { lies, nothing })
            QVERIFY(::send(m_pair[1], &each, sizeof each, 0) > 0);
        QVERIFY(::send(m_pair[1], "abc", 3, 0) > 0);
        QVERIFY(!changed.wait(600)); // more than twice what it waits for more to come
        say({ RTM_NEWADDR }); // it still listens
        QVERIFY(changed.wait());
    }

    void withoutAKernelThatTellsNothingIsSaid()
    {
        ::close(m_pair[0]);
        NetworkWatch watch(-1);
        QSignalSpy changed(&watch, &NetworkWatch::changed);
        QVERIFY(!changed.wait(1));
    }

    void oneIsSharedByAThread()
    {
        ::close(m_pair[0]);
        const std::shared_ptr<NetworkWatch> one = NetworkWatch::here();
        QCOMPARE(NetworkWatch::here(), one);
    }

private:
    void say(const QList<quint16> &types)
    {
        QByteArray bytes;
        for (const quint16 type : types) {
            const nlmsghdr header { sizeof(nlmsghdr), type, 0, 0, 0 };
            bytes.append(reinterpret_cast<const char *>(&header), sizeof header);
        }
        QCOMPARE(::send(m_pair[1], bytes.constData(), size_t(bytes.size()), 0), bytes.size());
    }

    int m_pair[2];
};

QTEST_GUILESS_MAIN(TestNetworkWatch)
#include "tst_network_watch.moc"
