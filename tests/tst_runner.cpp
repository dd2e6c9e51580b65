#include "core/own_call.h"
#include "nodeagent/runner.h"
#include "support/linked.h"

#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <signal.h>

using namespace hawser;
using namespace hawser::node;
using hawser::contracts::RunControl;
using hawser::contracts::RunEnd;
using hawser::contracts::RunOutcome;
using hawser::contracts::RunStream;
using hawser::test::Linked;

namespace {

/// What a caller sees of a run.
struct Seen {
    QByteArray out;
    QByteArray err;
    pid_t pid = 0;
    std::optional<Result<Payload>> result;

    std::optional<RunEnd> end() const
    {
        if (!result || !*result)
            return std::nullopt;
        const auto end = fromValue<RunEnd>((*result)->parameters);
        return end ? std::optional<RunEnd>(*end) : std::nullopt;
    }
    Error error() const { return result && !*result ? result->error() : Error { Code::Ok, {}, {}, {} }; }
};

/// One letter, as proc(5) has it; empty when there is no such process.
QByteArray stateOf(pid_t pid)
{
    QFile file(QStringLiteral("/proc/%1/stat").arg(pid));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const QByteArray stat = file.readAll();
    return stat.mid(stat.lastIndexOf(')') + 2, 1);
}

/// A zombie is gone too: nobody but us can reap ours, and init does the rest.
bool isRunning(pid_t pid)
{
    const QByteArray state = stateOf(pid);
    return !state.isEmpty() && state != "Z";
}

OwnCommand perl(const char *script)
{
    OwnCommand command;
    command.name = QStringLiteral("test");
    command.argv = QStringList { "/usr/bin/perl", "-e", QString::fromUtf8(script) };
    return command;
}

} // namespace

/// Own commands with real processes, called over a link in memory.
class TestRunner : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();

    void streamsComeSeparatelyAndTheStatusLast();
    void valuesReachNoShell();
    void valuesAreCheckedOnTheNode();
    void theEnvironmentIsClean();
    void theKeyOfADurableCallIsThere_data();
    void theKeyOfADurableCallIsThere();
    void nothingOfOursIsInherited();
    void aSignalIsSaid();
    void whatCannotStartIsSaid_data();
    void whatCannotStartIsSaid();
    void stopIsTermForTheGroup();
    void whoIgnoresTermIsKilled();
    void theTimeLimitEndsIt();
    void whatItLeavesBehindIsKilled();
    void aHeldPipeDoesNotHangTheEnd();
    void theCallerGoesAndItStops();
    void theCallerGoesAndItFinishes();
    void theLinkBreaksAndItStops();
    void aFastWriterIsSlowed();
    void moreAtOnceIsRefused();
    void stopAllEndsEverything();

private:
    void offer(const OwnCommand &command, int runsAtOnce = 16);
    Call *run(const std::shared_ptr<Seen> &seen, const Value &parameters = {});
    std::shared_ptr<Seen> runToEnd(const OwnCommand &command, const Value &parameters = {});

    std::unique_ptr<Linked> m_linked;
    std::unique_ptr<Commands> m_commands;
    std::unique_ptr<Runner> m_runner;
};

void TestRunner::init()
{
    m_linked = std::make_unique<Linked>();
    m_commands = std::make_unique<Commands>();
    m_runner = std::make_unique<Runner>(*m_commands);
    m_commands->attach(m_linked->listener());
}

void TestRunner::cleanup()
{
    qDeleteAll(findChildren<Call *>());
    m_runner.reset();
    m_commands.reset();
    m_linked.reset();
}

void TestRunner::offer(const OwnCommand &command, int runsAtOnce)
{
    Config config;
    config.runsAtOnce = runsAtOnce;
    config.commands << command;
    m_runner->setConfig(config);
}

Call *TestRunner::run(const std::shared_ptr<Seen> &seen, const Value &parameters)
{
    CallOptions options;
    options.keepOpen = true;
    Call *call = startCall(m_linked->dialler(), {}, QStringLiteral("test"), parameters, options, this);
    connect(call, &Channel::received, this, [seen](const ChannelMessage &message) {
        const QByteArray rest = message.bytes.sliced(1).toByteArray();
        switch (RunStream(message.bytes[0])) {
        case RunStream::Out:
            seen->out += rest;
            break;
        case RunStream::Err:
            seen->err += rest;
            break;
        case RunStream::Started:
            seen->pid = rest.toInt();
            break;
        }
    });
    connect(call, &Call::finished, this, [seen](const Result<Payload> &result) { seen->result = result; });
    return call;
}

std::shared_ptr<Seen> TestRunner::runToEnd(const OwnCommand &command, const Value &parameters)
{
    offer(command);
    auto seen = std::make_shared<Seen>();
    run(seen, parameters);
    [&] { QTRY_VERIFY(seen->result); }();
    return seen;
}

