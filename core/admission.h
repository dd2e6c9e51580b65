#pragma once

#include "core/instant.h"
#include "core/limits.h"

#include <QHash>
#include <QHostAddress>
#include <functional>
#include <map>

namespace hawser {

/// What counts as one source: an IPv4 address (mapped ones too) or an IPv6 /64.
QHostAddress sourceOf(const QHostAddress &address);

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
    std::map<Ticket, Guest> m_guests; // oldest first
    QHash<QHostAddress, Count> m_sources;
    Count m_all;
    QHash<QHostAddress, Penalty> m_penalties;
    Ticket m_next = 1;
};

} // namespace hawser
