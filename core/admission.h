#pragma once

#include "core/instant.h"
#include "core/limit.h"
#include "core/limits.h"

#include <QHash>
#include <QHostAddress>
#include <functional>
#include <map>

namespace hawser {

/// What counts as one source: an IPv4 address (mapped ones too) or an IPv6 /64.
QHostAddress sourceOf(const QHostAddress &address);

/// What an owner may say of it: [admission] of the file.
struct AdmissionLimits {
    qint64 strangers = limits::strangersFull;
    qint64 strangersStart = limits::strangersStart;
    qint64 strangersPerSource = limits::strangersPerSource;
    qint64 strangerBytes = limits::strangersMemory;
    qint64 greetingSeconds = limits::greetingDeadline.count();
    qint64 penaltySources = limits::penaltySources;
    qint64 penaltyMostSeconds = seconds(limits::penaltyMost).count();

    bool operator==(const AdmissionLimits &) const = default;
};
Limits describe(AdmissionLimits &admission);

/// What strangers may cost (docs/protocol.md §5.8): how many may be in their greeting at once, in all and from one
/// source, how many may stay without being let in, and who has to wait outside for what its source did. Sans-I/O.
///
/// When there is no room, one who has been in its greeting for longer than an honest peer needs goes, rather than the
/// newcomer: so those who drip a byte a second crowd out each other, and nobody else.
class AdmissionControl {
public:
    using Ticket = quint64; ///< never 0

    struct Decision {
        Ticket ticket = 0; ///< 0: refused
        const char *reason = nullptr; ///< why it was refused, as a counter's name
        Ticket dropped = 0; ///< who has to go for it; its ticket is void
    };

    /// \param dice  a random number below its argument
    explicit AdmissionControl(std::function<quint32(quint32)> dice);
    /// From now on; who is in stays.
    void setLimits(const AdmissionLimits &limits) { m_limits = limits; }
    const AdmissionLimits &limits() const { return m_limits; }

    Decision enter(const QHostAddress &address, Instant now);
    /// The greeting of `ticket` is over and it is not let in: it stays as a stranger.
    /// \retval false  too many stay already, from there or in all; the ticket stands
    bool stay(Ticket ticket);
    /// It went, or is a member now. Void tickets are ignored.
    void leave(Ticket ticket);

    /// Adds to what the source has to wait. Loopback addresses never wait: who is there is on this machine already.
    void penalise(const QHostAddress &address, milliseconds penalty, Instant now);
    bool isPenalised(const QHostAddress &address, Instant now) const;

    int strangers() const { return int(m_guests.size()); }
    int penalised() const { return int(m_penalties.size()); }

private:
    struct Guest {
        QHostAddress source;
        Instant since;
        bool stays = false;
    };
    struct Penalty {
        Instant until;
        bool enforced = false;
    };
    struct Count {
        int greeting = 0;
        int staying = 0;
    };

    bool isCrowded();
    Ticket slowest(const QHostAddress *source, Instant now) const;
    void forgetPenalties(Instant now);

    std::function<quint32(quint32)> m_dice;
    AdmissionLimits m_limits;
    std::map<Ticket, Guest> m_guests; // oldest first
    QHash<QHostAddress, Count> m_sources;
    Count m_all;
    QHash<QHostAddress, Penalty> m_penalties;
    Ticket m_next = 1;
};

} // namespace hawser
