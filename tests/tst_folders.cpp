#include "core/folders.h"
#include "support/file_at.h"

#include <QDir>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace hawser;
using test::contentOf;
using test::modeOf;

namespace {

bool makeFolder(const QString &path, unsigned mode)
{
    const QByteArray name = QFile::encodeName(path);
    return ::mkdir(name.constData(), 0700) == 0 && ::chmod(name.constData(), mode_t(mode)) == 0;
}

} // namespace

class TestFolders : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();

    void choosesTheDataFolder_data();
    void choosesTheDataFolder();
    void namesTheSocketByTheRealPath();
    void putsTheSocketBesideTheData();
    void refusesALongSocketPath();
    void refusesARuntimeFolderThatOthersWrite();
    void needsTheFolderForASocket();
    void makesFoldersWithParents();
    void closesOnlyEmptyFolders();
    void refusesFoldersThatOthersWrite();
    void locksAFolderForOne();
    void aLockNeedsNoFile();
    void aLockEndsWithWhoIsKilled();
    void aLockIsNotInherited();
    void replacesDurably();
    void createsOnlyOnce();
    void writesThroughNoSymlink();
    void leavesTheOldFileWhenItFails();
    void reads_data();
    void reads();
    void refusesSpecialFiles();

private:
    QString path(const char *name) const { return m_folder->filePath(QLatin1String(name)); }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestFolders::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    for (const char *name : { "STATE_DIRECTORY", "XDG_DATA_HOME", "XDG_RUNTIME_DIR" })
        qunsetenv(name);
    qputenv("HOME", "/people/ana");
}

void TestFolders::cleanup()
{
    m_folder.reset();
}

void TestFolders::choosesTheDataFolder_data()
{
    QTest::addColumn<QString>("program");
    QTest::addColumn<QString>("chosen");
    QTest::addColumn<QByteArray>("state");
    QTest::addColumn<QByteArray>("data");
    QTest::addColumn<QString>("folder");
    const QString home = QStringLiteral("/people/ana/.local/share/");
    const auto row = [](const char *name, const char *program, const char *chosen, const char *state, const char *data,
                         const QString &folder) {
        QTest::newRow(name) << QString::fromLatin1(program) << QString::fromLatin1(chosen) << QByteArray(state)
                            << QByteArray(data) << folder;
    };
    row("command line", "hawser", "", "", "", home + QStringLiteral("hawser"));
    row("desktop shares it", "hawser-desktop", "", "", "", home + QStringLiteral("hawser"));
    row("broker", "hawser-brokerd", "", "", "", home + QStringLiteral("hawser-brokerd"));
    row("node", "hawser-nodeagent", "", "", "", home + QStringLiteral("hawser-nodeagent"));
    row("XDG", "hawser", "", "", "/x/y", QStringLiteral("/x/y/hawser"));
    row("relative XDG is ignored", "hawser", "", "", "x/y", home + QStringLiteral("hawser"));
    row("systemd", "hawser-brokerd", "", "/var/lib/hawser-brokerd", "/x", QStringLiteral("/var/lib/hawser-brokerd"));
    row("systemd, two", "hawser-brokerd", "", "/var/lib/a:/var/lib/b", "", QStringLiteral("/var/lib/a"));
    row("not for people", "hawser", "", "/var/lib/x", "/x", QStringLiteral("/x/hawser"));
    row("chosen", "hawser-brokerd", "/d/e/", "/var/lib/x", "/x", QStringLiteral("/d/e"));
    row("chosen, relative", "hawser", "e/../f", "", "", QDir::currentPath() + QStringLiteral("/f"));
}

void TestFolders::choosesTheDataFolder()
{
    QFETCH(QString, program);
    QFETCH(QString, chosen);
    QFETCH(QByteArray, state);
    QFETCH(QByteArray, data);
    qputenv("STATE_DIRECTORY", state);
    qputenv("XDG_DATA_HOME", data);
    QTEST(dataFolder(program, chosen), "folder");
}

