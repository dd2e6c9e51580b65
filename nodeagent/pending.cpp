#include "nodeagent/pending.h"

#include "core/folders.h"
#include "core/number.h"
#include "core/wire.h"

#include <QFile>

namespace hawser::node {

namespace {

constexpr qint64 largestFile = 4096; // bytes
constexpr qsizetype idBytes = 16;

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
    pending.id = (*value)[u"id"].toBytes();
    pending.nonce = (*value)[u"nonce"].toBytes();
    pending.number = (*value)[u"number"].toText();
    if (!address || !broker || pending.id.size() != idBytes || pending.nonce.size() != numberNonce)
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
    value.insert(QStringLiteral("id"), pending.id);
    value.insert(QStringLiteral("nonce"), pending.nonce);
    value.insert(QStringLiteral("number"), pending.number);
    return writeFileDurably(pathIn(folder), encode(value));
}

void removePending(const QString &folder)
{
    QFile::remove(pathIn(folder));
}

} // namespace hawser::node
