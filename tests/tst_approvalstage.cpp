#include "core/identity.h"
#include "desktop/dialogs/approvalstage.h"

#include <QAbstractButton>
#include <QApplication>
#include <QLabel>
#include <QSignalSpy>
#include <QTest>

using namespace hawser;
using namespace hawser::chat;
using namespace hawser::desktop;

namespace {

Request request(quint64 id, const QString &claim)
{
    Request request;
    request.id = id;
    request.kind = Asking::JoinPerson;
    request.key = Identity::generate().key();
    request.claim = claim;
    Door door;
    door.number = QStringLiteral("739204");
    door.address = QStringLiteral("192.0.2.44");
    door.brokerName = QStringLiteral("home");
    request.doors = { door };
    return request;
}

/// The dialog that is on the screen; null: none.
QWidget *dialog()
{
    for (QWidget *window : QApplication::topLevelWidgets())
        if (window->objectName() == QLatin1String("approvalDialog") && window->isVisible())
            return window;
    return nullptr;
}

QString textOf(const char *name)
{
    return dialog()->findChild<QLabel *>(QLatin1String(name))->text().remove(QChar(0x2068)).remove(QChar(0x2069));
}

} // namespace

/// Which dialog is on the screen, and when it leaves.
class TestApprovalStage : public QObject {
    Q_OBJECT

private slots:
    void aDialogSaysWhoAnsweredBeforeItGoes();
    void whatThePersonDecidedGoesAtOnce();
};

void TestApprovalStage::aDialogSaysWhoAnsweredBeforeItGoes()
{
    QWidget window;
    ApprovalStage stage(&window);
    QSignalSpy allowed(&stage, &ApprovalStage::allowed);
    QSignalSpy later(&stage, &ApprovalStage::notNow);
    QSignalSpy freed(&stage, &ApprovalStage::freed);
    stage.show(request(1, QStringLiteral("Bea")), 1, std::nullopt);
    stage.closed(2, QStringLiteral("somebody else's"));
    QVERIFY(dialog()->findChild<QWidget *>(QStringLiteral("approvalAccept"))->isEnabled());
    stage.closed(1, QStringLiteral("Carl answered"));
    stage.show(request(2, QStringLiteral("Dora")), 0, std::nullopt); // waits for its turn
    QCOMPARE(textOf("approvalName"), QStringLiteral("“Bea”"));
    QCOMPARE(textOf("approvalHint"), QStringLiteral("Nothing is left to decide: Carl answered."));
    for (const char *name : { "approvalAccept", "approvalBlock", "approvalOnce", "approvalMatches" })
        QVERIFY2(!dialog()->findChild<QWidget *>(QLatin1String(name))->isEnabled(), name);
    dialog()->findChild<QAbstractButton *>(QStringLiteral("approvalLater"))->click();
    QCOMPARE(freed.count(), 1);
    QCOMPARE(allowed.count() + later.count(), 0);
    QVERIFY(!dialog());
    stage.show(request(2, QStringLiteral("Dora")), 0, std::nullopt);
    QCOMPARE(textOf("approvalName"), QStringLiteral("“Dora”"));
}

void TestApprovalStage::whatThePersonDecidedGoesAtOnce()
{
    QWidget window;
    ApprovalStage stage(&window);
    stage.show(request(1, QStringLiteral("Bea")), 0, std::nullopt);
    connect(&stage, &ApprovalStage::blocked, &stage, [&stage](quint64 id) {
        stage.closed(id, QStringLiteral("blocked"));
        stage.show(std::nullopt, 0, std::nullopt);
    });
    dialog()->findChild<QAction *>(QStringLiteral("approvalBlockKey"))->trigger();
    QVERIFY(!dialog());
}

QTEST_MAIN(TestApprovalStage)
#include "tst_approvalstage.moc"
