#include "core/identity.h"
#include "desktop/models/contact_model.h"
#include "support/print_model.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace hawser;
using namespace hawser::desktop;
using hawser::test::printModel;

namespace {

ContactRow someone(const QString &name)
{
    ContactRow row;
    row.contact.key = Identity::generate().key();
    row.contact.claim = name;
    return row;
}

} // namespace

class TestContactModel : public QObject {
    Q_OBJECT

private slots:
    void keepsPeopleByName();
    void movesWhoIsRenamed();
    void tellsABurstOfChangesTogether();
    void showsForeignNamesAsTheyAre();
    void readsPresenceAloud();
};

void TestContactModel::keepsPeopleByName()
{
    ContactModel model;
    QAbstractItemModelTester tester(&model);
    const ContactRow carl = someone("Carl");
    for (const ContactRow &row : { carl, someone("Ana"), someone("Bea") })
        model.put(row);
    QCOMPARE(printModel(model), (QStringList { "Ana", "Bea", "Carl" }));
    model.remove(carl.contact.key);
    model.remove(carl.contact.key);
    QCOMPARE(printModel(model), (QStringList { "Ana", "Bea" }));
}

void TestContactModel::movesWhoIsRenamed()
{
    ContactModel model;
    QAbstractItemModelTester tester(&model);
    ContactRow ana = someone("Ana");
    model.put(ana);
    model.put(someone("Bea"));
    model.put(someone("Carl"));
    const QPersistentModelIndex row(model.find(ana.contact.key));
    ana.contact.alias = "Zoe";
    model.put(ana);
    QCOMPARE(printModel(model), (QStringList { "Bea", "Carl", "Zoe" }));
    QCOMPARE(row.row(), 2);
    ana.contact.alias = "Bob";
    model.put(ana);
    QCOMPARE(printModel(model), (QStringList { "Bea", "Bob", "Carl" }));
}

void TestContactModel::tellsABurstOfChangesTogether()
{
    ContactModel model;
    ContactRow ana = someone("Ana");
    model.put(ana);
    QSignalSpy told(&model, &QAbstractItemModel::dataChanged);
    for (int unread = 1; unread <= 1000; ++unread) {
        ana.unread = unread;
        model.put(ana);
    }
    QCOMPARE(told.size(), 1); // the first at once
    QCOMPARE(model.row(model.index(0, 0)).unread, 1000); // what is asked for is never old
    QTRY_COMPARE(told.size(), 2);
    model.put(ana); // nothing new
    QCOMPARE(told.size(), 2);
}

void TestContactModel::showsForeignNamesAsTheyAre()
{
    ContactModel model;
    QAbstractItemModelTester tester(&model);
    model.put(someone(QStringLiteral("<img src='x'>\u202Eb\n")));
    QCOMPARE(printModel(model), QStringList(QStringLiteral("<img src='x'>⟨U+202E⟩b⟨U+000A⟩")));
}

void TestContactModel::readsPresenceAloud()
{
    ContactModel model;
    ContactRow bea = someone("Bea");
    bea.presence = { .online = true, .direct = false, .via = "home", .roundTrip = milliseconds(3) };
    bea.unread = 2;
    model.put(bea);
    QCOMPARE(model.index(0, 0).data(Qt::AccessibleTextRole).toString(), "Bea, online · via home · 3 ms, 2 unread");
    bea.presence = {};
    bea.unread = 0;
    model.put(bea);
    QCOMPARE(model.index(0, 0).data(Qt::AccessibleTextRole).toString(), "Bea, away");
}

QTEST_GUILESS_MAIN(TestContactModel)
#include "tst_contact_model.moc"
