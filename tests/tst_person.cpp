#include "chat/direct.h"
#include "core/client.h"
#include "core/contracts/mail.h"
#include "core/contracts/request.h"
#include "core/contracts/talk.h"
#include "core/identity.h"
#include "core/mail_items.h"
#include "core/server.h"
#include "core/text.h"
#include "support/talk_of.h"
#include "tests/support/knocker.h"
#include "tests/support/someone.h"

#include <QSignalSpy>
#include <QTcpServer>
#include <QTest>

using namespace hawser;
using namespace hawser::chat;
using hawser::test::Someone;

namespace {

Decision yes(Rights rights, Lasting lasting)
{
    return { rights, lasting, lasting == Lasting::Always, false };
}

constexpr Rights both = Rights(Right::Messages) | Right::Files;

/// Ana asks Bea over loopback TLS and is let in.
void befriend(Someone &ana, Someone &bea, const QString &address, Rights rights, Lasting lasting)
{
    QVERIFY(ana->asks().join(address));
    QTRY_VERIFY(bea->requests().shown());
    QTRY_VERIFY(!ana.ask().number.isEmpty());
    QVERIFY(bea->requests().allow(bea->requests().shown()->id, yes(rights, lasting)));
    QTRY_COMPARE(ana.ask().state, Ask::State::Accepted);
    QTRY_VERIFY(ana->route().presence(bea->key()).online);
    QTRY_VERIFY(bea->route().presence(ana->key()).online);
}

Entry lastEntry(Someone &someone, const PublicKey &with)
{
    return hawser::test::lastEntry(*someone.person, with);
}

} // namespace

/// Two people without a broker, over real TLS.
class TestPerson : public QObject {
    Q_OBJECT

private slots:
    void folderHasOneOwner()
    {
        Someone ana(QStringLiteral("Ana"));
        const auto second = Person::open(ana.folder.path(), {});
        QVERIFY(!second);
        QCOMPARE(second.error().code, Code::AlreadyExists);
    }

    void strangerIsSeenWithTheSameNumberOnBothSides()
    {
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        QVERIFY(ana->asks().join(bea.listen(QStringLiteral("127.0.0.1"))));
        QTRY_VERIFY(bea->requests().shown());
        QTRY_COMPARE(ana.ask().state, Ask::State::Waiting);
        const Request request = *bea->requests().shown();
        QCOMPARE(request.kind, Asking::ContactDirect);
        QCOMPARE(request.key, ana->key());
        QCOMPARE(request.claim, QStringLiteral("Ana"));
        QCOMPARE(request.doors.first().address, QStringLiteral("127.0.0.1"));
        QCOMPARE(request.doors.first().interface, QStringLiteral("lo"));
        QCOMPARE(request.number().size(), 6);
        QCOMPARE(ana.ask().number, request.number());
        QCOMPARE(ana.ask().to, QStringLiteral("Bea"));
    }

    void yesMakesContactsOnBothSides()
    {
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        befriend(ana, bea, bea.listen(), both, Lasting::Always);
        QCOMPARE(bea->contacts().find(ana->key())->verified, Verified::Number);
        QCOMPARE(ana->contacts().find(bea->key())->rights.size(), 2);
        QVERIFY(bea->requests().all().isEmpty());

        QVERIFY(ana->conversations().say(bea->key(), QStringLiteral("hi!")));
        QTRY_COMPARE(lastEntry(ana, bea->key()).state, Entry::State::Delivered);
        QCOMPARE(lastEntry(bea, ana->key()).text, QStringLiteral("hi!"));
        QCOMPARE(bea->conversations().unread(ana->key()), 1);
        QVERIFY(bea->conversations().say(ana->key(), QStringLiteral("hello")));
        QTRY_COMPARE(lastEntry(ana, bea->key()).text, QStringLiteral("hello"));
    }

    void alwaysNeedsTheNumber()
    {
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        QVERIFY(ana->asks().join(bea.listen()));
        QTRY_VERIFY(bea->requests().shown());
        const Result<void> allowed =
            bea->requests().allow(bea->requests().shown()->id, { both, Lasting::Always, false, false });
        QCOMPARE(allowed.error().code, Code::FailedPrecondition);
        QVERIFY(!bea->contacts().find(ana->key()));
    }

