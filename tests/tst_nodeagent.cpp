#include "core/contracts/node.h"
#include "tests/support/brokerguest.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <csignal>

using namespace hawser;
using namespace hawser::contracts;
using test::BrokerProcess;
using test::Guest;

namespace {

struct Outcome {
    int exitCode = -1;
    QByteArray out;
    QByteArray err;
    QJsonObject json() const { return QJsonDocument::fromJson(out.left(out.indexOf('\n'))).object(); }
};

/// Calls, and waits for the end.
Result<Payload> ended(Call *call)
{
    std::optional<Result<Payload>> ended;
    QObject::connect(call, &Call::finished, call, [&](const Result<Payload> &result) { ended = result; });
    if (!QTest::qWaitFor([&] { return ended.has_value(); }))
        return Error { Code::DeadlineExceeded, QStringLiteral("the test waited in vain") };
    return *ended;
}

} // namespace

/// The real hawser-nodeagent at the real hawser-brokerd over loopback TLS.
class TestNodeAgent : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();

    void joinsByInvitationOnce();
    void waitsForAnAdministratorUnderOneNumber();
    void refusedIsTold();
    void saysWhatIsWrong();
    void servesWhatIsBuiltIn();
    void runsAndTellsTheEnd();
    void stopsWhatRunsAndExitsZero();
    void readsItsConfigurationAgain();
    void joinsThroughTheOneThatRuns();
    void killedItLeavesTheOffers();

private:
    static QString program()
    {
        return QCoreApplication::applicationDirPath() + QStringLiteral("/../bin/hawser-nodeagent");
    }
    Outcome node(QStringList arguments, const QByteArray &input = {});
    QByteArray invitation();
    bool startNode();
    bool startSuite();
    /// What the first person is told about the node.
    void watch();
    Party nodeParty() const { return { m_seen.node, {}, {} }; }

    std::unique_ptr<BrokerProcess> m_broker;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<QProcess> m_node;
    std::unique_ptr<Guest> m_person;
    WatchOffers::In m_seen;
};

void TestNodeAgent::init()
{
    m_seen = {};
    m_folder = std::make_unique<QTemporaryDir>();
    m_broker = std::make_unique<BrokerProcess>();
    QVERIFY(m_broker->start());
}

void TestNodeAgent::cleanup()
{
    m_person.reset();
    if (m_node) {
        m_node->kill();
        m_node->waitForFinished();
    }
    m_node.reset();
    m_broker.reset();
}

Outcome TestNodeAgent::node(QStringList arguments, const QByteArray &input)
{
    QProcess process;
    process.start(program(), arguments << QStringLiteral("--data") << m_folder->filePath("node"));
    process.write(input);
    process.closeWriteChannel();
    if (!QTest::qWaitFor([&] { return process.state() == QProcess::NotRunning; }, 15000))
        return {};
    return { process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError() };
}

QByteArray TestNodeAgent::invitation()
{
    QByteArray out;
    m_broker->verb({ "invite", "--kind", "node" }, &out);
    const QRegularExpressionMatch match =
        QRegularExpression(QStringLiteral("hawser:\\S+")).match(QString::fromUtf8(out));
    return match.captured().toUtf8();
}

bool TestNodeAgent::startNode()
{
    m_node = std::make_unique<QProcess>();
    m_node->setProcessChannelMode(QProcess::ForwardedErrorChannel);
    m_node->start(program(),
        { "run", "--json", "--data", m_folder->filePath("node"), "--config", m_folder->filePath("node.toml") });
    return QTest::qWaitFor([&] { return m_node->readAllStandardOutput().contains("running"); });
}

bool TestNodeAgent::startSuite()
{
    QFile config(m_folder->filePath("node.toml"));
    if (!config.open(QIODevice::WriteOnly))
        return false;
    config.write(
        "name = \"render-2\"\n[links]\nunacknowledged_bytes = 300000\n[[command]]\nname = \"spell\"\ntime_limit = \"1 "
        "min\"\n"
        "argv = [\"/usr/bin/perl\", \"-e\", '$| = 1; print $ARGV[0]; print STDERR \"err\"; sleep $ARGV[1]; exit 3',"
        "\"--\", \"{word}\", \"{pause}\"]\n"
        "[[command.parameter]]\nname = \"word\"\nrequired = true\n"
        "[[command.parameter]]\nname = \"pause\"\ntype = \"int\"\ndefault = 0\n");
    config.close();
    m_person = std::make_unique<Guest>("ana");
    if (!m_person->join(*m_broker, m_broker->firstLink()) || node({ "join", "-" }, invitation()).exitCode != 0)
        return false;
    watch();
    return startNode() && QTest::qWaitFor([&] { return m_seen.online; });
}

void TestNodeAgent::watch()
{
    Call *call = m_person->client.start<WatchOffers>({}, {});
    connect(call, &Channel::received, this, [this](const ChannelMessage &message) {
        if (const auto in = message.as<WatchOffers::In>())
            m_seen = *in;
    });
}

