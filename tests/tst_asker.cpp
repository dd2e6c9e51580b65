#include "core/asker.h"
#include "core/number.h"
#include "core/server.h"

#include <QSignalSpy>
#include <QTest>

using namespace hawser;

/// An asker at somebody who decides by hand, over real TLS on loopback.
class TestAsker : public QObject {
    Q_OBJECT

    using Ask = contracts::AskToBeLetIn;

private slots:
    void init()
    {
        m_commands = std::make_unique<Commands>();
        m_commands->serveChannel<Ask>([this](const Ask::Request &request, const std::shared_ptr<IncomingCall> &call) {
            m_asked = request;
            m_revealed.clear();
            m_call = call;
            connect(call.get(), &Channel::received, this, [this](const ChannelMessage &message) {
                if (const auto out = message.as<Ask::Out>(); out)
                    m_revealed << out->nonce;
            });
            connect(call.get(), &IncomingCall::stopped, this, [this] { m_call.reset(); });
        });
        m_server = std::make_unique<Server>(m_decider, Profile { Role::Person, QStringLiteral("Ana"), {}, {}, {}, {} });
        m_server->setCommands(m_commands.get());
        m_server->setDoor(Server::anybody);
        const Result<Address> bound = m_server->listen({ QStringLiteral("127.0.0.1"), 0 });
        QVERIFY(bound);
        m_client = std::make_unique<Client>(m_me,
            Profile { Role::Person, QStringLiteral("Bea"), QStringLiteral("tst 1"), QStringLiteral("here"), {}, {} });
        QSignalSpy ready(m_client.get(), &Client::ready);
        m_client->connectTo(*bound, m_decider.key());
        QVERIFY(ready.wait());
        m_keepFails = false;
        m_kept.clear();
    }
    void cleanup()
    {
        m_asker.reset();
        m_client.reset();
        m_call.reset();
        m_server.reset();
        m_commands.reset();
    }

    void saysWhoAsksAndCommits()
    {
        const AskProof proof = AskProof::fresh();
        QVERIFY(proof.isWhole());
        knock(proof);
        QCOMPARE(m_asked->id, proof.id);
        QCOMPARE(m_asked->claim, QStringLiteral("Bea"));
        QCOMPARE(m_asked->program, QStringLiteral("tst 1"));
        QCOMPARE(m_asked->host, QStringLiteral("here"));
        QCOMPARE(m_asked->rights, QStringList { QStringLiteral("messages") });
        QVERIFY(opensCommitment(m_asked->commitment, proof.nonce, m_me.key(), m_decider.key()));
        QVERIFY(m_asker->isAsking());
    }

    void theNumberIsKeptBeforeItIsRevealed()
    {
        knock(AskProof::fresh());
        QSignalSpy waiting(m_asker.get(), &Asker::waiting);
        const QByteArray theirs = randomBytes(numberNonce);
        m_call->send(Ask::In { theirs, 1000 });
        QVERIFY(waiting.wait());
        QTRY_COMPARE(m_revealed.size(), 1);
        const QByteArray nonce = m_asker->proof().nonce;
        QCOMPARE(m_revealed[0], nonce);
        const QString number = compareNumber(m_me.key(), m_decider.key(), nonce, theirs);
        QCOMPARE(m_asker->proof().number, number);
        QCOMPARE(m_kept, QList<AskProof>({ { m_asker->proof().id, nonce, number } }));
        QCOMPARE(waiting[0][0].value<milliseconds>(), milliseconds(1000));
    }

    void whatCannotBeKeptIsNotRevealed()
    {
        m_keepFails = true;
        knock(AskProof::fresh());
        QCOMPARE(failure(Ask::In { randomBytes(numberNonce), 0 }), Code::ResourceExhausted);
    }

    void theFirstNumberCounts()
    {
        AskProof proof = AskProof::fresh();
        proof.number = QStringLiteral("123456");
        knock(proof);
        QCOMPARE(failure(Ask::In { randomBytes(numberNonce), 0 }), Code::Unauthenticated);
        QVERIFY(m_kept.isEmpty());
    }

