#include "core/identity.h"
#include "desktop/models/machine_model.h"
#include "desktop/models/request_model.h"
#include "desktop/models/transfer_model.h"
#include "desktop/models/words.h"
#include "support/print_model.h"

#include <QAbstractItemModelTester>
#include <QTest>

using namespace hawser;
using namespace hawser::chat;
using namespace hawser::desktop;
using hawser::test::printModel;

namespace {

CommandSpec command(const QString &name)
{
    CommandSpec spec;
    spec.name = name;
    return spec;
}

Machine machine(const QString &name, bool online, const QList<CommandSpec> &commands = {})
{
    Machine made;
    made.key = Identity::generate().key();
    made.name = name;
    made.online = online;
    made.commands = commands;
    return made;
}

Transfer transfer(const QByteArray &id, const QString &title, Transfer::State state, const QString &sentence = {})
{
    Transfer made;
    made.id = id;
    made.title = title;
    made.state = state;
    made.sentence = sentence;
    return made;
}

Request request(quint64 id, Asking kind, const QString &claim, const Door &door)
{
    Request made;
    made.id = id;
    made.kind = kind;
    made.key = Identity::generate().key();
    made.claim = claim;
    made.doors = { door };
    return made;
}

Door door(const QString &number, const QString &address, const QString &broker = {}, const QString &knownAs = {})
{
    Door made;
    made.number = number;
    made.address = address;
    made.brokerName = broker;
    made.knownAs = knownAs;
    return made;
}

Presence reached(bool direct, const QString &via = {})
{
    Presence made;
    made.online = true;
    made.direct = direct;
    made.via = via;
    return made;
}

} // namespace

/// Machines, transfers and requests as lists, and the words they share.
class TestListModels : public QObject {
    Q_OBJECT

private slots:
    void showsMachinesLive();
    void showsTheNewestTransferFirst();
    void saysHowTransfersEnd_data();
    void saysHowTransfersEnd();
    void showsWhoAsks();
    void saysWhoCouldRead();
    void writesNumbersForPeople();
};

void TestListModels::showsMachinesLive()
{
    MachineModel model;
    QAbstractItemModelTester tester(&model);
    Machine render = machine("render-2", true, { command("disk.usage"), command("echo") });
    const Machine archive = machine("archive", false);
    model.put(render);
    model.put(archive);
    QCOMPARE(printModel(model), (QStringList { "archive | gone |  | ", "render-2 | online | disk.usage, echo | " }));
    render.commands.removeFirst();
    render.lastRun = "echo – finished (exit 0)";
    model.put(render);
    QCOMPARE(printModel(model).last(), "render-2 | online | echo | echo – finished (exit 0)");
    render.online = false;
    render.goneSince = QDateTime(QDate(2020, 5, 3), QTime(9, 21)).toMSecsSinceEpoch();
    render.commands.clear();
    model.put(render);
    QCOMPARE(printModel(model).last(), "render-2 | gone since 3 May 2020 · 09:21 |  | echo – finished (exit 0)");
    model.remove(archive.key);
    QCOMPARE(model.rowCount(), 1);
}

void TestListModels::showsTheNewestTransferFirst()
{
    TransferModel model;
    QAbstractItemModelTester tester(&model);
    Transfer photo = transfer("1", "photo.png", Transfer::State::Offered);
    photo.files = 1;
    photo.bytes = 5;
    Transfer shoot = transfer("2", "shoot-42", Transfer::State::Going);
    shoot.direction = Transfer::Direction::In;
    shoot.files = 2;
    shoot.folders = 1;
    shoot.bytes = 4;
    shoot.done = 2;
    model.put({ photo, "Bea", 1 });
    model.put({ shoot, "Ana", 2 });
    QCOMPARE(model.underWay(), 2);
    photo.state = Transfer::State::Cancelled;
    photo.sentence = "Bea declined";
    model.put({ photo, "Bea", 1 });
    QCOMPARE(printModel(model),
        (QStringList { "shoot-42 · from Ana · 2 files · 1 folder · 4 bytes · 50 %",
            "photo.png · to Bea · 1 file · 5 bytes · Bea declined" }));
    QCOMPARE(model.underWay(), 1);
}

void TestListModels::saysHowTransfersEnd_data()
{
    QTest::addColumn<Transfer>("transfer");
    QTest::addColumn<QString>("text");
    using State = Transfer::State;
    Transfer done = transfer("1", "shoot-42", State::Done);
    done.bytes = 9'700'000'000;
    done.took = seconds(104);
    Transfer inPart = transfer("2", "shoot-42", State::Done);
    inPart.took = seconds(2);
    inPart.failed = QStringList { "a: no" };
    QTest::newRow("done") << done << "Delivered and verified · 1 m 44 s · avg 93.3 MB/s";
    QTest::newRow("in part") << inPart << "Delivered and verified · 2 s · 1 file not taken";
    QTest::newRow("full disk") << transfer("3", {}, State::Paused, "Bea's disk is full") << "Bea's disk is full";
    QTest::newRow("foreign") << transfer("4", {}, State::Failed, QStringLiteral("\u202E<b>"))
                             << QStringLiteral("⟨U+202E⟩<b>");
}

void TestListModels::saysHowTransfersEnd()
{
    QFETCH(Transfer, transfer);
    QTEST(progressText(transfer), "text");
}

void TestListModels::showsWhoAsks()
{
    RequestModel model;
    QAbstractItemModelTester tester(&model);
    const Request bea = request(2, Asking::ContactDirect, "Bea K.", door("739204", "192.0.2.44"));
    const Request node = request(1, Asking::JoinMachine, "render-2", door("118550", "10.0.0.12", "home"));
    const Request carl = request(3, Asking::ContactThroughBroker, "<b>", door({}, {}, "home", "carl"));
    for (const Request &each : { bea, node, carl })
        model.put(each);
    QCOMPARE(printModel(model),
        (QStringList { "render-2 · a machine, asks to join home · number 118 550 · 10.0.0.12, as home saw it",
            "Bea K. · asks to reach you · number 739 204 · 192.0.2.44 · direct",
            QStringLiteral("<b> · asks to reach you · via home, which knows this key as “carl”") }));
}

void TestListModels::saysWhoCouldRead()
{
    QCOMPARE(routeText(reached(false, "home")), QStringLiteral("via home – its administrator could read this"));
    QVERIFY(routeText(reached(true)).startsWith("direct"));
    QCOMPARE(routeText({}), QString());
}

void TestListModels::writesNumbersForPeople()
{
    QCOMPARE(durationText(milliseconds(400)), "0 s");
    QCOMPARE(durationText(seconds(104)), "1 m 44 s");
    QCOMPARE(durationText(seconds(3 * 3600 + 120)), "3 h 2 m");
    QCOMPARE(filesText(1), "1 file");
    QCOMPARE(sizeText(999), "999 bytes");
    QCOMPARE(sizeText(9'700'000'000), "9.7 GB");
    const qint64 now = QDateTime(QDate(2025, 11, 21), QTime(9, 15)).toMSecsSinceEpoch();
    constexpr qint64 day = 24 * 3600 * 1000;
    QCOMPARE(dayText(now, now), "Today");
    QCOMPARE(dayText(now - day, now), "Yesterday");
    QCOMPARE(dayText(now - 3 * day, now), "18 November");
    QCOMPARE(dayText(now - 365 * day, now), "21 November 2024");
    QCOMPARE(agoText(now - 90 * 60 * 1000, now), "1 h ago");
    QCOMPARE(agoText(0, now), QString());
}

QTEST_GUILESS_MAIN(TestListModels)
#include "tst_list_models.moc"
