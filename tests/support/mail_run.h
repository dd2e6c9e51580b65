#pragma once

#include "core/mail_items.h"

namespace hawser::test {

/// A run of chat messages, packed as docs/protocol.md §17 says.
inline QByteArray items(const QByteArrayList &texts)
{
    QByteArray run;
    for (const QByteArray &text : texts)
        appendItem(run, { "chat/1", text, 1 });
    return run;
}

} // namespace hawser::test
