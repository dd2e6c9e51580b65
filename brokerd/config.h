#pragma once

#include "brokerd/mail_store.h"
#include "core/admission.h"
#include "core/link_limits.h"
#include "core/location.h"

#include <optional>

namespace hawser::broker {

/// Where people and machines may publish and read when nothing else was given to them: patterns. The topics below
/// `hawser.` are never among them.
struct TopicDefaults {
    QByteArrayList peoplePublish { ">" };
    QByteArrayList peopleSubscribe { ">" };
    QByteArrayList machinesPublish { ">" };
    QByteArrayList machinesSubscribe = {};

    bool operator==(const TopicDefaults &) const = default;
};

/// What an administrator may set. The defaults are a broker that works without any file. Each number is described, with what
/// it may be, in describe(), and nowhere else.
struct Config {
    QString name; ///< what the broker calls itself; empty: the host's name
    QList<Address> listen { Address { QStringLiteral("0.0.0.0"), 4780 }, Address { QStringLiteral("::"), 4780 } };
    std::optional<Address> address; ///< what invitations say; not set: the first address that others can reach
    TopicDefaults topics;

    LinkLimits links;
    qint64 nodeUnacknowledgedBytes = limits::nodeBudget; ///< a machine is used by many at once
    qint64 suspendedMegabytes = limits::suspendedBudget >> 20;
    AdmissionLimits admission;
    MailboxLimits mailbox;

    qint64 accounts = 100000;
    qint64 sessionsPerUser = 64;
    qint64 requestsWaiting = limits::requestsWaiting;
    qint64 requestsPerAddress = limits::requestsPerAddress;
    qint64 requestWindowMinutes = limits::requestsAddressWindow.count();
    qint64 requestsUnanswered = 256;
    qint64 requestDays = limits::requestKept.count() / 24;
    qint64 blocks = 10000;
    qint64 invitations = 1000;
    qint64 invitationHours = limits::invitationKept.count();
    qint64 commandsPerNode = 512;
    qint64 writesPerSecond = 20;
    qint64 writesAtOnce = 40;
    qint64 controlConnections = limits::controlConnections;
    qint64 drainSeconds = 8;

    qint64 subscriptionsPerSession = 1000;
    qint64 subscriptions = 100000;
    qint64 subscriptionChangesPerSecond = 200;
    qint64 subscriberPatienceSeconds = limits::subscriberPatience.count();
    qint64 subscriberBehindSeconds = limits::subscriberBehind.count();
    qint64 subscriberSkippedSeconds = limits::skippedFor.count();
    qint64 publisherHeldBytes = 512 * 1024;
    qint64 topicRightsPerAccount = 256;
    qint64 lastValues = 10000;
    qint64 lastValuesMegabytes = 64;
    qint64 durableSubscriptions = 1000;
    qint64 durablePerUser = 16;
    qint64 durableMessages = 100000;
    qint64 durableMegabytes = 64;
    qint64 durableDays = 7;
    qint64 durableUnusedDays = 30;
    qint64 mailboxDays = limits::mailKept.count() / 24; ///< what `mailbox` has in milliseconds

    bool operator==(const Config &) const = default;
};

/// Every number of `config`, as its file and `status` name it.
Limits describe(Config &config);

/// Reads TOML. \param file  how errors name it
/// \retval InvalidArgument  "file:line: what is wrong": no TOML, an unknown key, a wrong type or range
Result<Config> parseConfig(const QByteArray &text, const QString &file);
/// \retval NotFound  there is no such file
Result<Config> loadConfig(const QString &path);
/// The file of `--config`, else /etc/hawser/brokerd.toml if there is one, else the defaults.
Result<Config> loadConfigOrDefault(const QString &chosen);

} // namespace hawser::broker
