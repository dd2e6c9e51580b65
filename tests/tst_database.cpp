#include "core/store/database.h"
#include "tests/support/file_at.h"

#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <sys/stat.h>

using namespace hawser;

namespace {
const Database::Steps one { { QStringLiteral("CREATE TABLE things (name TEXT PRIMARY KEY) WITHOUT ROWID") } };

QVariant pragma(Database &database, const char *name)
{
    Result<QSqlQuery> query = database.run(QStringLiteral("PRAGMA ") + QString::fromLatin1(name));
    return query && query->next() ? query->value(0) : QVariant();
}
} // namespace

class TestDatabase : public QObject {
    Q_OBJECT

private slots:
    void everyConnectionSyncsEachCommit();
    void theFileIsItsOwnersAlone();
    void newerFileIsLeftUntouched();
    void newerFileOfWhoWasKilledIsLeftUntouched();
    void whatIsNoDatabaseIsSaidSo();
    void transactionIsAllOrNothing();
    void constraintIsAlreadyExists();
    void numbersCompareAsNumbers();
    void keptStatementsRunAgain();
    void aNumberIsTheFirstOrNone();
    void waitsForAnotherProgramAsLongAsItIsTold();

private:
    QTemporaryDir m_folder;
    QString path(const char *name) const { return m_folder.filePath(QString::fromLatin1(name)); }
};

void TestDatabase::everyConnectionSyncsEachCommit()
{
    for (int i = 0; i < 2; ++i) {
        const auto database = Database::open(path("sync"), one);
        QVERIFY(database);
        QCOMPARE(pragma(**database, "journal_mode").toString(), QStringLiteral("wal"));
        QCOMPARE(pragma(**database, "synchronous").toInt(), 2);
        QCOMPARE(pragma(**database, "user_version").toInt(), 1);
    }
}

void TestDatabase::theFileIsItsOwnersAlone()
{
    const mode_t before = ::umask(0);
    const auto database = Database::open(path("private"), one);
    ::umask(before);
    QVERIFY(database);
    for (const char *name : { "private", "private-wal", "private-shm" }) {
        struct stat file { };
        QCOMPARE(::stat(QFile::encodeName(path(name)).constData(), &file), 0);
        QCOMPARE(int(file.st_mode & 0777), 0600);
    }
}

void TestDatabase::newerFileIsLeftUntouched()
{
    Database::Steps two = one;
    two << QStringList { QStringLiteral("CREATE TABLE more (name TEXT)") };
    QVERIFY(Database::open(path("newer"), two));
    QFile file(path("newer"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray before = file.readAll();
    const auto refused = Database::open(path("newer"), one);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, Code::FailedPrecondition);
    file.seek(0);
    QCOMPARE(file.readAll(), before);
}

/// Its version and all else of the newer program still stand in the log beside it: that is not carried into the file.
void TestDatabase::newerFileOfWhoWasKilledIsLeftUntouched()
{
    const Database::Steps two { one[0], { QStringLiteral("CREATE TABLE more (name TEXT)") } };
    {
        const auto running = Database::open(path("running"), two);
        QVERIFY(running);
        for (const char *end : { "", "-wal" })
            QVERIFY(QFile::copy(path("running") + QLatin1String(end), path("killed") + QLatin1String(end)));
    }
    const QByteArray file = test::contentOf(path("killed"));
    const QByteArray log = test::contentOf(path("killed-wal"));
    QVERIFY(log.size() > 4096);
    for (int i = 0; i < 2; ++i) {
        const auto refused = Database::open(path("killed"), one);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, Code::FailedPrecondition);
        QVERIFY2(refused.error().sentence.contains(QLatin1String("newer")), qPrintable(refused.error().sentence));
        QVERIFY(test::contentOf(path("killed")) == file);
        QVERIFY(test::contentOf(path("killed-wal")) == log);
    }
    const auto known = Database::open(path("killed"), two); // who knows it has all of it
    QVERIFY(known);
    QVERIFY((*known)->run(QStringLiteral("INSERT INTO more VALUES ('x')")));
}

void TestDatabase::whatIsNoDatabaseIsSaidSo()
{
    QFile file(path("junk"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QByteArray(4096, 'x'));
    file.close();
    const auto refused = Database::open(path("junk"), one);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, Code::DataLoss);
    QVERIFY(refused.error().sentence.contains(path("junk")));
}

