#include "core/admission.h"

#include <algorithm>

namespace hawser {

Limits describe(AdmissionLimits &admission)
{
    const char *const table = "admission";
    return {
        { table, "strangers", &admission.strangers, 1, 65536,
            "who may be in their greeting at once; as many may stay without being let in" },
        { table, "strangers_start", &admission.strangersStart, 1, 65536,
            "from so many on some are refused at random: three in ten, growing to all" },
        { table, "strangers_per_source", &admission.strangersPerSource, 1, 65536,
            "the same for one IPv4 address or IPv6 /64" },
        { table, "stranger_bytes", &admission.strangerBytes, 64 * 1024, 1024 * 1024 * 1024,
            "bytes of half greetings, all together" },
        { table, "greeting_seconds", &admission.greetingSeconds, 1, 120,
            "seconds from the first packet to the end of a greeting" },
        { table, "penalty_sources", &admission.penaltySources, 16, 1'000'000,
            "addresses of which is remembered that they misbehaved" },
        { table, "penalty_most_seconds", &admission.penaltyMostSeconds, 0, 86400,
            "seconds for which such an address is refused at the most; 0: never" },
    };
}

QHostAddress sourceOf(const QHostAddress &address)
{
    bool isIpv4 = false;
    const quint32 ipv4 = address.toIPv4Address(&isIpv4);
    if (isIpv4)
        return QHostAddress(ipv4);
    Q_IPV6ADDR bytes = address.toIPv6Address();
    std::fill(std::begin(bytes.c) + 8, std::end(bytes.c), quint8(0));
    return QHostAddress(bytes);
}

AdmissionControl::AdmissionControl(std::function<quint32(quint32)> dice) : m_dice(std::move(dice))
{
}

AdmissionControl::Decision AdmissionControl::enter(const QHostAddress &address, Instant now)
{
    const QHostAddress source = sourceOf(address);
    if (isPenalised(address, now))
        return { .reason = "penalty" };
    Decision decision;
    if (m_sources.value(source).greeting >= m_limits.strangersPerSource) {
        decision.dropped = slowest(&source, now);
        if (!decision.dropped)
            return { .reason = "source" };
    } else if (isCrowded()) {
        decision.dropped = slowest(nullptr, now);
        if (!decision.dropped)
            return { .reason = "crowded" };
    }
    leave(decision.dropped);
    decision.ticket = m_next++;
    m_guests.emplace(decision.ticket, Guest { source, now });
    ++m_sources[source].greeting;
    ++m_all.greeting;
    return decision;
}

/// Random early refusal, as OpenSSH's MaxStartups: the more are in their greeting, the likelier.
bool AdmissionControl::isCrowded()
{
    if (m_all.greeting >= m_limits.strangers)
        return true;
    const qint64 over = m_all.greeting - m_limits.strangersStart;
    if (over < 0)
        return false;
    const qint64 first = limits::strangersRefused;
    const qint64 percent = first + (100 - first) * over / (m_limits.strangers - m_limits.strangersStart);
    return m_dice(100) < quint32(percent);
}

/// The oldest that is still in its greeting and has had more time than it needs; 0: none.
AdmissionControl::Ticket AdmissionControl::slowest(const QHostAddress *source, Instant now) const
{
    for (const auto &[ticket, guest] : m_guests) {
        if (now - guest.since < limits::strangersPatience)
            return 0;
        if (!guest.stays && (!source || guest.source == *source))
            return ticket;
    }
    return 0;
}

bool AdmissionControl::stay(Ticket ticket)
{
    const auto guest = m_guests.find(ticket);
    if (guest == m_guests.end() || guest->second.stays)
        return false;
    Count &source = m_sources[guest->second.source];
    if (source.staying >= m_limits.strangersPerSource || m_all.staying >= m_limits.strangers)
        return false;
    guest->second.stays = true;
    --source.greeting;
    --m_all.greeting;
    ++source.staying;
    ++m_all.staying;
    return true;
}

void AdmissionControl::leave(Ticket ticket)
{
    const auto guest = m_guests.find(ticket);
    if (guest == m_guests.end())
        return;
    const auto source = m_sources.find(guest->second.source);
    --(guest->second.stays ? source->staying : source->greeting);
    --(guest->second.stays ? m_all.staying : m_all.greeting);
    if (source->greeting + source->staying == 0)
        m_sources.erase(source);
    m_guests.erase(guest);
}

/// As OpenSSH's PerSourcePenalties: they add up, and bite from a sum on.
void AdmissionControl::penalise(const QHostAddress &address, milliseconds penalty, Instant now)
{
    const QHostAddress source = sourceOf(address);
    if (address.isLoopback() || source.isLoopback() || penalty <= milliseconds::zero())
        return;
    if (!m_penalties.contains(source) && m_penalties.size() >= m_limits.penaltySources)
        forgetPenalties(now);
    Penalty &entry = m_penalties[source];
    const bool over = entry.until <= now;
    entry.until = std::min<Instant>((over ? now : entry.until) + penalty, now + seconds(m_limits.penaltyMostSeconds));
    entry.enforced = (entry.enforced && !over) || entry.until >= now + limits::penaltyEnforced;
}

bool AdmissionControl::isPenalised(const QHostAddress &address, Instant now) const
{
    const auto entry = m_penalties.find(sourceOf(address));
    return entry != m_penalties.end() && entry->enforced && entry->until > now;
}

/// Makes room: first those that are over, and if all still stand, the half that ends first.
void AdmissionControl::forgetPenalties(Instant now)
{
    m_penalties.removeIf([now](const auto &entry) { return entry.value().until <= now; });
    if (m_penalties.size() < m_limits.penaltySources)
        return;
    std::vector<Instant> ends;
    ends.reserve(size_t(m_penalties.size()));
    for (const Penalty &entry : std::as_const(m_penalties))
        ends.push_back(entry.until);
    const auto middle = ends.begin() + std::ptrdiff_t(ends.size() / 2);
    std::nth_element(ends.begin(), middle, ends.end());
    m_penalties.removeIf([limit = *middle](const auto &entry) { return entry.value().until <= limit; });
}

} // namespace hawser