void TestRunner::streamsComeSeparatelyAndTheStatusLast()
{
    const auto seen = runToEnd(perl("print STDOUT \"one\\0two\\n\"; print STDERR \"three\\n\"; exit 7"));
    QCOMPARE(seen->out, QByteArray("one\0two\n", 8));
    QCOMPARE(seen->err, "three\n");
    QVERIFY(seen->pid > 0);
    QVERIFY(seen->end());
    QVERIFY(seen->end()->outcome == RunOutcome::Finished);
    QCOMPARE(seen->end()->exitStatus, 7);
    QTRY_VERIFY(m_runner->runs().isEmpty());
    QVERIFY(!QFile::exists(QStringLiteral("/proc/%1").arg(seen->pid))); // reaped
}

void TestRunner::valuesReachNoShell() // N01
{
    QTemporaryDir folder;
    OwnCommand command = perl("print join('|', @ARGV)");
    command.argv << "--"
                 << "{value}";
    Parameter parameter;
    parameter.field.name = QStringLiteral("value");
    command.parameters << parameter;
    const QString evil = QStringLiteral("-x; touch %1/a $(touch %1/b) `touch %1/c`\n&& touch %1/d").arg(folder.path());
    Value values;
    values.insert(QStringLiteral("value"), evil);
    const auto seen = runToEnd(command, values);
    QCOMPARE(seen->out, evil.toUtf8());
    QVERIFY(QDir(folder.path()).isEmpty());
}

void TestRunner::valuesAreCheckedOnTheNode()
{
    OwnCommand command = perl("print 1");
    command.argv << "{value}";
    Parameter parameter;
    parameter.field.name = QStringLiteral("value");
    parameter.field.required = true;
    parameter.field.choices = { Value("a"), Value("b") };
    command.parameters << parameter;
    for (const Value &value : { Value(), Value("c"), Value(1), Value(QString("a") + QChar(0)) }) {
        Value values;
        values.insert(QStringLiteral("value"), value);
        QCOMPARE(runToEnd(command, values)->error().code, Code::InvalidArgument);
    }
    Value more;
    more.insert(QStringLiteral("value"), "a");
    more.insert(QStringLiteral("LD_PRELOAD"), "x");
    QCOMPARE(runToEnd(command, more)->error().code, Code::InvalidArgument);
    QVERIFY(m_runner->runs().isEmpty());
}

void TestRunner::theEnvironmentIsClean() // N02
{
    qputenv("LD_PRELOAD_TEST", "x");
    OwnCommand command = perl("print join(\"\\n\", map { \"$_=$ENV{$_}\" } sort keys %ENV)");
    command.environment = QStringList { "MINE=a=b" };
    const auto seen = runToEnd(command);
    QCOMPARE(
        seen->out, "HOME=" + QDir::homePath().toUtf8() + "\nLANG=C.UTF-8\nMINE=a=b\nPATH=/usr/local/bin:/usr/bin:/bin");
}

void TestRunner::theKeyOfADurableCallIsThere_data()
{
    QTest::addColumn<bool>("idempotent");
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<QByteArray>("seen");
    QTest::newRow("durable") << true << QByteArray("0123abcd") << QByteArray("0123abcd");
    QTest::newRow("now") << true << QByteArray() << QByteArray("none");
    QTest::newRow("not declared") << false << QByteArray("0123abcd") << QByteArray("none");
}

void TestRunner::theKeyOfADurableCallIsThere()
{
    QFETCH(bool, idempotent);
    QFETCH(QByteArray, key);
    QFETCH(QByteArray, seen);
    OwnCommand command = perl("print $ENV{'HAWSER_IDEMPOTENCY_KEY'} // 'none'");
    command.idempotent = idempotent;
    offer(command);
    QCOMPARE(m_commands->spec("test")->idempotent, idempotent);
    Caller caller;
    caller.idempotencyKey = key;
    OwnCall own(*m_commands, caller, "test", {});
    QByteArray out;
    bool ended = false;
    connect(own.call(), &Channel::received, this, [&](const ChannelMessage &message) {
        if (RunStream(message.bytes[0]) == RunStream::Out)
            out += message.bytes.sliced(1).toByteArray();
    });
    QString why;
    connect(own.call(), &Call::finished, this, [&](const Result<Payload> &result) {
        ended = true;
        why = result ? QString() : result.error().sentence;
    });
    QTRY_VERIFY(ended);
    QCOMPARE(why, QString());
    QCOMPARE(out, seen);
}

