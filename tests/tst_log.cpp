#include "core/log.h"

#include <QTemporaryFile>
#include <QTest>
#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace hawser;
using namespace std::chrono_literals;

class TestLog : public QObject {
    Q_OBJECT

private slots:
    void writesOneLine_data();
    void writesOneLine();
    void cutsLongValues();
    void passesOneLineASecond();
    void forgetsSourcesThatAreQuiet();
    void whatNobodyTakesIsLeftOutAndCounted();
    void afterALineThatWasCutANewOneBegins();
};

void TestLog::writesOneLine_data()
{
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("line");
    QTest::newRow("plain") << QStringLiteral("ana") << QStringLiteral("greeted name=ana");
    QTest::newRow("empty") << QString() << QStringLiteral("greeted name=\"\"");
    QTest::newRow("space") << QStringLiteral("a b") << QStringLiteral("greeted name=\"a b\"");
    QTest::newRow("quote") << QStringLiteral("a\"b\\c") << QStringLiteral("greeted name=\"a\\\"b\\\\c\"");
    QTest::newRow("another field") << QStringLiteral("a peer=me") << QStringLiteral("greeted name=\"a peer=me\"");
    QTest::newRow("newline") << QStringLiteral("a\nb") << QStringLiteral("greeted name=a⟨U+000A⟩b");
    QTest::newRow("escape") << QStringLiteral("\x1b[2J") << QStringLiteral("greeted name=⟨U+001B⟩[2J");
    QTest::newRow("priority") << QStringLiteral("\n<0>x") << QStringLiteral("greeted name=⟨U+000A⟩<0>x");
}

void TestLog::writesOneLine()
{
    QFETCH(QString, value);
    QFETCH(QString, line);
    QCOMPARE(logLine("greeted", { { "name", value } }), line);
}

void TestLog::cutsLongValues()
{
    const QString exact(200, u'a');
    QCOMPARE(logLine("e", { { "v", exact } }), QStringLiteral("e v=") + exact);
    QCOMPARE(logLine("e", { { "v", exact + u'a' } }), QStringLiteral("e v=") + exact.chopped(1) + u'…');
    // What is made visible grows; the line does not.
    QVERIFY(logLine("e", { { "v", QString(100000, u'\n') } }).size() <= 204);
    QCOMPARE(logLine("e", { { "port", 4780 } }), QStringLiteral("e port=4780"));
}

void TestLog::passesOneLineASecond()
{
    LogLimit limit;
    const Instant start {};
    const QString ana = QStringLiteral("refused\nana");
    QCOMPARE(limit.pass(ana, start), std::optional<quint64>(0));
    QCOMPARE(limit.pass(ana, start + 1ms), std::nullopt);
    QCOMPARE(limit.pass(QStringLiteral("refused\nben"), start + 1ms), std::optional<quint64>(0));
    QCOMPARE(limit.pass(ana, start + 999ms), std::nullopt);
    QCOMPARE(limit.pass(ana, start + 1000ms), std::optional<quint64>(2));
    QCOMPARE(limit.pass(ana, start + 2000ms), std::optional<quint64>(0));
}

void TestLog::forgetsSourcesThatAreQuiet()
{
    LogLimit limit;
    const Instant start {};
    int passed = 0;
    for (int i = 0; i < 10000; ++i)
        passed += limit.pass(QString::number(i), start).has_value() ? 1 : 0;
    QCOMPARE(passed, 4096);
    QCOMPARE(limit.pass(QStringLiteral("new"), start + 1s), std::optional<quint64>(0));
}

void TestLog::whatNobodyTakesIsLeftOutAndCounted()
{
    int ends[2] = {};
    QCOMPARE(::pipe2(ends, O_CLOEXEC), 0);
    QVERIFY(::fcntl(ends[1], F_SETPIPE_SZ, 8192) >= 8192);
    const QByteArray full(::fcntl(ends[1], F_GETPIPE_SZ), '.');
    QCOMPARE(::write(ends[1], full.constData(), size_t(full.size())), full.size());
    const int before = ::dup(STDERR_FILENO);
    QVERIFY(::dup2(ends[1], STDERR_FILENO) >= 0);
    log(Level::Notice, "one"); // it would wait for ever
    log(Level::Notice, "two");
    QByteArray said(full.size(), '\0');
    const auto emptied = ::read(ends[0], said.data(), size_t(said.size()));
    log(Level::Notice, "three");
    log(Level::Notice, "four");
    const auto came = ::read(ends[0], said.data(), size_t(said.size()));
    ::dup2(before, STDERR_FILENO);
    for (const int end : { ends[0], ends[1], before })
        ::close(end);
    QCOMPARE(emptied, full.size());
    QCOMPARE(said.first(came), QByteArrayLiteral("notice: three unsaid=2\nnotice: four\n"));
}

/// A file that may grow no further takes of a line what still fits, as a full disk does.
void TestLog::afterALineThatWasCutANewOneBegins()
{
    QTemporaryFile file;
    QVERIFY(file.open());
    rlimit before {};
    QCOMPARE(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto most = [&before](rlim_t bytes) {
        const rlimit limit { bytes, before.rlim_max };
        return ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
    };
    const auto signalled = std::signal(SIGXFSZ, SIG_IGN);
    const int standardError = ::dup(STDERR_FILENO);
    QVERIFY(::dup2(file.handle(), STDERR_FILENO) >= 0);
    bool isLimited = most(12);
    log(Level::Notice, "is-cut");
    log(Level::Notice, "has-no-room");
    isLimited = isLimited && most(13);
    log(Level::Notice, "ends-the-line-and-no-more");
    isLimited = isLimited && most(before.rlim_cur);
    log(Level::Notice, "is-whole");
    log(Level::Notice, "follows");
    ::dup2(standardError, STDERR_FILENO);
    ::close(standardError);
    std::signal(SIGXFSZ, signalled);
    QVERIFY(isLimited);
    QVERIFY(file.seek(0));
    QCOMPARE(file.readAll(), QByteArrayLiteral("notice: is-c\nnotice: is-whole unsaid=3\nnotice: follows\n"));
}

QTEST_GUILESS_MAIN(TestLog)
#include "tst_log.moc"
