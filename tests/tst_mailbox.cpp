// Durable messages through a real hawser-brokerd: what is acknowledged, what is given, and what happens when it cannot keep.
#include "brokerd/mail_store.h"
#include "core/contracts/mail.h"
#include "core/mail_items.h"
#include "core/store/mail_poster.h"
#include "core/store/mail_taker.h"
#include "support/brokerguest.h"
#include "tests/support/mail_run.h"

#include <QJsonDocument>
#include <QSignalSpy>
#include <csignal>

using namespace hawser;
using namespace hawser::test;

namespace {

const QByteArray conversation(16, 'c');

/// Somebody with a device of his own who posts and takes by hand.
class Person : public Guest {
public:
    explicit Person(const QString &name, const Identity &identity = Identity::generate(), char device = 'd',
        Role role = Role::Person)
        : Guest(name, role, identity)
    {
        Profile profile = client.profile();
        profile.device = QByteArray(8, device);
        client.setProfile(profile);
    }
    void openPost()
    {
        CallOptions options;
        options.keepOpen = true;
        options.streamClass = StreamClass::Talk;
        posting = client.call({}, QLatin1String(contracts::MailPost::name), {}, options);
        connect(posting, &Channel::received, this,
            [this](const ChannelMessage &message) { answers << *message.as<contracts::MailPost::In>(); });
    }
    void post(const PublicKey &to, quint64 first, const QByteArrayList &texts)
    {
        posting->send(contracts::MailPost::Out { to, conversation, first, items(texts), 0 });
    }
    void openTake()
    {
        CallOptions options;
        options.keepOpen = true;
        options.streamClass = StreamClass::Talk;
        taking = client.call({}, QLatin1String(contracts::MailTake::name), {}, options);
        connect(taking, &Channel::received, this, [this](const ChannelMessage &message) {
            const auto in = message.as<contracts::MailTake::In>();
            const auto unpacked = unpackItems(in->items);
            for (qsizetype i = 0; i < unpacked->size(); ++i) {
                got << (*unpacked)[i].body;
                serial = in->serial + quint64(i);
            }
            if (in->failed)
                got << "failed";
        });
        connect(taking, &Call::finished, this, [this](const Result<Payload> &result) { takingEnded = result.error(); });
    }
    void acknowledge(quint64 upto) { taking->send(contracts::MailTake::Out { upto, 0 }); }
    void fail(quint64 which) { taking->send(contracts::MailTake::Out { 0, which }); }
    QByteArray all() const { return got.join(' '); }

    QPointer<Call> posting;
    QPointer<Call> taking;
    QList<contracts::MailPost::In> answers;
    QByteArrayList got;
    quint64 serial = 0;
    std::optional<Error> takingEnded;
};

} // namespace

class TestMailbox : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void isGivenToWhoComesLater();
    void nothingIsAcknowledgedBeforeItIsOnDisk();
    void eachDeviceGetsEachItemOnce();
    void ownDevicesHearEachOther();
    void whoIsNotThereAndWhoMayNotLookAlike();
    void machinesAreWrittenToAndAnswer();
    void afterARefusalTheRestWaitsForIt();
    void whatItRefusesIsShown_data();
    void whatItRefusesIsShown();
    void devicesOfOneAreBounded();
    void anItemThatFailsIsSetAsideAndTheRestGoesOn();
    void whoWaitsHasNotFailed();
    void aFailureThatCannotBeNotedIsNotedLater();
    void whatLiesThereIsGivenThoughNothingCanBeNoted();
    void aNewProgramOfTheDeviceTakesOver();
    void malformedPostingsEndTheirChannelAlone_data();
    void malformedPostingsEndTheirChannelAlone();
    void survivesAKilledBroker();
    void aDamagedFileIsSaidAndTheRestServesOn();
    void revokedPeopleLeaveNothing();
    void thePosterBringsAllAndTheOutboxKnows();
    void thePosterGoesOnAfterARefusal();
    void theTakerAcknowledgesWhatIsKeptAndGetsTheRestAgain();
    void theTakerGoesOnBehindWhatWasSetAside();