    void numberStaysOverHangUpAndRestart()
    {
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        QVERIFY(ana->asks().join(bea.listen()));
        QTRY_VERIFY(bea->requests().shown());
        QTRY_COMPARE(ana.ask().state, Ask::State::Waiting);
        const QString number = ana.ask().number;
        const quint64 id = bea->requests().shown()->id;

        ana.person.reset();
        QTRY_VERIFY(!bea->requests().find(id)->doors.first().present);
        QVERIFY(bea->requests().shown());
        ana.open();
        QTRY_VERIFY(bea->requests().find(id)->doors.first().present);
        QCOMPARE(bea->requests().all().size(), 1);
        QCOMPARE(bea->requests().find(id)->number(), number);
        QTRY_COMPARE(ana.ask().state, Ask::State::Waiting);
        QCOMPARE(ana.ask().number, number);
    }

    void aYesForAWhileLastsThatLong()
    {
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        QVERIFY(ana->asks().join(bea.listen()));
        QTRY_VERIFY(bea->requests().shown());
        Decision decision = yes(both, Lasting::Days);
        decision.lastsFor = std::chrono::minutes(10);
        QVERIFY(bea->requests().allow(bea->requests().shown()->id, decision));
        QTRY_COMPARE(ana.ask().state, Ask::State::Accepted);
        const qint64 inTenMinutes = QDateTime::currentMSecsSinceEpoch() + 10 * 60 * 1000;
        for (const Someone *one : { &ana, &bea }) {
            const PublicKey other = one == &ana ? bea->key() : ana->key();
            const Grant grant = one->person->contacts().find(other)->rights.value(Right::Files);
            QCOMPARE(grant.lasting, Lasting::Days);
            QVERIFY(qAbs(grant.until - inTenMinutes) < 10000);
            QVERIFY(!one->person->contacts().may(other, Right::Files, inTenMinutes + 10000));
        }
    }

    /// Who has seen the asker's nonce could pick one of its own that makes any number come out.
    void theFirstNumberCounts()
    {
        using contracts::AskToBeLetIn;
        Commands served;
        int knocks = 0;
        int revealed = 0;
        served.setPolicy([](const Caller &, const CommandSpec &) { return Result<void>(); });
        served.serveChannel<AskToBeLetIn>(
            [&](const AskToBeLetIn::Request &, const std::shared_ptr<IncomingCall> &call) {
                ++knocks;
                connect(call.get(), &Channel::received, this, [&, call](const ChannelMessage &) { ++revealed; });
                call->send(AskToBeLetIn::In { randomBytes(32), 120000 }); // another one each time
            });
        Server mallory(Identity::generate(), Profile { Role::Person, "Bea", "tst 1", "there", {}, {} });
        mallory.setDoor(&Server::anybody);
        mallory.setCommands(&served);
        const Result<Address> at = mallory.listen({ QStringLiteral("127.0.0.1"), 0 });
        QVERIFY(at);
        Someone ana(QStringLiteral("Ana"));
        QVERIFY(ana->asks().join(at->text()));
        QTRY_COMPARE(ana.ask().state, Ask::State::Waiting);
        QTRY_COMPARE(revealed, 1);
        const QString number = ana.ask().number;
        ana.person.reset();
        ana.open();
        QTRY_COMPARE(ana.ask().state, Ask::State::Failed);
        QCOMPARE(knocks, 2);
        QCOMPARE(revealed, 1);
        QCOMPARE(ana.ask().number, number);
        QVERIFY(ana.ask().sentence.startsWith(QStringLiteral("The number has changed")));
    }

    void yesCountsAtTheNextKnock()
    {
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        QVERIFY(ana->asks().join(bea.listen()));
        QTRY_VERIFY(bea->requests().shown());
        const quint64 id = bea->requests().shown()->id;
        ana.person.reset();
        QTRY_VERIFY(!bea->requests().find(id)->doors.first().present);
        QVERIFY(bea->requests().allow(id, yes(both, Lasting::Always)));
        ana.open();
        QTRY_VERIFY(ana->contacts().find(bea->key()));
        QCOMPARE(ana->contacts().find(bea->key())->rights.size(), 2);
        QTRY_VERIFY(ana->route().presence(bea->key()).online);
    }