void TestNodeAgent::joinsByInvitationOnce()
{
    const QByteArray link = invitation();
    const Outcome first = node({ "join", "-", "--json" }, link);
    QVERIFY2(first.exitCode == 0, first.err.constData());
    QCOMPARE(first.json()["state"].toString(), "joined");
    QCOMPARE(first.json()["key"].toString(), m_broker->key().hex());
    QVERIFY(QFile::exists(m_folder->filePath("node/locations/" + first.json()["name"].toString() + "/broker.pub")));
    QFile::rename(m_folder->filePath("node"), m_folder->filePath("first"));
    const Outcome second = node({ "join", "-", "--json" }, link);
    QCOMPARE(second.exitCode, 77);
    QVERIFY(!second.json()["error"].toObject()["sentence"].toString().isEmpty());
}

void TestNodeAgent::waitsForAnAdministratorUnderOneNumber()
{
    const QString address = m_broker->address().text();
    const Outcome first = node({ "join", address, "--no-wait", "--json" });
    QCOMPARE(first.exitCode, 75);
    const QString number = first.json()["number"].toString();
    QCOMPARE(number.size(), 6);
    const Outcome again = node({ "join", address, "--no-wait" });
    QCOMPARE(again.exitCode, 75);
    QVERIFY2(again.out.contains(showNumber(number).toUtf8()), again.out.constData());
    QCOMPARE(node({ "run" }).exitCode, 78); // not before it was let in
    QByteArray pending;
    QCOMPARE(m_broker->verb({ "pending" }, &pending), 0);
    QVERIFY2(pending.contains(showNumber(number).toUtf8()), pending.constData());
    QVERIFY(m_broker->verb({ "approve", "n1", "--number", number }) == 0);
    QCOMPARE(node({ "join", address }).exitCode, 0);
    QVERIFY(!QFile::exists(m_folder->filePath("node/request")));
}

void TestNodeAgent::refusedIsTold()
{
    QProcess process;
    process.start(program(), { "join", m_broker->address().text(), "--data", m_folder->filePath("node") });
    QByteArray out;
    QTRY_VERIFY((out += process.readAllStandardOutput()).contains("number"));
    QCOMPARE(m_broker->verb({ "deny", "n1" }), 0);
    QTRY_COMPARE(process.state(), QProcess::NotRunning);
    QCOMPARE(process.exitCode(), 77);
}

void TestNodeAgent::saysWhatIsWrong()
{
    QCOMPARE(node({ "run" }).exitCode, 78);
    QVERIFY(node({ "run" }).err.contains("join"));
    QCOMPARE(node({}).exitCode, 64);
    QCOMPARE(node({ "dance" }).exitCode, 64);
    QCOMPARE(node({ "join", "hawser:join/1/damaged" }).exitCode, 64);
    QCOMPARE(node({ "join", "-" }, "\n").exitCode, 64);
    QCOMPARE(node({ "join", "127.0.0.1:1" }).exitCode, 69);
    QCOMPARE(node({ "status", "--json" }).json()["running"].toBool(true), false);
    QCOMPARE(node({ "check-config", "--config", "/nowhere" }).exitCode, 78);
    QCOMPARE(node({ "--version" }).out, "hawser-nodeagent 0.1.0\n");
}

void TestNodeAgent::servesWhatIsBuiltIn()
{
    QVERIFY(startSuite());
    QCOMPARE(m_seen.name, "render-2");
    QCOMPARE(m_seen.commands.size(), 6u);
    Value text;
    text.insert("text", "hello");
    CallOptions options;
    options.bulk = QByteArray(200000, 'b');
    const auto echo = ended(m_person->client.call(nodeParty(), "echo", text, options));
    QVERIFY(echo);
    QCOMPARE(echo->parameters[u"text"].toText(), "hello");
    QVERIFY(echo->bulk == options.bulk);
    Value numbers;
    numbers.insert("a", 7.0);
    numbers.insert("b", 0.0);
    const auto divided = ended(m_person->client.call(nodeParty(), "divide", numbers));
    QCOMPARE(divided.error().code, Code::InvalidArgument);
    QCOMPARE(divided.error().sentence, "Divisor cannot be zero");
    numbers.insert("b", 2.0);
    QCOMPARE(ended(m_person->client.call(nodeParty(), "divide", numbers))->parameters[u"quotient"].toFloat(), 3.5);
    const auto info = ended(m_person->client.call(nodeParty(), "system.info"));
    QVERIFY(info && info->parameters[u"memory_total"].toUnsigned() > 0);
    Value path;
    path.insert("path", "/nowhere");
    QCOMPARE(ended(m_person->client.call(nodeParty(), "disk.usage", path)).error().code, Code::NotFound);
    path.insert("path", "/");
    QVERIFY(ended(m_person->client.call(nodeParty(), "disk.usage", path))->parameters[u"total"].toUnsigned() > 0);

    Call *samples = m_person->client.call(nodeParty(), "system.watch");
    int came = 0;
    connect(samples, &Channel::received, this, [&](const ChannelMessage &message) {
        came += message.value() && (*message.value())[u"uptime_ms"].toInt() > 0;
    });
    QTRY_VERIFY(came >= 2);
    samples->cancel();
    QCOMPARE(ended(m_person->client.call(nodeParty(), "dance")).error().code, Code::Unimplemented);
}