private:
    QString invitation()
    {
        QByteArray link;
        m_broker->verb({ QStringLiteral("invite"), QStringLiteral("--uses"), QStringLiteral("9") }, &link);
        return QString::fromUtf8(link).trimmed();
    }
    std::unique_ptr<Person> enter(
        const QString &name, const Identity &identity = Identity::generate(), char device = 'd')
    {
        auto person = std::make_unique<Person>(name, identity, device);
        if (!m_known.contains(identity.key())) {
            if (!person->join(*m_broker, m_link))
                return nullptr;
            m_known << identity.key();
            return person;
        }
        person->connectTo(*m_broker);
        return person->waitFor(Client::State::Ready) ? std::move(person) : nullptr;
    }
    std::unique_ptr<Person> enterMachine(const QString &name)
    {
        auto machine = std::make_unique<Person>(name, Identity::generate(), 'm', Role::Node);
        QByteArray link;
        m_broker->verb({ QStringLiteral("invite"), QStringLiteral("--kind"), QStringLiteral("node") }, &link);
        return machine->join(*m_broker, QString::fromUtf8(link).trimmed()) ? std::move(machine) : nullptr;
    }
    QString mailFile() const { return m_broker->folder() + QStringLiteral("/mailbox.sqlite"); }
    qint64 inStatus(const char *map, const char *name)
    {
        QByteArray output;
        m_broker->verb({ QStringLiteral("status"), QStringLiteral("--json") }, &output);
        return QJsonDocument::fromJson(output)[QLatin1String(map)][QLatin1String(name)].toInteger();
    }
    qint64 counter(const char *name) { return inStatus("counters", name); }

    std::unique_ptr<BrokerProcess> m_broker;
    QString m_link;
    QList<PublicKey> m_known;
    Identity m_ana = Identity::generate();
    Identity m_bea = Identity::generate();
};

void TestMailbox::init()
{
    m_known.clear();
    m_broker = std::make_unique<BrokerProcess>();
    QVERIFY(m_broker->start());
    m_link = invitation();
    QVERIFY(enter(QStringLiteral("Bea"), m_bea)); // she exists, and goes again
}

void TestMailbox::cleanup()
{
    m_broker.reset();
}

void TestMailbox::isGivenToWhoComesLater()
{
    auto ana = enter(QStringLiteral("Ana"), m_ana);
    QVERIFY(ana);
    ana->openPost();
    ana->posting->send(contracts::MailPost::Out { m_bea.key(), conversation, 0, {}, 0 });
    QTRY_COMPARE(ana->answers.size(), 1);
    QCOMPARE(ana->answers[0].highest, std::optional<quint64>(0));
    ana->post(m_bea.key(), 1, { "a", "b" });
    ana->post(m_bea.key(), 3, { "c" });
    QTRY_COMPARE(ana->answers.last().kept, 3u);
    ana->posting->send(contracts::MailPost::Out { m_bea.key(), conversation, 0, {}, 0 });
    QTRY_COMPARE(ana->answers.last().highest, std::optional<quint64>(3));
    QCOMPARE(ana->answers.last().digest, itemDigest(items({ "c" })));

    auto bea = enter(QStringLiteral("Bea"), m_bea);
    QVERIFY(bea);
    bea->openTake();
    QTRY_COMPARE(bea->all(), QByteArray("a b c"));
    ana->post(m_bea.key(), 4, { "d" }); // and what comes while she is here
    QTRY_COMPARE(bea->all(), QByteArray("a b c d"));
    QTRY_COMPARE(counter("mailbox_items_on_disk"), 4);
    bea->acknowledge(bea->serial);
    QTRY_COMPARE(counter("mailbox_items_on_disk"), 0);
    QCOMPARE(inStatus("limits", "mailbox_synchronous"), 2);
}

/// Another program holds the file, so nothing can be committed; the broker does everything else meanwhile.
void TestMailbox::nothingIsAcknowledgedBeforeItIsOnDisk()
{
    auto ana = enter(QStringLiteral("Ana"), m_ana);
    QVERIFY(ana);
    ana->openPost();
    auto held = Database::open(mailFile(), broker::MailStore::steps());
    QVERIFY(held && (*held)->run(QStringLiteral("BEGIN IMMEDIATE")));
    ana->post(m_bea.key(), 1, { "a" });
    QCOMPARE(counter("mailbox_posted"), 0); // it was there long before this answer
    QVERIFY(ana->answers.isEmpty());
    QVERIFY((*held)->run(QStringLiteral("COMMIT")));
    QTRY_COMPARE(ana->answers.size(), 1);
    QCOMPARE(ana->answers[0].kept, 1u);
    QCOMPARE(*(*held)->number(QStringLiteral("SELECT count(*) FROM mail")), 1);
}

