#include "chat/contacts.h"

#include "chat/store.h"
#include "core/text.h"

#include <algorithm>

namespace hawser::chat {

namespace {

constexpr int shortestPrefix = 4; // digits of a key

Error nobody(const QString &who)
{
    return { Code::NotFound, QStringLiteral("no contact is called “%1”").arg(visible(who)) };
}

bool isGiven(const Grant &grant, qint64 nowMs)
{
    return grant.lasting != Lasting::Days || nowMs < grant.until;
}

QVariantList valuesOf(const Block &block)
{
    return { int(block.what), block.key.bytes(), block.claim, block.address, block.until, block.since };
}

constexpr qsizetype keyBytes = 32;

/// One column holds them all, one after the other.
QByteArray joined(const QList<PublicKey> &keys)
{
    QByteArray bytes("");
    for (const PublicKey &key : keys)
        bytes += key.bytes();
    return bytes;
}

QList<PublicKey> split(const QByteArray &bytes)
{
    QList<PublicKey> keys;
    for (qsizetype at = 0; at + keyBytes <= bytes.size(); at += keyBytes)
        if (const auto key = PublicKey::fromBytes(bytes.mid(at, keyBytes)); key && !key->isNull())
            keys << *key;
    return keys;
}

bool sameTarget(const Block &a, const Block &b)
{
    return a.what == b.what && a.key == b.key && a.address == b.address;
}

} // namespace

QString Contact::shownName() const
{
    if (!alias.isEmpty())
        return alias;
    return claim.isEmpty() ? key.words() : claim;
}

Result<std::unique_ptr<Contacts>> Contacts::open(Database &database)
{
    std::unique_ptr<Contacts> contacts(new Contacts(database));
    if (const Result<void> loaded = contacts->load(); !loaded)
        return loaded.error();
    return contacts;
}

Result<void> Contacts::load()
{
    Result<QSqlQuery> rows = m_database.run(QStringLiteral(
        "SELECT key, claim, alias, verified, verified_at, since, last_seen, last_address, broker FROM contacts"));
    if (!rows)
        return rows.error();
    while (rows->next()) {
        const Result<PublicKey> key = PublicKey::fromBytes(rows->value(0).toByteArray());
        if (!key)
            continue; // damaged: left alone
        Contact contact;
        contact.key = *key;
        contact.claim = rows->value(1).toString();
        contact.alias = rows->value(2).toString();
        contact.verified = Verified(std::clamp(rows->value(3).toInt(), 0, int(Verified::Invitation)));
        contact.verifiedAt = rows->value(4).toLongLong();
        contact.since = rows->value(5).toLongLong();
        contact.lastSeen = rows->value(6).toLongLong();
        contact.lastAddress = rows->value(7).toString();
        contact.brokers = split(rows->value(8).toByteArray());
        m_contacts.insert(*key, contact);
    }
    return loadRest();
}

Result<void> Contacts::loadRest()
{
    Result<QSqlQuery> grants = m_database.run(QStringLiteral("SELECT key, name, lasting, until FROM grants"));
    if (!grants)
        return grants.error();
    while (grants->next()) {
        const Result<PublicKey> key = PublicKey::fromBytes(grants->value(0).toByteArray());
        if (!key || !m_contacts.contains(*key))
            continue;
        const Rights rights = rightsFromNames({ grants->value(1).toString() });
        const Grant grant { grants->value(2).toInt() == int(Lasting::Always) ? Lasting::Always : Lasting::Days,
            grants->value(3).toLongLong() };
        if (rights)
            m_contacts[*key].rights.insert(Right(rights.toInt()), grant);
    }
    Result<QSqlQuery> blocks =
        m_database.run(QStringLiteral("SELECT what, key, claim, address, until, since FROM blocks"));
    if (!blocks)
        return blocks.error();
    while (blocks->next()) {
        Block block;
        block.what = Block::What(std::clamp(blocks->value(0).toInt(), 1, 3));
        if (const auto key = PublicKey::fromBytes(blocks->value(1).toByteArray()); key)
            block.key = *key;
        block.claim = blocks->value(2).toString();
        block.address = blocks->value(3).toString();
        block.until = blocks->value(4).toLongLong();
        block.since = blocks->value(5).toLongLong();
        m_blocks.append(block);
    }
    return {};
}

QList<Contact> Contacts::all() const
{
    QList<Contact> list = m_contacts.values();
    std::sort(list.begin(), list.end(), [](const Contact &a, const Contact &b) {
        const int order = a.shownName().localeAwareCompare(b.shownName());
        return order != 0 ? order < 0 : a.key < b.key;
    });
    return list;
}

std::optional<Contact> Contacts::find(const PublicKey &key) const
{
    const auto found = m_contacts.find(key);
    return found == m_contacts.end() ? std::nullopt : std::optional(*found);
}

Result<Contact> Contacts::resolve(const QString &who) const
{
    QList<Contact> byAlias;
    QList<Contact> byOther;
    for (const Contact &contact : all()) {
        if (contact.key.hex() == who.toLower())
            return contact;
        if (!contact.alias.isEmpty() && contact.alias == who)
            byAlias.append(contact);
        else if (contact.claim == who
            || (who.size() >= shortestPrefix && contact.key.hex().startsWith(who, Qt::CaseInsensitive)))
            byOther.append(contact);
    }
    const QList<Contact> &found = byAlias.isEmpty() ? byOther : byAlias;
    if (found.isEmpty())
        return nobody(who);
    if (found.size() == 1)
        return found.first();
    QStringList keys;
    for (const Contact &contact : found)
        keys << contact.key.hex().left(16);
    return Error { Code::InvalidArgument,
        QStringLiteral("“%1” may be several contacts: %2; say which by the key")
            .arg(visible(who), keys.join(QStringLiteral(", "))) };
}

std::optional<Contact> Contacts::lookAlike(const QString &name, const PublicKey &key) const
{
    for (const Contact &contact : all())
        if (contact.key != key && (looksAlike(contact.claim, name) || looksAlike(contact.alias, name)))
            return contact;
    return std::nullopt;
}

Result<void> Contacts::save(const Contact &contact)
{
    if (const Result<void> stored = store(contact); !stored)
        return stored.error();
    const bool isNew = !m_contacts.contains(contact.key);
    const Grants before = m_contacts.value(contact.key).rights;
    m_contacts.insert(contact.key, contact);
    if (isNew)
        emit added(contact.key);
    else
        emit changed(contact.key);
    tellRevoked(contact.key, before, contact.rights);
    return {};
}

Result<void> Contacts::store(const Contact &contact)
{
    return m_database.transaction([&]() -> Result<void> {
        const QByteArray key = contact.key.bytes();
        const auto saved = m_database.run(
            QStringLiteral(
                "INSERT INTO contacts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
                " claim = excluded.claim, alias = excluded.alias, verified = excluded.verified,"
                " verified_at = excluded.verified_at, since = excluded.since, last_seen = excluded.last_seen,"
                " last_address = excluded.last_address, broker = excluded.broker"),
            { key, contact.claim, contact.alias, int(contact.verified), contact.verifiedAt, contact.since,
                contact.lastSeen, contact.lastAddress, joined(contact.brokers) });
        if (!saved)
            return saved.error();
        if (const auto gone = m_database.run(QStringLiteral("DELETE FROM grants WHERE key = ?"), { key }); !gone)
            return gone.error();
        for (auto grant = contact.rights.begin(); grant != contact.rights.end(); ++grant) {
            if (grant->lasting == Lasting::Once)
                continue; // ends with the link, so at the latest with this process
            const auto added = m_database.run(QStringLiteral("INSERT INTO grants VALUES (?, ?, ?, ?)"),
                { key, name(grant.key()), int(grant->lasting), grant->until });
            if (!added)
                return added.error();
        }
        return {};
    });
}

Result<void> Contacts::change(const PublicKey &key, const std::function<void(Contact &)> &edit)
{
    const auto found = m_contacts.find(key);
    if (found == m_contacts.end())
        return Error { Code::NotFound, QStringLiteral("this contact is not known any more") };
    Contact edited = *found;
    edit(edited);
    if (edited == *found)
        return {};
    if (const Result<void> stored = store(edited); !stored)
        return stored.error();
    const Grants before = found->rights;
    *found = edited;
    emit changed(key);
    tellRevoked(key, before, edited.rights);
    return {};
}

void Contacts::tellRevoked(const PublicKey &key, const Grants &before, const Grants &now)
{
    for (auto grant = before.begin(); grant != before.end(); ++grant)
        if (!now.contains(grant.key()))
            emit revoked(key, grant.key());
}

Result<void> Contacts::setAlias(const PublicKey &key, const QString &alias)
{
    return change(key, [&](Contact &contact) { contact.alias = claimedName(alias); });
}

Result<void> Contacts::setRights(const PublicKey &key, const Grants &grants)
{
    return change(key, [&](Contact &contact) { contact.rights = grants; });
}

Result<void> Contacts::revoke(const PublicKey &key, Right right)
{
    return change(key, [&](Contact &contact) { contact.rights.remove(right); });
}

Result<void> Contacts::replaceBroker(const PublicKey &old, const PublicKey &now)
{
    for (const PublicKey &key : m_contacts.keys()) {
        const Result<void> done =
            change(key, [&](Contact &contact) { std::ranges::replace(contact.brokers, old, now); });
        if (!done)
            return done;
    }
    return {};
}

Result<void> Contacts::setLastAddress(const PublicKey &key, const QString &address)
{
    return change(key, [&](Contact &contact) { contact.lastAddress = address; });
}

Result<void> Contacts::sawNow(const PublicKey &key, const QString &claim, qint64 nowMs)
{
    return change(key, [&](Contact &contact) {
        contact.lastSeen = nowMs;
        if (!claim.isEmpty())
            contact.claim = claimedName(claim);
    });
}

Result<void> Contacts::remove(const PublicKey &key)
{
    const auto found = m_contacts.find(key);
    if (found == m_contacts.end())
        return {};
    const auto gone = m_database.run(QStringLiteral("DELETE FROM contacts WHERE key = ?"), { key.bytes() });
    if (!gone)
        return gone.error();
    const Grants before = found->rights;
    m_contacts.erase(found);
    tellRevoked(key, before, {});
    emit removed(key);
    return {};
}

bool Contacts::may(const PublicKey &key, Right right, qint64 nowMs) const
{
    const auto found = m_contacts.find(key);
    if (found == m_contacts.end())
        return false;
    const auto grant = found->rights.find(right);
    return grant != found->rights.end() && isGiven(*grant, nowMs);
}

bool Contacts::mayAnything(const PublicKey &key, qint64 nowMs) const
{
    return may(key, Right::Messages, nowMs) || may(key, Right::Files, nowMs);
}

bool Contacts::believes(const PublicKey &key, const PublicKey &broker) const
{
    const auto found = m_contacts.find(key);
    return broker.isNull() || (found != m_contacts.end() && found->brokers.contains(broker));
}

Result<void> Contacts::endOnce(const PublicKey &key)
{
    return change(key, [](Contact &contact) {
        contact.rights.removeIf([](const Grants::iterator &grant) { return grant->lasting == Lasting::Once; });
    });
}

qint64 Contacts::expire(qint64 nowMs)
{
    qint64 next = 0;
    for (const PublicKey &key : m_contacts.keys()) {
        const Result<void> done = change(key, [&](Contact &contact) {
            contact.rights.removeIf([&](const Grants::iterator &grant) { return !isGiven(*grant, nowMs); });
        });
        Q_UNUSED(done) // may() looks at the time anyway
        for (const Grant &grant : m_contacts.value(key).rights)
            if (grant.lasting == Lasting::Days && grant.until > nowMs && (next == 0 || grant.until < next))
                next = grant.until;
    }
    return next;
}

QList<Block> Contacts::blocks() const
{
    return m_blocks;
}

Result<void> Contacts::block(const Block &block)
{
    const auto done =
        m_database.run(QStringLiteral("INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?, ?, ?)"), valuesOf(block));
    if (!done)
        return done.error();
    m_blocks.removeIf([&](const Block &other) { return sameTarget(other, block); });
    m_blocks.append(block);
    emit blocksChanged();
    return {};
}

Result<void> Contacts::unblock(const Block &block)
{
    const auto done = m_database.run(QStringLiteral("DELETE FROM blocks WHERE what = ? AND key = ? AND address = ?"),
        { int(block.what), block.key.bytes(), block.address });
    if (!done)
        return done.error();
    m_blocks.removeIf([&](const Block &other) { return sameTarget(other, block); });
    emit blocksChanged();
    return {};
}

bool Contacts::isBlocked(const PublicKey &key, const QString &address, qint64 nowMs) const
{
    const bool stranger = !m_contacts.contains(key);
    return std::any_of(m_blocks.begin(), m_blocks.end(), [&](const Block &block) {
        if (block.until != 0 && block.until <= nowMs)
            return false;
        switch (block.what) {
        case Block::What::Key:
            return block.key == key;
        case Block::What::Address:
            return !address.isEmpty() && block.address == address;
        case Block::What::Strangers:
            return stranger;
        }
        return false;
    });
}

} // namespace hawser::chat
