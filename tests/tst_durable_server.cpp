// Durable calls between programs over a real hawser-brokerd: DurableClient at the one end, DurableServer at the other.
#include "core/durable_client.h"
#include "core/durable_server.h"
#include "core/mail_items.h"
#include "support/brokerguest.h"
#include "support/order.h"

#include <csignal>

using namespace hawser;
using namespace hawser::test;

namespace {

struct Twice { // it looks at no key
    static constexpr const char *name = "twice";
    using Request = Nothing;
    using Reply = Nothing;
};

std::unique_ptr<Guest> guest(const QString &name, Role role, const Identity &identity)
{
    auto guest = std::make_unique<Guest>(name, role, identity);
    Profile profile = guest->client.profile();
    profile.device = QByteArray(8, name.front().toLatin1());
    guest->client.setProfile(profile);
    return guest;
}

} // namespace

class TestDurableServer : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();

    void aCallWaitsForTheMachineAndItsResultForTheCaller();
    void callsOfOneDeviceGoOneAfterTheOther();
    void whatWasBegunBeginsAgainWithTheSameKey();
    void whatTakesNoKeyIsNotCalled();
    void whatIsTooOldIsNotCalled();
    void whatWaitsOutlivesAJumpOfTheCalendar(); // P10
    void whoMayNoLongerIsNotCalledFor();
    void whatRunsForWhoIsRevokedIsEnded();
    void whoWasRevokedBehindTheBackOfTheMachineIsEndedToo();
    void answersForWhoIsRevokedGo();
    void aMachineAtTwoBrokersAnswersByTheOneThatWasUsed();
    void whatFindsNoRoomIsCalledLater();
    void whatFoundNoRoomHasNotBegun();
    void moreOutputThanIsKeptIsCounted();
    void aDamagedFileTakesNothing();

private:
    bool enter(Guest &guest, bool isNode)
    {
        QByteArray link;
        m_broker->verb({ "invite", "--kind", isNode ? "node" : "user" }, &link);
        return guest.join(*m_broker, QString::fromUtf8(link).trimmed());
    }
    /// The machine is there, as a new process of it would be.
    bool machineComes()
    {
        m_machine = guest("machine", Role::Node, m_machineKey);
        serveOrders();
        m_server = std::make_unique<DurableServer>(m_machineKey.key(), m_machine->commands, file("server"), [this] {
            ++m_looks;
            return wallClock() + m_ahead;
        });
        m_server->add(m_machine->client);
        if (!std::exchange(m_isNodeKnown, true))
            return enter(*m_machine, true);
        m_machine->connectTo(*m_broker);
        return m_machine->waitFor(Client::State::Ready);
    }
    void machineGoes()
    {
        m_server.reset();
        m_machine.reset();
    }
    bool anaComes()
    {
        m_ana = guest("ana", Role::Person, m_anaKey);
        m_durable = std::make_unique<DurableClient>(m_ana->client, m_broker->key(), file("client"));
        connect(m_durable.get(), &DurableClient::changed, this, [this](const SentCall &call) {
            m_states[call.id] = call.state;
            if (call.isDone())
                m_results << call;
        });
        if (!std::exchange(m_isAnaKnown, true))
            return enter(*m_ana, false);
        m_ana->connectTo(*m_broker);
        return m_ana->waitFor(Client::State::Ready);
    }
    void anaGoes()
    {
        m_durable.reset();
        m_ana.reset();
    }
    /// Counts what it did, and does what it has done under a key not twice.
    void serveOrders()
    {
        m_machine->commands.serveLater<Order>(
            [this](const Order::Request &request, const Caller &caller, const Reply<Order> &reply) {
                m_keys << caller.idempotencyKey;
                m_atOnce = std::max(m_atOnce, ++m_now);
                if (m_refusals-- > 0) {
                    --m_now;
                    return reply(Error { Code::ResourceExhausted, "not now", Begun::No });
                }
                if (m_fails) {
                    --m_now;
                    return reply(Error { Code::FailedPrecondition, "no", Begun::No });
                }
                if (m_hangs) {
                    connect(&reply.call(), &IncomingCall::stopped, this, [this] { ++m_stopped; });
                    return m_hanging.push_back(reply);
                }
                if (!m_done.contains(caller.idempotencyKey))
                    m_done.insert(caller.idempotencyKey, m_done.size() + 1);
                QTimer::singleShot(1, this, [this, reply, request, number = m_done[caller.idempotencyKey]] {
                    --m_now;
                    reply(Order::Reply { request.n * 100 + number });
                });
            });
        m_machine->commands.serve<Twice>([this](const Nothing &, const Caller &) -> Result<Nothing> {
            m_keys << "twice";
            return Nothing {};
        });
    }
    void order(qint64 n, milliseconds within = limits::durableFor)
    {
        m_durable->call<Order>(
            m_machineKey.key(), { n }, this, [this](const Result<SentCall> &queued) { m_queued += bool(queued); },
            within);
    }
    QString file(const char *name) { return m_folder->filePath(QString::fromLatin1(name)); }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<BrokerProcess> m_broker;
    Identity m_anaKey = Identity::generate();
    Identity m_machineKey = Identity::generate();
    bool m_isNodeKnown = false;
    bool m_isAnaKnown = false;
    std::unique_ptr<Guest> m_machine;
    std::unique_ptr<DurableServer> m_server;
    std::unique_ptr<Guest> m_ana;
    std::unique_ptr<DurableClient> m_durable;
    int m_queued = 0;
    QMap<quint64, SentCall::State> m_states;
    QList<SentCall> m_results;
    QByteArrayList m_keys; // each time something was called
    QHash<QByteArray, qsizetype> m_done; // what took effect
    int m_now = 0;
    int m_atOnce = 0;
    int m_refusals = 0;
    int m_stopped = 0; // of those that hang
    qint64 m_ahead = 0; // ms that the machine's calendar is
    int m_looks = 0; // at it
    bool m_hangs = false;
    bool m_fails = false;
    std::vector<Reply<Order>> m_hanging;
};