    void notNowStaysInTheListAndSaysNothing()
    {
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        QVERIFY(ana->asks().join(bea.listen()));
        QTRY_VERIFY(bea->requests().shown());
        QTRY_COMPARE(ana.ask().state, Ask::State::Waiting);
        const quint64 id = bea->requests().shown()->id;
        QSignalSpy changed(&ana->asks(), &Asks::changed);
        bea->requests().notNow(id);
        QVERIFY(!bea->requests().shown());
        QCOMPARE(bea->requests().find(id)->place, Request::Place::Listed);
        QVERIFY(!changed.wait(200));
        bea.person.reset();
        bea.open();
        QCOMPARE(bea->requests().all().size(), 1);
    }

    void blockedLooksLikeWaiting()
    {
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        QVERIFY(bea->contacts().block({ Block::What::Strangers, {}, {}, {}, 0, 0 }));
        QVERIFY(ana->asks().join(bea.listen()));
        QTRY_COMPARE(ana.ask().state, Ask::State::Waiting);
        QCOMPARE(ana.ask().number.size(), 6);
        QVERIFY(bea->requests().all().isEmpty());
    }

    void aWrongNonceIsToldToTheBlockedAndTheUnblockedAlike()
    {
        Someone bea(QStringLiteral("Bea"));
        const Result<Address> address = Address::parse(bea.listen());
        QVERIFY(address);
        for (const bool blocked : { false, true }) {
            if (blocked)
                QVERIFY(bea->contacts().block({ Block::What::Strangers, {}, {}, {}, 0, 0 }));
            test::Knocker mallory(contracts::AskToBeLetIn::Kind::Contact);
            mallory.lies = true;
            mallory.connectTo(*address, bea->key());
            QTRY_VERIFY(mallory.refused);
            QCOMPARE(mallory.refused->code, Code::InvalidArgument);
            QCOMPARE(mallory.refused->sentence, QStringLiteral("what was revealed is not what was promised"));
        }
        QVERIFY(bea->requests().all().isEmpty());
    }

    void whoAskedIsVerifiedWhenTheySayThatTheNumberIsTheSame_data()
    {
        QTest::addColumn<bool>("before");
        QTest::newRow("before the yes") << true;
        QTest::newRow("after it") << false;
    }
    void whoAskedIsVerifiedWhenTheySayThatTheNumberIsTheSame()
    {
        QFETCH(bool, before);
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        QVERIFY(!ana->asks().setCompared(QByteArray(16, 'x')));
        QVERIFY(ana->asks().join(bea.listen()));
        QTRY_VERIFY(bea->requests().shown());
        QTRY_COMPARE(ana.ask().state, Ask::State::Waiting);
        if (before)
            QVERIFY(ana->asks().setCompared(ana.ask().id));
        QVERIFY(bea->requests().allow(bea->requests().shown()->id, yes(both, Lasting::Days)));
        QTRY_COMPARE(ana.ask().state, Ask::State::Accepted);
        QCOMPARE(ana->contacts().find(bea->key())->verified, before ? Verified::Number : Verified::No);
        QVERIFY(ana->asks().setCompared(ana.ask().id));
        QCOMPARE(ana->contacts().find(bea->key())->verified, Verified::Number);
        QCOMPARE(bea->contacts().find(ana->key())->verified, Verified::No); // each side says it for itself
    }

    void untickedRightIsRefused_data()
    {
        QTest::addColumn<bool>("messages");
        QTest::newRow("messages only") << true;
        QTest::newRow("files only") << false;
    }
    void untickedRightIsRefused()
    {
        QFETCH(bool, messages);
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        befriend(ana, bea, bea.listen(), messages ? Right::Messages : Right::Files, Lasting::Always);
        QVERIFY(ana->conversations().say(bea->key(), QStringLiteral("hi!")));
        const QString path = file(ana, QByteArray("x"));
        const Result<QByteArray> sent = ana->transfers().send(bea->key(), { path });
        QVERIFY(sent);
        if (messages) {
            QTRY_COMPARE(lastMessage(ana, bea->key()).state, Entry::State::Delivered);
            QTRY_COMPARE(ana->transfers().find(*sent)->state, Transfer::State::Failed);
            QCOMPARE(ana->transfers().find(*sent)->sentence, QStringLiteral("Bea does not take files from you now"));
            QVERIFY(bea->transfers().all().isEmpty());
        } else {
            QTRY_COMPARE(lastMessage(ana, bea->key()).state, Entry::State::NotSent);
            QTRY_COMPARE(ana->transfers().find(*sent)->state, Transfer::State::Offered);
            QTRY_COMPARE(bea->transfers().all().size(), 1);
        }
    }