void TestNodeAgent::runsAndTellsTheEnd()
{
    QVERIFY(startSuite());
    Value values;
    values.insert("word", "-x $(id)");
    Call *call = m_person->client.call(nodeParty(), "spell", values);
    QByteArray out, err;
    connect(call, &Channel::received, this, [&](const ChannelMessage &message) {
        if (message.bytes[0] == char(RunStream::Out))
            out += message.bytes.sliced(1);
        else if (message.bytes[0] == char(RunStream::Err))
            err += message.bytes.sliced(1);
    });
    const auto result = ended(call);
    QVERIFY(result);
    const auto end = fromValue<RunEnd>(result->parameters);
    QVERIFY(end && end->outcome == RunOutcome::Finished);
    QCOMPARE(end->exitStatus, 3);
    QCOMPARE(out, "-x $(id)");
    QCOMPARE(err, "err");
    values.insert("pause", "no number");
    QCOMPARE(ended(m_person->client.call(nodeParty(), "spell", values)).error().code, Code::InvalidArgument);
}

void TestNodeAgent::stopsWhatRunsAndExitsZero() // P15
{
    QVERIFY(startSuite());
    Value values;
    values.insert("word", "w");
    values.insert("pause", 50);
    Call *call = m_person->client.call(nodeParty(), "spell", values);
    bool runs = false;
    connect(call, &Channel::received, this, [&] { runs = true; });
    QTRY_VERIFY(runs);
    const QJsonObject status = node({ "status", "--json" }).json();
    QCOMPARE(status["runs"].toArray().size(), 1);
    QCOMPARE(status["used"]["runs_at_once"].toInt(), 1);
    QCOMPARE(status["links"][0]["state"].toString(), QStringLiteral("ready"));
    QCOMPARE(status["links"][0]["unacknowledged_most"].toInt(), 300000);
    m_node->terminate();
    const auto result = ended(call);
    QVERIFY2(result, qUtf8Printable(result ? QString() : result.error().sentence)); // the end is told before it goes
    const auto end = fromValue<RunEnd>(result->parameters);
    QVERIFY(end && end->outcome == RunOutcome::Stopped);
    QTRY_COMPARE(m_node->state(), QProcess::NotRunning);
    QCOMPARE(m_node->exitStatus(), QProcess::NormalExit);
    QCOMPARE(m_node->exitCode(), 0);
    QTRY_VERIFY(!m_seen.online);
}

void TestNodeAgent::readsItsConfigurationAgain() // G02
{
    QVERIFY(startSuite());
    QFile config(m_folder->filePath("node.toml"));
    QVERIFY(config.open(QIODevice::WriteOnly) && config.write("nmae = 1\n") > 0);
    config.close();
    ::kill(pid_t(m_node->processId()), SIGHUP);
    QCOMPARE(node({ "status", "--json" }).json()["commands"].toArray().size(), 6); // a mistake changes nothing
    QVERIFY(config.open(QIODevice::WriteOnly) && config.write("name = \"render-3\"\n") > 0);
    config.close();
    ::kill(pid_t(m_node->processId()), SIGHUP);
    QTRY_COMPARE(m_seen.name, "render-3");
    QCOMPARE(m_seen.commands.size(), 5u);
}

void TestNodeAgent::joinsThroughTheOneThatRuns()
{
    QVERIFY(startSuite());
    QCOMPARE(node({ "run" }).exitCode, 71); // the folder has an owner
    BrokerProcess other;
    QVERIFY(other.start());
    QByteArray out;
    other.verb({ "invite", "--kind", "node" }, &out);
    const auto link = QRegularExpression(QStringLiteral("hawser:\\S+")).match(QString::fromUtf8(out)).captured();
    QCOMPARE(node({ "join", "-" }, link.toUtf8()).exitCode, 0);
    const auto readyAtBoth = [&] {
        int ready = 0;
        const QJsonArray brokers = node({ "status", "--json" }).json()["brokers"].toArray();
        for (const auto &broker : brokers)
            ready += broker.toObject()["state"].toString() == "ready";
        return ready == 2;
    };
    QTRY_VERIFY(readyAtBoth());
}

void TestNodeAgent::killedItLeavesTheOffers()
{
    QVERIFY(startSuite());
    m_node->kill();
    QTRY_VERIFY(!m_seen.online);
    QVERIFY(!m_seen.removed);
    QVERIFY(startNode());
    QTRY_VERIFY(m_seen.online);
}

QTEST_GUILESS_MAIN(TestNodeAgent)
#include "tst_nodeagent.moc"
