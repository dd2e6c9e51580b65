#include "core/contracts/control.h"
#include "support/desk.h"
#include "support/talk_of.h"

#include <QTest>

using namespace hawser;
using namespace hawser::chat;
using hawser::test::Desk;
using hawser::test::lastEntry;

/// What `hawser` does with a running desktop: every verb is a command on the control socket.
class TestPersonControl : public QObject {
    Q_OBJECT

private slots:
    void saysWhoItIs()
    {
        Desk ana(QStringLiteral("Ana"));
        QTRY_COMPARE(ana.client.state(), Client::State::Ready);
        const auto id = ana.call<contracts::PersonId>({});
        QTRY_VERIFY(*id);
        QCOMPARE((**id)->key, ana.person->key());
        QCOMPARE((**id)->name, QStringLiteral("Ana"));
        const auto status = ana.call<contracts::PersonStatus>({});
        QTRY_VERIFY(*status);
        QVERIFY(**status);
        QCOMPARE((**status)->listening, false);
    }

    void whoReadsSlowlyGetsTheNewest()
    {
        Desk ana(QStringLiteral("Ana"));
        QTRY_COMPARE(ana.client.state(), Client::State::Ready);
        Contact contact;
        contact.key = Identity::generate().key();
        contact.alias = QStringLiteral("0");
        QVERIFY(ana.person->contacts().save(contact));
        QStringList aliases;
        Call *watch = ana.client.start<contracts::WatchContacts>({}, { true });
        connect(watch, &Channel::received, this, [&aliases](const ChannelMessage &message) {
            aliases << message.as<contracts::WatchContacts::In>()->alias;
        });
        QTRY_COMPARE(aliases.size(), 1);
        watch->stream()->hold(); // what was delivered is not read
        constexpr int many = 5000;
        for (int i = 0; i < many; ++i)
            emit ana.person->contacts().changed(contact.key);
        QVERIFY(ana.person->contacts().setAlias(contact.key, QStringLiteral("last")));
        watch->stream()->resume();
        QTRY_COMPARE(aliases.last(), QStringLiteral("last"));
        QVERIFY2(aliases.size() < many / 5, qPrintable(QString::number(aliases.size())));
    }

    void guestsAreCountedUntilTheyGo()
    {
        Desk ana(QStringLiteral("Ana"));
        QTRY_COMPARE(ana.client.state(), Client::State::Ready);
        std::optional<contracts::Attend::In> told;
        const auto attend = [&](bool endless) {
            Call *call = ana.client.start<contracts::Attend>({}, { endless });
            connect(call, &Channel::received, this,
                [&told](const ChannelMessage &message) { told = *message.as<contracts::Attend::In>(); });
            return call;
        };
        attend(true);
        QTRY_VERIFY(told);
        QCOMPARE(told->program, QStringLiteral("tst 1"));
        QCOMPARE(ana.person->guests(), 0);
        attend(false);
        Call *third = attend(false);
        QTRY_COMPARE(ana.person->guests(), 2);
        third->cancel();
        QTRY_COMPARE(ana.person->guests(), 1);
        int gone = 0;
        connect(ana.person.get(), &Person::guestGone, this, [&gone] { ++gone; });
        ana.client.disconnectFromPeer(); // as a program that ends
        QTRY_COMPARE(ana.person->guests(), 0);
        QCOMPARE(gone, 1);
    }

    void joinsApprovesTalksAndSends()
    {
        Desk ana(QStringLiteral("Ana"));
        Desk bea(QStringLiteral("Bea"));
        QTRY_COMPARE(ana.client.state(), Client::State::Ready);
        QTRY_COMPARE(bea.client.state(), Client::State::Ready);
        const auto listening = bea.call<contracts::Listen>({ true, QStringLiteral("127.0.0.1:0") });
        QTRY_VERIFY(*listening);
        QVERIFY(**listening);

        contracts::Join::In last;
        Call *join = ana.client.start<contracts::Join>({}, { (**listening)->addresses.first() });
        connect(join, &Channel::received, this, [&last](const ChannelMessage &message) {
            if (const auto in = message.as<contracts::Join::In>(); in)
                last = *in;
        });
        std::optional<Result<contracts::Join::Reply>> joined;
        connect(join, &Call::finished, this,
            [&joined](const Result<Payload> &result) { joined = replyOf<contracts::Join>(result); });
        QTRY_COMPARE(last.state, QStringLiteral("waiting"));
        QCOMPARE(last.number.size(), 6);

        contracts::DecideMyRequest::Request decision;
        decision.id = ana.person->key().hex().left(8);
        decision.wish = QStringLiteral("allow");
        decision.number = last.number == QStringLiteral("000000") ? QStringLiteral("000001") : QStringLiteral("000000");
        const auto wrong = bea.call<contracts::DecideMyRequest>(decision);
        QTRY_VERIFY(*wrong);
        QCOMPARE((**wrong).error().code, Code::FailedPrecondition);
        QVERIFY(!joined);
        decision.number = last.number;
        const auto right = bea.call<contracts::DecideMyRequest>(decision);
        QTRY_VERIFY(*right);
        QVERIFY(**right);
        QTRY_VERIFY(joined);
        QVERIFY(*joined);
        QCOMPARE((*joined)->kind, QStringLiteral("person"));
        QTRY_VERIFY(ana.person->route().presence(bea.person->key()).online);

        const auto said = ana.call<contracts::SayTo>({ QStringLiteral("Bea"), QStringLiteral("hi!"), false });
        QTRY_VERIFY(*said);
        QVERIFY(**said);
        QCOMPARE(lastEntry(*bea.person, ana.person->key()).text, QStringLiteral("hi!"));

        const auto ping = ana.call<contracts::PingOther>({ QStringLiteral("Bea") });
        QTRY_VERIFY(*ping);
        QVERIFY(**ping);
        QCOMPARE((**ping)->program, QStringLiteral("tst 1"));
        QVERIFY((**ping)->roundTripUs > 0);

        const auto nobody = ana.call<contracts::SayTo>({ QStringLiteral("Zoe"), QStringLiteral("hi!"), false });
        QTRY_VERIFY(*nobody);
        QCOMPARE((**nobody).error().code, Code::NotFound);
    }
};

QTEST_GUILESS_MAIN(TestPersonControl)
#include "tst_person_control.moc"