    void strangerMayOnlyAsk()
    {
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        const Result<Address> address = Address::parse(bea.listen());
        const Identity stranger = Identity::generate();
        Client client(stranger, {});
        client.connectTo(*address, bea->key());
        QTRY_COMPARE(client.state(), Client::State::Stranger);
        for (const char *name : { "mail.post/1", "file/1", "ping/1", "person.status", "nonsense" }) {
            std::optional<Code> code;
            connect(client.call({}, QLatin1String(name), Value(Value::Map {})), &Call::finished, this,
                [&code](const Result<Payload> &result) { code = result ? Code::Ok : result.error().code; });
            QTRY_VERIFY(code);
            QVERIFY2(code == Code::PermissionDenied || code == Code::Unimplemented, name);
        }
    }

    void thisTimeEndsWithTheLink()
    {
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        befriend(ana, bea, bea.listen(), both, Lasting::Once);
        QVERIFY(ana->conversations().say(bea->key(), QStringLiteral("hi!")));
        QTRY_COMPARE(lastEntry(ana, bea->key()).state, Entry::State::Delivered);
        const PublicKey key = ana->key();
        ana.person.reset();
        QTRY_VERIFY(!bea->route().presence(key).online);
        QTRY_VERIFY(bea->contacts().find(key)->rights.isEmpty());
    }

    void revokeEndsTheLinkAtOnce()
    {
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        befriend(ana, bea, bea.listen(), both, Lasting::Always);
        QVERIFY(bea->contacts().revoke(ana->key(), Right::Files));
        QVERIFY(bea->route().presence(ana->key()).online);
        QVERIFY(bea->contacts().revoke(ana->key(), Right::Messages));
        QTRY_VERIFY_WITH_TIMEOUT(!ana->route().presence(bea->key()).online, 1000);
        QVERIFY(ana->conversations().say(bea->key(), QStringLiteral("still there?")));
        QTRY_COMPARE(lastEntry(ana, bea->key()).state, Entry::State::Queued);
    }

    void whatIsSaidToSomebodyAwayGoesByItselfLater()
    {
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        befriend(ana, bea, bea.listen(), both, Lasting::Always);
        const Address address = bea->addresses().first();
        bea.person.reset();
        QTRY_VERIFY(!ana->route().presence(PublicKey(ana->contacts().all().first().key)).online);
        const PublicKey key = ana->contacts().all().first().key;
        QVERIFY(ana->conversations().say(key, QStringLiteral("hi!")));
        QTRY_COMPARE(lastEntry(ana, key).state, Entry::State::Queued);
        ana.person.reset();
        ana.open();
        QTRY_COMPARE(lastEntry(ana, key).state, Entry::State::Queued);
        bea.open();
        QVERIFY(bea->setListening(true, address));
        QTRY_COMPARE(lastEntry(ana, key).state, Entry::State::Delivered);
        QTRY_COMPARE(lastEntry(bea, ana->key()).text, QStringLiteral("hi!"));
    }

    void onlyWhatWasShownIsRead()
    {
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        befriend(ana, bea, bea.listen(), both, Lasting::Always);
        bea->conversations().markRead(ana->key());
        for (const char *text : { "one", "two", "three" })
            QVERIFY(ana->conversations().say(bea->key(), QString::fromLatin1(text)));
        QTRY_COMPARE(bea->conversations().unread(ana->key()), 3);
        const QList<Entry> all = hawser::test::talkOf(*bea.person, ana->key());
        const quint64 first = all[all.size() - 3].id;
        const quint64 last = all.last().id;
        const auto states = [&] {
            QList<Entry::State> list;
            for (const Entry &entry : hawser::test::talkOf(*ana.person, bea->key()))
                if (entry.mine && entry.kind == Entry::Kind::Message)
                    list << entry.state;
            return list;
        };
        using State = Entry::State;
        bea->conversations().markShown(ana->key(), last, last); // two older ones were not shown
        bea->conversations().markShown(ana->key(), first, last - 1);
        QTRY_COMPARE(states(), (QList<State> { State::Read, State::Read, State::Delivered }));
        QCOMPARE(bea->conversations().unread(ana->key()), 1);
        bea->conversations().markShown(ana->key(), last, last);
        QTRY_COMPARE(states(), (QList<State> { State::Read, State::Read, State::Read }));
        QCOMPARE(bea->conversations().unread(ana->key()), 0);
    }

