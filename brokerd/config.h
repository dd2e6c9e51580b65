#pragma once

#include "brokerd/mail_store.h"
#include "core/instant.h"
#include "core/limits.h"
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

/// What an administrator may set. The defaults are a broker that works without any file.
struct Config {
    QString name; ///< what the broker calls itself; empty: the host's name
    QList<Address> listen { Address { QStringLiteral("0.0.0.0"), 4780 }, Address { QStringLiteral("::"), 4780 } };
    std::optional<Address> address; ///< what invitations say; not set: the first address that others can reach
    int sessionsPerUser = 64;
    int requestsWaiting = limits::requestsWaiting;
    int requestsPerAddress = limits::requestsPerAddress;
    int resumeSeconds = int(seconds(limits::resumeWindow).count()); ///< 0: a link ends with its connection
    int awaySeconds = int(seconds(limits::awayAfter).count());
    int suspendedMegabytes = int(limits::suspendedBudget >> 20); ///< kept for all links without a connection together
    MailboxLimits mailbox;
    TopicDefaults topics;
    int subscriptionsPerSession = 1000;
    int subscriptions = 100000; ///< in all
    int lastValues = 10000; ///< topics in all; a tenth of them of one publisher
    int lastValuesMegabytes = 64;
    int durableSubscriptions = 1000; ///< in all
    int durablePerUser = 16;
    int durableMessages = 100000; ///< that wait for one subscription
    int durableMegabytes = 64; ///< of them
    int durableDays = 7; ///< a message waits

    bool operator==(const Config &) const = default;
};

/// Reads TOML. \param file  how errors name it
/// \retval InvalidArgument  "file:line: what is wrong": no TOML, an unknown key, a wrong type or range
Result<Config> parseConfig(const QByteArray &text, const QString &file);
/// \retval NotFound  there is no such file
Result<Config> loadConfig(const QString &path);
/// The file of `--config`, else /etc/hawser/brokerd.toml if there is one, else the defaults.
Result<Config> loadConfigOrDefault(const QString &chosen);

} // namespace hawser::broker
