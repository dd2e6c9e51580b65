#include "brokerd/mail_store.h"

#include "core/mail_items.h"

#include <algorithm>

namespace hawser::broker {

namespace {

constexpr qint64 retryFull = 60 * 1000; // ms

/// Version 1 counted nothing of what was set aside.
QStringList asideCounts()
{
    return {
        QStringLiteral("UPDATE mail_boxes SET items = items + n, bytes = bytes + size, all_items = all_items + n FROM"
                       " (SELECT recipient AS whose, count(*) AS n, sum(length(item)) AS size FROM mail_parked"
                       " GROUP BY recipient) WHERE whose = recipient"),
        QStringLiteral("UPDATE mail_pairs SET items = items + n, bytes = bytes + size FROM"
                       " (SELECT recipient AS whose, sender AS who, count(*) AS n, sum(length(item)) AS size"
                       " FROM mail_parked GROUP BY recipient, sender) WHERE whose = recipient AND who = sender"),
    };
}

} // namespace

Database::Steps MailStore::steps()
{
    return { Inbox::tables()
        + QStringList {
            QStringLiteral("CREATE TABLE mail (serial INTEGER PRIMARY KEY, recipient BLOB NOT NULL,"
                           " source INTEGER NOT NULL REFERENCES inbox_sources (id), first INTEGER NOT NULL,"
                           " count INTEGER NOT NULL, bytes INTEGER NOT NULL, since INTEGER NOT NULL,"
                           " until INTEGER NOT NULL, digest BLOB NOT NULL, items BLOB NOT NULL)"),
            QStringLiteral("CREATE INDEX mail_of ON mail (recipient)"),
            QStringLiteral("CREATE INDEX mail_from ON mail (source, first)"),
            QStringLiteral("CREATE INDEX mail_until ON mail (until)"),
            QStringLiteral("CREATE TABLE mail_next (serial INTEGER NOT NULL)"),
            QStringLiteral("INSERT INTO mail_next VALUES (1)"),
            QStringLiteral("CREATE TABLE mail_boxes (recipient BLOB PRIMARY KEY, items INTEGER NOT NULL,"
                           " bytes INTEGER NOT NULL, all_items INTEGER NOT NULL, furthest INTEGER NOT NULL)"
                           " WITHOUT ROWID"),
            QStringLiteral("CREATE TABLE mail_pairs (recipient BLOB NOT NULL, sender BLOB NOT NULL,"
                           " items INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (recipient, sender))"
                           " WITHOUT ROWID"),
            QStringLiteral("CREATE TABLE mail_devices (recipient BLOB NOT NULL, device BLOB NOT NULL,"
                           " cursor INTEGER NOT NULL, seen INTEGER NOT NULL, lost INTEGER NOT NULL,"
                           " failed INTEGER NOT NULL, tries INTEGER NOT NULL, singly_to INTEGER NOT NULL,"
                           " PRIMARY KEY (recipient, device)) WITHOUT ROWID"),
            QStringLiteral("CREATE TABLE mail_parked (recipient BLOB NOT NULL, device BLOB NOT NULL,"
                           " serial INTEGER NOT NULL, since INTEGER NOT NULL, sender BLOB NOT NULL,"
                           " item BLOB NOT NULL, PRIMARY KEY (recipient, device, serial))"),
        },
        asideCounts() };
}

// --- what comes

Result<void> MailStore::post(MailPosted &post, WallTime now)
{
    const Result<QList<quint32>> cuts = cutItems(post.items);
    if (!cuts)
        return Error { Code::InvalidArgument, cuts.error().sentence };
    if (post.first < 1 || post.first > mostMailNumber)
        return Error { Code::InvalidArgument, QStringLiteral("a durable message has no number") };
    const Result<qsizetype> accepted = acceptable(post, *cuts);
    if (!accepted)
        return accepted.error();
    if (*accepted == 0)
        return {};
    const Result<QList<Inbox::Seen>> seen =
        inbox().take(post.source, post.first, QByteArrayView(post.items).first((*cuts)[*accepted]));
    if (!seen)
        return seen.error();
    const Result<Inbox::Highest> source = highest(post.source);
    if (!source)
        return source.error();
    post.kept = post.first + quint64(*accepted) - 1;
    const Result<bool> forNobody = isForNobody(post.source);
    if (!forNobody)
        return forNobody.error();
    if (*forNobody)
        return {};
    const qint64 keepMs = post.keepMs > 0 ? std::min(post.keepMs, m_limits.keptMs) : m_limits.keptMs;
    for (qsizetype i = 0; i < seen->size();) {
        qsizetype end = i + 1;
        while (end < seen->size() && (*seen)[end] == (*seen)[i])
            ++end;
        if ((*seen)[i] == Inbox::Seen::New) {
            const QByteArrayView items = QByteArrayView(post.items).sliced((*cuts)[i], (*cuts)[end] - (*cuts)[i]);
            const Result<void> kept = shelf().add({ post.source.recipient.bytes(), post.source.sender.bytes(),
                source->id, post.first + quint64(i), quint64(end - i), items, now, now + keepMs });
            if (!kept)
                return kept.error();
            post.fresh += quint64(end - i);
        }
        i = end;
    }
    return {};
}

/// To the other devices of a person who has none here: as good as taken by all of them.
Result<bool> MailStore::isForNobody(const MailSource &source)
{
    if (source.sender != source.recipient)
        return false;
    const Result<qint64> other =
        m_database.number(QStringLiteral("SELECT 1 FROM mail_devices WHERE recipient = ? AND device <> ? LIMIT 1"),
            { source.recipient.bytes(), source.device });
    if (!other)
        return other.error();
    return *other == 0;
}

/// How many of the items, from the first, may be kept or are; what stops the next one is noted in the post.
Result<qsizetype> MailStore::acceptable(MailPosted &post, const QList<quint32> &cuts)
{
    const Result<Inbox::Highest> known = highest(post.source);
    if (!known)
        return known.error();
    const Result<MailShelf::Box> box = shelf().box(post.source.recipient.bytes());
    if (!box)
        return box.error();
    const Result<MailShelf::Count> pair = shelf().waitingOf(post.source.recipient.bytes(), post.source.sender.bytes());
    if (!pair)
        return pair.error();
    quint64 conflicting = 0;
    if (post.first <= known->marks.highest()) {
        const Result<quint64> found = conflict(post, cuts, known->id);
        if (!found)
            return found.error();
        conflicting = *found;
    }
    const auto refuse = [&](qsizetype i, Code code, const char *sentence, qint64 retryMs, const char *limit = nullptr) {
        post.refused = post.first + quint64(i);
        post.why = { code, QString::fromLatin1(sentence), Begun::No, Origin::Broker };
        post.retryMs = retryMs;
        post.limit = limit;
        return i;
    };
    qint64 items = 0;
    qint64 bytes = 0;
    for (qsizetype i = 0; i + 1 < cuts.size(); ++i) {
        const quint64 number = post.first + quint64(i);
        const QByteArrayView item = QByteArrayView(post.items).sliced(cuts[i], cuts[i + 1] - cuts[i]);
        const bool meansNothing = isGone(item); // what lies here under its number stays
        const bool highestDiffers =
            known->id && number == known->marks.highest() && itemDigest(item) != known->digest && !meansNothing;
        if (number == conflicting || highestDiffers)
            return refuse(i, Code::Conflict, "another message with this number is here", 0);
        if (number <= known->marks.forgotten() && !meansNothing)
            return refuse(i, Code::Conflict, "this message comes too late: many newer ones went other ways", 0);
        if (known->marks.has(number))
            continue;
        if (item.size() > m_limits.itemBytes)
            return refuse(
                i, Code::ResourceExhausted, "the message is larger than this broker keeps", 0, "mailbox_item_bytes");
        ++items;
        bytes += item.size();
        const bool tooManyOfOne = pair->items + items > m_limits.senderItems;
        if (tooManyOfOne || pair->bytes + bytes > m_limits.senderBytes)
            return refuse(i, Code::ResourceExhausted, "too many messages of yours wait for this person", retryFull,
                tooManyOfOne ? "mailbox_sender_items" : "mailbox_sender_bytes");
        const bool tooMany = box->items + items > m_limits.items;
        if (tooMany || box->bytes + bytes > m_limits.bytes)
            return refuse(i, Code::ResourceExhausted, "the mailbox of this person is full", retryFull,
                tooMany ? "mailbox_items" : "mailbox_bytes");
    }
    return cuts.size() - 1;
}

/// The first number of the post that lies here with other content; 0: none.
Result<quint64> MailStore::conflict(const MailPosted &post, const QList<quint32> &cuts, qint64 source)
{
    const quint64 last = post.first + quint64(cuts.size()) - 2;
    Result<QSqlQuery *> found = m_database.again(
        QStringLiteral("SELECT first, count, items FROM mail WHERE source = ? AND first <= ? AND first >= coalesce("
                       "(SELECT max(first) FROM mail WHERE source = ? AND first <= ?), 0) ORDER BY first"),
        { source, last, source, post.first });
    if (!found)
        return found.error();
    quint64 different = 0;
    while (!different && (*found)->next()) {
        const quint64 first = (*found)->value(0).toULongLong();
        const QByteArray items = (*found)->value(2).toByteArray();
        const Result<QList<quint32>> there = cutItems(items);
        if (!there)
            continue; // damaged: nothing to compare with
        const quint64 end = first + quint64(there->size()) - 1;
        for (quint64 n = std::max(first, post.first); n < end && n <= last && !different; ++n) {
            const auto i = qsizetype(n - first);
            const auto j = qsizetype(n - post.first);
            const QByteArrayView posted = QByteArrayView(post.items).sliced(cuts[j], cuts[j + 1] - cuts[j]);
            if (QByteArrayView(items).sliced((*there)[i], (*there)[i + 1] - (*there)[i]) != posted && !isGone(posted))
                different = n;
        }
    }
    (*found)->finish();
    return different;
}

// --- who takes

Result<MailStore::Device> MailStore::begin(const PublicKey &recipient, const QByteArray &device, WallTime now)
{
    const Result<void> known = done(m_database.again(
        QStringLiteral("INSERT INTO mail_devices VALUES (?, ?, 0, ?, 0, 0, 0, 0) ON CONFLICT (recipient, device)"
                       " DO UPDATE SET seen = excluded.seen"),
        { recipient.bytes(), device, now }));
    if (!known)
        return known.error();
    Result<Device> found = this->device(recipient, device);
    if (!found)
        return found;
    const Result<QSqlQuery *> forgotten = m_database.again(
        QStringLiteral("DELETE FROM mail_devices WHERE recipient = ? AND device IN (SELECT device FROM mail_devices"
                       " WHERE recipient = ? AND device <> ? ORDER BY seen DESC LIMIT -1 OFFSET ?)"),
        { recipient.bytes(), recipient.bytes(), device, m_limits.devices - 1 });
    if (!forgotten)
        return forgotten.error();
    found->forgotten = (*forgotten)->numRowsAffected();
    return found;
}

Result<MailStore::Device> MailStore::device(const PublicKey &recipient, const QByteArray &device)
{
    Result<QSqlQuery *> row = m_database.again(
        QStringLiteral("SELECT cursor, singly_to, lost FROM mail_devices WHERE recipient = ? AND device = ?"),
        { recipient.bytes(), device });
    if (!row)
        return row.error();
    Device found;
    if ((*row)->next())
        found = { (*row)->value(0).toULongLong(), (*row)->value(1).toULongLong(), (*row)->value(2).toULongLong() };
    (*row)->finish();
    return found;
}

Result<MailStore::Fetched> MailStore::fetch(
    const PublicKey &recipient, const QByteArray &device, quint64 after, qint64 bytes, quint64 most)
{
    Result<QSqlQuery *> found = m_database.again(
        QStringLiteral("SELECT m.serial, m.first, m.since, m.digest, m.items, s.sender, s.device, s.conversation"
                       " FROM mail m JOIN inbox_sources s ON s.id = m.source WHERE m.recipient = ? AND m.serial >="
                       " coalesce((SELECT max(serial) FROM mail WHERE recipient = ? AND serial <= ?), 0)"
                       " ORDER BY m.serial"),
        { recipient.bytes(), recipient.bytes(), after });
    if (!found)
        return found.error();
    Fetched fetched;
    fetched.looked = after;
    QSqlQuery &row = **found;
    while (bytes > 0 && most > 0 && row.next()) {
        Letter letter;
        letter.serial = row.value(0).toULongLong();
        letter.first = row.value(1).toULongLong();
        letter.since = row.value(2).toLongLong();
        letter.items = row.value(4).toByteArray();
        const Result<PublicKey> sender = PublicKey::fromBytes(row.value(5).toByteArray());
        const Result<QList<quint32>> cuts = cutItems(letter.items);
        if (!sender || !cuts || itemDigest(letter.items) != row.value(3).toByteArray()) {
            fetched.damaged += 1;
            continue;
        }
        const quint64 count = quint64(cuts->size() - 1);
        if (letter.serial + count - 1 <= after)
            continue;
        letter.source = { *sender, row.value(6).toByteArray(), recipient, row.value(7).toByteArray() };
        if (*sender == recipient && letter.source.device == device) {
            fetched.looked = letter.serial + count - 1;
            continue;
        }
        const quint64 skip = after >= letter.serial ? after - letter.serial + 1 : 0;
        letter.count = std::min(count - skip, most);
        const quint32 from = (*cuts)[qsizetype(skip)];
        letter.items = letter.items.mid(from, (*cuts)[qsizetype(skip + letter.count)] - from);
        letter.serial += skip;
        letter.first += skip;
        fetched.looked = letter.serial + letter.count - 1;
        bytes -= letter.items.size();
        most -= letter.count;
        fetched.letters << std::move(letter);
    }
    row.finish();
    return fetched;
}

Result<void> MailStore::taken(const PublicKey &recipient, const QByteArray &device, quint64 upto, WallTime now)
{
    const QByteArray whose = recipient.bytes();
    const Result<void> moved = done(
        m_database.again(QStringLiteral("UPDATE mail_devices SET cursor = max(cursor, min(?, (SELECT serial - 1 FROM"
                                        " mail_next))), seen = ?, failed = 0, tries = 0"
                                        " WHERE recipient = ? AND device = ?"),
            { upto > mostMailNumber ? mostMailNumber : upto, now, whose, device }));
    if (!moved)
        return moved;
    const Result<qint64> cursor = m_database.number(
        QStringLiteral("SELECT cursor FROM mail_devices WHERE recipient = ? AND device = ?"), { whose, device });
    if (!cursor)
        return cursor.error();
    if (const Result<void> reached = shelf().reached(whose, quint64(*cursor)); !reached)
        return reached;
    return shelf().letGo(whose, m_limits.items);
}

Result<bool> MailStore::failed(
    const PublicKey &recipient, const QByteArray &device, quint64 serial, quint64 givenTo, WallTime now)
{
    const Result<void> counted = done(m_database.again(
        QStringLiteral("UPDATE mail_devices SET tries = CASE WHEN failed = ? THEN tries + 1 ELSE 1 END, failed = ?,"
                       " singly_to = max(singly_to, ?) WHERE recipient = ? AND device = ?"),
        { serial, serial, givenTo, recipient.bytes(), device }));
    if (!counted)
        return counted.error();
    const Result<qint64> tries =
        m_database.number(QStringLiteral("SELECT tries FROM mail_devices WHERE recipient = ? AND device = ?"),
            { recipient.bytes(), device });
    if (!tries)
        return tries.error();
    if (*tries < m_limits.tries)
        return false;
    if (const Result<void> parked = park(recipient, device, serial, now); !parked)
        return parked.error();
    const Result<void> passed = taken(recipient, device, serial, now);
    return passed ? Result<bool>(true) : passed.error();
}

Result<void> MailStore::park(const PublicKey &recipient, const QByteArray &device, quint64 serial, WallTime now)
{
    const Result<Fetched> found = fetch(recipient, device, serial - 1, 1, 1);
    if (!found)
        return found.error();
    if (found->letters.isEmpty() || found->letters.first().serial != serial)
        return {};
    const Letter &letter = found->letters.first();
    return shelf().setAside({ recipient.bytes(), device, serial, letter.source.sender.bytes(), letter.items, now });
}

// --- the end

Result<MailStore::Expired> MailStore::expire(WallTime now, const PublicKey &broker)
{
    const Result<MailShelf::Expired> gone = shelf().expire(now);
    if (!gone)
        return gone.error();
    Expired expired { gone->items, {} };
    for (const auto &[sender, what] : gone->unseen) {
        if (sender == broker || sender == what.to) // nobody waits for these
            continue;
        const Result<MailPosted> told = tell(sender, what, broker, now);
        if (!told)
            return told.error();
        expired.told << *told;
    }
    const WallTime before = now - m_limits.keptMs;
    if (const Result<void> gone = shelf().expireAside(before); !gone)
        return gone.error();
    if (const Result<void> gone =
            done(m_database.again(QStringLiteral("DELETE FROM mail_devices WHERE seen <= ?"), { before }));
        !gone)
        return gone.error();
    return expired;
}

/// One more of the broker's own sequence to this sender. A mailbox that is full hears nothing.
Result<MailPosted> MailStore::tell(
    const PublicKey &sender, const contracts::MailExpired &what, const PublicKey &broker, WallTime now)
{
    MailPosted post;
    post.source = { broker, QByteArray(MailSource::deviceBytes, '\0'), sender, MailSource::betweenTheTwo() };
    const Result<Inbox::Highest> known = highest(post.source);
    if (!known)
        return known.error();
    const MailItem item { contracts::MailExpired::kind, encodeStruct(what), now };
    post.first = known->marks.highest() + 1;
    post.items = packItems({ &item, 1 });
    const Result<void> kept = this->post(post, now);
    return kept ? Result<MailPosted>(post) : kept.error();
}

Result<void> MailStore::forget(const PublicKey &recipient)
{
    for (const char *table : { "mail", "mail_devices", "mail_parked", "mail_pairs", "mail_boxes" })
        if (const Result<QSqlQuery> gone = m_database.run(
                QStringLiteral("DELETE FROM %1 WHERE recipient = ?").arg(QLatin1String(table)), { recipient.bytes() });
            !gone)
            return gone.error();
    return inbox().forget(recipient);
}

} // namespace hawser::broker