void TestMailbox::eachDeviceGetsEachItemOnce()
{
    auto ana = enter(QStringLiteral("Ana"), m_ana);
    auto one = enter(QStringLiteral("Bea"), m_bea, '1');
    auto two = enter(QStringLiteral("Bea"), m_bea, '2');
    QVERIFY(ana && one && two);
    one->openTake();
    two->openTake();
    ana->openPost();
    for (quint64 n = 1; n <= 100; ++n)
        ana->post(m_bea.key(), n, { QByteArray::number(n) });
    QTRY_COMPARE(one->got.size(), 100);
    QTRY_COMPARE(two->got.size(), 100);
    QCOMPARE(one->got, two->got);
    QTRY_COMPARE(counter("mailbox_items"), 100);
    one->acknowledge(one->serial);
    QTRY_COMPARE(counter("mailbox_items"), 0);
    QCOMPARE(counter("mailbox_items_on_disk"), 100);
    two.reset(); // without having acknowledged
    QTRY_COMPARE(counter("mailbox_takers"), 1);
    two = enter(QStringLiteral("Bea"), m_bea, '2');
    two->openTake();
    QTRY_COMPARE(two->got.size(), 1); // one at a time: something may be wrong with the first
    two->acknowledge(two->serial);
    QTRY_COMPARE(two->got.size(), 2);
    two->acknowledge(two->serial);
    QTRY_VERIFY(counter("mailbox_items_on_disk") < 100);
}

void TestMailbox::ownDevicesHearEachOther()
{
    auto one = enter(QStringLiteral("Bea"), m_bea, '1');
    auto two = enter(QStringLiteral("Bea"), m_bea, '2');
    QVERIFY(one && two);
    one->openTake();
    two->openTake();
    QTRY_COMPARE(counter("mailbox_takers"), 2);
    one->openPost();
    one->post(m_bea.key(), 1, { "read" });
    QTRY_COMPARE(two->all(), QByteArray("read"));
    QTRY_COMPARE(counter("mailbox_items_on_disk"), 1);
    two->acknowledge(two->serial);
    QTRY_COMPARE(counter("mailbox_items_on_disk"), 0);
    QVERIFY(one->got.isEmpty());
}

void TestMailbox::whoIsNotThereAndWhoMayNotLookAlike()
{
    auto ana = enter(QStringLiteral("Ana"), m_ana);
    auto node = enterMachine(QStringLiteral("machine"));
    ana->openPost();
    auto other = enterMachine(QStringLiteral("other"));
    QVERIFY(ana && node && other);
    ana->openPost();
    ana->post(Identity::generate().key(), 1, { "a" });
    ana->post(m_broker->key(), 1, { "a" });
    node->openPost();
    node->post(other->key(), 1, { "a" }); // a machine calls no machine
    QTRY_COMPARE(ana->answers.size(), 2);
    QTRY_COMPARE(node->answers.size(), 1);
    for (contracts::MailPost::In in : ana->answers + node->answers) {
        QCOMPARE(codeFromWire(in.code), Code::NotFound);
        QCOMPARE(in.sentence, ana->answers[0].sentence);
        QCOMPARE(in.refused, 1u);
        QCOMPARE(in.retryMs, 0u);
    }
    ana->post(m_bea.key(), 1, { "a" }); // and the channel lives
    QTRY_COMPARE(ana->answers.last().kept, 1u);
}

/// Only a machine may ask who may call it.
void TestMailbox::machinesAreWrittenToAndAnswer()
{
    auto ana = enter(QStringLiteral("Ana"), m_ana);
    auto node = enterMachine(QStringLiteral("machine"));
    QVERIFY(ana && node);
    ana->openPost();
    ana->openTake();
    node->openPost();
    node->openTake();
    ana->post(node->key(), 1, { "question" });
    QTRY_COMPARE(node->all(), QByteArray("question"));
    node->post(m_ana.key(), 1, { "answer" });
    QTRY_COMPARE(ana->all(), QByteArray("answer"));

    const auto may = [this](Guest &who, const PublicKey &user, int &said, std::optional<Code> &end) {
        Call *call = who.client.start<contracts::MayCall>({}, { user });
        connect(call, &Channel::received, this, [&said] { ++said; });
        connect(call, &Call::finished, this,
            [&end](const Result<Payload> &result) { end = result ? Code::Ok : result.error().code; });
    };
    int yes = 0;
    int no = 0;
    std::optional<Code> anas;
    std::optional<Code> noPerson;
    std::optional<Code> noMachine;
    may(*node, m_ana.key(), yes, anas);
    may(*node, node->key(), no, noPerson);
    may(*ana, m_ana.key(), no, noMachine);
    QTRY_VERIFY(yes == 1 && noPerson && noMachine);
    QCOMPARE(*noPerson, Code::NotFound);
    QCOMPARE(*noMachine, Code::PermissionDenied);
    QVERIFY(!anas); // as long as she may
    QElapsedTimer since;
    since.start();
    QCOMPARE(m_broker->verb({ "revoke", m_ana.key().hex() }), 0);
    QTRY_VERIFY(anas);
    QVERIFY(since.elapsed() < 2000);
    QCOMPARE(*anas, Code::NotFound);
    QCOMPARE(yes, 1);
    QCOMPARE(no, 0);
}

