#include "chat/request_queue.h"

#include <algorithm>

namespace hawser::chat {

namespace {

bool isJoin(Asking kind)
{
    return kind == Asking::JoinPerson || kind == Asking::JoinMachine;
}

bool sameDoor(const Door &a, const Door &b)
{
    return a.broker == b.broker && a.remoteId == b.remoteId && a.askId == b.askId;
}

void putDoor(QList<Door> &doors, const Door &door)
{
    const auto known =
        std::find_if(doors.begin(), doors.end(), [&](const Door &other) { return sameDoor(other, door); });
    if (known == doors.end())
        doors.append(door);
    else
        *known = door;
}

} // namespace

QString Request::number() const
{
    const auto standsThere = [](const Door &door) { return door.present && !door.number.isEmpty(); };
    const auto present = std::find_if(doors.begin(), doors.end(), standsThere);
    if (present != doors.end())
        return present->number;
    const auto any = std::find_if(doors.begin(), doors.end(), [](const Door &door) { return !door.number.isEmpty(); });
    return any == doors.end() ? QString() : any->number;
}

quint64 RequestQueue::knock(const Request &request, Instant now)
{
    if (Request *known = same(request)) {
        if (known->place != Request::Place::Screen) {
            known->claim = request.claim;
            known->program = request.program;
            known->host = request.host;
            known->rights = request.rights;
            known->commands = request.commands;
            known->invited = known->invited || request.invited;
            known->contact = request.contact;
            known->lookAlike = request.lookAlike;
        }
        for (const Door &door : request.doors)
            putDoor(known->doors, door);
        return known->id;
    }
    if (m_requests.size() >= m_limits.listed) {
        m_hits.count("requests_listed");
        return 0;
    }
    Request fresh = request;
    fresh.id = m_nextId++;
    fresh.place = Request::Place::Listed;
    m_asked[fresh.id] = now;
    m_requests.append(fresh);
    if (tooMany(fresh.doors.isEmpty() ? QString() : fresh.doors.first().address, now))
        return fresh.id;
    if (m_line.size() < m_limits.waiting || m_shown == 0)
        enqueue(fresh.id, now);
    else
        m_hits.count("requests_waiting");
    return fresh.id;
}

void RequestQueue::enqueue(quint64 id, Instant now)
{
    m_line.append(id);
    entry(id)->place = Request::Place::Waiting;
    showNext(now);
}

void RequestQueue::restore(const Request &request, milliseconds age, Instant now)
{
    Request kept = request;
    kept.place = Request::Place::Listed;
    for (Door &door : kept.doors)
        door.present = false;
    m_nextId = std::max(m_nextId, kept.id + 1);
    m_asked[kept.id] = now - age;
    m_requests.append(kept);
}

void RequestQueue::updateDoor(quint64 id, const Door &door)
{
    if (Request *request = entry(id))
        putDoor(request->doors, door);
}

const Request *RequestQueue::find(quint64 id) const
{
    return const_cast<RequestQueue *>(this)->entry(id);
}

Request *RequestQueue::entry(quint64 id)
{
    const auto found =
        std::find_if(m_requests.begin(), m_requests.end(), [id](const Request &request) { return request.id == id; });
    return found == m_requests.end() ? nullptr : &*found;
}

Request *RequestQueue::same(const Request &request)
{
    const auto found = std::find_if(m_requests.begin(), m_requests.end(),
        [&](const Request &other) { return other.key == request.key && isJoin(other.kind) == isJoin(request.kind); });
    return found == m_requests.end() ? nullptr : &*found;
}

const Request *RequestQueue::shown() const
{
    return m_shown == 0 ? nullptr : find(m_shown);
}

void RequestQueue::report(LimitUse &use) const
{
    use.used("requests_waiting", m_line.size());
    use.used("requests_listed", m_requests.size());
    m_hits.report(use);
}

int RequestQueue::waiting() const
{
    return int(m_line.size());
}

std::optional<milliseconds> RequestQueue::timeLeft(Instant now) const
{
    if (m_shown == 0 || !m_shownUntil)
        return std::nullopt;
    return std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(*m_shownUntil - now));
}

void RequestQueue::review(quint64 id, Instant now)
{
    if (id == m_shown || find(id) == nullptr)
        return;
    m_line.removeOne(id);
    if (m_shown != 0) {
        m_line.prepend(m_shown);
        entry(m_shown)->place = Request::Place::Waiting;
    }
    show(id, now);
}

void RequestQueue::show(quint64 id, Instant now)
{
    m_shown = id;
    m_shownUntil = now + seconds(m_limits.onScreenSeconds);
    entry(id)->place = Request::Place::Screen;
}

void RequestQueue::showNext(Instant now)
{
    if (m_shown == 0 && !m_line.isEmpty())
        show(m_line.takeFirst(), now);
}

void RequestQueue::moreTime(quint64 id)
{
    if (id == m_shown)
        m_shownUntil.reset();
}

void RequestQueue::notNow(quint64 id, Instant now)
{
    Request *request = entry(id);
    if (request == nullptr)
        return;
    request->place = Request::Place::Listed;
    leaveLine(id);
    showNext(now);
}

void RequestQueue::leaveLine(quint64 id)
{
    m_line.removeOne(id);
    if (id == m_shown)
        m_shown = 0;
}

void RequestQueue::rejectAll()
{
    for (Request &request : m_requests)
        request.place = Request::Place::Listed;
    m_line.clear();
    m_shown = 0;
}

void RequestQueue::remove(quint64 id, Instant now)
{
    m_requests.removeIf([id](const Request &request) { return request.id == id; });
    m_asked.remove(id);
    leaveLine(id);
    showNext(now);
}

bool RequestQueue::tooMany(const QString &address, Instant now)
{
    m_fromAddress.removeIf([this, now](std::pair<const QString &, QList<Instant> &> entry) {
        entry.second.removeIf(
            [this, now](Instant asked) { return asked + std::chrono::minutes(m_limits.windowMinutes) <= now; });
        return entry.second.isEmpty();
    });
    if (address.isEmpty())
        return false;
    QList<Instant> &asked = m_fromAddress[address];
    if (asked.size() >= m_limits.perAddress) {
        m_hits.count("requests_per_address");
        return true;
    }
    asked.append(now);
    return false;
}

QList<quint64> RequestQueue::tick(Instant now)
{
    QList<quint64> old;
    for (auto asked = m_asked.cbegin(); asked != m_asked.cend(); ++asked)
        if (asked.value() + std::chrono::hours(24 * m_limits.days) <= now)
            old.append(asked.key());
    for (const quint64 id : old)
        remove(id, now);
    if (m_shown != 0 && m_shownUntil && *m_shownUntil <= now)
        notNow(m_shown, now);
    return old;
}

Instant RequestQueue::deadline() const
{
    Instant next = m_shown != 0 && m_shownUntil ? *m_shownUntil : Instant::max();
    for (const Instant asked : m_asked)
        next = std::min<Instant>(next, asked + std::chrono::hours(24 * m_limits.days));
    return next;
}

} // namespace hawser::chat
