#include "core/admission.h"

#include <algorithm>

namespace hawser {

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
    if (m_sources.value(source).greeting >= limits::strangersPerSource) {
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
    const int over = m_all.greeting - limits::strangersStart;
    if (over < 0)
        return false;
    if (m_all.greeting >= limits::strangersFull)
        return true;
    const int first = limits::strangersRefused;
    const int percent = first + (100 - first) * over / (limits::strangersFull - limits::strangersStart);
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
    if (source.staying >= limits::strangersPerSource || m_all.staying >= limits::strangersFull)
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
    if (!m_penalties.contains(source) && m_penalties.size() >= limits::penaltySources)
        forgetPenalties(now);
    Penalty &entry = m_penalties[source];
    const bool over = entry.until <= now;
    entry.until = std::min<Instant>((over ? now : entry.until) + penalty, now + limits::penaltyMost);
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
    if (m_penalties.size() < limits::penaltySources)
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
