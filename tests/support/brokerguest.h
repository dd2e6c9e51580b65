#pragma once

#include "core/client.h"
#include "core/contracts/broker.h"
#include "core/contracts/request.h"
#include "core/number.h"
#include "tests/support/own_host.h"

#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

namespace hawser::test {

/// A real hawser-brokerd on a data folder of its own.
class BrokerProcess {
public:
    ~BrokerProcess()
    {
        m_process.kill();
        m_process.waitForFinished();
    }

    /// \param settings  more of its file
    bool start(const QByteArray &settings = {})
    {
        QFile config(m_folder.filePath(QStringLiteral("test.toml")));
        if (!config.open(QIODevice::WriteOnly) || config.write("[limits]\naway_seconds = 1\n" + settings) < 0)
            return false; // who died is missed sooner than by default
        config.close();
        m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        m_process.start(program(),
            { QStringLiteral("run"), QStringLiteral("--data"), folder(), QStringLiteral("--listen"), address().text(),
                QStringLiteral("--config"), config.fileName() });
        QByteArray said;
        const bool ready = QTest::qWaitFor([&] {
            said += m_process.readAllStandardOutput();
            return said.contains("ready:");
        });
        const QRegularExpression line(QStringLiteral("hawser-brokerd ready: 127[.0-9]+:(\\d+) key ([0-9a-f]{64})\n"));
        const QRegularExpressionMatch match = line.match(QString::fromUtf8(said));
        if (!ready || !match.hasMatch())
            return false;
        m_port = match.captured(1).toUShort();
        m_key = PublicKey::fromHex(match.captured(2)).value();
        return true;
    }
    /// SIGTERM; the exit code, or -1 if it did not stop.
    int stop()
    {
        m_process.terminate();
        const bool over = QTest::qWaitFor([&] { return m_process.state() == QProcess::NotRunning; }, 12000);
        return over && m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1;
    }
    /// Runs a verb beside it.
    int verb(const QStringList &arguments, QByteArray *output = nullptr)
    {
        QProcess process;
        process.setProcessChannelMode(output ? QProcess::SeparateChannels : QProcess::ForwardedChannels);
        process.start(program(), QStringList(arguments) << QStringLiteral("--data") << folder());
        if (!QTest::qWaitFor([&] { return process.state() == QProcess::NotRunning; }, 10000))
            return -1;
        if (output)
            *output = process.readAllStandardOutput();
        return process.exitCode();
    }

    static QString program()
    {
        return QCoreApplication::applicationDirPath() + QStringLiteral("/../bin/hawser-brokerd");
    }
    QString folder() const { return m_folder.path(); }
    Address address() const { return { ownHost(), m_port }; }
    const PublicKey &key() const { return m_key; }
    qint64 pid() const { return m_process.processId(); }
    QString firstLink() const
    {
        QFile file(m_folder.filePath(QStringLiteral("first-administrator.link")));
        return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()).trimmed() : QString();
    }

private:
    QTemporaryDir m_folder;
    QProcess m_process;
    quint16 m_port = 0;
    PublicKey m_key;
};

/// Somebody who comes to a broker, asks to be let in and comes again when it was.
class Guest : public QObject {
public:
    using Ask = contracts::AskToBeLetIn;

    explicit Guest(const QString &name, Role role = Role::Person, const Identity &identity = Identity::generate())
        : client(identity, Profile { role, name, QStringLiteral("test 1"), QStringLiteral("host"), {}, {} })
    {
        client.setCommands(&commands);
    }

    void connectTo(const BrokerProcess &broker) { client.connectTo(broker.address(), broker.key()); }
    bool waitFor(Client::State state, int ms = 5000)
    {
        return QTest::qWaitFor([&] { return client.state() == state; }, ms);
    }
    /// Asks once, as a stranger. \param secret  of an invitation, or empty
    void ask(const QByteArray &secret = {})
    {
        answer.reset();
        Ask::Request request;
        request.kind = client.profile().role == Role::Node ? Ask::Kind::Machine : Ask::Kind::Person;
        request.id = id;
        request.claim = client.profile().name;
        request.program = client.profile().program;
        request.rights << QStringLiteral("member");
        request.commitment = commitmentOf(nonce, key(), client.peerKey());
        request.invitation = secret;
        call = client.start<Ask>({}, request);
        connect(call, &Channel::received, this, [this](const ChannelMessage &message) {
            const auto in = message.as<Ask::In>();
            if (!in)
                return;
            number = compareNumber(key(), client.peerKey(), nonce, in->nonce);
            call->send(Ask::Out { nonce });
        });
        connect(call, &Call::finished, this, [this](const Result<Payload> &result) {
            answer = result ? fromValue<Ask::Reply>(result->parameters) : Result<Ask::Reply>(result.error());
            if (result)
                client.retryNow();
        });
    }
    /// Comes in by an invitation. \retval false  it did not work
    bool join(const BrokerProcess &broker, const QString &link)
    {
        const Result<Invitation> invitation = Invitation::parse(link);
        connectTo(broker);
        if (!invitation || !waitFor(Client::State::Stranger))
            return false;
        ask(invitation->secret);
        return waitFor(Client::State::Ready);
    }
    const PublicKey &key() const { return client.identity().key(); }

    Commands commands;
    Client client;
    QByteArray id = randomBytes(16);
    QByteArray nonce = randomBytes(numberNonce);
    QString number;
    QPointer<Call> call;
    std::optional<Result<Ask::Reply>> answer;
};

} // namespace hawser::test
