#include "core/folders.h"
#include "core/identity.h"
#include "support/file_at.h"
#include "tests/support/vectors.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>
#include <thread>

using namespace hawser;
using test::contentOf;
using test::modeOf;

namespace {

void put(const QString &path, const QByteArray &bytes, QFile::Permissions permissions)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.setPermissions(permissions))
        qFatal("cannot prepare the test");
}

constexpr auto ownerOnly = QFile::ReadOwner | QFile::WriteOwner;
// What `identity` holds for the seed 00 01 02 … 1f.
const QByteArray countingLine = "hawser identity/1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";

} // namespace

class TestIdentity : public QObject {
    Q_OBJECT

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void derivesKeysAsRfc8032();
    void signsAndVerifies();
    void makesOneInANewFolder();
    void readsAnIdentityOfAnotherProgram();
    void staysTheSame();
    void refusesWhatOthersCanRead();
    void refusesSymlinks_data();
    void refusesSymlinks();
    void leavesDamageUntouched_data();
    void leavesDamageUntouched();
    void saysWhyAFolderCannotBeMade();
    void twoAtOnceBecomeOne();
    void bringsThePublicPartBack();
    void givesRandomBytes();

private:
    QString path(const char *name) const { return m_folder->filePath(QLatin1String(name)); }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestIdentity::derivesKeysAsRfc8032()
{
    for (const QJsonObject &row : vectorRows("keys.json")) {
        const Result<Identity> identity = Identity::fromSeed(hexOf(row, "seed"));
        QVERIFY(identity);
        QCOMPARE(identity->key().bytes(), hexOf(row, "key"));
        QCOMPARE(identity->sign("hawser"), hexOf(row, "signature_of_hawser"));
        const Identity copy = *identity;
        QCOMPARE(copy.sign("hawser"), hexOf(row, "signature_of_hawser"));
    }
    QCOMPARE(Identity::fromSeed(QByteArray(31, 'a')).error().code, Code::InvalidArgument);
    QCOMPARE(Identity::fromSeed(QByteArray(33, 'a')).error().code, Code::InvalidArgument);
}

void TestIdentity::signsAndVerifies()
{
    const Identity ana = Identity::generate();
    const Identity ben = Identity::generate();
    QVERIFY(ana.key() != ben.key());
    const QByteArray signature = ana.sign("text");
    QVERIFY(verify(ana.key(), "text", signature));
    QVERIFY(!verify(ben.key(), "text", signature));
    QVERIFY(!verify(ana.key(), "texts", signature));
    QVERIFY(!verify(ana.key(), "text", signature.chopped(1)));
    QVERIFY(!verify(ana.key(), "text", {}));
}

void TestIdentity::makesOneInANewFolder()
{
    const QString folder = path("a/b");
    const Result<Identity> identity = Identity::load(folder);
    QVERIFY(identity);
    QCOMPARE(modeOf(path("a")), 0700u);
    QCOMPARE(modeOf(folder), 0700u);
    QCOMPARE(modeOf(folder + QStringLiteral("/identity")), 0600u);
    QCOMPARE(contentOf(folder + QStringLiteral("/identity.pub")), identity->key().hex().toLatin1() + '\n');
    QCOMPARE(QDir(folder).entryList(QDir::Files | QDir::Hidden),
        QStringList({ QStringLiteral("identity"), QStringLiteral("identity.pub") }));
}

void TestIdentity::readsAnIdentityOfAnotherProgram()
{
    put(path("identity"), countingLine, ownerOnly);
    const Result<Identity> identity = Identity::load(m_folder->path());
    QVERIFY(identity);
    QCOMPARE(identity->key().bytes(), hexOf(vectorRows("keys.json")[2], "key"));
}

void TestIdentity::staysTheSame()
{
    const PublicKey first = Identity::load(m_folder->path())->key();
    const QByteArray file = contentOf(path("identity"));
    QCOMPARE(Identity::load(m_folder->path())->key(), first);
    QCOMPARE(contentOf(path("identity")), file);
}

void TestIdentity::refusesWhatOthersCanRead()
{
    put(path("identity"), countingLine, ownerOnly | QFile::ReadGroup);
    const Result<Identity> identity = Identity::load(m_folder->path());
    QVERIFY(!identity);
    QCOMPARE(identity.error().code, Code::PermissionDenied);
    QVERIFY2(
        identity.error().sentence.contains(QStringLiteral("chmod 600 '%1'").arg(path("identity"))), "names the mend");
    QCOMPARE(contentOf(path("identity")), countingLine);
    QVERIFY(QFile::setPermissions(path("identity"), ownerOnly));
    QVERIFY(Identity::load(m_folder->path()));
}

void TestIdentity::refusesSymlinks_data()
{
    QTest::addColumn<bool>("dangling");
    QTest::newRow("to an identity") << false;
    QTest::newRow("to nothing") << true;
}

void TestIdentity::refusesSymlinks()
{
    QFETCH(bool, dangling);
    QTemporaryDir elsewhere;
    const QString target = elsewhere.filePath(QStringLiteral("identity"));
    if (!dangling)
        put(target, countingLine, ownerOnly);
    QVERIFY(QFile::link(target, path("identity")));
    const Result<Identity> identity = Identity::load(m_folder->path());
    QVERIFY(!identity);
    QVERIFY(identity.error().sentence.contains(QStringLiteral("symbolic link")));
    QCOMPARE(QFile::exists(target), !dangling);
}

void TestIdentity::leavesDamageUntouched_data()
{
    QTest::addColumn<QByteArray>("content");
    QTest::newRow("empty") << QByteArray("");
    QTest::newRow("another version") << QByteArray(countingLine).replace("/1", "/2");
    QTest::newRow("no newline") << countingLine.chopped(1);
    QTest::newRow("two newlines") << countingLine + '\n';
    QTest::newRow("short seed") << QByteArray("hawser identity/1 AAEC\n");
    QTest::newRow("not base64") << QByteArray(countingLine).replace("AAEC", "A*EC");
    QTest::newRow("bits beyond the end") << QByteArray(countingLine).replace("8=\n", "9=\n");
    QTest::newRow("a space inside") << QByteArray(countingLine).replace("AAEC", "AA EC");
    QTest::newRow("too large") << countingLine + QByteArray(1000, 'a');
    QTest::newRow("zeros") << QByteArray(64, '\0');
}

void TestIdentity::leavesDamageUntouched()
{
    QFETCH(QByteArray, content);
    put(path("identity"), content, ownerOnly);
    const Result<Identity> identity = Identity::load(m_folder->path());
    QVERIFY(!identity);
    QCOMPARE(identity.error().code, Code::DataLoss);
    QCOMPARE(contentOf(path("identity")), content);
    QVERIFY(!QFile::exists(path("identity.pub")));
}

void TestIdentity::saysWhyAFolderCannotBeMade()
{
    put(path("file"), "x", ownerOnly);
    for (const char *name : { "file", "file/below" }) {
        const Result<Identity> identity = Identity::load(path(name));
        QVERIFY(!identity);
        QCOMPARE(identity.error().code, Code::FailedPrecondition);
        QVERIFY(identity.error().sentence.contains(path("file")));
    }
}

void TestIdentity::twoAtOnceBecomeOne()
{
    for (int round = 0; round < 20; ++round) {
        const QString folder = m_folder->filePath(QString::number(round));
        std::array<PublicKey, 6> keys;
        std::vector<std::thread> programs;
        for (PublicKey &key : keys) {
            programs.emplace_back([&key, &folder] {
                if (const Result<Identity> identity = Identity::load(folder))
                    key = identity->key();
            });
        }
        for (std::thread &program : programs)
            program.join();
        QVERIFY(!keys[0].isNull());
        for (const PublicKey &key : keys)
            QCOMPARE(key, keys[0]);
        QCOMPARE(Identity::load(folder)->key(), keys[0]);
        QCOMPARE(QDir(folder).entryList(QDir::Files | QDir::Hidden).size(), 2);
    }
}

void TestIdentity::bringsThePublicPartBack()
{
    const PublicKey key = Identity::load(m_folder->path())->key();
    put(path("identity.pub"), "something else\n", ownerOnly);
    QVERIFY(Identity::load(m_folder->path()));
    QCOMPARE(contentOf(path("identity.pub")), key.hex().toLatin1() + '\n');
}

void TestIdentity::givesRandomBytes()
{
    QCOMPARE(randomBytes(0), QByteArray());
    QCOMPARE(randomBytes(16).size(), 16);
    QVERIFY(randomBytes(16) != randomBytes(16));
}

QTEST_GUILESS_MAIN(TestIdentity)
#include "tst_identity.moc"