    void whoDoesNotKnowHowIsNoDecider()
    {
        knock(AskProof::fresh());
        QCOMPARE(failure(Ask::In { QByteArray("short"), 0 }), Code::Protocol);
    }

    void itRevealsOnce()
    {
        knock(AskProof::fresh());
        QSignalSpy waiting(m_asker.get(), &Asker::waiting);
        m_call->send(Ask::In { randomBytes(numberNonce), ~0ULL });
        m_call->send(Ask::In { randomBytes(numberNonce), 0 });
        QTRY_COMPARE(m_revealed.size(), 1);
        m_call->finish(Ask::Reply { { QStringLiteral("messages") }, 0, false, false, QStringLiteral("Ana") });
        QTRY_VERIFY(m_answer);
        QCOMPARE((*m_answer)->claim, QStringLiteral("Ana"));
        QCOMPARE(waiting.size(), 1);
        QCOMPARE(waiting[0][0].value<milliseconds>(), milliseconds(limits::requestOnScreen)); // nobody decides longer
        QCOMPARE(m_revealed.size(), 1);
        QVERIFY(!m_asker->isAsking());
    }

    void noIsTold()
    {
        knock(AskProof::fresh());
        m_call->fail({ Code::PermissionDenied, QStringLiteral("no") });
        QTRY_VERIFY(m_answer);
        QCOMPARE(m_answer->error().code, Code::PermissionDenied);
    }

    void whoStopsIsSilentAndMayKnockAgain()
    {
        const AskProof proof = AskProof::fresh();
        knock(proof);
        m_asker->stop();
        QVERIFY(!m_asker->isAsking());
        QTRY_VERIFY(!m_call); // the other side hears of it
        QVERIFY(!m_answer);
        m_asked.reset();
        ask();
        QTRY_VERIFY(m_asked);
        QCOMPARE(m_asked->id, proof.id);
    }

private:
    void ask()
    {
        Ask::Request what;
        what.rights = QStringList { QStringLiteral("messages") };
        m_asker->ask(*m_client, {}, what);
    }
    /// Asks, until the other side has heard it.
    void knock(const AskProof &proof)
    {
        m_asked.reset();
        m_asker = std::make_unique<Asker>(proof, [this](const AskProof &kept) -> Result<void> {
            if (m_keepFails)
                return Error { Code::ResourceExhausted, QStringLiteral("the disk is full") };
            m_kept << kept;
            return {};
        });
        m_answer.reset();
        connect(m_asker.get(), &Asker::answered, this, [this](const Result<Ask::Reply> &reply) { m_answer = reply; });
        ask();
        QTRY_VERIFY(m_asked);
    }
    /// What ends the request when this is said; the other side hears that it was given up, and no nonce.
    Code failure(const Ask::In &said)
    {
        QSignalSpy failed(m_asker.get(), &Asker::failed);
        m_call->send(said);
        if (!failed.wait() || m_asker->isAsking())
            return Code::Ok;
        if (!QTest::qWaitFor([this] { return !m_call; }) || !m_revealed.isEmpty())
            return Code::Ok;
        return failed[0][0].value<Error>().code;
    }

    const Identity m_me = Identity::generate();
    const Identity m_decider = Identity::generate();
    std::unique_ptr<Commands> m_commands;
    std::unique_ptr<Server> m_server;
    std::unique_ptr<Client> m_client;
    std::unique_ptr<Asker> m_asker;
    std::shared_ptr<IncomingCall> m_call; // while it lasts
    std::optional<Ask::Request> m_asked;
    QByteArrayList m_revealed;
    QList<AskProof> m_kept;
    std::optional<Result<Ask::Reply>> m_answer;
    bool m_keepFails = false;
};

QTEST_GUILESS_MAIN(TestAsker)
#include "tst_asker.moc"