void TestRunner::nothingOfOursIsInherited()
{
    const int leak = ::dup(0); // without close-on-exec
    OwnCommand command = perl("opendir my $d, '/proc/self/fd'; my $own = fileno $d;"
                              "print join(' ', sort grep { /\\d/ } readdir $d), ' ', getpgrp() == $$, ' ', <STDIN>");
    command.workingFolder = QStringLiteral("/tmp");
    const auto seen = runToEnd(command);
    ::close(leak);
    QCOMPARE(seen->out, "0 1 2 3 1 "); // 3 is the folder it reads; input is at its end; it leads its group
}

void TestRunner::aSignalIsSaid()
{
    const auto seen = runToEnd(perl("kill 'USR1', $$; sleep 10"));
    QVERIFY(seen->end()->outcome == RunOutcome::Killed);
    QCOMPARE(seen->end()->signal, SIGUSR1);
}

void TestRunner::whatCannotStartIsSaid_data()
{
    QTest::addColumn<QString>("program");
    QTest::addColumn<QString>("folder");
    QTest::addColumn<QString>("says");
    QTest::newRow("no program") << "/nowhere/x"
                                << "/"
                                << "/nowhere/x";
    QTest::newRow("no permission") << "/etc/passwd"
                                   << "/"
                                   << "/etc/passwd";
    QTest::newRow("no folder") << "/usr/bin/true"
                               << "/nowhere"
                               << "working folder /nowhere";
}
void TestRunner::whatCannotStartIsSaid()
{
    QFETCH(QString, program);
    QFETCH(QString, folder);
    QFETCH(QString, says);
    OwnCommand command = perl("");
    command.argv = QStringList { program };
    command.workingFolder = folder;
    const auto seen = runToEnd(command);
    QVERIFY(seen->end());
    QVERIFY(seen->end()->outcome == RunOutcome::FailedToStart);
    QVERIFY2(seen->end()->detail.contains(says), qUtf8Printable(seen->end()->detail));
    QTRY_VERIFY(m_runner->runs().isEmpty());
}

void TestRunner::stopIsTermForTheGroup()
{
    offer(perl("$| = 1; my $c = fork; if (!$c) { sleep 60; exit } print $c; sleep 60"));
    const auto seen = std::make_shared<Seen>();
    Call *call = run(seen);
    QTRY_VERIFY(!seen->out.isEmpty());
    call->send(RunControl { "stop" });
    QTRY_VERIFY(seen->result);
    QVERIFY(seen->end()->outcome == RunOutcome::Stopped);
    QCOMPARE(seen->end()->signal, SIGTERM);
    QCOMPARE(seen->end()->detail, Linked::keyOf(1).hex());
    QTRY_VERIFY(!isRunning(seen->out.toInt()));
}

void TestRunner::whoIgnoresTermIsKilled()
{
    OwnCommand command = perl("$| = 1; $SIG{'TERM'} = 'IGNORE'; print 'ready'; sleep 60 while 1");
    command.killAfter = milliseconds(50);
    offer(command);
    const auto seen = std::make_shared<Seen>();
    Call *call = run(seen);
    QTRY_COMPARE(seen->out, "ready");
    call->send(RunControl { "stop" });
    QTRY_VERIFY(seen->result);
    QVERIFY(seen->end()->outcome == RunOutcome::Stopped);
    QCOMPARE(seen->end()->signal, SIGKILL);
}

void TestRunner::theTimeLimitEndsIt()
{
    OwnCommand command = perl("sleep 60");
    command.timeLimit = milliseconds(50);
    const auto seen = runToEnd(command);
    QVERIFY(seen->end()->outcome == RunOutcome::TimeLimit);
    QCOMPARE(seen->end()->signal, SIGTERM);
}

void TestRunner::whatItLeavesBehindIsKilled() // N03
{
    const auto seen = runToEnd(perl("$| = 1; my $c = fork; if (!$c) { close STDOUT; close STDERR; sleep 60; exit }"
                                    "print $c; exit 0"));
    QVERIFY(seen->end()->outcome == RunOutcome::Finished);
    QTRY_VERIFY(!isRunning(seen->out.toInt()));
}

void TestRunner::aHeldPipeDoesNotHangTheEnd() // N03: it left the group, and holds our pipe
{
    const auto seen = runToEnd(
        perl("use POSIX; $| = 1; my $c = fork; if (!$c) { POSIX::setsid(); sleep 30; exit } print $c; exit 3"));
    QVERIFY(seen->end());
    QCOMPARE(seen->end()->exitStatus, 3);
    QVERIFY(seen->end()->ranMs < 10000);
    ::kill(seen->out.toInt(), SIGKILL);
}

void TestRunner::theCallerGoesAndItStops() // N06
{
    offer(perl("$| = 1; print 'x'; sleep 60"));
    const auto seen = std::make_shared<Seen>();
    Call *call = run(seen);
    QTRY_VERIFY(!seen->out.isEmpty());
    call->cancel();
    QTRY_VERIFY(!isRunning(seen->pid));
    QTRY_VERIFY(m_runner->runs().isEmpty());
}

