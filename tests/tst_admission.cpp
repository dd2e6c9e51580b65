#include "core/admission.h"

#include <QTest>

using namespace hawser;
using namespace std::chrono_literals;

namespace {

constexpr Instant start {};

QHostAddress address(int number)
{
    return QHostAddress(quint32(0xC0A80000u + quint32(number)));
}

/// The dice always fall like this: 0 refuses whenever refusing is possible, 99 only when it is certain.
AdmissionControl withDice(quint32 falls)
{
    return AdmissionControl([falls](quint32) { return falls; });
}

} // namespace

class TestAdmission : public QObject {
    Q_OBJECT

private slots:
    void sources_data()
    {
        QTest::addColumn<QString>("one");
        QTest::addColumn<QString>("other");
        QTest::addColumn<bool>("same");
        QTest::newRow("mapped") << "192.0.2.1"
                                << "::ffff:192.0.2.1" << true;
        QTest::newRow("neighbours") << "192.0.2.1"
                                    << "192.0.2.2" << false;
        QTest::newRow("one /64") << "2001:db8:0:1::1"
                                 << "2001:db8:0:1:ffff::9" << true;
        QTest::newRow("two /64") << "2001:db8:0:1::1"
                                 << "2001:db8:0:2::1" << false;
    }
    void sources()
    {
        QFETCH(QString, one);
        QFETCH(QString, other);
        QFETCH(bool, same);
        QCOMPARE(sourceOf(QHostAddress(one)) == sourceOf(QHostAddress(other)), same);
    }

    void oneSourceHasSixteen()
    {
        AdmissionControl control = withDice(99);
        AdmissionControl::Ticket first = 0;
        for (int i = 0; i < limits::strangersPerSource; ++i) {
            const auto decision = control.enter(address(1), start);
            QVERIFY(decision.ticket);
            first = first ? first : decision.ticket;
        }
        const auto refused = control.enter(address(1), start);
        QCOMPARE(refused.ticket, 0u);
        QCOMPARE(refused.reason, "source");
        QVERIFY(control.enter(address(2), start).ticket);
        control.leave(first);
        QVERIFY(control.enter(address(1), start).ticket);
    }

    void whoDripsGoesForWhoComes()
    {
        AdmissionControl control = withDice(0);
        AdmissionControl::Ticket first = 0;
        for (int i = 0; i < limits::strangersPerSource; ++i) {
            const auto decision = control.enter(address(1), start);
            first = first ? first : decision.ticket;
        }
        const auto late = control.enter(address(1), start + limits::strangersPatience);
        QVERIFY(late.ticket);
        QCOMPARE(late.dropped, first);
        QCOMPARE(control.strangers(), limits::strangersPerSource);
    }

    void someAreRefusedFromSixtyFourAndAllFrom256()
    {
        AdmissionControl unlucky = withDice(0);
        for (int i = 0; i < limits::strangersStart; ++i)
            QVERIFY(unlucky.enter(address(i), start).ticket);
        QCOMPARE(unlucky.enter(address(1000), start).reason, "crowded");

        AdmissionControl lucky = withDice(99);
        int in = 0;
        for (int i = 0; i < 2 * limits::strangersFull; ++i)
            in += lucky.enter(address(i), start).ticket != 0;
        QCOMPARE(in, limits::strangersFull);
    }

    void theShareRefusedAtTheStartIsThirtyPercent()
    {
        for (const quint32 dice : { 29u, 30u }) {
            AdmissionControl control = withDice(dice);
            for (int i = 0; i < limits::strangersStart; ++i)
                QVERIFY(control.enter(address(i), start).ticket);
            QCOMPARE(control.enter(address(1000), start).ticket != 0, dice == 30);
        }
    }

    void whoStaysTakesNoPlaceOfWhoGreets()
    {
        AdmissionControl control = withDice(99);
        for (int i = 0; i < limits::strangersPerSource; ++i)
            QVERIFY(control.stay(control.enter(address(1), start).ticket));
        const auto next = control.enter(address(1), start);
        QVERIFY(next.ticket);
        QVERIFY(!control.stay(next.ticket)); // the seventeenth of one source
        QCOMPARE(control.strangers(), limits::strangersPerSource + 1);
        control.leave(next.ticket);
        control.leave(next.ticket);
        QCOMPARE(control.strangers(), limits::strangersPerSource);
    }

    void penaltiesAddUpAndBiteFromFifteenSeconds()
    {
        AdmissionControl control = withDice(99);
        for (int i = 0; i < 2; ++i)
            control.penalise(address(1), limits::penaltyAuthentication, start);
        QVERIFY(!control.isPenalised(address(1), start));
        control.penalise(address(1), limits::penaltyAuthentication, start);
        QVERIFY(control.isPenalised(address(1), start));
        QCOMPARE(control.enter(address(1), start).reason, "penalty");
        QVERIFY(!control.isPenalised(address(2), start));
        QVERIFY(control.isPenalised(address(1), start + 14s));
        QVERIFY(!control.isPenalised(address(1), start + 15s));
    }

    void aPenaltyHasAnEnd()
    {
        AdmissionControl control = withDice(99);
        for (int i = 0; i < 100; ++i)
            control.penalise(address(1), limits::penaltyProtocol, start);
        QVERIFY(control.isPenalised(address(1), start + limits::penaltyMost - 1s));
        QVERIFY(!control.isPenalised(address(1), start + limits::penaltyMost));
    }

    void thisMachineIsNotPenalised()
    {
        AdmissionControl control = withDice(99);
        for (const char *here : { "127.0.0.1", "::1", "::ffff:127.0.0.1" }) {
            control.penalise(QHostAddress(QLatin1String(here)), limits::penaltyMost, start);
            QVERIFY(!control.isPenalised(QHostAddress(QLatin1String(here)), start));
        }
    }

    void sourcesAreForgottenBeforeMemoryGrows()
    {
        AdmissionControl control = withDice(99);
        for (int i = 0; i <= limits::penaltySources; ++i)
            control.penalise(address(i), limits::penaltyEnforced + milliseconds(i), start);
        QVERIFY(!control.isPenalised(address(0), start)); // the one that ends first
        QVERIFY(control.isPenalised(address(limits::penaltySources), start));
    }
};

QTEST_APPLESS_MAIN(TestAdmission)
#include "tst_admission.moc"
