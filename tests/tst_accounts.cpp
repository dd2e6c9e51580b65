#include "brokerd/invitations.h"
#include "core/identity.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace hawser;
using namespace hawser::broker;

class TestAccounts : public QObject {
    Q_OBJECT

private slots:
    void init();

    void isThereAfterARestart();
    void filesOfBeforeAreTakenOver();
    void onceIsOnNoDisk();
    void whatFailsAroundItChangesNothing();
    void expiresAtItsTime();
    void expiresThoughTheDiskRefuses();
    void isFoundByKeyPrefixAndName();
    void whoSaysNoNameKeepsTheOneItHad();
    void revokedIsGone();
    void invitationWorksAsOftenAsSaid();
    void invitationIsForOneKindAndTime();
    void secretIsNotOnDisk();

private:
    Account account(const QString &name) const
    {
        Account made;
        made.key = Identity::generate().key();
        made.name = name;
        made.since = 1000;
        return made;
    }
    QByteArray onDisk() const;

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Database> m_database;
    std::unique_ptr<Accounts> m_accounts;
    void open();
};

void TestAccounts::init()
{
    m_accounts.reset();
    m_database.reset();
    m_folder = std::make_unique<QTemporaryDir>();
    open();
}

void TestAccounts::open()
{
    m_accounts.reset();
    m_database.reset();
    auto database = Database::open(m_folder->filePath(QStringLiteral("db")), databaseSteps());
    QVERIFY(database);
    m_database = std::move(*database);
    m_accounts = std::make_unique<Accounts>(*m_database);
    QVERIFY(m_accounts->load());
}

QByteArray TestAccounts::onDisk() const
{
    QByteArray all;
    for (const char *name : { "db", "db-wal" }) {
        QFile file(m_folder->filePath(QString::fromLatin1(name)));
        if (file.open(QIODevice::ReadOnly))
            all += file.readAll();
    }
    return all;
}

/// From the version before the latest: everything stays, and what is new is there.
void TestAccounts::filesOfBeforeAreTakenOver()
{
    Database::Steps before = databaseSteps();
    before.removeLast();
    const QString path = m_folder->filePath(QStringLiteral("old"));
    const Account ana = account(QStringLiteral("ana"));
    {
        auto old = Database::open(path, before);
        QVERIFY(old && Accounts(**old).admit(ana));
    }
    auto now = Database::open(path, databaseSteps());
    QVERIFY(now);
    Accounts accounts(**now);
    QVERIFY(accounts.load() && accounts.find(ana.key));
    QVERIFY((*now)->run(QStringLiteral("SELECT node, offer FROM offers")));
}

void TestAccounts::isThereAfterARestart()
{
    Account bea = account(QStringLiteral("Bea"));
    bea.administrator = true;
    bea.until = 99;
    bea.by = QStringLiteral("Ana");
    QVERIFY(m_accounts->admit(bea));
    open();
    const Account *found = m_accounts->find(bea.key);
    QVERIFY(found);
    QCOMPARE(*found, bea);
}

void TestAccounts::onceIsOnNoDisk()
{
    Account bea = account(QStringLiteral("Bea"));
    bea.once = true;
    QVERIFY(m_accounts->admit(bea));
    QVERIFY(m_accounts->find(bea.key));
    open();
    QVERIFY(!m_accounts->find(bea.key));
}

void TestAccounts::whatFailsAroundItChangesNothing()
{
    const Account bea = account(QStringLiteral("Bea"));
    QSignalSpy changed(m_accounts.get(), &Accounts::changed);
    QVERIFY(!m_accounts->admit(bea, []() -> Result<void> { return Error { Code::FailedPrecondition, {} }; }));
    QVERIFY(!m_accounts->find(bea.key));
    QCOMPARE(changed.size(), 0);
    open();
    QVERIFY(!m_accounts->find(bea.key));
}

void TestAccounts::expiresAtItsTime()
{
    Account bea = account(QStringLiteral("Bea"));
    bea.until = 5000;
    QVERIFY(m_accounts->admit(bea));
    QCOMPARE(m_accounts->nextEnd(), std::optional<WallTime>(5000));
    m_accounts->expire(4999);
    QVERIFY(m_accounts->find(bea.key));
    QSignalSpy removed(m_accounts.get(), &Accounts::removed);
    m_accounts->expire(5000);
    QVERIFY(!m_accounts->find(bea.key));
    QCOMPARE(removed.size(), 1);
    QCOMPARE(m_accounts->nextEnd(), std::nullopt);
}

