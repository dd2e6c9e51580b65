// Durable calls when the broker, or the disk, does what they seldom do: a broker in this process that says what the test wants.
#include "core/contracts/broker.h"
#include "core/durable_client.h"
#include "core/durable_server.h"
#include "core/mail_items.h"
#include "core/server.h"
#include "core/wire.h"
#include "support/order.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace hawser;
using contracts::DurableCall;
using contracts::MailPost;
using contracts::MailTake;
using contracts::MayCall;
using test::Order;

namespace {

const PublicKey ana = Identity::generate().key();
const QByteArray device(8, 'd');

Profile profile(Role role)
{
    return { role, QStringLiteral("somebody"), QStringLiteral("test 1"), {}, device, {} };
}

/// Keeps nothing: what comes here is seen, and answered by the test.
struct House {
    Commands commands;
    Server server { Identity::generate(), profile(Role::Broker) };
    Address address;
    std::vector<std::shared_ptr<IncomingCall>> asked; ///< whether Ana may; each is told that she may
    std::shared_ptr<IncomingCall> post;
    std::shared_ptr<IncomingCall> take;
    QList<MailPost::Out> posted;
    quint64 serial = 0;

    House()
    {
        commands.serveChannel<MayCall>([this](const MayCall::Request &, const std::shared_ptr<IncomingCall> &call) {
            asked.push_back(call);
            call->send(MayCall::In {});
        });
        commands.serveChannel<MailPost>([this](const MailPost::Request &, const std::shared_ptr<IncomingCall> &call) {
            post = call;
            QObject::connect(call.get(), &Channel::received, &server,
                [this](const ChannelMessage &message) { posted << *message.as<MailPost::Out>(); });
        });
        commands.serveChannel<MailTake>(
            [this](const MailTake::Request &, const std::shared_ptr<IncomingCall> &call) { take = call; });
        server.setCommands(&commands);
        server.setDoor(Server::anybody);
        address = *server.listen({ QStringLiteral("127.0.0.1"), 0 });
    }
    QByteArray conversation() const { return MailSource::ofBroker(server.key()); }
    /// Ana calls.
    void bring(quint64 number)
    {
        const DurableCall call { QStringLiteral("order"), toValue(Order::Request { qint64(number) }),
            QDateTime::currentMSecsSinceEpoch() + 1'000'000 };
        const MailItem item { DurableCall::kind, encodeStruct(call), 1 };
        take->send(MailTake::In { ++serial, ana, device, conversation(), number, packItems({ &item, 1 }) });
    }
};

} // namespace

class TestDurableDoors : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_house = std::make_unique<House>();
        m_orders.clear();
        m_stopped = 0;
    }
    void cleanup()
    {
        m_orders.clear();
        m_server.reset();
        m_client.reset();
        m_house.reset();
    }

    void whoIsForgottenIsNotAskedAboutAnyMore();
    void whatComesAfterSomebodyIsLetInAgainIsNotForgotten();
    void aCallLeavesOnlyWhenItIsOnDiskThatItMay();

private:
    void machineComes()
    {
        m_client = std::make_unique<Client>(Identity::generate(), profile(Role::Node));
        m_commands.serveLater<Order>([this](const Order::Request &, const Caller &, const Reply<Order> &reply) {
            connect(&reply.call(), &IncomingCall::stopped, this, [this] { ++m_stopped; });
            m_orders.push_back(reply);
        });
        m_server = std::make_unique<DurableServer>(m_client->identity().key(), m_commands, file());
        m_server->add(*m_client);
        m_client->connectTo(m_house->address, m_house->server.key());
        QTRY_VERIFY(m_house->take && m_house->post);
    }
    QString file() const { return m_folder->filePath(QStringLiteral("calls.sqlite")); }
    /// Another program's hands on the file.
    void change(const char *statement, const Database::Steps &steps)
    {
        const auto database = Database::open(file(), steps);
        QVERIFY(database);
        QVERIFY((*database)->run(QLatin1String(statement)));
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<House> m_house;
    Commands m_commands;
    std::unique_ptr<Client> m_client;
    std::unique_ptr<DurableServer> m_server;
    std::vector<Reply<Order>> m_orders; // never answered
    int m_stopped = 0; // of them
};

