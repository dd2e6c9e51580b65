#pragma once

#include "core/limit.h"
#include "core/limits.h"

namespace hawser {

/// What a link may hold and how long it waits, as far as its owner may say: [links] of each program's file. What both sides
/// must agree about (docs/protocol.md §12) is not among it.
struct LinkLimits {
    qint64 unacknowledgedBytes = limits::sessionBudget;
    qint64 unacknowledgedSeconds = limits::deadUnacknowledged.count();
    qint64 pingSeconds = limits::pingEvery.count();
    qint64 silenceSeconds = limits::silence.count();
    qint64 noProgressSeconds = limits::noProgress.count();
    qint64 resumeSeconds = std::chrono::seconds(limits::resumeWindow).count();
    qint64 awaySeconds = limits::awayAfter.count();
    qint64 laneSeconds = limits::laneWait.count();
    qint64 openStreams = limits::openStreams;
    qint64 streamCreditBytes = limits::mostCredit;
    qint64 waitingOpenBytes = 16 * 1024 * 1024;
    qint64 unreadAnswerBytes = 1024 * 1024;
    qint64 callBulkBytes = limits::bulkAtOnce;

    bool operator==(const LinkLimits &) const = default;
};
Limits describe(LinkLimits &links);

/// What whoever dials may say besides, in the same table.
struct DialLimits {
    qint64 connectSeconds = limits::connectDeadline.count();
    qint64 retryMostSeconds = limits::backoffMost.count();
    qint64 connectionHours = limits::connectionAge.count();
    qint64 connectionGigabytes = qint64(limits::connectionBytes / 1'000'000'000);

    bool operator==(const DialLimits &) const = default;
};
Limits describe(DialLimits &dials);

} // namespace hawser
