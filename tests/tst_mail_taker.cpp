// The taking end of a mailbox, with a broker in this process that gives what the test wants: what is kept here, in which order, and
// what the broker hears of it.
#include "core/client.h"
#include "core/server.h"
#include "core/store/mail_taker.h"
#include "core/store/store_thread.h"
#include "tests/support/mail_run.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace hawser;
using namespace hawser::test;
using contracts::MailTake;

namespace {

const PublicKey ana = Identity::generate().key();
const QByteArray device(8, 'd');
const QByteArray conversation(16, 'c');
constexpr qint64 mebi = 1024 * 1024;

Profile profile(Role role)
{
    return { role, QStringLiteral("somebody"), QStringLiteral("test 1"), {}, device, {} };
}

/// Holds every channel that is opened, and what is said on them.
struct House {
    Commands commands;
    Server server { Identity::generate(), profile(Role::Broker) };
    Address address;
    std::vector<std::shared_ptr<IncomingCall>> takes;
    QList<MailTake::Out> said;

    House()
    {
        commands.serveChannel<MailTake>([this](const MailTake::Request &, const std::shared_ptr<IncomingCall> &call) {
            takes.push_back(call);
            QObject::connect(call.get(), &Channel::received, &server,
                [this](const ChannelMessage &message) { said << *message.as<MailTake::Out>(); });
        });
        server.setCommands(&commands);
        server.setDoor(Server::anybody);
        address = *server.listen({ QStringLiteral("127.0.0.1"), 0 });
    }
    void give(quint64 serial, const QByteArrayList &texts)
    {
        takes.back()->send(MailTake::In { serial, ana, device, conversation, serial, items(texts) });
    }
    void give(quint64 first, quint64 last)
    {
        for (quint64 serial = first; serial <= last; ++serial)
            give(serial, { QByteArray::number(serial) });
    }
    void note(quint64 failed)
    {
        MailTake::In in;
        in.failed = failed;
        takes.back()->send(in);
    }
    quint64 upto() const
    {
        quint64 upto = 0;
        for (const MailTake::Out &out : said)
            upto = std::max(upto, out.upto);
        return upto;
    }
    qsizetype count(auto member) const
    {
        return std::ranges::count_if(said, [member](const MailTake::Out &out) { return bool(out.*member); });
    }
};

} // namespace