void TestDurableServer::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_broker = std::make_unique<BrokerProcess>();
    QVERIFY(m_broker->start());
    m_isNodeKnown = m_isAnaKnown = m_hangs = m_fails = false;
    m_queued = m_now = m_atOnce = m_refusals = m_stopped = m_looks = 0;
    m_ahead = 0;
    m_states.clear();
    m_results.clear();
    m_keys.clear();
    m_done.clear();
    QVERIFY(machineComes()); // both have been here
    machineGoes();
    QVERIFY(anaComes());
}

void TestDurableServer::cleanup()
{
    m_hanging.clear();
    anaGoes();
    machineGoes();
    m_broker.reset();
}

/// The two are never there at once, and the broker is killed meanwhile.
void TestDurableServer::aCallWaitsForTheMachineAndItsResultForTheCaller()
{
    order(7);
    QTRY_COMPARE(m_states.value(1), SentCall::State::AtBroker);
    ::kill(pid_t(m_broker->pid()), SIGKILL);
    QTRY_VERIFY(m_ana->client.state() != Client::State::Ready);
    anaGoes();
    QVERIFY(m_broker->start());
    QVERIFY(machineComes());
    QTRY_COMPARE(m_server->state().answered, 1u);
    QCOMPARE(m_keys.size(), 1);
    QCOMPARE(m_keys[0].size(), 32);
    QByteArray status;
    QTRY_VERIFY(m_broker->verb({ "status", "--json" }, &status) == 0
        && status.contains("\"mailbox_items\":2")); // with the receipt
    machineGoes();
    QVERIFY(anaComes());
    QTRY_COMPARE(m_results.size(), 1);
    QCOMPARE(DurableClient::replyOf<Order>(m_results[0])->n, 701);

    anaGoes(); // before she has handled it
    m_results.clear();
    QVERIFY(anaComes());
    QTRY_COMPARE(m_results.size(), 1);
    m_durable->handled(1);
    order(8); // is on disk behind it
    QTRY_COMPARE(m_queued, 2);
    anaGoes();
    m_results.clear();
    QVERIFY(anaComes());
    QVERIFY(machineComes());
    QTRY_COMPARE(m_results.size(), 1);
    QCOMPARE(DurableClient::replyOf<Order>(m_results[0])->n, 802);
}

void TestDurableServer::callsOfOneDeviceGoOneAfterTheOther()
{
    for (int n = 1; n <= 20; ++n)
        order(n);
    QVERIFY(machineComes());
    QTRY_COMPARE(m_results.size(), 20);
    for (int n = 1; n <= 20; ++n)
        QCOMPARE(DurableClient::replyOf<Order>(m_results[n - 1])->n, n * 100 + n);
    QCOMPARE(m_atOnce, 1);
    QCOMPARE(m_done.size(), 20);
}

