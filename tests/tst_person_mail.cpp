#include "chat/messages.h"
#include "support/couple.h"
#include "support/talk_of.h"

#include <QTest>

using namespace hawser;
using namespace hawser::chat;
using namespace hawser::test;

namespace {

QStringList textsOf(Partner &who, const PublicKey &with)
{
    QStringList texts;
    for (const Entry &entry : talkOf(*who.person, with))
        texts << entry.text;
    return texts;
}

QSet<Entry::State> statesOf(Partner &who, const PublicKey &with)
{
    QSet<Entry::State> states;
    for (const Entry &entry : talkOf(*who.person, with))
        states << entry.state;
    return states;
}

} // namespace

/// What a mailbox brings to real people in this process, when it cannot be taken.
class TestPersonMail : public QObject {
    Q_OBJECT

private slots:
    /// Her disk is full, say: nothing is lost, out of order or shown as delivered before it is.
    void whatCannotBeKeptWaitsAtTheBroker()
    {
        Couple two(true);
        const auto set = [&two](const char *statement) { QVERIFY(two.bea.database()->run(QLatin1String(statement))); };
        set("CREATE TRIGGER full BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'no room'); END");
        QStringList said;
        for (int i = 0; i < 6; ++i) {
            said << QString::number(i);
            QVERIFY(two.ana->conversations().say(two.beasKey, said.last()));
        }
        QTRY_VERIFY(!two.bea->conversations().diskTrouble().isEmpty());
        QTRY_COMPARE(statesOf(two.ana, two.beasKey), QSet { Entry::State::AtBroker });
        QCOMPARE(textsOf(two.bea, two.anasKey), QStringList());
        two.bea.restart(); // the next program has no more room
        QTRY_VERIFY(!two.bea->conversations().diskTrouble().isEmpty());
        QCOMPARE(statesOf(two.ana, two.beasKey), QSet { Entry::State::AtBroker });
        set("DROP TRIGGER full");
        QTRY_COMPARE(textsOf(two.bea, two.anasKey), said);
        QTRY_COMPARE(two.bea->conversations().diskTrouble(), QString());
        QTRY_COMPARE(statesOf(two.ana, two.beasKey), QSet { Entry::State::Delivered });
        QCOMPARE(two.broker->status().counters[u"mailbox_parked"].toInt(), 0);
    }

    /// Somebody may send what nobody can read: it is in nobody's way.
    void whatCanNeverBeTakenIsSetAsideAndTheRestComes()
    {
        Couple two(true);
        const auto put = [&two] {
            const auto database = two.ana.database();
            const Result<quint64> number =
                messages::put(*database, offers::sequenceTo(two.beasKey), contracts::fileOfferKind, "no offer");
            QVERIFY(number);
        };
        put();
        QVERIFY(two.ana->conversations().say(two.beasKey, QStringLiteral("one")));
        QTRY_COMPARE(two.broker->status().counters[u"mailbox_parked"].toInt(), 1);
        QTRY_COMPARE(textsOf(two.bea, two.anasKey), QStringList { QStringLiteral("one") });
        put();
        QVERIFY(two.ana->conversations().say(two.beasKey, QStringLiteral("two")));
        QTRY_COMPARE(two.broker->status().counters[u"mailbox_parked"].toInt(), 2);
        QTRY_COMPARE(textsOf(two.bea, two.anasKey).last(), QStringLiteral("two"));
        QVERIFY(two.ana->conversations().say(two.beasKey, QStringLiteral("three")));
        QTRY_COMPARE(textsOf(two.bea, two.anasKey).last(), QStringLiteral("three"));
        QCOMPARE(two.bea->conversations().diskTrouble(), QString()); // nothing is wrong with her disk
    }
};

QTEST_GUILESS_MAIN(TestPersonMail)
#include "tst_person_mail.moc"