class TestMailTaker : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_house = std::make_unique<House>();
        m_folder = std::make_unique<QTemporaryDir>();
        m_store = std::make_unique<StoreThread>(m_folder->filePath(QStringLiteral("taken.sqlite")),
            Database::Steps { { QStringLiteral("CREATE TABLE got (id INTEGER PRIMARY KEY, word BLOB UNIQUE)") } });
        m_client = std::make_unique<Client>(Identity::generate(), profile(Role::Person));
        m_errors.clear();
        m_tries = 0;
        m_client->connectTo(m_house->address, m_house->server.key());
        QTRY_COMPARE(m_client->state(), Client::State::Ready);
        m_taker = std::make_unique<MailTaker>(m_client->identity().key(),
            [this](const MailTaken &taken, const MailTaker::Done &done) { take(taken, done); });
        m_taker->setPauses(milliseconds(1), milliseconds(20));
        m_taker->start(m_client->link());
        QTRY_COMPARE(m_house->takes.size(), size_t(1));
    }
    void cleanup()
    {
        m_taker.reset();
        m_client.reset();
        m_store.reset();
        m_house.reset();
    }

    void whatTheStoreCannotKeepWaitsHereAndIsNoFailure_data()
    {
        QTest::addColumn<Code>("code");
        QTest::newRow("the disk is full") << Code::ResourceExhausted;
        QTest::newRow("another program holds the file") << Code::Unavailable;
        QTest::newRow("it is read-only") << Code::FailedPrecondition;
        QTest::newRow("it is damaged") << Code::DataLoss;
    }
    void whatTheStoreCannotKeepWaitsHereAndIsNoFailure()
    {
        QFETCH(const Code, code);
        QSignalSpy failed(m_taker.get(), &MailTaker::storeFailed);
        QSignalSpy works(m_taker.get(), &MailTaker::storeWorks);
        m_errors.insert("1", code);
        m_house->give(1, 6);
        QTRY_VERIFY(m_tries > 2 * limits::mailTries);
        QVERIFY(failed.size() >= limits::mailTries);
        QCOMPARE(failed.first().first().value<Error>().code, code);
        QCOMPARE(works.size(), 0);
        QCOMPARE(m_house->upto(), 0u);
        QCOMPARE(kept(), QByteArray());
        m_errors.clear();
        QTRY_COMPARE(m_house->upto(), 6u);
        QCOMPARE(kept(), QByteArray("1 2 3 4 5 6"));
        QCOMPARE(m_house->count(&MailTake::Out::failed), 0);
        QCOMPARE(m_house->count(&MailTake::Out::waits), 1); // said once
        QCOMPARE(works.size(), 1);
        m_house->give(7, 7);
        QTRY_COMPARE(kept(), QByteArray("1 2 3 4 5 6 7"));
    }

    /// There may be room for the next one.
    void nothingIsKeptBeforeWhatWaits()
    {
        m_errors.insert("2", Code::ResourceExhausted);
        m_house->give(1, 6);
        QTRY_COMPARE(m_house->upto(), 1u);
        QTRY_VERIFY(m_tries > 2 * limits::mailTries);
        m_house->give(7, 8);
        QCOMPARE(kept(), QByteArray("1"));
        m_errors.clear();
        QTRY_COMPARE(m_house->upto(), 8u);
        QCOMPARE(kept(), QByteArray("1 2 3 4 5 6 7 8"));
    }

    void whatIsWrongItselfIsToldAndTheRestFollows_data()
    {
        QTest::addColumn<bool>("isSetAside");
        QTest::newRow("given again") << false;
        QTest::newRow("set aside") << true;
    }
    void whatIsWrongItselfIsToldAndTheRestFollows()
    {
        QFETCH(const bool, isSetAside);
        m_errors.insert("2", Code::InvalidArgument);
        m_house->give(1, 4);
        QTRY_COMPARE(m_house->count(&MailTake::Out::failed), 1);
        QCOMPARE(m_house->said.last().failed, 2u);
        QCOMPARE(m_house->upto(), 1u);
        m_house->give(5, 5); // was on its way
        m_house->note(4); // not what it waits for
        m_house->give(6, 6);
        m_errors.clear();
        m_house->note(2);
        m_house->give(isSetAside ? 3 : 2, 4);
        QTRY_COMPARE(m_house->upto(), 4u);
        QCOMPARE(kept(), isSetAside ? QByteArray("1 3 4") : QByteArray("1 2 3 4"));
        QCOMPARE(m_house->count(&MailTake::Out::failed), 1);
    }

    void whatIsNoRunOfItemsFails()
    {
        m_errors.insert("1", Code::ResourceExhausted);
        m_house->give(1, 1);
        m_house->takes.back()->send(MailTake::In { 2, ana, device, conversation, 2, "junk" });
        QTRY_VERIFY(m_tries > 1);
        QCOMPARE(m_house->count(&MailTake::Out::failed), 0); // not before what goes before it is kept
        m_errors.clear();
        QTRY_COMPARE(m_house->count(&MailTake::Out::failed), 1);
        QCOMPARE(m_house->said.last().failed, 2u);
        QCOMPARE(kept(), QByteArray("1"));
    }

    /// A broker that gives more than it may finds no credit.
    void whatWaitsHereIsBounded()
    {
        constexpr quint64 most = 64;
        constexpr qint64 each = limits::mailItem - 64;
        m_errors.insert("1", Code::ResourceExhausted);
        quint64 given = 0;
        const auto give = [&] {
            while (given < most * mebi / each && m_house->takes.back()->room() > 0) {
                ++given;
                m_house->give(given, { QByteArray::number(given) + QByteArray(each, ' ') });
            }
        };
        connect(m_house->takes.back().get(), &Channel::roomAvailable, this, give);
        give();
        QTRY_VERIFY(qint64(given) * each > 8 * mebi);
        const int before = m_tries;
        QTRY_VERIFY(m_tries > before + 50); // for a second
        QVERIFY2(qint64(given) * each < 16 * mebi, qPrintable(QString::number(given * each / mebi)));
        m_errors.clear();
        QTRY_COMPARE_WITH_TIMEOUT(m_house->upto(), quint64(most * mebi / each), 30'000);
    }

    void whatTheBrokerCannotGiveIsAskedForAgain()
    {
        m_errors.insert("1", Code::ResourceExhausted);
        m_house->give(1, 2);
        QTRY_VERIFY(m_tries > 0);
        m_house->takes.back()->fail({ Code::Unavailable, QStringLiteral("out of order") });
        QTRY_COMPARE(m_house->takes.size(), size_t(2));
        m_errors.clear();
        m_house->give(1, 2);
        QTRY_COMPARE(m_house->upto(), 2u);
        QCOMPARE(kept(), QByteArray("1 2"));
    }

private:
    static QByteArray wordOf(const QByteArray &body) { return body.split(' ').first(); }
    /// Keeps them as an owner does; what `m_errors` names fails.
    void take(const MailTaken &taken, const MailTaker::Done &done)
    {
        ++m_tries;
        m_store->write(this, taken.inTurn([items = taken.items, errors = m_errors](Database &database) -> Result<void> {
            const Result<QList<MailItem>> unpacked = unpackItems(items);
            for (const MailItem &item : *unpacked) {
                const QByteArray word = wordOf(item.body);
                if (errors.contains(word))
                    return Error { errors.value(word), QStringLiteral("not this one") };
                if (const auto kept = database.again(QStringLiteral("INSERT INTO got (word) VALUES (?)"), { word });
                    !kept)
                    return kept.error();
            }
            return {};
        }),
            done);
    }
    QByteArray kept()
    {
        std::optional<QByteArrayList> words;
        m_store->read(
            this,
            [](Database &database) -> Result<QByteArrayList> {
                auto rows = database.run(QStringLiteral("SELECT word FROM got ORDER BY id"));
                QByteArrayList words;
                while (rows->next())
                    words << rows->value(0).toByteArray();
                return words;
            },
            [&](const Result<QByteArrayList> &read) { words = *read; });
        return QTest::qWaitFor([&] { return words.has_value(); }) ? words->join(' ') : QByteArray("none came");
    }

    std::unique_ptr<House> m_house;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<StoreThread> m_store;
    std::unique_ptr<Client> m_client;
    std::unique_ptr<MailTaker> m_taker;
    QHash<QByteArray, Code> m_errors;
    int m_tries = 0; // runs handed over
};

QTEST_GUILESS_MAIN(TestMailTaker)
#include "tst_mail_taker.moc"
