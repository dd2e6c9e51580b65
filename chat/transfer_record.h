#pragma once

#include "chat/transfers.h"

namespace hawser::chat {

struct Entry;

/// A transfer as the history keeps it: what is shown of it when the transfer itself is forgotten.
QByteArray recordOf(const Transfer &transfer);
/// What the entry of a transfer tells. One that had not ended when its program did is Failed.
Transfer transferOf(const Entry &entry);

} // namespace hawser::chat