void TestMailbox::afterARefusalTheRestWaitsForIt()
{
    auto ana = enter(QStringLiteral("Ana"), m_ana);
    QVERIFY(ana);
    ana->openPost();
    ana->post(m_bea.key(), 1, { "a" });
    ana->post(m_bea.key(), 1, { "X", "b" }); // another under number 1
    ana->post(m_bea.key(), 3, { "c" });
    QTRY_VERIFY(!ana->answers.isEmpty() && ana->answers.last().refused);
    QCOMPARE(codeFromWire(ana->answers.last().code), Code::Conflict);
    ana->post(m_bea.key(), 1, { "a", "b" });
    QTRY_COMPARE(ana->answers.last().kept, 2u);
    QTRY_COMPARE(counter("mailbox_items"), 2); // c was passed over
    QCOMPARE(ana->answers.size(), 3);
    ana->post(m_bea.key(), 3, { "c" });
    QTRY_COMPARE(ana->answers.last().kept, 3u);
}

void TestMailbox::whatItRefusesIsShown_data()
{
    QTest::addColumn<QByteArray>("setting");
    QTest::addColumn<QByteArray>("limit");
    QTest::addColumn<int>("used");
    const auto two = int(items({ "a", "b" }).size());
    const QByteArray notThree = QByteArray::number(two + 1);

    QTest::newRow("of one sender") << QByteArray("sender_items = 2") << QByteArray("mailbox_sender_items") << 2;
    QTest::newRow("their bytes") << "sender_bytes = " + notThree << QByteArray("mailbox_sender_bytes") << two;
    QTest::newRow("of all") << QByteArray("items = 2") << QByteArray("mailbox_items") << 2;
    QTest::newRow("bytes of all") << "bytes = " + notThree << QByteArray("mailbox_bytes") << two;
}

void TestMailbox::whatItRefusesIsShown()
{
    QFETCH(const QByteArray, setting);
    QFETCH(const QByteArray, limit);
    QFETCH(const int, used);
    m_broker->stop();
    QVERIFY(m_broker->start("[mailbox]\n" + setting + "\n"));
    auto ana = enter(QStringLiteral("Ana"), m_ana);
    QVERIFY(ana);
    ana->openPost();
    ana->post(m_bea.key(), 1, { "a", "b", "c" });
    QTRY_COMPARE(ana->answers.size(), 1);
    QCOMPARE(ana->answers[0].kept, 2u);
    QCOMPARE(ana->answers[0].refused, 3u);
    QCOMPARE(codeFromWire(ana->answers[0].code), Code::ResourceExhausted);
    QCOMPARE(inStatus("hits", limit.constData()), 1);
    QTRY_COMPARE(inStatus("used", limit.constData()), used);
}

void TestMailbox::devicesOfOneAreBounded()
{
    m_broker->stop();
    QVERIFY(m_broker->start("[mailbox]\ndevices = 2\n"));
    for (const char device : { 'a', 'b', 'c' }) {
        auto bea = enter(QStringLiteral("Bea"), m_bea, device);
        QVERIFY(bea);
        bea->openTake();
        QTRY_COMPARE(counter("mailbox_takers"), 1);
        bea.reset();
        QTRY_COMPARE(counter("mailbox_takers"), 0);
    }
    QTRY_COMPARE(inStatus("hits", "mailbox_devices"), 1);
    auto ana = enter(QStringLiteral("Ana"), m_ana);
    QVERIFY(ana);
    ana->openPost();
    ana->post(m_bea.key(), 1, { "a" }); // what is used is counted when something has come
    QTRY_COMPARE(inStatus("used", "mailbox_devices"), 2);
}

