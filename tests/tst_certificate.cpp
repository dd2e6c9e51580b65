#include "core/certificate.h"
#include "core/identity.h"
#include "tests/support/vectors.h"

#include <QSignalSpy>
#include <QSslCertificate>
#include <QSslCipher>
#include <QSslConfiguration>
#include <QSslKey>
#include <QSslSocket>
#include <QTcpServer>
#include <QTest>
#include <openssl/err.h>
#include <openssl/x509.h>

using namespace hawser;

namespace {

// Takes one connection and shakes hands with the given configuration; judges nothing but what TLS itself judges.
class Server : public QTcpServer {
public:
    explicit Server(const QSslConfiguration &configuration) : m_configuration(configuration)
    {
        listen(QHostAddress::LocalHost);
    }
    QSslSocket socket;

protected:
    void incomingConnection(qintptr descriptor) override
    {
        socket.setSslConfiguration(m_configuration);
        connect(&socket, &QSslSocket::sslErrors, this,
            [this](const QList<QSslError> &errors) { socket.ignoreSslErrors(errors); });
        socket.setSocketDescriptor(descriptor);
        socket.startServerEncryption();
    }

private:
    QSslConfiguration m_configuration;
};

void dial(QSslSocket &client, const QSslConfiguration &configuration, quint16 port, QList<QSslError::SslError> *errors)
{
    client.setSslConfiguration(configuration);
    QObject::connect(&client, &QSslSocket::sslErrors, &client, [&client, errors](const QList<QSslError> &list) {
        for (const QSslError &error : list)
            errors->append(error.error());
        client.ignoreSslErrors(list);
    });
    client.connectToHostEncrypted(QStringLiteral("127.0.0.1"), port);
}

} // namespace

class TestCertificate : public QObject {
    Q_OBJECT

private slots:
    void makesTheSameBytes();
    void givesTheRawKeyBack();
    void refusesOtherKeys_data();
    void refusesOtherKeys();
    void leavesNoErrorsBehind();
    void isStrict();
    void provesBothKeys();
    void refusesAClientWithoutCertificate();
    void refusesOldTls();
};

void TestCertificate::makesTheSameBytes()
{
    for (const QJsonObject &row : vectorRows("keys.json")) {
        const Identity identity = *Identity::fromSeed(hexOf(row, "seed"));
        QCOMPARE(identity.certificate().toDer(), hexOf(row, "certificate"));
        QCOMPARE(identity.certificate().toDer(), hexOf(row, "certificate"));
    }
}

void TestCertificate::givesTheRawKeyBack()
{
    for (const QJsonObject &row : vectorRows("keys.json")) {
        const Result<PublicKey> key = keyOf(QSslCertificate(hexOf(row, "certificate"), QSsl::Der));
        QVERIFY(key);
        QCOMPARE(key->bytes(), hexOf(row, "key"));
    }
}

void TestCertificate::refusesOtherKeys_data()
{
    QTest::addColumn<QByteArray>("der");
    QTest::newRow("none") << QByteArray();
    for (const QJsonObject &row : vectorRows("bad_certificates.json"))
        QTest::newRow(row.value(QStringLiteral("name")).toString().toUtf8().constData()) << hexOf(row, "certificate");
}

void TestCertificate::refusesOtherKeys()
{
    QFETCH(QByteArray, der);
    const QSslCertificate certificate(der, QSsl::Der);
    QCOMPARE(certificate.isNull(), der.isEmpty());
    const Result<PublicKey> key = keyOf(certificate);
    QVERIFY(!key);
    QCOMPARE(key.error().code, Code::Unauthenticated);
    QCOMPARE(ERR_peek_error(), 0ul);
}

