#pragma once

#include "core/admission.h"
#include "core/link_limits.h"

namespace hawser::chat {

/// Who asks me: how much of it stands where.
struct RequestLimits {
    qint64 waiting = limits::requestsWaiting; ///< behind the one on the screen
    qint64 perAddress = limits::requestsPerAddress; ///< in …
    qint64 windowMinutes = limits::requestsAddressWindow.count();
    qint64 onScreenSeconds = limits::requestOnScreen.count();
    qint64 days = limits::requestKept.count() / 24; ///< one is kept
    qint64 listed = 256; ///< further strangers are not written down: they look as if they waited
    qint64 unanswered = 1024; ///< knocks on disk

    bool operator==(const RequestLimits &) const = default;
};

/// What is kept of offers to and from one person (docs/protocol.md §15.6).
struct OfferLimits {
    qint64 open = 64; ///< not over, each way
    qint64 ended = 256; ///< over, on disk and in the list: the last that ended
    qint64 answers = 256; ///< that wait to be sent
    qint64 tries = 10; ///< so often the data of one that was accepted begins

    bool operator==(const OfferLimits &) const = default;
};

struct TransferLimits {
    qint64 atOnce = limits::transfersAtOnce; ///< to one person; the rest waits
    qint64 stallSeconds = limits::transferStall.count();
    qint64 offers = 16; ///< of one person, not answered
    OfferLimits kept;

    bool operator==(const TransferLimits &) const = default;
};

/// What a person may set in limits.toml of the data folder. Each number is described, with what it may be, in describe(), and
/// nowhere else.
struct PersonLimits {
    LinkLimits links;
    DialLimits dials;
    AdmissionLimits admission; ///< of who dials me
    RequestLimits requests;
    TransferLimits transfers;
    qint64 outboxItems = limits::outboxItems; ///< for one recipient
    qint64 outboxBytes = limits::outboxBytes;
    qint64 callsKept = limits::durableCalls; ///< that were sent to wait, answered ones included
    qint64 controlConnections = limits::controlConnections;

    bool operator==(const PersonLimits &) const = default;
};
Limits describe(PersonLimits &person);

/// Reads TOML. \param file  how errors name it
/// \retval InvalidArgument  "file:line: what is wrong"
Result<PersonLimits> parseLimits(const QByteArray &text, const QString &file);
/// limits.toml of a data folder; without one the defaults.
Result<PersonLimits> loadLimits(const QString &folder);

} // namespace hawser::chat
