#include "core/store/store_trouble.h"

#include <QDir>
#include <QFile>
#include <QSemaphore>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace hawser;

namespace {

const Database::Steps steps { {
    QStringLiteral("CREATE TABLE things (name TEXT PRIMARY KEY) WITHOUT ROWID"),
    QStringLiteral("CREATE TABLE parts (thing TEXT REFERENCES things(name) DEFERRABLE INITIALLY DEFERRED)"),
} };

Result<void> done(const Result<QSqlQuery> &query)
{
    return query ? Result<void>() : query.error();
}

auto insert(const QString &name)
{
    return [name](Database &database) {
        return done(database.run(QStringLiteral("INSERT INTO things VALUES (?)"), { name }));
    };
}

/// What another program sees in the file.
QStringList things(const QString &path)
{
    const auto database = Database::open(path, steps);
    QStringList names;
    if (!database)
        return { database.error().sentence };
    Result<QSqlQuery> rows = (*database)->run(QStringLiteral("SELECT name FROM things ORDER BY name"));
    while (rows && rows->next())
        names << rows->value(0).toString();
    return names;
}

} // namespace

class TestStoreThread : public QObject {
    Q_OBJECT

private slots:
    void init();
    void isOnDiskBeforeItIsAnswered();
    void aFailingWorkHarmsNoOther();
    void whatCameWhileOneRanSharesACommit();
    void fullDiskFailsTheBatchAndNothingElse();
    void lockedByAnotherProgramWaitsAndThenSaysSo();
    void nobodyIsAnsweredWhoIsGone();
    void whatWasPostedIsDoneBeforeTheEnd();
    void damagedFileIsToldToEachAndLeftAlone();
    void readsDoNotMindThatWritesFail();
    void troubleIsOverWhenSomethingCanBeWritten();

private:
    /// Runs a statement in the thread, outside any transaction.
    void say(StoreThread &store, const QString &statement);
    QString path() const { return m_folder->filePath(QStringLiteral("store.sqlite")); }
    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestStoreThread::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
}

void TestStoreThread::say(StoreThread &store, const QString &statement)
{
    bool said = false;
    store.read(
        this, [statement](Database &database) { return done(database.run(statement)); },
        [&](const Result<void> &result) { said = bool(result); });
    QTRY_VERIFY(said);
}

void TestStoreThread::isOnDiskBeforeItIsAnswered()
{
    StoreThread store(path(), steps);
    QStringList seen;
    store.write(this, insert(QStringLiteral("a")), [&](const Result<void> &result) {
        QVERIFY(result);
        QCOMPARE(QThread::currentThread(), thread());
        seen = things(path());
    });
    QVERIFY(seen.isEmpty()); // never at once
    QTRY_COMPARE(seen, QStringList { QStringLiteral("a") });
}

void TestStoreThread::aFailingWorkHarmsNoOther()
{
    StoreThread store(path(), steps);
    QStringList heard;
    for (const char *name : { "a", "b", "a", "c" })
        store.write(this, insert(QString::fromLatin1(name)), [&heard, name](const Result<void> &result) {
            heard << QStringLiteral("%1 %2").arg(
                QString::fromLatin1(name), QString::fromLatin1(hawser::name(result ? Code::Ok : result.error().code)));
        });
    store.write(
        this,
        [](Database &database) -> Result<int> {
            if (const Result<void> half = insert(QStringLiteral("half"))(database); !half)
                return half.error();
            return Error { Code::Aborted, {} };
        },
        [&](const Result<int> &result) { heard << QString::fromLatin1(hawser::name(result.error().code)); });
    QTRY_COMPARE(heard.size(), 5);
    QCOMPARE(heard.join(QLatin1Char(',')), QStringLiteral("a ok,b ok,a already_exists,c ok,aborted"));
    QCOMPARE(things(path()).join(QLatin1Char(',')), QStringLiteral("a,b,c"));
}

/// Proven by what breaks only when they are committed: all that share the commit hear it, and nobody else.
void TestStoreThread::whatCameWhileOneRanSharesACommit()
{
    StoreThread store(path(), steps);
    QSemaphore begun;
    QSemaphore goOn;
    std::vector<bool> kept;
    const auto note = [&](const Result<void> &result) { kept.push_back(bool(result)); };
    store.write(
        this,
        [&](Database &database) {
            begun.release();
            goOn.acquire();
            return insert(QStringLiteral("first"))(database);
        },
        note);
    QTRY_COMPARE(begun.available(), 1);
    store.write(this, insert(QStringLiteral("second")), note);
    store.write(
        this,
        [](Database &database) {
            return done(database.run(QStringLiteral("INSERT INTO parts VALUES ('of nothing')")));
        },
        note);
    goOn.release();
    QTRY_COMPARE(kept.size(), size_t(3));
    QCOMPARE(kept, std::vector<bool>({ true, false, false }));
    QCOMPARE(things(path()), QStringList { QStringLiteral("first") });
    QCOMPARE(store.unanswered(), 0);
}