    void theAddressOthersRememberStaysAfterARestart()
    {
        Someone ana(QStringLiteral("Ana"));
        const QString address = ana.listen();
        ana.person.reset();
        ana.open();
        QCOMPARE(ana->addresses().value(0).text(), address);
        QVERIFY(ana->setListening(false));
        QCOMPARE(ana.listen(), address);

        ana.person.reset();
        QTcpServer other; // where the last port is taken by somebody else, any will do
        QVERIFY(other.listen(QHostAddress(hawser::test::ownHost()), Address::parse(address)->port));
        ana.open();
        QVERIFY(ana->isListening());
        QVERIFY(ana->addresses().value(0).text() != address);
    }

    void whatHasNotComeIsWaitedFor()
    {
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        const QString address = bea.listen();
        befriend(ana, bea, address, both, Lasting::Always);
        const Identity identity = *Identity::load(ana.folder.path());
        ana.person.reset(); // from here on by hand
        Profile profile;
        profile.role = Role::Person;
        profile.device = QByteArray(8, 'd');
        Client client(identity, profile);
        client.connectTo(*Address::parse(address), bea->key());
        QTRY_COMPARE(client.state(), Client::State::Ready);
        CallOptions options;
        options.keepOpen = true;
        options.streamClass = StreamClass::Talk;
        const QPointer<Call> posting = client.call({}, QLatin1String(contracts::MailPost::name), {}, options);
        QList<quint64> kept;
        connect(posting, &Channel::received, this,
            [&kept](const ChannelMessage &message) { kept << message.as<contracts::MailPost::In>()->kept; });
        const auto post = [&](quint64 first, int count) {
            QByteArray items;
            for (int i = 0; i < count; ++i)
                appendItem(
                    items, { contracts::ChatText::kind, encodeStruct(contracts::ChatText { QStringLiteral("x") }), 1 });
            posting->send(contracts::MailPost::Out { bea->key(), QByteArray(16, '\0'), first, items, 0 });
            return QTest::qWaitFor([&kept, upto = first + quint64(count) - 1] { return kept.contains(upto); });
        };
        const auto waitingFor = [&] { return bea->conversations().waitingFor(identity.key()); };
        QSignalSpy changed(&bea->conversations(), &Conversations::waitingForChanged);
        QVERIFY(post(3, 1)); // what was said before this device spoke to us will not come
        QCOMPARE(waitingFor(), 0u);
        QVERIFY(changed.isEmpty());
        QVERIFY(post(6, 2));
        QTRY_COMPARE(waitingFor(), 2u);
        QVERIFY(post(8, 3)); // in turn
        QVERIFY(post(12, 1));
        QTRY_COMPARE(waitingFor(), 3u);
        QVERIFY(post(4, 2));
        QTRY_COMPARE(waitingFor(), 1u);
        QVERIFY(post(11, 1));
        QTRY_COMPARE(waitingFor(), 0u);
        QCOMPARE(changed.size(), 4);
        QVERIFY(post(13, 1));
        QCOMPARE(changed.size(), 4);
    }

    void fileArrivesVerified()
    {
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        befriend(ana, bea, bea.listen(), both, Lasting::Always);
        const QByteArray content(3'000'000, 'q');
        const Result<QByteArray> sent =
            ana->transfers().send(bea->key(), { file(ana, content) }, QStringLiteral("see"));
        QVERIFY(sent);
        QTRY_COMPARE(bea->transfers().all().size(), 1);
        const Transfer offer = bea->transfers().all().first();
        QCOMPARE(offer.state, Transfer::State::Offered);
        QCOMPARE(offer.note, QStringLiteral("see"));
        QCOMPARE(offer.bytes, quint64(content.size()));
        QVERIFY(!QDir(bea->transfers().saveFolder()).exists());
        QVERIFY(bea->transfers().accept(offer.id));
        QTRY_COMPARE(ana->transfers().find(*sent)->state, Transfer::State::Done);
        const Transfer arrived = *bea->transfers().find(offer.id);
        QCOMPARE(arrived.state, Transfer::State::Done);
        QCOMPARE(arrived.receipt, ana->transfers().find(*sent)->receipt);
        QFile copy(arrived.saveTo);
        QVERIFY(copy.open(QIODevice::ReadOnly));
        QCOMPARE(copy.readAll(), content);
    }

