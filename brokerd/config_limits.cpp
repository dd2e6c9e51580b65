// Every number that an administrator may set.
#include "brokerd/config.h"

#include <algorithm>
#include <cstring>

namespace hawser::broker {

namespace {

constexpr qint64 kilo = 1024;
constexpr qint64 mega = 1024 * kilo;
constexpr qint64 mostMegabytes = 65536;
constexpr qint64 mostRows = 1'000'000;
constexpr qint64 mostRequests = 10000;
constexpr qint64 mostDays = 3650;
constexpr qint64 mostMail = 1'000'000'000'000; // items or bytes
constexpr qint64 hour = 3600; // seconds

void append(Limits &to, const Limits &more)
{
    to.insert(to.end(), more.begin(), more.end());
}

/// Those of every program, but for two that stand in [limits] here.
Limits linkLimits(Config &config)
{
    Limits limits = describe(config.links);
    for (Limit &limit : limits)
        if (!std::strcmp(limit.name, "resume_seconds") || !std::strcmp(limit.name, "away_seconds"))
            limit.table = "limits";
    limits.push_back({ "links", "node_unacknowledged_bytes", &config.nodeUnacknowledgedBytes, 256 * kilo, 1024 * mega,
        "the same as `unacknowledged_bytes`, towards a machine" });
    return limits;
}

Limits peopleLimits(Config &config)
{
    const char *const table = "limits";
    return {
        { table, "suspended_megabytes", &config.suspendedMegabytes, 1, mostMegabytes,
            "megabytes kept for all links without a connection; above it the largest ends" },
        { table, "accounts", &config.accounts, 1, mostRows, "people and machines that are let in" },
        { table, "sessions_per_user", &config.sessionsPerUser, 1, 4096, "programs of one person that are connected" },
        { table, "requests_waiting", &config.requestsWaiting, 1, mostRequests, "requests that wait for a decision" },
        { table, "requests_per_address", &config.requestsPerAddress, 1, mostRequests,
            "requests that may come from one address in `request_window_minutes`" },
        { table, "request_window_minutes", &config.requestWindowMinutes, 1, 1440, "minutes, see above" },
        { table, "requests_unanswered", &config.requestsUnanswered, 1, mostRequests,
            "requests whose asker has not yet shown its number" },
        { table, "request_days", &config.requestDays, 1, 365, "days a request waits" },
        { table, "blocks", &config.blocks, 1, mostRows, "keys and addresses that are refused without a question" },
        { table, "invitations", &config.invitations, 1, mostRows, "invitations that are open" },
        { table, "invitation_hours", &config.invitationHours, 1, 8760,
            "hours an invitation works, if nothing else is said" },
        { table, "commands_per_node", &config.commandsPerNode, 1, limits::arrayItems,
            "commands that a machine offers" },
        { table, "writes_per_second", &config.writesPerSecond, 1, mostRequests,
            "commands a second of one session that write to the disk" },
        { table, "writes_at_once", &config.writesAtOnce, 1, mostRequests, "of these at once, after a rest" },
        { table, "control_connections", &config.controlConnections, 2, 4096, "connections to the control socket" },
        { table, "drain_seconds", &config.drainSeconds, 0, hour,
            "seconds that what runs has left when the broker stops; systemd kills after TimeoutStopSec=" },
    };
}

Limits topicLimits(Config &config)
{
    const char *const table = "limits";
    return {
        { table, "subscriptions_per_session", &config.subscriptionsPerSession, 1, 1000,
            "subscriptions of one session" },
        { table, "subscriptions", &config.subscriptions, 1, mostRows, "subscriptions in all" },
        { table, "subscription_changes_per_second", &config.subscriptionChangesPerSecond, 1, mostRequests,
            "subscriptions that a session may begin in a second; ten times as many after a rest" },
        { table, "subscriber_patience_seconds", &config.subscriberPatienceSeconds, 1, 600,
            "seconds in which a subscriber takes nothing until it is skipped" },
        { table, "subscriber_behind_seconds", &config.subscriberBehindSeconds, 1, 600,
            "seconds it may be behind the first who took a message" },
        { table, "subscriber_skipped_seconds", &config.subscriberSkippedSeconds, 1, hour,
            "seconds in which nobody waits for one that was skipped" },
        { table, "publisher_held_bytes", &config.publisherHeldBytes, 64 * kilo, 64 * mega,
            "bytes of a publisher that wait for subscribers; above it the publisher waits" },
        { table, "topic_rights_per_account", &config.topicRightsPerAccount, 1, mostRequests,
            "patterns given to one account, each way" },
        { table, "last_values", &config.lastValues, 0, mostRows,
            "topics with a last value; a tenth of them of one publisher" },
        { table, "last_values_megabytes", &config.lastValuesMegabytes, 0, mostMegabytes, "megabytes of them" },
        { table, "durable_subscriptions", &config.durableSubscriptions, 0, mostRows, "durable subscriptions in all" },
        { table, "durable_subscriptions_per_user", &config.durablePerUser, 0, mostRows, "of one account" },
        { table, "durable_messages", &config.durableMessages, 0, mostRows, "messages that wait for one subscription" },
        { table, "durable_megabytes", &config.durableMegabytes, 0, mostMegabytes, "megabytes of them" },
        { table, "durable_message_days", &config.durableDays, 0, mostDays, "days such a message waits" },
        { table, "durable_unused_days", &config.durableUnusedDays, 1, mostDays,
            "days without its subscriber until a durable subscription is forgotten" },
    };
}

Limits mailLimits(Config &config)
{
    const char *const table = "mailbox";
    MailboxLimits &mailbox = config.mailbox;
    return {
        { table, "items", &mailbox.items, 1, mostMail,
            "messages that no program of a recipient has taken, or that were set aside" },
        { table, "bytes", &mailbox.bytes, 1, mostMail, "bytes of them" },
        { table, "sender_items", &mailbox.senderItems, 1, mostMail, "messages of one sender among them" },
        { table, "sender_bytes", &mailbox.senderBytes, 1, mostMail, "bytes of them" },
        { table, "item_bytes", &mailbox.itemBytes, 1, limits::mailItem, "bytes of one message" },
        { table, "days", &config.mailboxDays, 1, 365, "days a message waits" },
        { table, "tries", &mailbox.tries, 1, 1000, "failed deliveries of one message until it is set aside" },
        { table, "devices", &mailbox.devices, 1, 4096,
            "devices of one recipient; one more and the one that was away for longest is forgotten" },
    };
}

} // namespace

Limits describe(Config &config)
{
    Limits all = linkLimits(config);
    append(all, describe(config.admission));
    append(all, peopleLimits(config));
    append(all, topicLimits(config));
    append(all, mailLimits(config));
    std::stable_sort(
        all.begin(), all.end(), [](const Limit &a, const Limit &b) { return std::strcmp(a.table, b.table) < 0; });
    return all;
}

} // namespace hawser::broker
