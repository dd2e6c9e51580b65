#include "cli/accepted_keys.h"

namespace hawser::cli {

Result<QSet<PublicKey>> readKeys(const QStringList &words)
{
    QSet<PublicKey> keys;
    for (const QString &word : words) {
        const Result<PublicKey> key = PublicKey::fromHex(word);
        if (!key)
            return Error { Code::InvalidArgument,
                QStringLiteral("--accept takes a whole key, 64 hex digits: %1").arg(key.error().sentence) };
        keys.insert(*key);
    }
    return keys;
}

} // namespace hawser::cli
