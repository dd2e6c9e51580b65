#pragma once

#include "core/commands.h"

/// Part of what `status` of each program says.
namespace hawser::contracts {

/// How one link stands.
struct LinkState {
    QString way; ///< broker, direct
    QString name; ///< of the other side
    PublicKey key;
    QString state; ///< ready, suspended, not-let-in
    quint64 lane = 0; ///< 0: talk; else bulk data
    quint64 roundTripMs = 0;
    quint64 streams = 0;
    quint64 waitingBytes = 0; ///< not yet handed to a socket
    quint64 unacknowledgedBytes = 0;
    quint64 unacknowledgedMost = 0;
    quint64 timesFull = 0; ///< how often that was reached
    quint64 dropped = 0; ///< late, doubled or foreign answers
    static void describe(auto &field)
    {
        field("way", &LinkState::way, { .description = "broker, direct" });
        field("name", &LinkState::name, { .description = "of the other side" });
        field("key", &LinkState::key, { .description = "of the other side" });
        field("state", &LinkState::state, { .description = "ready, suspended, not-let-in" });
        field("lane", &LinkState::lane, { .description = "0: talk; else bulk data" });
        field("round_trip_ms", &LinkState::roundTripMs, { .description = "of the last ping" });
        field("streams", &LinkState::streams, { .description = "open now" });
        field("waiting_bytes", &LinkState::waitingBytes, { .description = "not yet handed to a socket" });
        field("unacknowledged_bytes", &LinkState::unacknowledgedBytes, { .description = "sent and kept" });
        field("unacknowledged_most", &LinkState::unacknowledgedMost, { .description = "that may be kept" });
        field("times_full", &LinkState::timesFull, { .description = "how often that was reached" });
        field("dropped", &LinkState::dropped, { .description = "late, doubled or foreign answers" });
    }
};

LinkState linkState(const Link &link, const QString &way, const QString &name);
/// One line for people.
QString lineOf(const LinkState &link);

} // namespace hawser::contracts