void TestMailbox::anItemThatFailsIsSetAsideAndTheRestGoesOn()
{
    auto ana = enter(QStringLiteral("Ana"), m_ana);
    auto bea = enter(QStringLiteral("Bea"), m_bea);
    QVERIFY(ana && bea);
    ana->openPost();
    ana->post(m_bea.key(), 1, { "a", "bad", "c" });
    bea->openTake();
    QTRY_COMPARE(bea->all(), QByteArray("a bad c"));
    QTRY_COMPARE(counter("mailbox_items"), 3);
    const quint64 bad = bea->serial - 1;
    for (int i = 0; i < 4; ++i) {
        bea->got.clear();
        bea->fail(bad);
        QTRY_COMPARE(bea->all(), QByteArray("failed bad")); // alone
    }
    bea->got.clear();
    bea->fail(bad);
    QTRY_COMPARE(bea->all(), QByteArray("failed c"));
    bea->acknowledge(bea->serial);
    QTRY_COMPARE(counter("mailbox_parked"), 1);
    QTRY_COMPARE(counter("mailbox_items"), 1); // that one
    QCOMPARE(inStatus("hits", "mailbox_tries"), 1);
}

/// Its disk is full, and it goes and comes again: nothing is wrong with what was given.
void TestMailbox::whoWaitsHasNotFailed()
{
    auto ana = enter(QStringLiteral("Ana"), m_ana);
    auto bea = enter(QStringLiteral("Bea"), m_bea);
    QVERIFY(ana && bea);
    ana->openPost();
    ana->post(m_bea.key(), 1, { "a", "b", "c" });
    for (int i = 0; i < limits::mailTries + 1; ++i) {
        bea->got.clear();
        bea->openTake();
        QTRY_COMPARE(bea->all(), QByteArray("a b c")); // together: nothing is suspected
        bea->taking->send(contracts::MailTake::Out { 0, 0, true });
        bea->taking->cancel();
        QTRY_COMPARE(counter("mailbox_takers"), 0);
    }
    QCOMPARE(counter("mailbox_parked"), 0);
    bea->got.clear();
    bea->openTake();
    QTRY_COMPARE(bea->all(), QByteArray("a b c"));
    bea->taking->send(contracts::MailTake::Out { 0, 0, true });
    bea->acknowledge(bea->serial - 2); // it waits no more
    bea->taking->cancel();
    QTRY_COMPARE(counter("mailbox_takers"), 0);
    bea->got.clear();
    bea->openTake();
    QTRY_COMPARE(bea->all(), QByteArray("b")); // alone: it may have been the reason
}

/// The broker's own file takes no number of tries: nothing is given until it does, and it is said and counted.
void TestMailbox::aFailureThatCannotBeNotedIsNotedLater()
{
    auto ana = enter(QStringLiteral("Ana"), m_ana);
    auto bea = enter(QStringLiteral("Bea"), m_bea);
    QVERIFY(ana && bea);
    ana->openPost();
    ana->post(m_bea.key(), 1, { "bad", "b" });
    bea->openTake();
    QTRY_COMPARE(bea->all(), QByteArray("bad b"));
    auto held = Database::open(mailFile(), broker::MailStore::steps());
    QVERIFY(held
        && (*held)->run(QStringLiteral("CREATE TRIGGER full BEFORE UPDATE OF singly_to ON mail_devices"
                                       " BEGIN SELECT RAISE(FAIL, 'full'); END")));
    QCOMPARE(counter("mailbox_failures"), 0);
    bea->got.clear();
    bea->fail(bea->serial - 1);
    QTRY_VERIFY(counter("mailbox_failures") > 1); // it tries again by itself
    QCOMPARE(bea->all(), QByteArray());
    QVERIFY((*held)->run(QStringLiteral("DROP TRIGGER full")));
    QTRY_COMPARE(bea->all(), QByteArray("failed bad"));
    QCOMPARE(counter("mailbox_parked"), 0);
}