void TestFolders::namesTheSocketByTheRealPath()
{
    QTemporaryDir runtime;
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(runtime.path()));
    const Result<QString> root = controlSocketPath(QStringLiteral("/usr"));
    QVERIFY(root);
    // hashlib.blake2b(b"/usr", digest_size=32).hexdigest()[:16]
    QCOMPARE(*root, runtime.path() + QStringLiteral("/hawser/d73fd043792aedb0"));
    QCOMPARE(modeOf(runtime.path() + QStringLiteral("/hawser")), 0700u);

    QVERIFY(makeFolder(path("real"), 0700));
    QVERIFY(QFile::link(path("real"), path("link")));
    QCOMPARE(*controlSocketPath(path("link")), *controlSocketPath(path("real")));
    QCOMPARE(*controlSocketPath(path("real") + QStringLiteral("/.")), *controlSocketPath(path("real")));
    QVERIFY(*controlSocketPath(path("real")) != *root);
}

void TestFolders::putsTheSocketBesideTheData()
{
    QCOMPARE(*controlSocketPath(m_folder->path()), path("control"));
    qputenv("XDG_RUNTIME_DIR", "/there/is/none");
    QCOMPARE(*controlSocketPath(m_folder->path()), path("control"));
    qputenv("XDG_RUNTIME_DIR", "relative");
    QCOMPARE(*controlSocketPath(m_folder->path()), path("control"));
}

void TestFolders::refusesALongSocketPath()
{
    const qsizetype room = 107 - QByteArrayView("/control").size() - 1 - QFile::encodeName(m_folder->path()).size();
    QVERIFY(room > 1);
    const QString longest = path("a").chopped(1) + QString(room, u'a');
    QVERIFY(makeFolder(longest, 0700));
    QCOMPARE(controlSocketPath(longest)->size(), 107);
    QVERIFY(makeFolder(longest + u'a', 0700));
    const Result<QString> beyond = controlSocketPath(longest + u'a');
    QVERIFY(!beyond);
    QCOMPARE(beyond.error().code, Code::FailedPrecondition);
    QVERIFY(beyond.error().sentence.contains(QStringLiteral("107 bytes")));
}

void TestFolders::refusesARuntimeFolderThatOthersWrite()
{
    QTemporaryDir runtime;
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(runtime.path()));
    const QString folder = runtime.filePath(QStringLiteral("hawser"));
    QVERIFY(makeFolder(folder, 01777));
    QCOMPARE(controlSocketPath(m_folder->path()).error().code, Code::PermissionDenied);
}

void TestFolders::needsTheFolderForASocket()
{
    QCOMPARE(controlSocketPath(path("none")).error().code, Code::NotFound);
}

void TestFolders::makesFoldersWithParents()
{
    QVERIFY(makePrivateFolder(path("a/b/c/")));
    for (const char *name : { "a", "a/b", "a/b/c" })
        QCOMPARE(modeOf(path(name)), 0700u);
    QVERIFY(makePrivateFolder(path("a/b/c")));
    QVERIFY(!makePrivateFolder(QString()));
    QVERIFY(!makePrivateFolder(path("x") + QChar(0) + u'y'));
    QVERIFY(!QFile::exists(path("x")));
}

void TestFolders::closesOnlyEmptyFolders()
{
    QVERIFY(makeFolder(path("empty"), 0755));
    QVERIFY(makePrivateFolder(path("empty")));
    QCOMPARE(modeOf(path("empty")), 0700u);
    QVERIFY(makeFolder(path("full"), 0755));
    QVERIFY(writeFileDurably(path("full/.hidden"), "x"));
    QVERIFY(makePrivateFolder(path("full")));
    QCOMPARE(modeOf(path("full")), 0755u);
}

void TestFolders::refusesFoldersThatOthersWrite()
{
    QVERIFY(makeFolder(path("shared"), 0770));
    QVERIFY(writeFileDurably(path("shared/file"), "x"));
    const Result<void> shared = makePrivateFolder(path("shared"));
    QVERIFY(!shared);
    QCOMPARE(shared.error().code, Code::PermissionDenied);
    QVERIFY(shared.error().sentence.contains(QStringLiteral("chmod go-rwx '%1'").arg(path("shared"))));
    QVERIFY(makeFolder(path("sticky"), 01777));
    QCOMPARE(makePrivateFolder(path("sticky")).error().code, Code::PermissionDenied);
    QCOMPARE(modeOf(path("sticky")), 01777u);
}