/// The machine dies between begin and answer, twice.
void TestDurableServer::whatWasBegunBeginsAgainWithTheSameKey()
{
    order(1);
    order(2);
    m_hangs = true;
    for (int deaths = 0; deaths < 2; ++deaths) {
        QVERIFY(machineComes());
        QTRY_COMPARE(m_keys.size(), deaths + 1);
        m_hanging.clear();
        machineGoes();
    }
    m_hangs = false;
    QVERIFY(machineComes());
    QTRY_COMPARE(m_results.size(), 2);
    QCOMPARE(m_keys.size(), 4);
    QCOMPARE(m_keys[0], m_keys[1]);
    QCOMPARE(m_keys[1], m_keys[2]);
    QVERIFY(m_keys[3] != m_keys[2]);
    QCOMPARE(m_done.size(), 2);

    order(3); // and what ends it again and again is not tried for ever
    m_hangs = true;
    m_keys.clear();
    for (int deaths = 0; deaths < limits::durableTries; ++deaths) {
        machineGoes();
        m_hanging.clear();
        QVERIFY(machineComes());
        QTRY_COMPARE(m_keys.size(), deaths + 1);
    }
    machineGoes();
    m_hanging.clear();
    QVERIFY(machineComes());
    QTRY_COMPARE(m_results.size(), 3);
    QCOMPARE(m_results[2].outcome().code, Code::Internal);
    QCOMPARE(m_results[2].outcome().begun, Begun::Maybe);
}

void TestDurableServer::whatTakesNoKeyIsNotCalled()
{
    m_durable->call(m_machineKey.key(), "twice", {}, this, [](const Result<SentCall> &) {});
    m_durable->call(m_machineKey.key(), "nothing", {}, this, [](const Result<SentCall> &) {});
    m_durable->call(m_machineKey.key(), "order", {}, this, [](const Result<SentCall> &) {}); // without its parameter
    QVERIFY(machineComes());
    QTRY_COMPARE(m_results.size(), 3);
    QCOMPARE(m_results[0].outcome().code, Code::FailedPrecondition);
    QCOMPARE(m_results[0].outcome().begun, Begun::No);
    QCOMPARE(m_results[1].outcome().code, Code::Unimplemented);
    QCOMPARE(m_results[2].outcome().code, Code::InvalidArgument);
    QVERIFY(m_keys.isEmpty());
}

/// Its caller knows by itself that its time is over, and then from the machine that it was not done.
void TestDurableServer::whatIsTooOldIsNotCalled()
{
    order(1, milliseconds(1500));
    QTRY_COMPARE(m_states.value(1), SentCall::State::AtBroker);
    QTRY_COMPARE(m_results.size(), 1);
    QVERIFY(m_results[0].isOverdue);
    QCOMPARE(m_results[0].outcome().code, Code::DeadlineExceeded);
    QCOMPARE(m_results[0].outcome().begun, Begun::Maybe);
    order(2);
    QTRY_COMPARE(m_states.value(2), SentCall::State::AtBroker);
    QVERIFY(machineComes());
    QTRY_COMPARE(m_results.size(), 3);
    QCOMPARE(m_results[1].id, 1u);
    QVERIFY(!m_results[1].isOverdue);
    QCOMPARE(m_results[1].outcome().code, Code::DeadlineExceeded);
    QCOMPARE(m_results[1].outcome().begun, Begun::No);
    QCOMPARE(m_results[2].outcome().code, Code::Ok);
    QCOMPARE(m_keys.size(), 1);
}

/// Its time has passed when the days have passed, not when somebody set the machine's calendar.
void TestDurableServer::whatWaitsOutlivesAJumpOfTheCalendar()
{
    QVERIFY(machineComes());
    m_hangs = true;
    order(1);
    order(2);
    QTRY_COMPARE(m_hanging.size(), 1u);
    QTRY_COMPARE(m_states.value(2), SentCall::State::Taken);
    m_ahead = milliseconds(std::chrono::days(400)).count();
    const int looks = m_looks;
    m_hangs = false;
    m_hanging[0](Order::Reply { 1 });
    QTRY_COMPARE(m_results.size(), 1);
    QTRY_VERIFY(m_looks > looks); // it was the turn of the second
    m_ahead = 0;
    QTRY_COMPARE(m_results.size(), 2);
    QCOMPARE(m_results[1].outcome().code, Code::Ok);
    QCOMPARE(m_keys.size(), 2);
}