    void noRoomIsToldToBoth()
    {
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        befriend(ana, bea, bea.listen(), both, Lasting::Always);
        QFile large(file(ana, {}));
        if (!large.resize(8'000'000'000'000)) // a hole
            QSKIP("this file system has no files of 8 TB");
        const Result<QByteArray> sent = ana->transfers().send(bea->key(), { large.fileName() });
        QTRY_COMPARE(bea->transfers().all().size(), 1);
        const Result<void> accepted = bea->transfers().accept(bea->transfers().all().first().id);
        QCOMPARE(accepted.error().code, Code::FailedPrecondition);
        QTRY_VERIFY(ana->transfers().find(*sent)->sentence.contains(QStringLiteral("not enough room")));
        QCOMPARE(ana->transfers().find(*sent)->state, Transfer::State::Offered); // another folder may have it
    }

    void ofSeveralThingsOneIsLeftAndHasItsName()
    {
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        befriend(ana, bea, bea.listen(), both, Lasting::Always);
        const QString link = ana.folder.filePath(QStringLiteral("link"));
        QVERIFY(QFile::link(QStringLiteral("/nowhere"), link));
        const QString path = file(ana, "x");
        const Result<QByteArray> sent = ana->transfers().send(bea->key(), { link, path });
        QTRY_COMPARE(bea->transfers().all().size(), 1);
        QCOMPARE(bea->transfers().all().first().title, QFileInfo(path).fileName());
        QVERIFY(bea->transfers().accept(bea->transfers().all().first().id));
        QTRY_COMPARE(ana->transfers().find(*sent)->state, Transfer::State::Done);
    }

