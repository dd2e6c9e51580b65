#include "nodeagent/pending.h"

#include "core/folders.h"
#include "core/wire.h"

#include <QFile>

namespace hawser::node {

namespace {

constexpr qint64 largestFile = 4096; // bytes

QString pathIn(const QString &folder)
{
    return folder + QStringLiteral("/request");
}

} // namespace

std::optional<Pending> loadPending(const QString &folder)
{
    const Result<QByteArray> bytes = readFile(pathIn(folder), largestFile, Privacy::OwnerOnly);
    if (!bytes)
        return std::nullopt;
    const Result<Value> value = decode(*bytes);
    if (!value)
        return std::nullopt;
    const Result<Address> address = Address::parse((*value)[u"address"].toText());
    const Result<PublicKey> broker = PublicKey::fromBytes((*value)[u"broker"].toBytes());
    Pending pending;
    pending.proof = { (*value)[u"id"].toBytes(), (*value)[u"nonce"].toBytes(), (*value)[u"number"].toText() };
    if (!address || !broker || !pending.proof.isWhole())
        return std::nullopt;
    pending.address = *address;
    pending.broker = *broker;
    return pending;
}

Result<void> savePending(const QString &folder, const Pending &pending)
{
    Value value;
    value.insert(QStringLiteral("address"), pending.address.text());
    value.insert(QStringLiteral("broker"), pending.broker.bytes());
    value.insert(QStringLiteral("id"), pending.proof.id);
    value.insert(QStringLiteral("nonce"), pending.proof.nonce);
    value.insert(QStringLiteral("number"), pending.proof.number);
    return writeFileDurably(pathIn(folder), encode(value));
}

void removePending(const QString &folder)
{
    QFile::remove(pathIn(folder));
}

} // namespace hawser::node
