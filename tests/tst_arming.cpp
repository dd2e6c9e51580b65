#include "desktop/dialogs/arming.h"

#include <QTest>
#include <functional>

using namespace hawser;
using namespace hawser::desktop;
using namespace std::chrono_literals;

namespace {

enum Event { Show, Hide, Activate, Deactivate, Change, Input };
struct Step {
    int at; // ms
    Event event;
};

const Instant start {};

void take(Arming &arming, const Step &step)
{
    const Instant at = start + milliseconds(step.at);
    switch (step.event) {
    case Show:
        return arming.setShown(true, at);
    case Hide:
        return arming.setShown(false, at);
    case Activate:
        return arming.setActive(true, at);
    case Deactivate:
        return arming.setActive(false, at);
    case Change:
        return arming.changed(at);
    case Input:
        return arming.input(at);
    }
}

} // namespace

Q_DECLARE_METATYPE(Step)
Q_DECLARE_METATYPE(Arming::Missing)

class TestArming : public QObject {
    Q_OBJECT

private slots:
    void saysWhatIsMissing_data();
    void saysWhatIsMissing();
    void swallowsAfterActivation_data();
    void swallowsAfterActivation();
    void tellsWhenItWillBeArmed();
};

void TestArming::saysWhatIsMissing_data()
{
    using M = Arming::Missing;
    QTest::addColumn<QList<Step>>("steps");
    QTest::addColumn<int>("at");
    QTest::addColumn<M>("missing");
    const QList<Step> up = { { 0, Show }, { 0, Activate } };
    const auto then = [&up](std::initializer_list<Step> more) { return up + QList<Step>(more); };

    QTest::newRow("never shown") << QList<Step> {} << 5000 << M::Shown;
    QTest::newRow("shown, not active") << QList<Step> { { 0, Show } } << 5000 << M::Active;
    QTest::newRow("active, not shown") << QList<Step> { { 0, Activate } } << 5000 << M::Shown;
    QTest::newRow("at once") << up << 0 << M::Still;
    QTest::newRow("one millisecond early") << up << 999 << M::Still;
    QTest::newRow("after a second") << up << 1000 << M::Nothing;
    QTest::newRow("for long") << up << 100000 << M::Nothing;
    QTest::newRow("activated late") << QList<Step> { { 0, Show }, { 3000, Activate } } << 3999 << M::Still;
    QTest::newRow("shown late") << QList<Step> { { 0, Activate }, { 3000, Show } } << 3999 << M::Still;
    QTest::newRow("changed") << then({ { 2000, Change } }) << 2999 << M::Still;
    QTest::newRow("changed a second ago") << then({ { 2000, Change } }) << 3000 << M::Nothing;
    QTest::newRow("uncovered") << then({ { 2000, Show } }) << 2999 << M::Still;
    QTest::newRow("hidden") << then({ { 2000, Hide } }) << 9000 << M::Shown;
    QTest::newRow("left") << then({ { 2000, Deactivate } }) << 9000 << M::Active;
    QTest::newRow("left and back") << then({ { 2000, Deactivate }, { 2001, Activate } }) << 3000 << M::Still;
    QTest::newRow("left and back for long") << then({ { 2000, Deactivate }, { 2001, Activate } }) << 3001 << M::Nothing;
    QTest::newRow("typed just now") << then({ { 2000, Input } }) << 2499 << M::Quiet;
    QTest::newRow("typed before") << then({ { 2000, Input } }) << 2500 << M::Nothing;
    QTest::newRow("goes on typing") << then({ { 800, Input }, { 1200, Input }, { 1600, Input } }) << 2000 << M::Quiet;
    QTest::newRow("typed before it came")
        << QList<Step> { { 0, Input }, { 1, Show }, { 1, Activate } } << 1001 << M::Nothing;
}

void TestArming::saysWhatIsMissing()
{
    QFETCH(QList<Step>, steps);
    QFETCH(int, at);
    QFETCH(Arming::Missing, missing);
    Arming arming;
    for (const Step &step : steps)
        take(arming, step);
    QCOMPARE(arming.missing(start + milliseconds(at)), missing);
    QCOMPARE(arming.armed(start + milliseconds(at)), missing == Arming::Missing::Nothing);
}

void TestArming::swallowsAfterActivation_data()
{
    QTest::addColumn<QList<Step>>("steps");
    QTest::addColumn<int>("at");
    QTest::addColumn<bool>("swallows");
    QTest::newRow("not active") << QList<Step> { { 0, Show } } << 9000 << true;
    QTest::newRow("at once") << QList<Step> { { 0, Activate } } << 0 << true;
    QTest::newRow("soon") << QList<Step> { { 0, Activate } } << 499 << true;
    QTest::newRow("later") << QList<Step> { { 0, Activate } } << 500 << false;
    QTest::newRow("told twice") << QList<Step> { { 0, Activate }, { 400, Activate } } << 500 << false;
    QTest::newRow("active again") << QList<Step> { { 0, Activate }, { 900, Deactivate }, { 1000, Activate } } << 1499
                                  << true;
    QTest::newRow("changed is no activation") << QList<Step> { { 0, Activate }, { 600, Change } } << 700 << false;
}

void TestArming::swallowsAfterActivation()
{
    QFETCH(QList<Step>, steps);
    QFETCH(int, at);
    Arming arming;
    for (const Step &step : steps)
        take(arming, step);
    QTEST(arming.swallows(start + milliseconds(at)), "swallows");
}

void TestArming::tellsWhenItWillBeArmed()
{
    Arming arming;
    QCOMPARE(arming.armedIn(start), std::nullopt);
    arming.setShown(true, start);
    QCOMPARE(arming.armedIn(start), std::nullopt);
    arming.setActive(true, start + 100ms);
    QCOMPARE(arming.armedIn(start + 100ms), 1000ms);
    arming.input(start + 900ms);
    QCOMPARE(arming.armedIn(start + 900ms), 500ms);
    QCOMPARE(arming.armedIn(start + 5000ms), 0ms);
}

QTEST_APPLESS_MAIN(TestArming)
#include "tst_arming.moc"