/// The broker has nobody of that name any more when the machine wants to say something to her.
void TestDurableDoors::whoIsForgottenIsNotAskedAboutAnyMore()
{
    machineComes();
    m_house->bring(1);
    QTRY_COMPARE(m_server->state().running, 1);
    QTRY_COMPARE(m_house->posted.size(), 1); // that it has the call
    const MailPost::Out question = m_house->posted.first();
    QCOMPARE(question.to, ana);
    MailPost::In no { question.to, question.conversation };
    no.refused = 1;
    no.code = quint8(Code::NotFound);
    m_house->post->send(no);
    QTRY_COMPARE(m_stopped, 1);
    QCOMPARE(m_house->asked.size(), size_t(1));
    QTRY_VERIFY(m_house->asked[0]->isFinished());
}

/// The disk takes it only later that what was hers goes.
void TestDurableDoors::whatComesAfterSomebodyIsLetInAgainIsNotForgotten()
{
    machineComes();
    m_house->bring(1);
    m_house->bring(2);
    QTRY_COMPARE(m_server->state().running, 1);
    QTRY_COMPARE(m_server->state().waiting, 2);
    change("CREATE TRIGGER no BEFORE DELETE ON calls BEGIN SELECT RAISE(ABORT, 'it cannot be written'); END",
        CallQueue::steps());
    m_house->asked[0]->fail({ Code::NotFound, QStringLiteral("nobody like that is here"), Begun::No });
    QTRY_VERIFY(!m_server->state().trouble.isEmpty());
    m_house->bring(3);
    QTRY_COMPARE(m_server->state().waiting, 3);
    QCOMPARE(m_house->asked.size(), size_t(1)); // nothing of hers begins till then
    change("DROP TRIGGER no", CallQueue::steps());
    QTRY_COMPARE(m_server->state().running, 1);
    QCOMPARE(m_server->state().waiting, 1);
    QCOMPARE(m_house->asked.size(), size_t(2));
    QCOMPARE(m_orders.size(), size_t(2)); // the second was never begun
}

/// Else it would be said of it that it was not done.
void TestDurableDoors::aCallLeavesOnlyWhenItIsOnDiskThatItMay()
{
    const Database::Steps steps { Outbox::tables() + Inbox::tables() + CallBook::tables(), CallBook::moreTables() };
    m_client = std::make_unique<Client>(Identity::generate(), profile(Role::Person));
    DurableClient durable(*m_client, m_house->server.key(), file());
    QSignalSpy failed(&durable, &DurableClient::failed);
    std::optional<Result<SentCall>> queued;
    durable.call<Order>(ana, { 1 }, this, [&](const Result<SentCall> &call) { queued = call; });
    QTRY_VERIFY(queued && *queued);
    QVERIFY(!(*queued)->mayHaveLeft);
    change("CREATE TRIGGER no BEFORE UPDATE OF may_have_left ON sent_calls"
           " BEGIN SELECT RAISE(ABORT, 'it cannot be written'); END",
        steps);
    m_client->connectTo(m_house->address, m_house->server.key());
    QTRY_VERIFY(!failed.isEmpty());
    bool isAnswered = false; // whatever was said before has come when this comes back
    m_client->call<Order>({}, { 1 }, this, [&](const Result<Order::Reply> &) { isAnswered = true; });
    QTRY_VERIFY(isAnswered && m_house->post);
    QCOMPARE(m_house->posted.size(), 0);
    change("DROP TRIGGER no", steps);
    QTRY_COMPARE_WITH_TIMEOUT(m_house->posted.size(), 1, 20'000);
    const auto database = Database::open(file(), steps);
    QVERIFY(database && CallBook(**database).all()->first().mayHaveLeft);
    bool mayHaveLeft = false; // and what is put now may leave at once
    durable.call<Order>(
        ana, { 2 }, this, [&](const Result<SentCall> &call) { mayHaveLeft = call && call->mayHaveLeft; });
    QTRY_VERIFY(mayHaveLeft);
}

QTEST_GUILESS_MAIN(TestDurableDoors)
#include "tst_durable_doors.moc"