void TestStoreThread::fullDiskFailsTheBatchAndNothingElse()
{
    StoreThread store(path(), steps);
    say(store, QStringLiteral("PRAGMA max_page_count=8"));
    std::vector<Result<void>> heard;
    const auto note = [&](const Result<void> &result) { heard.push_back(result); };
    store.write(this, insert(QString(64 * 1024, QLatin1Char('x'))), note);
    QTRY_COMPARE(heard.size(), size_t(1));
    QCOMPARE(heard[0].error().code, Code::ResourceExhausted);
    say(store, QStringLiteral("PRAGMA max_page_count=1000"));
    store.write(this, insert(QStringLiteral("again")), note);
    QTRY_COMPARE(heard.size(), size_t(2));
    QVERIFY(heard[1]);
    QCOMPARE(things(path()), QStringList { QStringLiteral("again") });
}

void TestStoreThread::lockedByAnotherProgramWaitsAndThenSaysSo()
{
    StoreThread store(path(), steps);
    say(store, QStringLiteral("PRAGMA busy_timeout=40"));
    auto other = Database::open(path(), steps);
    QVERIFY(other && (*other)->run(QStringLiteral("BEGIN IMMEDIATE")));
    std::vector<Result<void>> heard;
    const auto note = [&](const Result<void> &result) { heard.push_back(result); };
    store.write(this, insert(QStringLiteral("a")), note);
    store.write(this, insert(QStringLiteral("b")), note);
    QTRY_COMPARE(heard.size(), size_t(2));
    QCOMPARE(heard[0].error().code, Code::Unavailable);
    QVERIFY(heard[0].error().sentence.contains(QStringLiteral("another program")));
    QCOMPARE(heard[1].error().code, Code::Unavailable);

    say(store, QStringLiteral("PRAGMA busy_timeout=5000"));
    store.write(this, insert(QStringLiteral("c")), note);
    QVERIFY(!QTest::qWaitFor([&] { return heard.size() > 2; }, 20)); // it waits
    QVERIFY((*other)->run(QStringLiteral("COMMIT")));
    QTRY_COMPARE(heard.size(), size_t(3));
    QVERIFY(heard[2]);
}

void TestStoreThread::nobodyIsAnsweredWhoIsGone()
{
    StoreThread store(path(), steps);
    bool told = false;
    auto gone = std::make_unique<QObject>();
    store.write(gone.get(), insert(QStringLiteral("a")), [&](const Result<void> &) { told = true; });
    gone.reset();
    QTRY_COMPARE(store.unanswered(), 0);
    QVERIFY(!told);
    QCOMPARE(things(path()), QStringList { QStringLiteral("a") });
}

void TestStoreThread::whatWasPostedIsDoneBeforeTheEnd()
{
    {
        StoreThread store(path(), steps);
        for (int i = 0; i < 3; ++i)
            store.write(this, insert(QString::number(i)), [](const Result<void> &) { QFAIL("nobody waits for it"); });
    }
    QCOMPARE(things(path()).join(QLatin1Char(',')), QStringLiteral("0,1,2"));
}

void TestStoreThread::damagedFileIsToldToEachAndLeftAlone()
{
    const QByteArray junk(4096, 'x');
    QFile file(path());
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(junk) == junk.size());
    file.close();
    StoreThread store(path(), steps);
    for (int i = 0; i < 2; ++i) {
        std::optional<Result<void>> heard;
        store.write(this, insert(QStringLiteral("a")), [&](const Result<void> &result) { heard = result; });
        QTRY_VERIFY(heard);
        QCOMPARE(heard->error().code, Code::DataLoss);
    }
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), junk);
}

void TestStoreThread::readsDoNotMindThatWritesFail()
{
    StoreThread store(path(), steps);
    say(store, QStringLiteral("PRAGMA max_page_count=8"));
    bool failed = false;
    std::optional<qint64> count;
    store.read(
        this, [](Database &database) { return database.number(QStringLiteral("SELECT count(*) FROM things")); },
        [&](const Result<qint64> &result) { count = result ? *result : -1; });
    store.write(this, insert(QString(64 * 1024, QLatin1Char('x'))), [&](const Result<void> &r) { failed = !r; });
    QTRY_COMPARE(count, 0);
    QVERIFY(failed);
}

void TestStoreThread::troubleIsOverWhenSomethingCanBeWritten()
{
    const QString folder = m_folder->filePath(QStringLiteral("later"));
    StoreThread store(folder + QStringLiteral("/store"), steps);
    StoreTrouble trouble(store, "test");
    trouble.setPause(std::chrono::milliseconds(20));
    QSignalSpy over(&trouble, &StoreTrouble::over);
    int answers = 0;
    const auto tryIt = [&] {
        store.write(this, insert(QStringLiteral("a")), [&](const Result<void> &result) {
            ++answers;
            if (!result)
                trouble.failed(result.error());
        });
    };
    tryIt();
    QTRY_COMPARE(answers, 1);
    QVERIFY2(trouble.sentence().contains(folder), qPrintable(trouble.sentence()));
    QVERIFY(!over.wait(100)); // it tries, and nothing can be written
    QVERIFY(!trouble.sentence().isEmpty());
    QVERIFY(QDir().mkpath(folder));
    QTRY_COMPARE(over.size(), 1);
    QCOMPARE(trouble.sentence(), QString());
    tryIt();
    QTRY_COMPARE(answers, 2);
    QCOMPARE(trouble.failures(), 1);
    QCOMPARE(things(folder + QStringLiteral("/store")), QStringList { QStringLiteral("a") });
}

QTEST_GUILESS_MAIN(TestStoreThread)
#include "tst_store_thread.moc"
