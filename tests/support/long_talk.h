#pragma once

#include "chat/history_tables.h"

namespace hawser::test {

/// Puts `count` messages, theirs and mine in turn, one a minute, into a conversation; their ids begin with `first`.
inline Result<void> fillTalk(Database &database, const PublicKey &with, quint64 first, int count)
{
    const auto talk = database.run(QStringLiteral("INSERT OR IGNORE INTO talks (key) VALUES (?)"), { with.bytes() });
    if (!talk)
        return talk.error();
    const auto filled = database.run(
        QStringLiteral("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)"
                       " INSERT INTO entries (id, talk, kind, mine, text, at, said, state, sentence, device, number,"
                       " transfer, details) SELECT ? + i, (SELECT id FROM talks WHERE key = ?), 1, i % 2,"
                       " 'line ' || i || ' of a long talk', 1700000000000 + i * 60000, 0, (i % 2) * 4, '',"
                       " x'0102030405060708', i + 1, x'', x'' FROM n"),
        { count, first, with.bytes() });
    return filled ? Result<void>() : filled.error();
}

} // namespace hawser::test
