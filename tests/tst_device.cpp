#include "core/device.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace hawser;

namespace {

void put(const QString &path, const QByteArray &bytes)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
        qFatal("cannot prepare the test");
}

} // namespace

class TestDevice : public QObject {
    Q_OBJECT

private slots:
    void staysOnItsMachine();
    void isNewOnAnotherMachine();
    void isNewWhenDamaged();
    void keepsTheMachineIdToItself();
    void needsNoMachineId();
};

void TestDevice::staysOnItsMachine()
{
    QTemporaryDir folder;
    const QString machine = folder.filePath(QStringLiteral("machine-id"));
    put(machine, "0123456789abcdef0123456789abcdef\n");
    const Result<QByteArray> first = loadDevice(folder.path(), machine);
    QVERIFY(first);
    QCOMPARE(first->size(), 8);
    QCOMPARE(*loadDevice(folder.path(), machine), *first);
}

void TestDevice::isNewOnAnotherMachine()
{
    QTemporaryDir folder;
    const QString machine = folder.filePath(QStringLiteral("machine-id"));
    put(machine, "0123456789abcdef0123456789abcdef\n");
    const QByteArray first = *loadDevice(folder.path(), machine);
    put(machine, "1123456789abcdef0123456789abcdef\n");
    const QByteArray second = *loadDevice(folder.path(), machine);
    QVERIFY(second != first);
    QCOMPARE(*loadDevice(folder.path(), machine), second);
}

void TestDevice::isNewWhenDamaged()
{
    QTemporaryDir folder;
    const QByteArray first = *loadDevice(folder.path());
    put(folder.filePath(QStringLiteral("device")), "hawser device/1 12\n");
    const Result<QByteArray> second = loadDevice(folder.path());
    QVERIFY(second);
    QCOMPARE(second->size(), 8);
    QVERIFY(*second != first);
}

void TestDevice::keepsTheMachineIdToItself()
{
    QTemporaryDir folder;
    const QString machine = folder.filePath(QStringLiteral("machine-id"));
    put(machine, "0123456789abcdef0123456789abcdef\n");
    const QByteArray device = *loadDevice(folder.path(), machine);
    QFile file(folder.filePath(QStringLiteral("device")));
    QVERIFY(file.open(QIODevice::ReadOnly));
    // hashlib.blake2b(b"hawser machine/1" b"0123456789abcdef0123456789abcdef", digest_size=32)
    QCOMPARE(file.readAll(),
        "hawser device/1 " + device.toHex() + " 8f811089d952606d1df1dce0ec947dc2c557532d76fde5bf511ce28968011cdb\n");
}

void TestDevice::needsNoMachineId()
{
    QTemporaryDir folder;
    const QString machine = folder.filePath(QStringLiteral("none"));
    const Result<QByteArray> first = loadDevice(folder.path(), machine);
    QVERIFY(first);
    QCOMPARE(*loadDevice(folder.path(), machine), *first);
}

QTEST_GUILESS_MAIN(TestDevice)
#include "tst_device.moc"