/// The broker's own file takes nothing about devices: what can be read is given; that it was taken is noted by itself later.
void TestMailbox::whatLiesThereIsGivenThoughNothingCanBeNoted()
{
    auto ana = enter(QStringLiteral("Ana"), m_ana);
    auto bea = enter(QStringLiteral("Bea"), m_bea);
    QVERIFY(ana && bea);
    ana->openPost();
    ana->post(m_bea.key(), 1, { "a", "b" });
    QTRY_COMPARE(counter("mailbox_items"), 2);
    auto held = Database::open(mailFile(), broker::MailStore::steps());
    QVERIFY(held
        && (*held)->run(QStringLiteral("CREATE TRIGGER full BEFORE INSERT ON mail_devices"
                                       " BEGIN SELECT RAISE(FAIL, 'full'); END")));
    bea->openTake(); // a device that it does not know
    QTRY_COMPARE(bea->all(), QByteArray("a b"));
    QVERIFY(!bea->takingEnded);
    bea->acknowledge(bea->serial);
    QTRY_VERIFY(counter("mailbox_failures") > 2); // it tries again by itself
    QCOMPARE(counter("mailbox_items"), 2);
    QVERIFY((*held)->run(QStringLiteral("DROP TRIGGER full")));
    QTRY_COMPARE(counter("mailbox_items"), 0);
    QTRY_COMPARE(counter("mailbox_items_on_disk"), 0);
    bea->taking->cancel();
    QTRY_COMPARE(counter("mailbox_takers"), 0);
    ana->post(m_bea.key(), 3, { "c" });
    bea->got.clear();
    bea->openTake();
    QTRY_COMPARE(bea->all(), QByteArray("c"));
}

void TestMailbox::aNewProgramOfTheDeviceTakesOver()
{
    auto bea = enter(QStringLiteral("Bea"), m_bea);
    QVERIFY(bea);
    bea->openTake();
    QPointer<Call> first = bea->taking;
    QTRY_COMPARE(counter("mailbox_takers"), 1);
    bea->openTake();
    QTRY_VERIFY(bea->takingEnded);
    QCOMPARE(bea->takingEnded->code, Code::Aborted);
    QTRY_COMPARE(counter("mailbox_takers"), 1);
    QVERIFY(bea->taking && !bea->taking->isFinished());
}

void TestMailbox::malformedPostingsEndTheirChannelAlone_data()
{
    QTest::addColumn<QByteArray>("message");
    const auto out = [](const QByteArray &talk, quint64 first, const QByteArray &run) {
        return encodeStruct(contracts::MailPost::Out { Identity::generate().key(), talk, first, run, 0 });
    };
    QTest::newRow("no value") << QByteArray("\xc1", 1);
    QTest::newRow("no recipient") << encode(Value(Value::Map { { QStringLiteral("first"), Value(1) } }));
    QTest::newRow("short conversation") << out(conversation.chopped(1), 1, items({ "a" }));
    QTest::newRow("too much at once") << out(conversation, 1, QByteArray(limits::mailRun + 1, 'x'));
}

void TestMailbox::malformedPostingsEndTheirChannelAlone()
{
    QFETCH(QByteArray, message);
    auto ana = enter(QStringLiteral("Ana"), m_ana);
    QVERIFY(ana);
    ana->openPost();
    std::optional<Error> ended;
    connect(ana->posting, &Call::finished, this, [&](const Result<Payload> &result) { ended = result.error(); });
    ana->posting->sendBytes(message);
    QTRY_VERIFY(ended);
    QCOMPARE(ended->code, Code::InvalidArgument);
    ana->openPost();
    ana->post(m_bea.key(), 0, { "a" }); // a number that is none: refused, not closed
    QTRY_COMPARE(ana->answers.size(), 1);
    QCOMPARE(codeFromWire(ana->answers[0].code), Code::InvalidArgument);
    QCOMPARE(ana->client.state(), Client::State::Ready);
}

void TestMailbox::survivesAKilledBroker()
{
    auto ana = enter(QStringLiteral("Ana"), m_ana);
    QVERIFY(ana);
    ana->openPost();
    for (quint64 n = 1; n <= 50; ++n)
        ana->post(m_bea.key(), n, { QByteArray::number(n) });
    QTRY_VERIFY(!ana->answers.isEmpty());
    const quint64 acknowledged = ana->answers.last().kept;
    ::kill(pid_t(m_broker->pid()), SIGKILL);
    QTRY_VERIFY(ana->client.state() != Client::State::Ready);
    QVERIFY(m_broker->start());
    auto bea = enter(QStringLiteral("Bea"), m_bea);
    QVERIFY(bea);
    bea->openTake();
    QTRY_VERIFY(quint64(bea->got.size()) >= acknowledged);
    for (int i = 0; i < bea->got.size(); ++i)
        QCOMPARE(bea->got[i], QByteArray::number(i + 1));
    QVERIFY(ana->waitFor(Client::State::Ready, 20000));
    ana->openPost();
    for (quint64 n = 1; n <= 50; ++n) // it does not know what came: all again
        ana->post(m_bea.key(), n, { QByteArray::number(n) });
    QTRY_COMPARE(ana->answers.last().kept, 50u);
    QTRY_COMPARE(bea->got.size(), 50);
}

