#include "brokerd/requests.h"

#include "core/identity.h"
#include "core/number.h"

#include <algorithm>

namespace hawser::broker {

namespace {

const QChar separator = u'\n'; // in lists on disk; taken out of what strangers say

QString letterOf(AccountKind kind)
{
    return kind == AccountKind::Node ? QStringLiteral("n") : QStringLiteral("r");
}

AccountKind kindOf(const QString &letter)
{
    return letter == u'n' ? AccountKind::Node : AccountKind::User;
}

QString joined(QStringList list)
{
    for (QString &item : list)
        item.remove(separator);
    return list.join(separator);
}

QStringList split(const QString &text)
{
    return text.split(separator, Qt::SkipEmptyParts);
}

bool isSame(const Knock &a, const Knock &b)
{
    return a.key == b.key && a.kind == b.kind && a.id == b.id && a.commitment == b.commitment;
}

} // namespace

Requests::Requests(Database &database, const PublicKey &own, QObject *parent)
    : QObject(parent), m_database(database), m_own(own)
{
}

Result<void> Requests::load()
{
    Result<QSqlQuery> rows = m_database.run(QStringLiteral(
        "SELECT key, kind, serial, knock, commitment, nonce, number, claim, program, host, rights, commands, address,"
        " since FROM requests ORDER BY since"));
    if (!rows)
        return rows.error();
    while (rows->next()) {
        const Result<PublicKey> key = PublicKey::fromBytes(rows->value(0).toByteArray());
        if (!key)
            return Error { Code::DataLoss, QStringLiteral("a request has a damaged key") };
        const QString letter = rows->value(1).toString();
        Waiting request { letter + rows->value(2).toString(), {}, rows->value(5).toByteArray(),
            rows->value(6).toString(), rows->value(13).toLongLong() };
        request.knock = { *key, kindOf(letter), rows->value(3).toByteArray(), rows->value(4).toByteArray(),
            rows->value(7).toString(), rows->value(8).toString(), rows->value(9).toString(),
            split(rows->value(10).toString()), split(rows->value(11).toString()), rows->value(12).toString() };
        m_waiting << request;
    }
    Result<QSqlQuery> blocks = m_database.run(QStringLiteral("SELECT what, until FROM blocks"));
    if (!blocks)
        return blocks.error();
    while (blocks->next())
        m_blocks.insert(blocks->value(0).toString(), blocks->value(1).toLongLong());
    return loadPromises();
}

WallTime Requests::kept() const
{
    return m_limits.days * 24 * 60 * 60 * 1000;
}

void Requests::forgetRecent(Instant running)
{
    const auto window = std::chrono::minutes(m_limits.windowMinutes);
    while (!m_recent.empty() && m_recent.front().first <= running - window)
        m_recent.pop_front();
}

void Requests::report(LimitUse &use) const
{
    use.used("requests_waiting", m_waiting.size());
    use.used("requests_unanswered", qint64(m_promises.size()));
    use.used("blocks", m_blocks.size());
    m_hits.report(use);
}

Result<void> Requests::hasRoom(const Knock &knock) const
{
    if (find(knock.key) || m_waiting.size() < m_limits.waiting)
        return {};
    m_hits.count("requests_waiting");
    return Error { Code::ResourceExhausted, QStringLiteral("too many requests wait here already: try again later") };
}

Result<void> Requests::mayKnock(const Knock &knock) const
{
    if (const Result<void> room = hasRoom(knock); !room)
        return room;
    const auto fromThere = std::count_if(
        m_recent.begin(), m_recent.end(), [&](const auto &recent) { return recent.second == knock.address; });
    if (fromThere >= m_limits.perAddress) {
        m_hits.count("requests_per_address");
        return Error { Code::ResourceExhausted,
            QStringLiteral("too many requests came from your address: try again in %1 minutes")
                .arg(m_limits.windowMinutes) };
    }
    if (qint64(m_promises.size()) < m_limits.unanswered)
        return {};
    m_hits.count("requests_unanswered");
    return Error { Code::ResourceExhausted, QStringLiteral("too many ask at once: try again later") };
}

/// An id belongs to who used it first: with another commitment under it a number could be made to fit.
Result<void> Requests::isOwnId(const Knock &knock) const
{
    const auto isTaken = [&](const Knock &other) { return other.id == knock.id && !isSame(other, knock); };
    const bool taken =
        std::any_of(m_waiting.begin(), m_waiting.end(), [&](const Waiting &w) { return isTaken(w.knock); })
        || std::any_of(m_promises.begin(), m_promises.end(), [&](const Promise &p) { return isTaken(p.knock); });
    if (taken)
        return Error { Code::InvalidArgument, QStringLiteral("another request has this id") };
    return {};
}

Result<Requests::Answer> Requests::answerTo(const Knock &knock, WallTime now, Instant running)
{
    forgetRecent(running);
    if (const Result<void> own = isOwnId(knock); !own)
        return own.error();
    const Waiting *before = find(knock.key);
    if (before && isSame(before->knock, knock))
        return Answer { before->nonce, before->since };
    const auto promised = std::find_if(
        m_promises.begin(), m_promises.end(), [&](const Promise &promise) { return isSame(promise.knock, knock); });
    if (promised != m_promises.end())
        return Answer { promised->nonce, promised->since };
    if (const Result<void> may = mayKnock(knock); !may)
        return may.error();
    const Promise fresh { knock, randomBytes(numberNonce), now };
    const auto written = m_database.run(QStringLiteral("INSERT OR REPLACE INTO promises VALUES (?, ?, ?, ?, ?, ?)"),
        { knock.id, knock.key.bytes(), letterOf(knock.kind), knock.commitment, fresh.nonce, now });
    if (!written)
        return written.error();
    m_promises.push_back(fresh);
    m_recent.emplace_back(running, knock.address);
    return Answer { fresh.nonce, now };
}

Result<void> Requests::loadPromises()
{
    Result<QSqlQuery> rows = m_database.run(
        QStringLiteral("SELECT knock, key, kind, commitment, nonce, since FROM promises ORDER BY since"));
    if (!rows)
        return rows.error();
    while (rows->next()) {
        const Result<PublicKey> key = PublicKey::fromBytes(rows->value(1).toByteArray());
        if (!key)
            return Error { Code::DataLoss, QStringLiteral("a request has a damaged key") };
        Promise promise;
        promise.knock.key = *key;
        promise.knock.kind = kindOf(rows->value(2).toString());
        promise.knock.id = rows->value(0).toByteArray();
        promise.knock.commitment = rows->value(3).toByteArray();
        promise.nonce = rows->value(4).toByteArray();
        promise.since = rows->value(5).toLongLong();
        m_promises.push_back(promise);
    }
    return {};
}

void Requests::forgetPromises(WallTime now)
{
    if (std::erase_if(m_promises, [&](const Promise &promise) { return promise.since <= now - kept(); }) == 0)
        return;
    const auto gone = m_database.run(QStringLiteral("DELETE FROM promises WHERE since <= ?"), { now - kept() });
    Q_UNUSED(gone) // they are left out when they are read next time
}

Result<void> Requests::mayReveal(const Knock &knock, QByteArrayView revealed) const
{
    if (!opensCommitment(knock.commitment, revealed, knock.key, m_own))
        return Error { Code::InvalidArgument, QStringLiteral("the nonce is not the one that was committed to") };
    return hasRoom(knock);
}

Result<Waiting> Requests::reveal(const Knock &knock, const QByteArray &nonce, QByteArrayView revealed, WallTime now)
{
    if (const Result<void> may = mayReveal(knock, revealed); !may)
        return may.error();
    const Waiting *before = find(knock.key);
    Waiting request { {}, knock, nonce, compareNumber(knock.key, m_own, revealed, nonce), now };
    const auto promised = std::find_if(
        m_promises.begin(), m_promises.end(), [&](const Promise &promise) { return isSame(promise.knock, knock); });
    if (promised != m_promises.end())
        request.since = promised->since;
    if (before && isSame(before->knock, knock) && before->nonce == nonce)
        request = *before;
    const bool isNew = request.id.isEmpty();
    const Result<void> done = m_database.transaction([&]() -> Result<void> {
        if (isNew) {
            const Result<QString> id = freshId(knock.kind);
            if (!id)
                return id.error();
            request.id = *id;
            const auto gone = m_database.run(QStringLiteral("DELETE FROM promises WHERE knock = ?"), { knock.id });
            if (!gone)
                return gone.error();
        }
        return write(request);
    });
    if (!done)
        return done.error();
    if (isNew) {
        std::erase_if(m_promises, [&](const Promise &promise) { return isSame(promise.knock, knock); });
        forget(knock.key, {}); // another one of the same key: it has this one's place now
        m_waiting << request;
    } else {
        *std::find_if(m_waiting.begin(), m_waiting.end(), [&](const Waiting &w) { return w.id == request.id; }) =
            request;
    }
    emit changed(request);
    return request;
}

Result<QString> Requests::freshId(AccountKind kind)
{
    const QString letter = letterOf(kind);
    const auto counted = m_database.run(
        QStringLiteral("INSERT INTO serials VALUES (?, 1) ON CONFLICT (kind) DO UPDATE SET last = last + 1"),
        { letter });
    if (!counted)
        return counted.error();
    const Result<qint64> last =
        m_database.number(QStringLiteral("SELECT last FROM serials WHERE kind = ?"), { letter });
    if (!last)
        return last.error();
    return letter + QString::number(*last);
}

Result<void> Requests::write(const Waiting &request)
{
    const Knock &knock = request.knock;
    const auto written = m_database.run(
        QStringLiteral("INSERT OR REPLACE INTO requests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        { knock.key.bytes(), request.id.left(1), request.id.mid(1).toLongLong(), knock.id, knock.commitment,
            request.nonce, request.number, knock.claim, knock.program, knock.host, joined(knock.rights),
            joined(knock.commands), knock.address, request.since });
    return written ? Result<void>() : written.error();
}

Result<void> Requests::erase(const PublicKey &key)
{
    const auto gone = m_database.run(QStringLiteral("DELETE FROM requests WHERE key = ?"), { key.bytes() });
    return gone ? Result<void>() : gone.error();
}

void Requests::forget(const PublicKey &key, const QString &by)
{
    const auto found = std::find_if(
        m_waiting.begin(), m_waiting.end(), [&](const Waiting &request) { return request.knock.key == key; });
    if (found == m_waiting.end())
        return;
    const Waiting request = *found;
    m_waiting.erase(found);
    emit closed(request, by);
}

Result<void> Requests::close(const PublicKey &key, const QString &by)
{
    if (const Result<void> erased = erase(key); !erased)
        return erased;
    forget(key, by);
    return {};
}

Result<Waiting> Requests::find(const QString &text) const
{
    const QString wanted = text.trimmed().toLower();
    for (const Waiting &request : m_waiting)
        if (request.id == wanted || request.knock.key.hex() == wanted)
            return request;
    return Error { Code::NotFound, QStringLiteral("no request \"%1\" waits here").arg(text.trimmed()) };
}

const Waiting *Requests::find(const PublicKey &key) const
{
    const auto found = std::find_if(
        m_waiting.begin(), m_waiting.end(), [&](const Waiting &request) { return request.knock.key == key; });
    return found == m_waiting.end() ? nullptr : &*found;
}

Result<void> Requests::block(const QString &what, WallTime until)
{
    if (!m_blocks.contains(what) && m_blocks.size() >= m_limits.blocks) {
        m_hits.count("blocks");
        return Error { Code::ResourceExhausted,
            QStringLiteral("%1 are blocked already: unblock some first").arg(m_blocks.size()) };
    }
    const auto written = m_database.run(QStringLiteral("INSERT OR REPLACE INTO blocks VALUES (?, ?)"), { what, until });
    if (!written)
        return written.error();
    m_blocks.insert(what, until);
    return {};
}

Result<void> Requests::unblock(const QString &what)
{
    if (!m_blocks.contains(what))
        return Error { Code::NotFound, QStringLiteral("%1 is not blocked").arg(what) };
    const auto gone = m_database.run(QStringLiteral("DELETE FROM blocks WHERE what = ?"), { what });
    if (!gone)
        return gone.error();
    m_blocks.remove(what);
    return {};
}

bool Requests::isBlocked(const PublicKey &key, const QString &address, WallTime now) const
{
    return m_blocks.value(key.hex(), 0) > now || m_blocks.value(address, 0) > now;
}

void Requests::expire(WallTime now)
{
    const QList<Waiting> waiting = m_waiting;
    for (const Waiting &request : waiting)
        if (request.since <= now - kept())
            (void)close(request.knock.key, {}); // a disk that refuses leaves it for the next time
    forgetPromises(now);
    if (m_database.run(QStringLiteral("DELETE FROM blocks WHERE until <= ?"), { now }))
        m_blocks.removeIf([now](const auto &block) { return block.value() <= now; });
}

} // namespace hawser::broker