    void anotherKeyAtAContactsAddressIsShownAndNothingIsSentThere()
    {
        Someone ana(QStringLiteral("Ana"));
        auto bea = std::make_unique<Someone>(QStringLiteral("Bea"));
        const QString address = bea->listen();
        befriend(ana, *bea, address, both, Lasting::Always);
        const PublicKey before = (*bea)->key();
        bea.reset();
        QSignalSpy found(&ana->changedKeys(), &ChangedKeys::found);
        Someone mallory(QStringLiteral("Bea"));
        QVERIFY(mallory->setListening(true, *Address::parse(address)));
        QVERIFY(found.wait(20'000));
        QCOMPARE(ana->changedKeys().now(before), mallory->key());
        QVERIFY(ana->conversations().say(before, QStringLiteral("my secret")));
        QTRY_COMPARE(lastEntry(ana, before).state, Entry::State::Queued);
        QVERIFY(lastEntry(ana, before).sentence.contains(QStringLiteral("a different key answers")));
        QVERIFY(hawser::test::talkOf(*mallory.person, ana->key()).isEmpty());
        QVERIFY(!ana->changedKeys().replace(before, QStringLiteral("nonsense")));
        QCOMPARE(*ana->changedKeys().replace(before, mallory->key().words().section(QLatin1Char('-'), 0, 0)), address);
        QVERIFY(!ana->contacts().find(before));
        QVERIFY(ana->contacts().find(mallory->key())->rights.isEmpty()); // until they were compared
    }

    void whoIsAskedAndHasAnotherKeyIsNotAsked()
    {
        Someone ana(QStringLiteral("Ana"));
        auto bea = std::make_unique<Someone>(QStringLiteral("Bea"));
        const QString address = bea->listen();
        QVERIFY(ana->asks().join(address));
        QTRY_COMPARE(ana.ask().state, Ask::State::Waiting);
        bea.reset();
        Someone mallory(QStringLiteral("Bea"));
        QVERIFY(mallory->setListening(true, *Address::parse(address)));
        QTRY_COMPARE_WITH_TIMEOUT(ana.ask().state, Ask::State::ChangedKey, 20'000);
        QVERIFY(mallory->requests().all().isEmpty());
    }

    void whoIsAContactIsNotAskedAgain()
    {
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        const QString address = bea.listen();
        befriend(ana, bea, address, both, Lasting::Always);
        bool stayed = true; // what goes on there is not disturbed
        connect(&ana->route(), &Route::presenceChanged, this,
            [&](const PublicKey &key) { stayed = stayed && ana->route().presence(key).online; });
        const Result<QByteArray> again = ana->asks().join(address);
        QTRY_COMPARE(ana->asks().find(*again)->state, Ask::State::Already);
        QCOMPARE(ana->asks().find(*again)->sentence, QStringLiteral("You and Bea are contacts already."));
        QVERIFY(bea->requests().all().isEmpty());
        QVERIFY(stayed);
        QVERIFY(ana->route().presence(bea->key()).direct);
    }

    void theSameRequestIsTakenUpAgain_data()
    {
        QTest::addColumn<bool>("restart");
        QTest::newRow("while it waits") << false;
        QTest::newRow("after a restart") << true;
    }
    void theSameRequestIsTakenUpAgain()
    {
        QFETCH(const bool, restart);
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        const QString address = bea.listen();
        QVERIFY(ana->asks().join(address));
        QTRY_COMPARE(ana.ask().state, Ask::State::Waiting);
        const QString number = ana.ask().number;
        if (restart) {
            ana.person.reset();
            ana.open();
        }
        const Result<QByteArray> again = ana->asks().join(address);
        QTRY_COMPARE(ana->asks().find(*again)->state, Ask::State::Waiting);
        QCOMPARE(ana->asks().all().size(), 1);
        QCOMPARE(ana->asks().find(*again)->number, number);
        QTRY_VERIFY(bea->requests().shown());
        QCOMPARE(bea->requests().all().size(), 1);
        QCOMPARE(bea->requests().shown()->number(), number);
        QTRY_VERIFY(bea->requests().shown()->doors.first().present);
        QVERIFY(bea->requests().allow(bea->requests().shown()->id, yes(both, Lasting::Always)));
        QTRY_COMPARE(ana->asks().find(*again)->state, Ask::State::Accepted);
    }

    void declinedIsSaid()
    {
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        befriend(ana, bea, bea.listen(), both, Lasting::Always);
        const Result<QByteArray> sent = ana->transfers().send(bea->key(), { file(ana, QByteArray("x")) });
        QTRY_COMPARE(bea->transfers().all().size(), 1);
        bea->transfers().decline(bea->transfers().all().first().id);
        QTRY_COMPARE(ana->transfers().find(*sent)->state, Transfer::State::Cancelled);
        QCOMPARE(ana->transfers().find(*sent)->sentence, QStringLiteral("Bea declined"));
    }

    void revokingFilesEndsTheTransfer()
    {
        Someone ana(QStringLiteral("Ana"));
        Someone bea(QStringLiteral("Bea"));
        befriend(ana, bea, bea.listen(), both, Lasting::Always);
        const Result<QByteArray> sent = ana->transfers().send(bea->key(), { file(ana, QByteArray("x")) });
        QTRY_COMPARE(bea->transfers().all().size(), 1);
        QVERIFY(bea->contacts().revoke(ana->key(), Right::Files));
        QCOMPARE(bea->transfers().all().first().state, Transfer::State::Cancelled);
        QTRY_COMPARE(ana->transfers().find(*sent)->state, Transfer::State::Failed);
    }

    void recognisesLinksAndAddresses()
    {
        QCOMPARE(recognise(QStringLiteral("192.0.2.7")).what, Recognised::What::Address);
        QCOMPARE(recognise(QStringLiteral(" home.example.net:4790 ")).address->port, quint16(4790));
        QCOMPARE(recognise({}).what, Recognised::What::Nothing);
        const Invitation invitation { Identity::generate().key(), { QStringLiteral("192.0.2.7"), 4780 },
            QByteArray(16, 's') };
        QCOMPARE(recognise(invitation.text()).invitation, std::optional(invitation));
        const Recognised broken = recognise(QStringLiteral("hawser:join/1/zz"));
        QCOMPARE(broken.what, Recognised::What::Nothing);
        QVERIFY(!broken.sentence.isEmpty());
    }

private:
    static QString file(Someone &someone, const QByteArray &content)
    {
        const QString path = someone.folder.filePath(QStringLiteral("shoot.bin"));
        QFile out(path);
        if (!out.open(QIODevice::WriteOnly) || out.write(content) != content.size())
            qFatal("cannot write");
        return path;
    }
    static Entry lastMessage(Someone &someone, const PublicKey &with)
    {
        Entry last;
        for (const Entry &entry : hawser::test::talkOf(*someone.person, with))
            if (entry.kind == Entry::Kind::Message)
                last = entry;
        return last;
    }
};

QTEST_GUILESS_MAIN(TestPerson)
#include "tst_person.moc"