/// It lies at the broker when her right ends: the machine never hears of it.
void TestDurableServer::whoMayNoLongerIsNotCalledFor()
{
    order(1);
    QTRY_COMPARE(m_states.value(1), SentCall::State::AtBroker);
    QCOMPARE(m_broker->verb({ "revoke", m_anaKey.key().hex() }), 0);
    QVERIFY(machineComes());
    QByteArray status;
    QTRY_VERIFY(m_broker->verb({ "status", "--json" }, &status) == 0 && status.contains("\"mailbox_withheld\":1"));
    QCOMPARE(m_server->state().waiting, 0);
    QVERIFY(m_keys.isEmpty());
}

/// P20: within 2 s; and what waits behind it does not begin, though its turn would have come.
void TestDurableServer::whatRunsForWhoIsRevokedIsEnded()
{
    QVERIFY(machineComes());
    m_hangs = true;
    order(1);
    order(2);
    QTRY_COMPARE(m_keys.size(), 1);
    QTRY_COMPARE(m_states.value(2), SentCall::State::Taken);
    QCOMPARE(m_broker->verb({ "revoke", m_anaKey.key().hex() }), 0);
    QElapsedTimer since;
    since.start();
    QTRY_COMPARE(m_stopped, 1);
    QVERIFY(since.elapsed() < 2000);
    QTRY_COMPARE(m_server->state().waiting, 0);
    QCOMPARE(m_server->state().running, 0);
    QCOMPARE(m_server->state().answered, 0u);
    m_hangs = false;
    machineGoes();
    QVERIFY(machineComes()); // nothing is left on its disk that would begin
    m_isAnaKnown = false;
    anaGoes();
    QVERIFY(anaComes()); // she is let in again, and what was is not done
    order(3);
    QTRY_COMPARE(m_states.value(3), SentCall::State::Done);
    QCOMPARE(m_keys.size(), 2);
    QCOMPARE(DurableClient::replyOf<Order>(m_results.last())->n, 301);
}

/// There was no link to its broker when her right ended.
void TestDurableServer::whoWasRevokedBehindTheBackOfTheMachineIsEndedToo()
{
    QVERIFY(machineComes());
    m_hangs = true;
    order(1);
    QTRY_COMPARE(m_keys.size(), 1);
    m_machine->client.disconnectFromPeer();
    QCOMPARE(m_broker->verb({ "revoke", m_anaKey.key().hex() }), 0);
    QCOMPARE(m_stopped, 0); // nobody could know
    m_machine->connectTo(*m_broker);
    QVERIFY(m_machine->waitFor(Client::State::Ready));
    QElapsedTimer since;
    since.start();
    QTRY_COMPARE(m_stopped, 1);
    QVERIFY(since.elapsed() < 2000);
    QTRY_COMPARE(m_server->state().waiting, 0);
}

/// What the machine still had to say to her is said to nobody.
void TestDurableServer::answersForWhoIsRevokedGo()
{
    QVERIFY(machineComes());
    m_hangs = true;
    order(1);
    QTRY_COMPARE(m_keys.size(), 1);
    QTRY_COMPARE(m_states.value(1), SentCall::State::Taken);
    m_machine->client.disconnectFromPeer();
    m_hanging.front()(Order::Reply { 1 });
    QTRY_COMPARE(m_server->state().answered, 1u);
    machineGoes();
    const auto waiting = [this] {
        const auto database = Database::open(file("server"), CallQueue::steps());
        return database ? Outbox(**database).waiting()->size() : -1;
    };
    QCOMPARE(waiting(), 1);
    QCOMPARE(m_broker->verb({ "revoke", m_anaKey.key().hex() }), 0);
    QVERIFY(machineComes());
    QTRY_COMPARE(waiting(), 0);
}

