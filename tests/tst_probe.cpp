#include "tests/support/probe/answer.h"

#include <QtTest>
#include <QtWidgets>

using hawser::probe::answer;

/// The probe tells where things are and what they show; every test of windows leans on it.
class TestProbe : public QObject {
    Q_OBJECT

private slots:
    void findsNothingThatIsNotThere()
    {
        QCOMPARE(answer("nobody").value("found").toBool(), false);
        QCOMPARE(answer("nobody/row").value("found").toBool(), false);
    }

    void tellsTextStateAndPlaceOfAWidget()
    {
        QWidget window;
        auto *button = new QPushButton("Save && &Go", &window);
        button->setObjectName("go");
        button->setProperty("armed", true);
        button->setGeometry(10, 20, 100, 30);
        QCOMPARE(answer("go").value("visible").toBool(), false);
        window.setGeometry(50, 60, 200, 100);
        window.show();
        button->setEnabled(false);
        const QJsonObject said = answer("go");
        QCOMPARE(said.value("visible").toBool(), true);
        QCOMPARE(said.value("enabled").toBool(), false);
        QCOMPARE(said.value("armed").toBool(), true);
        QCOMPARE(said.value("text").toString(), "Save & Go");
        QCOMPARE(QPoint(said.value("x").toInt(), said.value("y").toInt()), button->mapToGlobal(QPoint()));
        QCOMPARE(said.value("w").toInt(), 100);
    }

    void prefersTheVisibleOneOfAName()
    {
        QLabel hidden("hidden"), shown("shown");
        hidden.setObjectName("twin");
        shown.setObjectName("twin");
        shown.show();
        QCOMPARE(answer("twin").value("text").toString(), "shown");
    }

    void tellsWhatIsScrolledAway()
    {
        QListWidget list;
        list.setObjectName("list");
        for (int row = 0; row < 100; ++row)
            list.addItem(QString("row %1.").arg(row));
        list.resize(200, 100);
        list.show();
        QCOMPARE(answer("list/row 0.").value("visible").toBool(), true);
        QCOMPARE(answer("list/row 99.").value("found").toBool(), true);
        QCOMPARE(answer("list/row 99.").value("visible").toBool(), false);
        QCOMPARE(answer("list").value("rows").toArray().size(), 100);
        list.setCurrentRow(99);
        QCOMPARE(answer("list/row 99.").value("visible").toBool(), true);
        QCOMPARE(answer("list/row 99.").value("highlighted").toBool(), true);
        QCOMPARE(answer("list/row 98.").value("highlighted").toBool(), false);
    }

    void findsRowsOfATreeByAnyColumn()
    {
        QTreeWidget tree;
        tree.setObjectName("tree");
        tree.setColumnCount(2);
        auto *top = new QTreeWidgetItem(&tree, { "quay", "here" });
        new QTreeWidgetItem(top, { "disk.usage", "free space" });
        tree.expandAll();
        tree.show();
        QCOMPARE(answer("tree/free").value("text").toString(), "disk.usage\tfree space");
        QCOMPARE(answer("tree").value("rows").toArray(), (QJsonArray { "quay\there", "disk.usage\tfree space" }));
    }

    void tellsTheRowThatADragWouldHit()
    {
        QListWidget list;
        list.setObjectName("list");
        list.addItems({ "Bea", "Carl" });
        list.show();
        list.setProperty("dropTarget", QVariant::fromValue(QPersistentModelIndex(list.model()->index(1, 0))));
        QCOMPARE(answer("list/Carl").value("highlighted").toBool(), true);
        QCOMPARE(answer("list/Bea").value("highlighted").toBool(), false);
    }

    void findsTabs()
    {
        QTabWidget tabs;
        tabs.setObjectName("tabs");
        tabs.addTab(new QWidget, "&Contacts");
        tabs.addTab(new QWidget, "Requests (2)");
        tabs.show();
        QCOMPARE(answer("tabs/Contacts").value("highlighted").toBool(), true);
        const QJsonObject said = answer("tabs/Requests");
        QCOMPARE(said.value("text").toString(), "Requests (2)");
        QCOMPARE(said.value("highlighted").toBool(), false);
        QVERIFY(said.value("x").toInt() > answer("tabs/Contacts").value("x").toInt());
    }

    void findsActionsWhereTheyShow()
    {
        QMainWindow window;
        QMenu *menu = window.menuBar()->addMenu("&File");
        menu->setObjectName("fileMenu");
        QAction *action = menu->addAction("&Quit");
        action->setObjectName("quit");
        action->setEnabled(false);
        window.show();
        QCOMPARE(answer("quit").value("found").toBool(), true);
        QCOMPARE(answer("quit").value("visible").toBool(), false);
        const QRect entry = window.menuBar()->actionGeometry(menu->menuAction());
        QCOMPARE(answer("fileMenu").value("x").toInt(), window.menuBar()->mapToGlobal(entry.topLeft()).x());
        menu->popup(QPoint(100, 100));
        QTRY_COMPARE(answer("quit").value("visible").toBool(), true);
        QCOMPARE(answer("quit").value("enabled").toBool(), false);
        QCOMPARE(answer("fileMenu/Quit").value("text").toString(), "Quit");
        QVERIFY(answer("quit").value("y").toInt() >= 100);
        menu->close();
    }

    void findsButtonsAndLabelsInsideByText()
    {
        QDialog dialog;
        dialog.setObjectName("dialog");
        dialog.setWindowTitle("Title");
        auto *layout = new QVBoxLayout(&dialog);
        layout->addWidget(new QLabel("ends in 1:52"));
        auto *box = new QCheckBox("It &matches");
        layout->addWidget(box);
        dialog.show();
        QCOMPARE(answer("dialog").value("text").toString(), "Title");
        QCOMPARE(answer("dialog/ends").value("text").toString(), "ends in 1:52");
        QCOMPARE(answer("dialog/It matches").value("checked").toBool(), false);
        box->setChecked(true);
        QCOMPARE(answer("dialog/It matches").value("checked").toBool(), true);
    }

    void listsAllWindows()
    {
        QWidget window;
        window.setObjectName("mainWindow");
        window.show();
        const QJsonArray windows = answer("*").value("windows").toArray();
        QCOMPARE(windows.size(), 1);
        QCOMPARE(windows.first().toObject().value("name").toString(), "mainWindow");
    }
};

QTEST_MAIN(TestProbe)
#include "tst_probe.moc"
