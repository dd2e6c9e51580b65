#include "core/link_limits.h"

namespace hawser {

namespace {
constexpr qint64 kilo = 1024;
constexpr qint64 mega = 1024 * kilo;
constexpr qint64 hour = 3600; // seconds
} // namespace

Limits describe(LinkLimits &links)
{
    const char *const table = "links";
    return {
        { table, "unacknowledged_bytes", &links.unacknowledgedBytes, 256 * kilo, 1024 * mega,
            "bytes of one link that were sent, or allowed to be sent, and are not acknowledged; above it there is no "
            "credit" },
        { table, "unacknowledged_seconds", &links.unacknowledgedSeconds, 4, 600,
            "seconds without an acknowledgement until a connection is given up; after a quarter of it the other side "
            "is asked" },
        { table, "ping_seconds", &links.pingSeconds, 5, 120,
            "seconds between two questions whether the other side is there; the larger wish of both sides holds" },
        { table, "silence_seconds", &links.silenceSeconds, 5, hour,
            "seconds without a byte until a connection is given up; at least three times between two questions" },
        { table, "no_progress_seconds", &links.noProgressSeconds, 1, 600,
            "seconds in which a peer takes nothing of what lies ready for it until its connection is closed" },
        { table, "resume_seconds", &links.resumeSeconds, 0, hour,
            "seconds a link without a connection waits for its next one; 0: it ends with its connection" },
        { table, "away_seconds", &links.awaySeconds, 1, hour, "seconds after which such a link counts as away" },
        { table, "lane_seconds", &links.laneSeconds, 1, 600, "seconds until a connection for bulk data stands" },
        { table, "open_streams", &links.openStreams, 16, limits::highestStream / 2,
            "streams that the other side may have open at once" },
        { table, "stream_credit_bytes", &links.streamCreditBytes, limits::firstCredit, 64 * mega,
            "bytes that the other side may send on one stream before they are taken" },
        { table, "waiting_open_bytes", &links.waitingOpenBytes, 64 * kilo, 1024 * mega,
            "bytes of streams of ours that wait until the other side lets us open them" },
        { table, "unread_answer_bytes", &links.unreadAnswerBytes, 64 * kilo, 64 * mega,
            "bytes of answers that the other side has not read; above it, it may ask nothing more" },
        { table, "call_bulk_bytes", &links.callBulkBytes, 64 * kilo, 16 * 1024 * mega,
            "bytes of calls that are still arriving from one peer" },
    };
}

Limits describe(DialLimits &dials)
{
    const char *const table = "links";
    return {
        { table, "connect_seconds", &dials.connectSeconds, 1, 600,
            "seconds from dialling until the other side has greeted" },
        { table, "retry_most_seconds", &dials.retryMostSeconds, 1, hour,
            "seconds between two tries at the most; they begin with one and double" },
        { table, "connection_hours", &dials.connectionHours, 1, 24,
            "hours until a connection is replaced by a fresh one, with fresh keys" },
        { table, "connection_gigabytes", &dials.connectionGigabytes, 1, 256, "gigabytes until the same" },
    };
}

} // namespace hawser