void TestRunner::theCallerGoesAndItFinishes() // N06
{
    QTemporaryDir folder;
    OwnCommand command = perl("$| = 1; print 'x' x 8; sleep 1 until -e 'go'; print 'y' x 1000000; open F, '>', 'done'");
    command.callerGone = CallerGone::Finish;
    command.workingFolder = folder.path();
    offer(command);
    const auto seen = std::make_shared<Seen>();
    Call *call = run(seen);
    QTRY_VERIFY(!seen->out.isEmpty());
    call->cancel();
    QTRY_VERIFY(seen->result);
    m_linked->pump();
    QVERIFY(isRunning(seen->pid));
    QFile go(folder.filePath("go"));
    QVERIFY(go.open(QIODevice::WriteOnly));
    QTRY_VERIFY(QFile::exists(folder.filePath("done"))); // a megabyte that nobody reads did not stop it
    QTRY_VERIFY(m_runner->runs().isEmpty());
}

void TestRunner::theLinkBreaksAndItStops()
{
    offer(perl("$| = 1; print 'x'; sleep 60"));
    const auto seen = std::make_shared<Seen>();
    run(seen);
    QTRY_VERIFY(!seen->out.isEmpty());
    m_linked->cut();
    QTRY_VERIFY(!isRunning(seen->pid));
    QTRY_VERIFY(m_runner->runs().isEmpty());
}

void TestRunner::aFastWriterIsSlowed()
{
    OwnCommand command = perl("");
    command.argv = QStringList { "/usr/bin/yes" };
    offer(command);
    const auto seen = std::make_shared<Seen>();
    Call *call = run(seen);
    QTRY_VERIFY(seen->out.size() > 1024 * 1024); // it flows
    call->stream()->hold();
    const Run *running = m_runner->runs().first();
    quint64 before = 0;
    const auto stands = [&] { // asleep, so its pipe is full; and then nothing is read: nobody wants it
        const quint64 read = stateOf(seen->pid) == "S" ? running->bytesRead() : 0;
        return std::exchange(before, read) == read && read > 0;
    };
    QTRY_VERIFY(stands());
    QVERIFY(running->bytesRead() <= quint64(seen->out.size()) + limits::mostCredit);
    const quint64 stoodAt = running->bytesRead();
    const qint64 moved = m_linked->moved(1);
    QFile io(QStringLiteral("/proc/%1/io").arg(seen->pid));
    QVERIFY(io.open(QIODevice::ReadOnly));
    const QByteArray written = io.readAll();
    QTimer pause; // half a second in which a buffering node would take a gigabyte
    QSignalSpy over(&pause, &QTimer::timeout);
    pause.start(500);
    QVERIFY(over.wait());
    QCOMPARE(running->bytesRead(), stoodAt);
    QCOMPARE(m_linked->moved(1), moved);
    io.seek(0);
    QCOMPARE(io.readAll(), written);
    const qsizetype had = seen->out.size();
    call->stream()->resume();
    QTRY_VERIFY(seen->out.size() > had + 8 * 1024 * 1024); // and flows again
    call->send(RunControl { "stop" });
    QTRY_VERIFY(seen->result);
    QVERIFY(seen->end()->outcome == RunOutcome::Stopped);
}

void TestRunner::moreAtOnceIsRefused() // N04
{
    OwnCommand command = perl("$| = 1; print 'x'; sleep 60");
    command.atOnce = 2;
    offer(command);
    std::vector<std::shared_ptr<Seen>> all;
    for (int i = 0; i < 3; ++i) {
        all.push_back(std::make_shared<Seen>());
        run(all.back());
    }
    QTRY_VERIFY(all[2]->result);
    QCOMPARE(all[2]->error().code, Code::ResourceExhausted);
    QVERIFY(!all[0]->result);
    offer(command, 2); // the limit of all together, too
    auto other = std::make_shared<Seen>();
    run(other);
    QTRY_VERIFY(other->result);
    QCOMPARE(other->error().code, Code::ResourceExhausted);
}

void TestRunner::stopAllEndsEverything()
{
    offer(perl("$| = 1; print 'x'; sleep 60"));
    const auto seen = std::make_shared<Seen>();
    run(seen);
    QTRY_VERIFY(!seen->out.isEmpty());
    QSignalSpy idle(m_runner.get(), &Runner::idle);
    m_runner->stopAll(QStringLiteral("the test"));
    QTRY_COMPARE(idle.size(), 1);
    QTRY_VERIFY(seen->result);
    QCOMPARE(seen->end()->detail, "the test");
    const auto late = std::make_shared<Seen>();
    run(late);
    QTRY_VERIFY(late->result);
    QCOMPARE(late->error().code, Code::Unavailable);
}

QTEST_GUILESS_MAIN(TestRunner)
#include "tst_runner.moc"
