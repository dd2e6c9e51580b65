#include "chat/contacts.h"
#include "chat/store.h"
#include "support/contact_named.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace hawser;
using namespace hawser::chat;

namespace {

constexpr qint64 today = 1'760'000'000'000;
constexpr qint64 day = 86'400'000;

Contact contactNamed(const QString &claim, const Grants &rights = {})
{
    Contact contact = test::contactNamed(claim);
    contact.since = today;
    contact.rights = rights;
    return contact;
}

struct Book {
    QTemporaryDir folder;
    std::unique_ptr<Database> database;
    std::unique_ptr<Contacts> contacts;

    Book() { reopen(); }
    void reopen()
    {
        contacts.reset();
        database.reset();
        database = std::move(*openStore(folder.path()));
        contacts = std::move(*Contacts::open(*database));
    }
    void save(const Contact &contact) { QVERIFY(contacts->save(contact)); }
};

} // namespace

/// Who is known, what they may do, who is refused.
class TestContacts : public QObject {
    Q_OBJECT

private slots:
    void keepsEverythingOverARestart()
    {
        Book book;
        Contact bea = contactNamed(QStringLiteral("Bea"), { { Right::Files, { Lasting::Always, 0 } } });
        bea.alias = QStringLiteral("sister");
        bea.verified = Verified::Number;
        bea.verifiedAt = today;
        bea.lastAddress = QStringLiteral("192.0.2.1:4781");
        bea.brokers = { Identity::generate().key() };
        book.save(bea);
        book.reopen();
        QCOMPARE(book.contacts->find(bea.key), std::optional(bea));
    }

    void thisTimeDoesNotOutliveTheProcess()
    {
        Book book;
        const Contact bea = contactNamed(QStringLiteral("Bea"), { { Right::Messages, { Lasting::Once, 0 } } });
        book.save(bea);
        QVERIFY(book.contacts->may(bea.key, Right::Messages, today));
        book.reopen();
        QVERIFY(!book.contacts->may(bea.key, Right::Messages, today));
        QVERIFY(book.contacts->find(bea.key));
    }

    void thirtyDaysEnd()
    {
        Book book;
        const Contact bea =
            contactNamed(QStringLiteral("Bea"), { { Right::Messages, { Lasting::Days, today + 30 * day } } });
        book.save(bea);
        QSignalSpy revoked(book.contacts.get(), &Contacts::revoked);
        QVERIFY(book.contacts->may(bea.key, Right::Messages, today + 30 * day - 1));
        QVERIFY(!book.contacts->may(bea.key, Right::Messages, today + 30 * day));
        QCOMPARE(book.contacts->expire(today), today + 30 * day);
        QCOMPARE(revoked.size(), 0);
        QCOMPARE(book.contacts->expire(today + 30 * day), 0);
        QCOMPARE(revoked.size(), 1);
    }

    void untickedRightIsNotGiven()
    {
        Book book;
        const Contact bea = contactNamed(QStringLiteral("Bea"), { { Right::Messages, { Lasting::Always, 0 } } });
        book.save(bea);
        QVERIFY(!book.contacts->may(bea.key, Right::Files, today));
        QVERIFY(!book.contacts->may(Identity::generate().key(), Right::Messages, today));
    }

    void revokeSaysSoOnceAndStays()
    {
        Book book;
        const Contact bea = contactNamed(QStringLiteral("Bea"),
            { { Right::Messages, { Lasting::Always, 0 } }, { Right::Files, { Lasting::Always, 0 } } });
        book.save(bea);
        QSignalSpy revoked(book.contacts.get(), &Contacts::revoked);
        QVERIFY(book.contacts->revoke(bea.key, Right::Files));
        QVERIFY(book.contacts->revoke(bea.key, Right::Files));
        QCOMPARE(revoked.size(), 1);
        book.reopen();
        QVERIFY(!book.contacts->may(bea.key, Right::Files, today));
        QVERIFY(book.contacts->may(bea.key, Right::Messages, today));
    }

    void endOnceLeavesTheLastingRights()
    {
        Book book;
        const Contact bea = contactNamed(QStringLiteral("Bea"),
            { { Right::Messages, { Lasting::Once, 0 } }, { Right::Files, { Lasting::Always, 0 } } });
        book.save(bea);
        QVERIFY(book.contacts->endOnce(bea.key));
        QVERIFY(!book.contacts->may(bea.key, Right::Messages, today));
        QVERIFY(book.contacts->may(bea.key, Right::Files, today));
    }