void TestCertificate::leavesNoErrorsBehind()
{
    const Identity identity = Identity::generate();
    const auto spoil = [] {
        const unsigned char junk[] = { 0x30, 0x05, 1, 2, 3 };
        const unsigned char *at = junk;
        return d2i_X509(nullptr, &at, sizeof junk) == nullptr && ERR_peek_error() != 0;
    };
    QVERIFY(spoil());
    QVERIFY(!identity.certificate().isNull());
    QCOMPARE(ERR_peek_error(), 0ul);
    QVERIFY(spoil());
    QVERIFY(!identity.sslKey().isNull());
    QCOMPARE(ERR_peek_error(), 0ul);
    QVERIFY(spoil());
    tlsConfiguration(identity);
    QCOMPARE(ERR_peek_error(), 0ul);
    QVERIFY(spoil());
    QVERIFY(keyOf(identity.certificate()));
    QCOMPARE(ERR_peek_error(), 0ul);
}

void TestCertificate::isStrict()
{
    const QSslConfiguration configuration = tlsConfiguration(Identity::generate());
    QCOMPARE(configuration.protocol(), QSsl::TlsV1_3OrLater);
    QCOMPARE(configuration.peerVerifyMode(), QSslSocket::VerifyPeer);
    QVERIFY(configuration.missingCertificateIsFatal());
    QVERIFY(configuration.caCertificates().isEmpty());
    QVERIFY(configuration.testSslOption(QSsl::SslOptionDisableSessionTickets));
    QVERIFY(configuration.testSslOption(QSsl::SslOptionDisableSessionSharing));
    QVERIFY(configuration.testSslOption(QSsl::SslOptionDisableSessionPersistence));
    QCOMPARE(configuration.ciphers().size(), 2);
}

void TestCertificate::provesBothKeys()
{
    const Identity ana = Identity::generate();
    const Identity ben = Identity::generate();
    Server server(tlsConfiguration(ana));
    QSignalSpy serverReady(&server.socket, &QSslSocket::encrypted);
    QSslSocket client;
    QSignalSpy clientReady(&client, &QSslSocket::encrypted);
    QList<QSslError::SslError> errors;
    dial(client, tlsConfiguration(ben), server.serverPort(), &errors);
    QTRY_COMPARE(serverReady.count(), 1);
    QTRY_COMPARE(clientReady.count(), 1);
    QCOMPARE(*keyOf(client.peerCertificate()), ana.key());
    QCOMPARE(*keyOf(server.socket.peerCertificate()), ben.key());
    QCOMPARE(client.sessionProtocol(), QSsl::TlsV1_3);
    QCOMPARE(client.sessionCipher().name(), tlsConfiguration(ben).ciphers().first().name());
    std::sort(errors.begin(), errors.end());
    QCOMPARE(errors, QList<QSslError::SslError>({ QSslError::SelfSignedCertificate, QSslError::HostNameMismatch }));
    QCOMPARE(client.sslConfiguration().sessionTicket(), QByteArray());
}

void TestCertificate::refusesAClientWithoutCertificate()
{
    Server server(tlsConfiguration(Identity::generate()));
    QSignalSpy serverReady(&server.socket, &QSslSocket::encrypted);
    QSslConfiguration bare = tlsConfiguration(Identity::generate());
    bare.setLocalCertificate(QSslCertificate());
    bare.setPrivateKey(QSslKey());
    QSslSocket client;
    QSignalSpy gone(&client, &QSslSocket::disconnected);
    QList<QSslError::SslError> errors;
    dial(client, bare, server.serverPort(), &errors);
    QTRY_COMPARE(gone.count(), 1);
    QCOMPARE(serverReady.count(), 0);
}

void TestCertificate::refusesOldTls()
{
    Server server(tlsConfiguration(Identity::generate()));
    QSslConfiguration old = tlsConfiguration(Identity::generate());
    old.setProtocol(QSsl::TlsV1_2);
    old.setCiphers(QSslConfiguration::supportedCiphers());
    QSslSocket client;
    QSignalSpy ready(&client, &QSslSocket::encrypted);
    QSignalSpy failed(&client, &QSslSocket::errorOccurred);
    QList<QSslError::SslError> errors;
    dial(client, old, server.serverPort(), &errors);
    QTRY_VERIFY(failed.count() > 0);
    QCOMPARE(ready.count(), 0);
}

QTEST_GUILESS_MAIN(TestCertificate)
#include "tst_certificate.moc"
