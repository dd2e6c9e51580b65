#include "core/device.h"

#include "core/folders.h"
#include "core/sodium.h"

#include <QList>

namespace hawser {

namespace {

// FOLDER/device is one line: "hawser device/1 <16 hex: the device> <64 hex: hash of the machine-id>".
constexpr QByteArrayView fileHead = "hawser device/1";
constexpr qint64 fileMost = 256;
constexpr qint64 machineIdMost = 4096;
constexpr qsizetype deviceSize = 8;

// The machine-id itself is nobody's business, so only its hash is kept. A machine without one counts as one machine.
QByteArray machineHash(const QString &path)
{
    const Result<QByteArray> id = readFile(path, machineIdMost);
    return blake2b({ "hawser machine/1", id ? id->trimmed() : QByteArray() }).toHex();
}

Result<QByteArray> readDevice(const QString &path, const QByteArray &machine)
{
    const Result<QByteArray> line = readFile(path, fileMost);
    if (!line)
        return line.error();
    const QList<QByteArray> words = line->simplified().split(' ');
    const bool ours = words.size() == 4 && words[0] + ' ' + words[1] == fileHead && words[3] == machine;
    const QByteArray device = ours ? QByteArray::fromHex(words[2]) : QByteArray();
    if (device.size() != deviceSize || device.toHex() != words[2])
        return Error { Code::DataLoss, QStringLiteral("%1 is of another machine").arg(path) };
    return device;
}

} // namespace

Result<QByteArray> loadDevice(const QString &folder, const QString &machineIdPath)
{
    const QString path = folder + QStringLiteral("/device");
    const QByteArray machine = machineHash(machineIdPath);
    const Result<QByteArray> there = readDevice(path, machine);
    if (there)
        return there;
    startSodium();
    QByteArray device(deviceSize, Qt::Uninitialized);
    randombytes_buf(device.data(), size_t(device.size()));
    const QByteArray line = fileHead.toByteArray() + ' ' + device.toHex() + ' ' + machine + '\n';
    const bool first = there.error().code == Code::NotFound;
    const Result<void> written = first ? createFileDurably(path, line) : writeFileDurably(path, line);
    if (!written && written.error().code == Code::AlreadyExists)
        return readDevice(path, machine); // another program was faster
    if (!written)
        return written.error();
    return device;
}

} // namespace hawser
