#include "brokerd/mail_shelf.h"

#include "core/mail_items.h"

#include <algorithm>

namespace hawser::broker {

namespace {

bool follows(const contracts::MailExpired &next, const contracts::MailExpired &last)
{
    return next.to == last.to && next.device == last.device && next.conversation == last.conversation
        && next.first == last.upto + 1;
}

} // namespace

quint64 MailShelf::Row::itemsTo(quint64 cursor) const
{
    return cursor < serial ? 0 : std::min(count, cursor - serial + 1);
}

Result<void> MailShelf::add(const Run &run)
{
    const Result<qint64> next = m_database.number(QStringLiteral("SELECT serial FROM mail_next"));
    if (!next)
        return next.error();
    const auto serial = quint64(*next);
    if (serial == 0)
        return Error { Code::DataLoss, QStringLiteral("the mailbox is damaged: it has lost its count") };
    const Result<void> kept =
        done(m_database.again(QStringLiteral("INSERT INTO mail VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
            { serial, run.recipient, run.source, run.first, run.count, qint64(run.items.size()), run.since, run.until,
                itemDigest(run.items), run.items.toByteArray() }));
    if (!kept)
        return kept;
    if (const Result<void> counted =
            done(m_database.again(QStringLiteral("UPDATE mail_next SET serial = ?"), { serial + run.count }));
        !counted)
        return counted;
    const auto count = qint64(run.count);
    return change(run.recipient, run.sender, { count, run.items.size(), count });
}

Result<MailShelf::Box> MailShelf::box(const QByteArray &recipient)
{
    Result<QSqlQuery *> row = m_database.again(
        QStringLiteral("SELECT items, bytes, all_items, furthest FROM mail_boxes WHERE recipient = ?"), { recipient });
    if (!row)
        return row.error();
    Box box;
    if ((*row)->next())
        box = { (*row)->value(0).toLongLong(), (*row)->value(1).toLongLong(), (*row)->value(2).toLongLong(),
            (*row)->value(3).toULongLong() };
    (*row)->finish();
    return box;
}

Result<MailShelf::Count> MailShelf::waitingOf(const QByteArray &recipient, const QByteArray &sender)
{
    Result<QSqlQuery *> row =
        m_database.again(QStringLiteral("SELECT items, bytes FROM mail_pairs WHERE recipient = ? AND sender = ?"),
            { recipient, sender });
    if (!row)
        return row.error();
    Count waiting;
    if ((*row)->next())
        waiting = { (*row)->value(0).toLongLong(), (*row)->value(1).toLongLong() };
    (*row)->finish();
    return waiting;
}

Result<void> MailShelf::change(const QByteArray &recipient, const QByteArray &sender, const Change &by)
{
    const Result<void> box = done(m_database.again(
        QStringLiteral("INSERT INTO mail_boxes VALUES (?, ?, ?, ?, 0) ON CONFLICT (recipient) DO UPDATE SET"
                       " items = items + excluded.items, bytes = bytes + excluded.bytes,"
                       " all_items = all_items + excluded.all_items"),
        { recipient, by.items, by.bytes, by.allItems }));
    if (!box || (by.items == 0 && by.bytes == 0))
        return box;
    return done(m_database.again(
        QStringLiteral("INSERT INTO mail_pairs VALUES (?, ?, ?, ?) ON CONFLICT (recipient, sender) DO UPDATE SET"
                       " items = items + excluded.items, bytes = bytes + excluded.bytes"),
        { recipient, sender, by.items, by.bytes }));
}

Result<QList<MailShelf::Row>> MailShelf::rows(const QString &where, const QVariantList &values)
{
    Result<QSqlQuery *> found =
        m_database.again(QStringLiteral("SELECT m.serial, m.first, m.count, m.bytes, m.recipient, s.sender, s.device,"
                                        " s.conversation FROM mail m JOIN inbox_sources s ON s.id = m.source WHERE ")
                + where,
            values);
    if (!found)
        return found.error();
    QList<Row> rows;
    while ((*found)->next())
        rows << Row { (*found)->value(0).toULongLong(), (*found)->value(1).toULongLong(),
            std::max<quint64>(1, (*found)->value(2).toULongLong()), (*found)->value(3).toLongLong(),
            (*found)->value(4).toByteArray(), (*found)->value(5).toByteArray(), (*found)->value(6).toByteArray(),
            (*found)->value(7).toByteArray() };
    return rows;
}

/// Deletes rows. \param tellTheOthers  devices that had not taken them hear of it
Result<void> MailShelf::drop(const QList<Row> &rows, bool tellTheOthers)
{
    std::map<std::pair<QByteArray, QByteArray>, Change> changes;
    for (const Row &row : rows) {
        const Result<Box> box = this->box(row.recipient);
        if (!box)
            return box.error();
        Change &change = changes[{ row.recipient, row.sender }];
        change.items -= qint64(row.count - row.itemsTo(box->furthest));
        change.bytes -= row.bytes - row.bytesTo(box->furthest);
        change.allItems -= qint64(row.count);
        const Result<void> gone =
            done(m_database.again(QStringLiteral("DELETE FROM mail WHERE serial = ?"), { row.serial }));
        if (!gone)
            return gone;
        if (!tellTheOthers)
            continue;
        const Result<void> told =
            done(m_database.again(QStringLiteral("UPDATE mail_devices SET cursor = ?, lost = lost + (device <> ?) *"
                                                 " (? - max(0, cursor - ? + 1)) WHERE recipient = ? AND cursor < ?"),
                { row.last(), row.sender == row.recipient ? row.device : QByteArray(""), row.count, row.serial,
                    row.recipient, row.last() }));
        if (!told)
            return told;
    }
    for (const auto &[whose, by] : changes)
        if (const Result<void> changed = change(whose.first, whose.second, by); !changed)
            return changed;
    return {};
}

Result<void> MailShelf::reached(const QByteArray &recipient, quint64 cursor)
{
    const Result<Box> box = this->box(recipient);
    if (!box)
        return box.error();
    if (cursor <= box->furthest)
        return {};
    const Result<QList<Row>> first =
        rows(QStringLiteral("m.recipient = ? AND m.serial <= ? AND m.serial + m.count > ?"),
            { recipient, cursor, box->furthest + 1 });
    if (!first)
        return first.error();
    std::map<QByteArray, Change> changes;
    for (const Row &row : *first) {
        changes[row.sender].items -= qint64(row.itemsTo(cursor) - row.itemsTo(box->furthest));
        changes[row.sender].bytes -= row.bytesTo(cursor) - row.bytesTo(box->furthest);
    }
    for (const auto &[sender, by] : changes)
        if (const Result<void> changed = change(recipient, sender, by); !changed)
            return changed;
    if (const Result<void> noted = done(m_database.again(
            QStringLiteral("UPDATE mail_boxes SET furthest = ? WHERE recipient = ?"), { cursor, recipient }));
        !noted)
        return noted;
    return {};
}

Result<void> MailShelf::letGo(const QByteArray &recipient, qint64 mostItems)
{
    const Result<qint64> slowest =
        m_database.number(QStringLiteral("SELECT min(cursor) FROM mail_devices WHERE recipient = ?"), { recipient });
    if (!slowest)
        return slowest.error();
    const auto all = quint64(*slowest);
    const QString upTo = QStringLiteral("m.recipient = ? AND m.serial <= ? AND m.serial + m.count <= ?");
    Result<QList<Row>> taken = rows(upTo, { recipient, all, all + 1 });
    if (!taken)
        return taken.error();
    if (const Result<void> dropped = drop(*taken, false); !dropped)
        return dropped;
    const Result<Box> box = this->box(recipient);
    if (!box)
        return box.error();
    qint64 tooMany = box->allItems - box->items - mostItems;
    if (tooMany <= 0)
        return {};
    Result<QList<Row>> oldest =
        rows(upTo + QStringLiteral(" ORDER BY m.serial"), { recipient, box->furthest, box->furthest + 1 });
    if (!oldest)
        return oldest.error();
    QList<Row> going;
    for (qsizetype i = 0; i < oldest->size() && tooMany > 0; ++i) {
        tooMany -= qint64((*oldest)[i].count);
        going << (*oldest)[i];
    }
    return drop(going, true);
}

Result<void> MailShelf::setAside(const Aside &one)
{
    const Result<QSqlQuery *> kept =
        m_database.again(QStringLiteral("INSERT OR IGNORE INTO mail_parked VALUES (?, ?, ?, ?, ?, ?)"),
            { one.recipient, one.device, one.serial, one.since, one.sender, one.item });
    if (!kept || (*kept)->numRowsAffected() == 0) // a device that was forgotten meanwhile had it here already
        return done(kept);
    return change(one.recipient, one.sender, { 1, one.item.size(), 1 });
}

Result<void> MailShelf::expireAside(WallTime before)
{
    Result<QSqlQuery *> old =
        m_database.again(QStringLiteral("SELECT recipient, sender, count(*), sum(length(item)) FROM mail_parked"
                                        " WHERE since <= ? GROUP BY recipient, sender"),
            { before });
    if (!old)
        return old.error();
    while ((*old)->next()) {
        const qint64 items = (*old)->value(2).toLongLong();
        const Result<void> changed = change((*old)->value(0).toByteArray(), (*old)->value(1).toByteArray(),
            { -items, -(*old)->value(3).toLongLong(), -items });
        if (!changed) {
            (*old)->finish();
            return changed;
        }
    }
    return done(m_database.again(QStringLiteral("DELETE FROM mail_parked WHERE since <= ?"), { before }));
}

Result<MailShelf::Expired> MailShelf::expire(WallTime now)
{
    const Result<QList<Row>> old = rows(QStringLiteral("m.until <= ? ORDER BY m.source, m.first"), { now });
    if (!old)
        return old.error();
    Expired expired;
    for (const Row &row : *old) {
        expired.items += qint64(row.count);
        const Result<Box> box = this->box(row.recipient);
        if (!box)
            return box.error();
        const quint64 seen = row.itemsTo(box->furthest);
        const Result<PublicKey> sender = PublicKey::fromBytes(row.sender);
        const Result<PublicKey> recipient = PublicKey::fromBytes(row.recipient);
        if (seen == row.count || !sender || !recipient)
            continue;
        contracts::MailExpired unseen { *recipient, row.device, row.conversation, row.first + seen,
            row.first + row.count - 1 };
        if (!expired.unseen.isEmpty() && expired.unseen.last().sender == *sender
            && follows(unseen, expired.unseen.last().what))
            expired.unseen.last().what.upto = unseen.upto;
        else
            expired.unseen << Expired::Unseen { *sender, unseen };
    }
    if (const Result<void> dropped = drop(*old, true); !dropped)
        return dropped.error();
    return expired;
}

Result<MailShelf::Totals> MailShelf::totals()
{
    Result<QSqlQuery *> row = m_database.again(
        QStringLiteral("SELECT total(items), total(bytes), total(all_items), (SELECT count(*) FROM mail_parked),"
                       " max(items), max(bytes), (SELECT max(items) FROM mail_pairs),"
                       " (SELECT max(bytes) FROM mail_pairs), (SELECT max(n) FROM (SELECT count(*) AS n"
                       " FROM mail_devices GROUP BY recipient)) FROM mail_boxes"));
    if (!row)
        return row.error();
    Totals totals;
    if ((*row)->next()) {
        const auto value = [&](int column) { return (*row)->value(column).toLongLong(); };
        totals = { value(0), value(1), value(2), value(3), { value(4), value(5) }, { value(6), value(7) }, value(8),
            0 };
    }
    (*row)->finish();
    const Result<qint64> pragma = m_database.number(QStringLiteral("PRAGMA synchronous"));
    if (!pragma)
        return pragma.error();
    totals.synchronous = int(*pragma);
    return totals;
}

} // namespace hawser::broker