/// The same device calls by two brokers with the same number: two calls, and each answer goes by its own.
void TestDurableServer::aMachineAtTwoBrokersAnswersByTheOneThatWasUsed()
{
    BrokerProcess other;
    QVERIFY(other.start());
    QVERIFY(machineComes());
    const auto at = [&other](Guest &guest, const char *kind) {
        QByteArray link;
        other.verb({ "invite", "--kind", kind }, &link);
        return guest.join(other, QString::fromUtf8(link).trimmed());
    };
    auto there = guest("machine", Role::Node, m_machineKey);
    m_server->add(there->client);
    auto ana = guest("ana", Role::Person, m_anaKey);
    QVERIFY(at(*there, "node") && at(*ana, "user"));
    DurableClient durable(ana->client, other.key(), file("elsewhere"));
    QList<SentCall> elsewhere;
    connect(&durable, &DurableClient::changed, this, [&](const SentCall &call) {
        if (call.isDone())
            elsewhere << call;
    });
    m_hangs = true; // so that each is under way when the other is answered
    order(1);
    QTRY_COMPARE(m_keys.size(), 1);
    durable.call<Order>(m_machineKey.key(), { 2 }, this, [](const Result<SentCall> &) {});
    QTRY_COMPARE(m_keys.size(), 2);
    QVERIFY(m_keys[0] != m_keys[1]);
    m_machine->client.disconnectFromPeer(); // the one answer waits for this broker, though the other one is there
    m_hanging[0](Order::Reply { 10 });
    m_hanging[1](Order::Reply { 20 });
    QTRY_COMPARE(elsewhere.size(), 1);
    QCOMPARE(m_results.size(), 0);
    m_machine->connectTo(*m_broker);
    QTRY_COMPARE(m_results.size(), 1);
    QCOMPARE(DurableClient::replyOf<Order>(m_results[0])->n, 10);
    QCOMPARE(DurableClient::replyOf<Order>(elsewhere[0])->n, 20);
    m_hanging.clear();
    machineGoes();
}

void TestDurableServer::whatFindsNoRoomIsCalledLater()
{
    m_refusals = 2;
    order(1);
    QVERIFY(machineComes());
    QTRY_COMPARE(m_results.size(), 1);
    QCOMPARE(DurableClient::replyOf<Order>(m_results[0])->n, 101);
    QCOMPARE(m_keys.size(), 3);
}

/// So its caller may call it anew.
void TestDurableServer::whatFoundNoRoomHasNotBegun()
{
    m_refusals = 1;
    m_fails = true;
    order(1);
    QVERIFY(machineComes());
    QTRY_COMPARE(m_results.size(), 1);
    QCOMPARE(m_keys.size(), 2);
    QCOMPARE(m_results[0].outcome().code, Code::FailedPrecondition);
    QCOMPARE(m_results[0].outcome().begun, Begun::No);
}

void TestDurableServer::moreOutputThanIsKeptIsCounted()
{
    QVERIFY(machineComes());
    CallQueue::Limits limits;
    limits.output = 10;
    m_server->setLimits(limits);
    CommandSpec spec;
    spec.name = "talk";
    spec.kind = CommandKind::Channel;
    spec.idempotent = true;
    m_machine->commands.serveDynamic(spec, [](const Value &, const std::shared_ptr<IncomingCall> &call) {
        for (const char *piece : { "\x01"
                                   "12345",
                 "\x01"
                 "678",
                 "\x02"
                 "ab",
                 "\x02"
                 "cd",
                 "\x01"
                 "9" })
            call->sendBytes(piece);
        call->finish(Value());
    });
    m_durable->call(m_machineKey.key(), "talk", {}, this, [](const Result<SentCall> &) {});
    QTRY_COMPARE(m_results.size(), 1);
    const contracts::DurableResult result = m_results[0].result;
    QCOMPARE(result.output.size(), size_t(2));
    QCOMPARE(result.output[0].toBytes(),
        QByteArray("\x01"
                   "12345678"));
    QCOMPARE(result.output[1].toBytes(),
        QByteArray("\x02"
                   "ab"));
    QCOMPARE(result.leftOut, 3u);
}

void TestDurableServer::aDamagedFileTakesNothing()
{
    QFile damaged(file("server"));
    QVERIFY(damaged.open(QIODevice::WriteOnly | QIODevice::Truncate) && damaged.write(QByteArray(4096, 'x')) > 0);
    damaged.close();
    QFile::remove(file("server-wal"));
    order(1);
    QTRY_COMPARE(m_states.value(1), SentCall::State::AtBroker);
    QVERIFY(machineComes());
    QTRY_VERIFY(!m_server->state().trouble.isEmpty());
    QCOMPARE(m_states.value(1), SentCall::State::AtBroker);
    QVERIFY(damaged.open(QIODevice::ReadOnly));
    QCOMPARE(damaged.read(4), QByteArray("xxxx")); // untouched
    damaged.remove();
    machineGoes();
    QVERIFY(machineComes());
    QTRY_COMPARE(m_results.size(), 1);
}

QTEST_GUILESS_MAIN(TestDurableServer)
#include "tst_durable_server.moc"
