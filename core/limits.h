#pragma once

#include <QtGlobal>
#include <chrono>

/// Every number of the protocol, with its unit and its reason (docs/protocol.md §12).
namespace hawser::limits {

using namespace std::chrono_literals;

// Frames
inline constexpr quint32 frameHeader = 12; ///< bytes
inline constexpr quint32 framePayload = 64 * 1024; ///< bytes, after the greeting
inline constexpr quint32 greetingPayload = 4 * 1024; ///< bytes, until the greeting is over and for strangers always
inline constexpr qsizetype message = 16 * 1024 * 1024; ///< bytes of one message over all its frames

// Reading and writing
inline constexpr qsizetype readTurn = 256 * 1024; ///< bytes read from one connection in one turn of the event loop
inline constexpr qsizetype inSocket = 256 * 1024; ///< bytes that may lie in one socket, written and not yet sent
inline constexpr qsizetype bulkInSocket = 512 * 1024; ///< the same on a lane of bulk, where another thread writes them
inline constexpr qsizetype bulkAhead = 512 * 1024; ///< bytes that the thread for bulk has read and nobody has taken
inline constexpr qsizetype bulkTurn = 128 * 1024; ///< bytes between two words of that thread to the other
inline constexpr qsizetype inSubscriberSocket = 32 * 1024; ///< the same for each of many subscribers
inline constexpr int notSentLowat = 128 * 1024; ///< TCP_NOTSENT_LOWAT: without it priorities mean nothing

// Links
inline constexpr quint32 ackEvery = 128 * 1024; ///< bytes taken before an ACK is owed at once
inline constexpr auto ackAfter = 1s; ///< at the latest
inline constexpr qint64 sessionBudget = 8 * 1024 * 1024; ///< granted and unused + kept unacknowledged, for one session
inline constexpr qint64 nodeBudget = 64 * 1024 * 1024; ///< the same for a node, which many use at once
inline constexpr auto pingEvery = 15s; ///< by the dialler
inline constexpr auto silence = 45s; ///< without a byte from the peer the connection is dead
inline constexpr auto pingUnacknowledged = 5s; ///< something is unacknowledged: ask sooner
inline constexpr auto deadUnacknowledged = 20s; ///< and give up sooner (TCP_USER_TIMEOUT is the same)
inline constexpr auto resumeWindow = 2min; ///< a link without a connection waits so long for the next one
inline constexpr auto awayAfter = 10s; ///< and counts as away from here on
inline constexpr auto laneWait = 10s; ///< for the first connection of a further lane
inline constexpr qint64 suspendedBudget = 256 * 1024 * 1024; ///< kept for all links without a connection together
inline constexpr auto stoodStill = 5s; ///< a timer that is so late: this program did not run
inline constexpr quint64 connectionBytes = 256'000'000'000; ///< then a connection is replaced: nobody renews its keys
inline constexpr auto connectionAge = 24h; ///< the same
inline constexpr auto lastWords = 2s; ///< for what was written before a close; then by force
inline constexpr auto noProgress = 10s; ///< a peer that does not read what lies ready for it

// Streams
inline constexpr quint32 firstCredit = 64 * 1024; ///< bytes each way before any CREDIT
inline constexpr quint32 mostCredit = 4 * 1024 * 1024; ///< bytes a reader that keeps up grants at most
inline constexpr quint32 frameCost = 16; ///< credit that a frame costs besides its payload
inline constexpr quint32 openStreams = 1024; ///< streams a peer may have open with us at once
inline constexpr quint32 highestStream = 131072; ///< number: what a table of streams may grow to
inline constexpr quint32 strangerStreams = 2; ///< the same for somebody not let in

// Commands
inline constexpr qsizetype bulkAtOnce = 64 * 1024 * 1024; ///< bytes of calls' bulk that one peer may have us hold

// Control sockets
inline constexpr int controlConnections = 256;

// Values (msgpack)
inline constexpr int depth = 16;
inline constexpr quint32 arrayItems = 4096;
inline constexpr quint32 mapItems = 128;
inline constexpr quint32 stringBytes = 64 * 1024;
inline constexpr quint32 keyBytes = 256; ///< of a map's key
inline constexpr quint32 elements = 16384; ///< in all, in one value
inline constexpr int commandName = 64; ///< bytes

// Admission (strangers)
inline constexpr auto greetingDeadline = 10s; ///< from accept to the answer of the greeting
inline constexpr int strangersStart = 64; ///< from here on some are refused at random …
inline constexpr int strangersRefused = 30; ///< percent refused at strangersStart, growing to 100
inline constexpr int strangersFull = 256; ///< … and from here on all
inline constexpr int strangersPerSource = 16; ///< per IPv4 address or IPv6 /64
inline constexpr auto strangersPatience = 1s; ///< with no room left, who took longer goes for the next
inline constexpr qsizetype strangersMemory = 4 * 1024 * 1024; ///< bytes of half frames, all strangers together
inline constexpr auto penaltyProtocol = 90s; ///< for breaking the protocol before being let in
inline constexpr auto penaltyAuthentication = 5s;
inline constexpr auto penaltyNoGreeting = 1s;
inline constexpr auto penaltyEnforced = 15s; ///< below this nothing happens
inline constexpr auto penaltyMost = 10min;
inline constexpr int penaltySources = 65536;

// Reconnecting
inline constexpr auto backoffFirst = 1s; ///< full jitter between 0 and this, doubling
inline constexpr auto backoffMost = 60s;
inline constexpr auto backoffReset = 60s; ///< of peace
inline constexpr auto connectDeadline = 10s; ///< TCP and TLS and greeting

// Requests and approval
inline constexpr int requestsWaiting = 8;
inline constexpr int requestsPerAddress = 3; ///< in requestsAddressWindow
inline constexpr auto requestsAddressWindow = 10min;
inline constexpr auto requestOnScreen = 120s;
inline constexpr auto requestKept = 24h * 7;
inline constexpr auto invitationKept = 24h;
inline constexpr int nameGraphemes = 64;
inline constexpr int chatBytes = 8 * 1024;

// Topics (docs/protocol.md §16)
inline constexpr int topicBytes = 256; ///< of a name or pattern
inline constexpr int topicToken = 64; ///< bytes between two dots; a whole key fits
inline constexpr int topicLevels = 16;
inline constexpr qsizetype topicMessage = 1024 * 1024; ///< bytes
inline constexpr quint32 topicsOfPublisher = 1024; ///< declared on one stream
inline constexpr quint32 topicSources = 4096; ///< places for announcements on one subscription
inline constexpr auto subscriberPatience = 1s; ///< a subscriber takes nothing so long: it is skipped
inline constexpr auto subscriberBehind = 5s; ///< or is so far behind the first who took a message
inline constexpr auto skippedFor = 30s; ///< who was skipped so lately is not waited for

// Durable messages
inline constexpr qsizetype mailItem = 256 * 1024; ///< bytes of one, all told
inline constexpr qsizetype mailItems = 4096; ///< in one message of `mail.post/1`
inline constexpr qsizetype mailRun = 1024 * 1024; ///< bytes of items in one
inline constexpr qint64 outboxItems = 10'000'000; ///< that may wait at their sender for one recipient and conversation
inline constexpr qint64 outboxBytes = qint64(4) << 30;
inline constexpr auto mailKept = 24h * 30; ///< for somebody away
inline constexpr int mailTries = 5; ///< failed deliveries of one item before it is set aside
inline constexpr qint64 mailboxItems = 10000; ///< of one recipient
inline constexpr qint64 mailboxBytes = 64 * 1024 * 1024;
inline constexpr qint64 mailboxSenderItems = 1000; ///< of one sender for one recipient
inline constexpr qint64 mailboxSenderBytes = 8 * 1024 * 1024;

// Durable calls (docs/protocol.md §17.11)
inline constexpr qint64 durableCalls = 1000; ///< of one caller that wait at who is called; and that a caller keeps
inline constexpr qint64 durableOutput = 128 * 1024; ///< bytes of a run's output that are kept
inline constexpr int durablePieces = 1000; ///< of which that may consist
inline constexpr int durableTries = 5; ///< times one call may end the program that works on it
inline constexpr auto durableFor = 24h * 7; ///< until when it may begin, if its caller says nothing
inline constexpr auto durableMost = 24h * 30; ///< and at most: no mailbox keeps it longer
inline constexpr qint64 answersWaiting =
    16 * 1024 * 1024; ///< bytes of answers for one caller; with more nothing of his begins

// Transfers
inline constexpr quint32 transferEntries = 100000;
inline constexpr int transferDepth = 64;
inline constexpr int pathComponent = 255; ///< bytes
inline constexpr int pathBytes = 4096;
inline constexpr qint64 diskReserve = 64 * 1024 * 1024; ///< bytes that stay free on the receiver's disk
inline constexpr int transfersAtOnce = 4; ///< per peer
inline constexpr auto transferStall = 60s;

} // namespace hawser::limits