void TestFolders::locksAFolderForOne()
{
    const QString taken = QStringLiteral("somebody has it");
    auto lock = lockFolder(m_folder->path(), taken);
    QVERIFY(lock);
    const auto second = lockFolder(m_folder->path() + QStringLiteral("/."), taken);
    QVERIFY(!second);
    QCOMPARE(second.error().code, Code::AlreadyExists);
    QCOMPARE(second.error().sentence, taken);
    lock->reset();
    QVERIFY(lockFolder(m_folder->path(), taken));
    const auto none = lockFolder(path("none"), taken);
    QVERIFY(!none);
    QCOMPARE(none.error().code, Code::FailedPrecondition);
    QVERIFY(none.error().sentence.contains(path("none")));
}

/// Nor does one that lies there, whatever is in it, stop anybody.
void TestFolders::aLockNeedsNoFile()
{
    for (const char *content : { "", "4", "1\nhawser-brokerd\n" }) {
        QVERIFY(writeFileDurably(path("lock"), content));
        QVERIFY(::chmod(QFile::encodeName(m_folder->path()).constData(), 0500) == 0);
        QVERIFY(lockFolder(m_folder->path(), QString()));
        QVERIFY(::chmod(QFile::encodeName(m_folder->path()).constData(), 0700) == 0);
        QCOMPARE(contentOf(path("lock")), QByteArray(content));
    }
    QVERIFY(QFile::remove(path("lock")));
    QVERIFY(lockFolder(m_folder->path(), QString()));
    QVERIFY(QDir(m_folder->path()).isEmpty(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot));
}

void TestFolders::aLockEndsWithWhoIsKilled()
{
    int ends[2] = {};
    QCOMPARE(::pipe(ends), 0);
    const pid_t other = ::fork();
    if (other == 0) {
        const auto lock = lockFolder(m_folder->path(), QString());
        const bool isSaid = ::write(ends[1], lock ? "y" : "n", 1) == 1;
        while (isSaid)
            ::pause();
        ::_exit(1);
    }
    char has = 0;
    const bool isSaid = ::read(ends[0], &has, 1) == 1;
    const auto meanwhile = lockFolder(m_folder->path(), QString());
    ::kill(other, SIGKILL);
    const bool ended = ::waitpid(other, nullptr, 0) == other;
    for (const int end : ends)
        ::close(end);
    QVERIFY(isSaid && ended);
    QCOMPARE(has, 'y');
    QVERIFY(!meanwhile);
    QCOMPARE(meanwhile.error().code, Code::AlreadyExists);
    QVERIFY(lockFolder(m_folder->path(), QString()));
}

void TestFolders::aLockIsNotInherited()
{
    auto lock = lockFolder(m_folder->path(), QString());
    QVERIFY(lock);
    QProcess program;
    program.start(QStringLiteral("cat"), {});
    QVERIFY(program.waitForStarted()); // then it is no copy of this one any more
    lock->reset();
    const auto again = lockFolder(m_folder->path(), QString());
    program.closeWriteChannel();
    QVERIFY(program.waitForFinished());
    QVERIFY(again);
}

void TestFolders::replacesDurably()
{
    QVERIFY(writeFileDurably(path("file"), "one", 0644));
    QCOMPARE(modeOf(path("file")), 0644u);
    QVERIFY(writeFileDurably(path("file"), QByteArray(100000, 'b')));
    QCOMPARE(contentOf(path("file")), QByteArray(100000, 'b'));
    QCOMPARE(modeOf(path("file")), 0600u);
    QCOMPARE(QDir(m_folder->path()).entryList(QDir::Files | QDir::Hidden), QStringList(QStringLiteral("file")));
}