    void resolvesAliasKeyAndPrefix()
    {
        Book book;
        Contact bea = contactNamed(QStringLiteral("Bea"));
        bea.alias = QStringLiteral("sister");
        book.save(bea);
        book.save(contactNamed(QStringLiteral("Carl")));
        for (const QString &who :
            { bea.key.hex(), bea.key.hex().left(12), bea.key.hex().toUpper(), bea.alias, bea.claim }) {
            const Result<Contact> found = book.contacts->resolve(who);
            QVERIFY2(bool(found), qUtf8Printable(who));
            QCOMPARE(found->key, bea.key);
        }
        QCOMPARE(book.contacts->resolve(QStringLiteral("nobody")).error().code, Code::NotFound);
        QCOMPARE(book.contacts->resolve(bea.key.hex().left(3)).error().code, Code::NotFound);
    }

    void severalOfOneNameAreNotGuessed()
    {
        Book book;
        const Contact first = contactNamed(QStringLiteral("Bea"));
        Contact second = contactNamed(QStringLiteral("Bea"));
        book.save(first);
        book.save(second);
        QCOMPARE(book.contacts->resolve(QStringLiteral("Bea")).error().code, Code::InvalidArgument);
        second.alias = QStringLiteral("Bea");
        book.save(second);
        QCOMPARE(book.contacts->resolve(QStringLiteral("Bea"))->key, second.key);
    }

    void warnsOfNamesThatLookAlike()
    {
        Book book;
        const Contact bea = contactNamed(QStringLiteral("Bea"));
        book.save(bea);
        const PublicKey stranger = Identity::generate().key();
        QCOMPARE(book.contacts->lookAlike(QString::fromUtf8("B\xd0\xb5\x61"), stranger)->key, bea.key); // Cyrillic е
        QCOMPARE(book.contacts->lookAlike(QStringLiteral("BEA"), stranger)->key, bea.key);
        QVERIFY(!book.contacts->lookAlike(QStringLiteral("Bea"), bea.key));
        QVERIFY(!book.contacts->lookAlike(QStringLiteral("Carl"), stranger));
    }

    void blocksKeysAddressesAndStrangers()
    {
        Book book;
        const Contact friendly = contactNamed(QStringLiteral("Bea"));
        book.save(friendly);
        const PublicKey bad = Identity::generate().key();
        QVERIFY(book.contacts->block({ Block::What::Key, bad, QStringLiteral("Mallory"), {}, 0, today }));
        QVERIFY(
            book.contacts->block({ Block::What::Address, {}, {}, QStringLiteral("192.0.2.1"), today + 3'600'000, 0 }));
        book.reopen();
        QCOMPARE(book.contacts->blocks().first().since, today);
        const PublicKey other = Identity::generate().key();
        QVERIFY(book.contacts->isBlocked(bad, {}, today));
        QVERIFY(!book.contacts->isBlocked(other, QStringLiteral("192.0.2.2"), today));
        QVERIFY(book.contacts->isBlocked(other, QStringLiteral("192.0.2.1"), today));
        QVERIFY(!book.contacts->isBlocked(other, QStringLiteral("192.0.2.1"), today + 3'600'000));
        QVERIFY(book.contacts->block({ Block::What::Strangers, {}, {}, {}, 0, 0 }));
        QVERIFY(book.contacts->isBlocked(other, {}, today));
        QVERIFY(!book.contacts->isBlocked(friendly.key, {}, today));
        QVERIFY(book.contacts->unblock({ Block::What::Strangers, {}, {}, {}, 0, 0 }));
        QVERIFY(!book.contacts->isBlocked(other, {}, today));
    }

    void removedContactMayNothing()
    {
        Book book;
        const Contact bea = contactNamed(QStringLiteral("Bea"), { { Right::Messages, { Lasting::Always, 0 } } });
        book.save(bea);
        QSignalSpy revoked(book.contacts.get(), &Contacts::revoked);
        QVERIFY(book.contacts->remove(bea.key));
        QCOMPARE(revoked.size(), 1);
        book.reopen();
        QVERIFY(!book.contacts->find(bea.key));
        QVERIFY(!book.contacts->may(bea.key, Right::Messages, today));
    }
};

QTEST_GUILESS_MAIN(TestContacts)
#include "tst_contacts.moc"