void TestDatabase::transactionIsAllOrNothing()
{
    const auto database = Database::open(path("transaction"), one);
    QVERIFY(database);
    const Result<void> failed = (*database)->transaction([&]() -> Result<void> {
        if (!(*database)->run(QStringLiteral("INSERT INTO things VALUES ('a')")))
            return Error { Code::Internal, {} };
        return Error { Code::Aborted, {} };
    });
    QVERIFY(!failed);
    QCOMPARE(failed.error().code, Code::Aborted);
    QCOMPARE(*(*database)->number(QStringLiteral("SELECT count(*) FROM things")), 0);
}

void TestDatabase::constraintIsAlreadyExists()
{
    const auto database = Database::open(path("constraint"), one);
    QVERIFY(database);
    QVERIFY((*database)->run(QStringLiteral("INSERT INTO things VALUES (?)"), { QStringLiteral("a") }));
    const auto again = (*database)->run(QStringLiteral("INSERT INTO things VALUES (?)"), { QStringLiteral("a") });
    QVERIFY(!again);
    QCOMPARE(again.error().code, Code::AlreadyExists);
}

/// Qt binds a quint64 as text, and text is larger than any number.
void TestDatabase::numbersCompareAsNumbers()
{
    const auto database = Database::open(path("numbers"), one);
    QVERIFY(database);
    Result<QSqlQuery> row = (*database)->run(QStringLiteral("SELECT 1 + 1 <= ?"), { quint64(1) });
    QVERIFY(row && row->next());
    QCOMPARE(row->value(0).toInt(), 0);
}

void TestDatabase::keptStatementsRunAgain()
{
    const auto database = Database::open(path("again"), one);
    QVERIFY(database);
    const QString insert = QStringLiteral("INSERT INTO things VALUES (?)");
    QVERIFY((*database)->again(insert, { QStringLiteral("a") }));
    QCOMPARE((*database)->again(insert, { QStringLiteral("a") }).error().code, Code::AlreadyExists);
    QVERIFY((*database)->again(insert, { QStringLiteral("b") }));
    QCOMPARE(*(*database)->number(QStringLiteral("SELECT count(*) FROM things")), 2);
}

void TestDatabase::aNumberIsTheFirstOrNone()
{
    const auto database = Database::open(path("number"), one);
    QVERIFY(database);
    QVERIFY((*database)->run(QStringLiteral("INSERT INTO things VALUES ('a'), ('b')")));
    const QString length = QStringLiteral("SELECT length(name) + ? FROM things WHERE name >= ?");
    QCOMPARE(*(*database)->number(length, { 41, QStringLiteral("a") }), 42);
    QCOMPARE(*(*database)->number(length, { 1, QStringLiteral("b") }), 2);
    QCOMPARE(*(*database)->number(length, { 1, QStringLiteral("c") }), 0);
    QCOMPARE(*(*database)->number(QStringLiteral("SELECT max(name) FROM things WHERE name = 'c'")), 0);
    QCOMPARE((*database)->number(QStringLiteral("SELECT nothing FROM things")).error().code, Code::DataLoss);
    QVERIFY((*database)->run(QStringLiteral("DROP TABLE things"))); // the first, of two rows, holds nothing
}

void TestDatabase::waitsForAnotherProgramAsLongAsItIsTold()
{
    const auto database = Database::open(path("patience"), one);
    const auto other = Database::open(path("patience"), one);
    QVERIFY(database && other);
    QVERIFY((*other)->run(QStringLiteral("BEGIN IMMEDIATE")));
    QVERIFY((*database)->setPatience(std::chrono::milliseconds(20)));
    QElapsedTimer took;
    took.start();
    const auto refused = (*database)->run(QStringLiteral("INSERT INTO things VALUES (?)"), { QStringLiteral("a") });
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, Code::Unavailable);
    QVERIFY2(took.elapsed() < 2000, "the 5 s of the beginning are not waited for");
    QVERIFY((*other)->run(QStringLiteral("ROLLBACK")));
    QVERIFY((*database)->run(QStringLiteral("INSERT INTO things VALUES (?)"), { QStringLiteral("a") }));
}

QTEST_GUILESS_MAIN(TestDatabase)
#include "tst_database.moc"
