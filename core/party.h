#pragma once

#include "core/greeting.h"
#include "core/public_key.h"

namespace hawser {

/// One running program somewhere: whom an OPEN is for, or whom it is from (docs/protocol.md §6.1).
struct Party {
    PublicKey user = {}; ///< whose it is
    QByteArray device = {}; ///< 8 bytes, or empty for any
    QByteArray session = {}; ///< 8 bytes, or empty for any

    bool operator==(const Party &) const = default;
};

/// Who calls: stamped by the end that saw the TLS key, never by the caller.
struct Caller : Party {
    PublicKey connection; ///< the key of the connection it came through; equal to `user` until sub-keys exist
    PublicKey via; ///< the broker that stamped it; null when the caller is the link's other end itself
    Role role = Role::Person; ///< what the link's other end is; for a caller through a broker always Person
    /// The same whenever this very call comes again, and never of another: 32 hex digits. Empty: it was not sent durably, and
    /// comes once (docs/protocol.md §17.11).
    QByteArray idempotencyKey = {};
    bool local = false; ///< it came over the control socket: the owner of this data folder
};

/// The kind of traffic of a stream: what a broker decides by.
enum class StreamClass : quint8 { Talk = 1, File = 2, Command = 3, Topic = 4, Admin = 5 };

} // namespace hawser
