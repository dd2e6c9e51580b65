#pragma once

#include "brokerd/broker.h"
#include "chat/offers.h"
#include "chat/person.h"
#include "tests/support/file_at.h"
#include "tests/support/someone.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

namespace hawser::test {

using namespace chat;
using Offering = Transfer::Offering;
using State = Transfer::State;

/// Who can go and come back, to the same address.
struct Partner : Someone {
    std::optional<Address> at;

    using Someone::Someone;
    void start()
    {
        open();
        if (at)
            QVERIFY(person->setListening(true, at));
    }
    void stop() { person.reset(); }
    void restart()
    {
        stop();
        start();
    }
    QString listen()
    {
        const QString address = Someone::listen();
        at = person->addresses().first();
        return address;
    }
    QStringList received() const
    {
        return QDir(downloads()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
    }
    QString file(const QByteArray &content, const QString &name = QStringLiteral("shoot.bin"))
    {
        const QString path = folder.filePath(name);
        QFile out(path);
        if (!out.open(QIODevice::WriteOnly) || out.write(content) != content.size())
            qFatal("cannot write");
        return path;
    }
    /// Its history, beside the program that has it.
    std::unique_ptr<Database> database()
    {
        auto opened = Database::open(folder.filePath(QStringLiteral("chat.sqlite")), messages::steps());
        if (!opened)
            qFatal("%s", qUtf8Printable(opened.error().sentence));
        return std::move(*opened);
    }
    QList<Offer> offers() { return *offers::all(*database()); }
    /// That an offer comes to this state cannot be written, or can again.
    void setWrites(Offer::State state, bool on)
    {
        const auto no = on ? QStringLiteral("DROP TRIGGER no%1")
                           : QStringLiteral("CREATE TRIGGER no%1 BEFORE UPDATE ON offers WHEN new.state = %1"
                                            " BEGIN SELECT RAISE(ABORT, 'it cannot be written'); END");
        QVERIFY(database()->run(no.arg(int(state))));
    }
    /// All that it wrote until now is on disk, and what it wrote because of that.
    void writeAll()
    {
        for (int i = 0; i < 3; ++i) {
            bool isWritten = false;
            person->conversations().history().write(
                person.get(), [](Database &) { return Result<void>(); },
                [&isWritten](const Result<void> &) { isWritten = true; });
            QTRY_VERIFY(isWritten);
        }
    }
    Transfer transfer() { return person->transfers().all().value(0); }
};

/// Ana and Bea are contacts, directly or through a broker.
struct Couple {
    QTemporaryDir brokerFolder;
    Identity brokerIdentity = Identity::generate();
    std::unique_ptr<broker::Broker> broker;
    Partner ana { QStringLiteral("Ana") };
    Partner bea { QStringLiteral("Bea") };
    PublicKey anasKey = ana->key();
    PublicKey beasKey = bea->key();
    const QByteArray content { QByteArray(700'000, 'q') + "end" };

    explicit Couple(bool throughBroker)
    {
        if (throughBroker)
            atBroker();
        else
            directly();
        [&] {
            QTRY_VERIFY(ana->route().presence(beasKey).online);
            QTRY_VERIFY(bea->route().presence(anasKey).online);
        }();
    }
    void allow()
    {
        QTRY_VERIFY(bea->requests().shown());
        const Rights both = Rights(Right::Messages) | Right::Files;
        QVERIFY(bea->requests().allow(bea->requests().shown()->id, { both, Lasting::Always, true, false }));
        QTRY_VERIFY(ana->contacts().find(beasKey));
    }
    void directly()
    {
        QVERIFY(ana->asks().join(bea.listen()));
        QTRY_VERIFY(!ana->asks().all().first().number.isEmpty());
        allow();
    }
    void atBroker()
    {
        auto opened = broker::Broker::open(brokerFolder.path(), brokerIdentity, {});
        QVERIFY(opened);
        broker = std::move(*opened);
        const Result<Address> address = broker->listen({ QStringLiteral("127.0.0.1"), 0 });
        QVERIFY(address);
        const Result<QString> link = broker->administratorLink();
        QVERIFY(bea->asks().join(*link));
        QTRY_VERIFY(
            bea->brokers().find(brokerIdentity.key()) && bea->brokers().find(brokerIdentity.key())->administrator);
        QVERIFY(ana->asks().join(address->text()));
        QTRY_VERIFY(bea->requests().shown());
        QVERIFY(bea->requests().allow(bea->requests().shown()->id, { {}, Lasting::Always, true, false }));
        QTRY_VERIFY(ana->brokers().member(brokerIdentity.key(), beasKey));
        QTRY_VERIFY(bea->requests().all().isEmpty());
        QVERIFY(ana->asks().contact(brokerIdentity.key(), beasKey, QStringLiteral("Bea")));
        allow();
    }
    void beaGoes()
    {
        bea.stop();
        QTRY_VERIFY(!ana->route().presence(beasKey).online);
    }
    QByteArray offer(bool durably = false)
    {
        const Result<QByteArray> id =
            ana->transfers().send(beasKey, { ana.file(content) }, QStringLiteral("see"), durably);
        return id ? *id : QByteArray();
    }
    /// Bea is away, and the offer lies with the broker, or waits at Ana's.
    QByteArray offerToAway()
    {
        beaGoes();
        const QByteArray id = offer();
        [&] { QTRY_COMPARE(atAna(id).offering, broker ? Offering::AtBroker : Offering::Queued); }();
        return id;
    }
    void beaComesAndSees(const QByteArray &id)
    {
        bea.start();
        QTRY_COMPARE_WITH_TIMEOUT(atBea(id).state, State::Offered, 30'000);
    }
    void beaComesAndAccepts(const QByteArray &id)
    {
        beaComesAndSees(id);
        QVERIFY(bea->transfers().accept(id));
    }
    /// Her answer is on disk and with the broker.
    bool isAnswerSent(const QByteArray &id)
    {
        const auto database = bea.database();
        const Result<Offer> offer = offers::find(*database, anasKey, false, id);
        const Result<MailProgress> progress = Outbox(*database).progress(offers::sequenceTo(anasKey));
        return offer && offer->state != Offer::State::Open && progress && progress->kept == progress->last;
    }
    /// What Ana's folder says of it, as if it had come so.
    void setAtAna(const QByteArray &id, Offer::State state)
    {
        const auto database = ana.database();
        Offer offer = *offers::find(*database, beasKey, true, id);
        offer.state = state;
        offer.root.clear();
        QVERIFY(offers::save(*database, offer));
    }
    void forgetAtAna() { QVERIFY(offers::remove(*ana.database(), beasKey)); }
    Transfer atAna(const QByteArray &id) { return ana->transfers().find(id).value_or(Transfer {}); }
    Transfer atBea(const QByteArray &id) { return bea->transfers().find(id).value_or(Transfer {}); }
    void arrivedOnce(const QByteArray &id)
    {
        QTRY_COMPARE_WITH_TIMEOUT(atAna(id).state, State::Done, 30'000);
        QTRY_COMPARE(atBea(id).state, State::Done);
        QCOMPARE(atAna(id).receipt, atBea(id).receipt);
        QCOMPARE(bea.received(), QStringList { QStringLiteral("shoot.bin") });
        QCOMPARE(test::contentOf(bea.downloads() + QStringLiteral("/shoot.bin")), content);
    }
};

} // namespace hawser::test