void TestMailbox::aDamagedFileIsSaidAndTheRestServesOn()
{
    QCOMPARE(m_broker->stop(), 0);
    for (const char *suffix : { "-wal", "-shm" })
        QFile::remove(mailFile() + QLatin1String(suffix));
    QFile file(mailFile());
    const QByteArray junk(8192, 'x');
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(junk) == junk.size());
    file.close();
    QVERIFY(m_broker->start());
    m_link = invitation();
    auto ana = enter(QStringLiteral("Ana"), m_ana); // accounts are served
    QVERIFY(ana);
    ana->openPost();
    ana->post(m_bea.key(), 1, { "a" });
    QTRY_COMPARE(ana->answers.size(), 1);
    QCOMPARE(ana->answers[0].kept, 0u);
    QCOMPARE(ana->answers[0].refused, 1u);
    QVERIFY(ana->answers[0].retryMs > 0); // nothing is given up for that
    QVERIFY(!ana->answers[0].sentence.contains(QLatin1Char('/'))); // no path for members
    ana->openTake();
    QTRY_VERIFY(ana->takingEnded);
    QCOMPARE(ana->takingEnded->code, Code::Unavailable);
    QVERIFY(counter("mailbox_failures") > 0);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), junk);
}

void TestMailbox::revokedPeopleLeaveNothing()
{
    auto ana = enter(QStringLiteral("Ana"), m_ana);
    QVERIFY(ana);
    ana->openPost();
    ana->post(m_bea.key(), 1, { "a" });
    QTRY_COMPARE(counter("mailbox_items"), 1);
    QCOMPARE(m_broker->verb({ QStringLiteral("revoke"), m_bea.key().hex() }), 0);
    QTRY_COMPARE(counter("mailbox_items"), 0);
    ana->answers.clear();
    ana->post(m_bea.key(), 2, { "b" });
    QTRY_COMPARE(ana->answers.size(), 1);
    QCOMPARE(codeFromWire(ana->answers[0].code), Code::NotFound);
}

void TestMailbox::thePosterBringsAllAndTheOutboxKnows()
{
    QTemporaryDir folder;
    StoreThread store(folder.filePath(QStringLiteral("outbox.sqlite")), { Outbox::tables() });
    MailPoster poster(store);
    QSignalSpy stored(&poster, &MailPoster::stored);
    const MailSequence sequence { m_bea.key(), conversation };
    for (int i = 0; i < 10; ++i)
        poster.put(sequence, { "chat/1", QByteArray::number(i), 1 }); // while there is no way
    QTRY_VERIFY(!stored.isEmpty());

    auto ana = enter(QStringLiteral("Ana"), m_ana);
    QVERIFY(ana);
    MailProgress progress;
    connect(&poster, &MailPoster::kept, this, [&](const MailSequence &, const MailProgress &now) { progress = now; });
    poster.start(ana->client.link());
    for (int i = 10; i < 2000; ++i)
        poster.put(sequence, { "chat/1", QByteArray::number(i), 1 });
    QTRY_COMPARE(progress.kept, 1000u); // the quota of one sender
    auto bea = enter(QStringLiteral("Bea"), m_bea);
    QVERIFY(bea);
    bea->openTake();
    QTRY_COMPARE(bea->got.size(), 1000);
    for (int i = 0; i < bea->got.size(); ++i)
        QCOMPARE(bea->got[i], QByteArray::number(i));
}