void TestFolders::createsOnlyOnce()
{
    QVERIFY(createFileDurably(path("file"), "one"));
    const Result<void> again = createFileDurably(path("file"), "two");
    QVERIFY(!again);
    QCOMPARE(again.error().code, Code::AlreadyExists);
    QCOMPARE(contentOf(path("file")), QByteArray("one"));
    QCOMPARE(QDir(m_folder->path()).entryList(QDir::Files | QDir::Hidden), QStringList(QStringLiteral("file")));
}

void TestFolders::writesThroughNoSymlink()
{
    QTemporaryDir elsewhere;
    const QString target = elsewhere.filePath(QStringLiteral("target"));
    QVERIFY(QFile::link(target, path("link")));
    QCOMPARE(createFileDurably(path("link"), "x").error().code, Code::AlreadyExists);
    QVERIFY(writeFileDurably(path("link"), "x"));
    QVERIFY(!QFile::exists(target));
    QVERIFY(!QFileInfo(path("link")).isSymLink());
}

void TestFolders::leavesTheOldFileWhenItFails()
{
    QVERIFY(makeFolder(path("folder"), 0700));
    QVERIFY(makeFolder(path("folder/inside"), 0700));
    const Result<void> written = writeFileDurably(path("folder"), "x");
    QVERIFY(!written);
    QCOMPARE(written.error().code, Code::FailedPrecondition);
    QVERIFY(written.error().sentence.contains(path("folder")));
    QCOMPARE(QDir(m_folder->path()).entryList(QDir::Files | QDir::Hidden), QStringList());
    QCOMPARE(writeFileDurably(path("none/file"), "x").error().code, Code::FailedPrecondition);
}

void TestFolders::reads_data()
{
    QTest::addColumn<int>("size");
    QTest::addColumn<int>("mode");
    QTest::addColumn<bool>("ownerOnly");
    QTest::addColumn<int>("code");
    QTest::newRow("empty") << 0 << 0600 << true << int(Code::Ok);
    QTest::newRow("at the limit") << 100 << 0600 << true << int(Code::Ok);
    QTest::newRow("one over") << 101 << 0600 << true << int(Code::DataLoss);
    QTest::newRow("group reads a secret") << 5 << 0640 << true << int(Code::PermissionDenied);
    QTest::newRow("others read a secret") << 5 << 0604 << true << int(Code::PermissionDenied);
    QTest::newRow("others read no secret") << 5 << 0644 << false << int(Code::Ok);
}

void TestFolders::reads()
{
    QFETCH(int, size);
    QFETCH(int, mode);
    QFETCH(bool, ownerOnly);
    QFETCH(int, code);
    const QByteArray bytes(size, 'x');
    QVERIFY(writeFileDurably(path("file"), bytes, unsigned(mode)));
    const Result<QByteArray> read = readFile(path("file"), 100, ownerOnly ? Privacy::OwnerOnly : Privacy::Anybody);
    QCOMPARE(int(read ? Code::Ok : read.error().code), code);
    if (read)
        QCOMPARE(*read, bytes);
}

void TestFolders::refusesSpecialFiles()
{
    QCOMPARE(readFile(path("none"), 100).error().code, Code::NotFound);
    QCOMPARE(readFile(m_folder->path(), 100).error().code, Code::DataLoss);
    QVERIFY(::mkfifo(QFile::encodeName(path("pipe")).constData(), 0600) == 0);
    QCOMPARE(readFile(path("pipe"), 100).error().code, Code::DataLoss); // and does not wait
    QVERIFY(writeFileDurably(path("file"), "x"));
    QVERIFY(QFile::link(path("file"), path("link")));
    QCOMPARE(readFile(path("link"), 100).error().code, Code::DataLoss);
    QCOMPARE(readFile(QStringLiteral("/dev/zero"), 100).error().code, Code::DataLoss);
    QCOMPARE(readFile(path("file") + QChar(0) + u'x', 100).error().code, Code::InvalidArgument);
}

QTEST_GUILESS_MAIN(TestFolders)
#include "tst_folders.moc"
