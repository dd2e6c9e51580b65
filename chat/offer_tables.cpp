#include "chat/offer_tables.h"

#include "core/fields.h"
#include "core/wire.h"

namespace hawser::chat::offers {

namespace {

const QString select =
    QStringLiteral("SELECT peer, mine, id, state, since, number, hidden, details, ended FROM offers ");
const QString ofThem = QStringLiteral("WHERE peer = ? AND mine = ? ");

Result<QList<Offer>> read(Result<QSqlQuery> rows)
{
    if (!rows)
        return rows.error();
    QList<Offer> offers;
    while (rows->next()) {
        Result<Offer> offer = decodeStruct<Offer>(rows->value(7).toByteArray());
        const Result<PublicKey> peer = PublicKey::fromBytes(rows->value(0).toByteArray());
        if (!offer || !peer)
            return Error { Code::DataLoss, QStringLiteral("what is kept of a file offer is damaged") };
        offer->peer = *peer;
        offer->mine = rows->value(1).toBool();
        offer->id = rows->value(2).toByteArray();
        offer->state = Offer::State(rows->value(3).toInt());
        offer->since = rows->value(4).toLongLong();
        offer->number = rows->value(5).toULongLong();
        offer->isHidden = rows->value(6).toBool();
        offer->ended = rows->value(8).toULongLong();
        offers << *offer;
    }
    return offers;
}

Result<void> outcome(const Result<QSqlQuery> &done)
{
    return done ? Result<void>() : done.error();
}

} // namespace

QStringList tables()
{
    return {
        QStringLiteral("CREATE TABLE offers (row INTEGER PRIMARY KEY, peer BLOB NOT NULL, mine INTEGER NOT NULL,"
                       " id BLOB NOT NULL, state INTEGER NOT NULL, since INTEGER NOT NULL, number INTEGER NOT NULL,"
                       " hidden INTEGER NOT NULL, details BLOB NOT NULL, UNIQUE (peer, mine, id))"),
        QStringLiteral("CREATE INDEX offers_by_id ON offers (id)"),
    };
}

QStringList orderOfEnds()
{
    return {
        QStringLiteral("ALTER TABLE offers ADD COLUMN ended INTEGER NOT NULL DEFAULT 0"),
        QStringLiteral("UPDATE offers SET ended = row WHERE state >= %1").arg(int(Offer::State::Done)),
        QStringLiteral("CREATE INDEX offers_by_end ON offers (peer, ended)"),
    };
}

Result<QList<Offer>> all(Database &database)
{
    return read(database.run(select + QStringLiteral("ORDER BY row")));
}

Result<Offer> find(Database &database, const PublicKey &peer, bool mine, const QByteArray &id)
{
    const Result<QList<Offer>> found =
        read(database.run(select + ofThem + QStringLiteral("AND id = ?"), { peer.bytes(), mine, id }));
    if (!found)
        return found.error();
    if (found->isEmpty())
        return Error { Code::NotFound, QStringLiteral("this offer is not there any more") };
    return found->first();
}

Result<bool> isKnown(Database &database, const QByteArray &id)
{
    const Result<qint64> found = database.number(QStringLiteral("SELECT count(*) FROM offers WHERE id = ?"), { id });
    return found ? Result<bool>(*found > 0) : found.error();
}

Result<int> open(Database &database, const PublicKey &peer, bool mine)
{
    const Result<qint64> found =
        database.number(QStringLiteral("SELECT count(*) FROM offers ") + ofThem + QStringLiteral("AND state < ?"),
            { peer.bytes(), mine, int(Offer::State::Done) });
    return found ? Result<int>(int(*found)) : found.error();
}

Result<QList<Offer>> unanswered(Database &database, const PublicKey &peer, quint64 from, quint64 upto)
{
    return read(database.run(select + ofThem + QStringLiteral("AND state = ? AND number BETWEEN ? AND ? ORDER BY row"),
        { peer.bytes(), true, int(Offer::State::Open), from, upto }));
}

Result<void> save(Database &database, const Offer &offer)
{
    return outcome(database.run(
        QStringLiteral("INSERT INTO offers (peer, mine, id, state, since, number, hidden, details, ended)"
                       " VALUES (?, ?, ?, ?, ?, ?, ?, ?,"
                       " CASE WHEN ? THEN (SELECT coalesce(max(ended), 0) + 1 FROM offers WHERE peer = ?) ELSE 0 END)"
                       " ON CONFLICT (peer, mine, id) DO UPDATE SET"
                       " state = excluded.state, since = excluded.since, number = excluded.number,"
                       " hidden = excluded.hidden, details = excluded.details,"
                       " ended = CASE WHEN ended > 0 THEN ended ELSE excluded.ended END"),
        { offer.peer.bytes(), offer.mine, offer.id, int(offer.state), offer.since, offer.number, offer.isHidden,
            encodeStruct(offer), offer.isOver(), offer.peer.bytes() }));
}

Result<void> hide(Database &database, const Offer &ended)
{
    return outcome(database.run(
        QStringLiteral("UPDATE offers SET hidden = 1 WHERE peer = ? AND mine = ? AND id = ? AND state >= ?"),
        { ended.peer.bytes(), ended.mine, ended.id, int(Offer::State::Done) }));
}

Result<void> forgetEnded(Database &database, const PublicKey &peer, qint64 most)
{
    return outcome(database.run(QStringLiteral("DELETE FROM offers WHERE row IN (SELECT row FROM offers WHERE"
                                               " peer = ? AND state >= ? ORDER BY ended DESC LIMIT -1 OFFSET ?)"),
        { peer.bytes(), int(Offer::State::Done), most }));
}

Result<void> renumber(Database &database, const PublicKey &peer, quint64 after, quint64 by)
{
    return outcome(database.run(
        QStringLiteral("UPDATE offers SET number = number + ? ") + ofThem + QStringLiteral("AND number > ?"),
        { by, peer.bytes(), true, after }));
}

Result<void> remove(Database &database, const PublicKey &peer)
{
    return outcome(database.run(QStringLiteral("DELETE FROM offers WHERE peer = ?"), { peer.bytes() }));
}

Result<void> removeEnded(Database &database, qint64 before)
{
    return outcome(database.run(
        QStringLiteral("DELETE FROM offers WHERE state >= ? AND since < ?"), { int(Offer::State::Done), before }));
}

} // namespace hawser::chat::offers