void TestAccounts::expiresThoughTheDiskRefuses()
{
    Account bea = account(QStringLiteral("Bea"));
    bea.until = 5000;
    QVERIFY(m_accounts->admit(bea));
    QVERIFY(m_database->run(QStringLiteral("PRAGMA query_only=ON")));
    QSignalSpy removed(m_accounts.get(), &Accounts::removed);
    m_accounts->expire(5000);
    QVERIFY(!m_accounts->find(bea.key));
    QCOMPARE(removed.size(), 1);
    m_accounts->expire(5001);
    QCOMPARE(removed.size(), 1);
    open(); // it is there, and over
    QVERIFY(m_accounts->find(bea.key));
    m_accounts->expire(5002);
    QVERIFY(!m_accounts->find(bea.key));
    open();
    QVERIFY(!m_accounts->find(bea.key));
}

void TestAccounts::isFoundByKeyPrefixAndName()
{
    const Account bea = account(QStringLiteral("Bea"));
    QVERIFY(m_accounts->admit(bea));
    QVERIFY(m_accounts->admit(account(QStringLiteral("Twin"))));
    QVERIFY(m_accounts->admit(account(QStringLiteral("Twin"))));
    QCOMPARE(m_accounts->findByText(bea.key.hex())->key, bea.key);
    QCOMPARE(m_accounts->findByText(bea.key.hex().left(12).toUpper())->key, bea.key);
    QCOMPARE(m_accounts->findByText(QStringLiteral(" bea "))->key, bea.key);
    QCOMPARE(m_accounts->findByText(bea.key.hex().left(7)).error().code, Code::NotFound);
    QCOMPARE(m_accounts->findByText(QString()).error().code, Code::NotFound);
    const Error several = m_accounts->findByText(QStringLiteral("Twin")).error();
    QCOMPARE(several.code, Code::InvalidArgument);
    QCOMPARE(several.sentence, QStringLiteral("there are 2 here that \"Twin\" may mean: write more of the key"));
}

void TestAccounts::whoSaysNoNameKeepsTheOneItHad()
{
    const Account bea = account(QStringLiteral("Bea"));
    QVERIFY(m_accounts->admit(bea));
    QVERIFY(m_accounts->rename(bea.key, QString(), QStringLiteral("laptop")));
    QCOMPARE(m_accounts->find(bea.key)->name, QStringLiteral("Bea"));
    QCOMPARE(m_accounts->find(bea.key)->host, QStringLiteral("laptop"));
    QVERIFY(m_accounts->rename(bea.key, QStringLiteral("Beate"), QStringLiteral("laptop")));
    open();
    QCOMPARE(m_accounts->findByText(QStringLiteral("Beate"))->key, bea.key);
}

void TestAccounts::revokedIsGone()
{
    const Account bea = account(QStringLiteral("Bea"));
    QVERIFY(m_accounts->admit(bea));
    QVERIFY(m_accounts->revoke(bea.key));
    QCOMPARE(m_accounts->revoke(bea.key).error().code, Code::NotFound);
    open();
    QVERIFY(!m_accounts->find(bea.key));
}

void TestAccounts::invitationWorksAsOftenAsSaid()
{
    Invitations invitations(*m_database);
    const Result<QByteArray> secret = invitations.make({ AccountKind::User, true, 2, 5000 });
    QVERIFY(secret);
    QCOMPARE(secret->size(), 16);
    QVERIFY(invitations.take(*secret, AccountKind::User, 0)->administrator);
    QVERIFY(invitations.take(*secret, AccountKind::User, 0));
    QCOMPARE(invitations.take(*secret, AccountKind::User, 0).error().code, Code::FailedPrecondition);
}

void TestAccounts::invitationIsForOneKindAndTime()
{
    Invitations invitations(*m_database);
    const Result<QByteArray> secret = invitations.make({ AccountKind::Node, false, 1, 5000 });
    QVERIFY(secret);
    QVERIFY(!invitations.take(*secret, AccountKind::User, 0));
    QVERIFY(!invitations.take(*secret, AccountKind::Node, 5000));
    QVERIFY(!invitations.take(QByteArray(16, 'x'), AccountKind::Node, 0));
    QVERIFY(!invitations.take(secret->left(15), AccountKind::Node, 0));
    QVERIFY(!invitations.take({}, AccountKind::Node, 0));
    QVERIFY(invitations.take(*secret, AccountKind::Node, 4999)); // none of these used it up
}

void TestAccounts::secretIsNotOnDisk()
{
    Invitations invitations(*m_database);
    const Result<QByteArray> secret = invitations.make({ AccountKind::User, false, 1, 5000 });
    QVERIFY(secret);
    const QByteArray disk = onDisk();
    QVERIFY(disk.contains("invitations")); // it is the database that was read
    QVERIFY(!disk.contains(*secret));
    QVERIFY(!disk.contains(secret->toHex()));
}

QTEST_GUILESS_MAIN(TestAccounts)
#include "tst_accounts.moc"