/// What its owner could not keep comes again before anything behind it.
void TestMailbox::theTakerAcknowledgesWhatIsKeptAndGetsTheRestAgain()
{
    auto ana = enter(QStringLiteral("Ana"), m_ana);
    QVERIFY(ana);
    ana->openPost();
    ana->post(m_bea.key(), 1, { "a" });
    ana->post(m_bea.key(), 2, { "b" });
    ana->post(m_bea.key(), 3, { "c" });
    QTRY_VERIFY(!ana->answers.isEmpty() && ana->answers.last().kept == 3u);

    auto bea = enter(QStringLiteral("Bea"), m_bea);
    QVERIFY(bea);
    QByteArrayList kept;
    int failures = 0;
    MailTaker taker(m_bea.key(), [&](const MailTaken &taken, const MailTaker::Done &done) {
        QCOMPARE(taken.source, (MailSource { m_ana.key(), QByteArray(8, 'd'), m_bea.key(), conversation }));
        const auto unpacked = unpackItems(taken.items);
        QCOMPARE(quint64(unpacked->size()), taken.count);
        const bool fails = taken.first <= 2 && taken.first + taken.count > 2 && ++failures <= 2;
        for (const MailItem &item : *unpacked)
            if (!fails)
                kept << item.body;
        QTimer::singleShot(0, this, [done, fails] {
            done(fails ? Result<void>(Error { Code::InvalidArgument, QStringLiteral("odd") }) : Result<void>());
        });
    });
    taker.start(bea->client.link());
    taker.start(bea->client.link()); // takes over this link already: not a second time
    QTRY_COMPARE(counter("mailbox_items_on_disk"), 0);
    QCOMPARE(kept, (QByteArrayList { "a", "b", "c" }));
    QVERIFY(failures > 2);
    QCOMPARE(counter("mailbox_takers"), 1);
}

/// What never can be taken is no end of everything.
void TestMailbox::theTakerGoesOnBehindWhatWasSetAside()
{
    auto ana = enter(QStringLiteral("Ana"), m_ana);
    auto bea = enter(QStringLiteral("Bea"), m_bea);
    QVERIFY(ana && bea);
    ana->openPost();
    ana->post(m_bea.key(), 1, { "a" });
    ana->post(m_bea.key(), 2, { "bad" });
    ana->post(m_bea.key(), 3, { "c" });
    QTRY_VERIFY(!ana->answers.isEmpty() && ana->answers.last().kept == 3u);

    QByteArrayList kept;
    MailTaker taker(m_bea.key(), [&](const MailTaken &taken, const MailTaker::Done &done) {
        const auto unpacked = unpackItems(taken.items);
        for (const MailItem &item : *unpacked)
            if (item.body == "bad")
                return done(Error { Code::InvalidArgument, QStringLiteral("bad in itself") });
        for (const MailItem &item : *unpacked)
            if (!kept.contains(item.body)) // as the numbers in an inbox do
                kept << item.body;
        done({});
    });
    taker.start(bea->client.link());
    QTRY_COMPARE(counter("mailbox_parked"), 1);
    QTRY_COMPARE(kept, (QByteArrayList { "a", "c" }));
    ana->post(m_bea.key(), 4, { "d" });
    QTRY_COMPARE(kept, (QByteArrayList { "a", "c", "d" }));
    QTRY_COMPARE(counter("mailbox_items_on_disk"), 1); // what was set aside
}

/// The recipient is here: what is in the way is gone in a moment, and the rest follows by itself, in order.
void TestMailbox::thePosterGoesOnAfterARefusal()
{
    QTemporaryDir folder;
    StoreThread store(folder.filePath(QStringLiteral("outbox.sqlite")), { Outbox::tables() });
    MailPoster poster(store);
    auto ana = enter(QStringLiteral("Ana"), m_ana);
    auto bea = enter(QStringLiteral("Bea"), m_bea);
    QVERIFY(ana && bea);
    bea->openTake();
    QTRY_COMPARE(counter("mailbox_takers"), 1);
    connect(bea->taking, &Channel::received, this, [&] { bea->acknowledge(bea->serial); });
    quint64 refused = 0;
    MailProgress progress;
    connect(&poster, &MailPoster::refused, this, [&](const MailSequence &, quint64, const Error &why, qint64 retryMs) {
        ++refused;
        QCOMPARE(why.code, Code::ResourceExhausted);
        QVERIFY(retryMs <= 1000);
    });
    connect(&poster, &MailPoster::kept, this, [&](const MailSequence &, const MailProgress &now) { progress = now; });
    poster.start(ana->client.link());
    for (int i = 0; i < 5000; ++i)
        poster.put({ m_bea.key(), conversation }, { "chat/1", QByteArray::number(i), 1 });
    QTRY_COMPARE_WITH_TIMEOUT(bea->got.size(), 5000, 20000);
    QTRY_COMPARE(progress.kept, 5000u);
    QVERIFY(refused > 0);
    for (int i = 0; i < bea->got.size(); ++i)
        QCOMPARE(bea->got[i], QByteArray::number(i));
}

QTEST_GUILESS_MAIN(TestMailbox)
#include "tst_mailbox.moc"
