#include "nodeagent/agent.h"
#include "nodeagent/argv.h"
#include "support/limit_checks.h"

#include <QTemporaryDir>
#include <QTest>

using namespace hawser;
using namespace hawser::node;

namespace {

Result<Config> parse(const char *text)
{
    return parseConfig(text, QStringLiteral("n.toml"));
}

/// A command of one text parameter, `value`.
OwnCommand commandOf(const QStringList &argv, bool allowDash = false)
{
    OwnCommand command;
    command.name = QStringLiteral("c");
    command.argv = argv;
    Parameter parameter;
    parameter.field.name = QStringLiteral("value");
    parameter.allowDash = allowDash;
    command.parameters << parameter;
    return command;
}

Value valueOf(const Value &value)
{
    Value map;
    map.insert(QStringLiteral("value"), value);
    return map;
}

} // namespace

/// What a node's owner writes down, and what becomes of values in it.
class TestNodeConfig : public QObject {
    Q_OBJECT

private slots:
    void everyLimitIsReadAndChecked() { QCOMPARE(test::wrongLimits(parseConfig), QString()); }

    void everyLimitIsDocumented()
    {
        Config config;
        QCOMPARE(test::wrongDocument(QStringLiteral("hawser-nodeagent"), describe(config)), QString());
    }

    void statusShowsEveryLimit()
    {
        Config config;
        for (const Limit &limit : describe(config))
            *limit.value = limit.most;
        const QTemporaryDir folder;
        const Agent agent({ Identity::generate(), {}, folder.path() }, config);
        const NodeStatus::Reply status = agent.status();
        for (const Limit &limit : describe(config))
            QCOMPARE(status.limits[statusName(limit)].toInt(), limit.most);
        QCOMPARE(status.used[u"runs_at_once"].toInt(-1), 0);
    }

    void emptyOffersNothing()
    {
        const auto config = parse("# nothing\n");
        QVERIFY(config);
        QVERIFY(config->commands.isEmpty());
        QVERIFY(config->name.isEmpty());
    }

    void everyKeyIsRead()
    {
        const auto config = parse(R"(
name = "render-2"
runs_at_once = 3
[durable]
calls = 7
output_bytes = 100
[[command]]
name = "render"
description = "renders"
argv = ["/usr/bin/render", "--frames={frames}", "--", "{scene}"]
working_folder = "/srv"
environment = { THREADS = "2" }
time_limit = "5 min"
kill_after = 2
on_caller_gone = "finish"
idempotent = true
at_once = 1
[[command.parameter]]
name = "scene"
required = true
[[command.parameter]]
name = "frames"
type = "int"
description = "how many"
default = 48
least = 1
most = 1000
choices = [24, 48]
allow_dash = true
)");
        QVERIFY2(config, qUtf8Printable(config ? QString() : config.error().sentence));
        QCOMPARE(config->name, "render-2");
        QCOMPARE(config->runsAtOnce, 3);
        QCOMPARE(config->durable.waiting, 7);
        QCOMPARE(config->durable.output, 100);
        const OwnCommand &command = config->commands.at(0);
        QCOMPARE(command.argv.size(), 4);
        QCOMPARE(command.workingFolder, "/srv");
        QCOMPARE(command.environment, QStringList { "THREADS=2" });
        QCOMPARE(command.timeLimit.count(), 300000);
        QCOMPARE(command.killAfter.count(), 2000);
        QVERIFY(command.callerGone == CallerGone::Finish);
        QCOMPARE(command.atOnce, 1);
        QVERIFY(command.idempotent);
        const Schema schema = command.schema();
        QVERIFY(schema.at(0).required);
        QVERIFY(schema.at(1).type == FieldType::Int);
        QCOMPARE(schema.at(1).fallback.toInt(), 48);
        QCOMPARE(schema.at(1).choices.size(), 2u);
        QCOMPARE(*schema.at(1).most, 1000.0);
        QVERIFY(command.parameters.at(1).allowDash);
    }

    void whatIsWrongIsSaidWithItsLine_data() // G02, G07
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("sentence");
        const QByteArray good = "[[command]]\nname = \"c\"\nargv = [\"/bin/true\"]\n";
        const auto row = [](const char *name, const QByteArray &text, const char *sentence) {
            QTest::newRow(name) << text << QString::fromUtf8(sentence);
        };
        row("no TOML", "name = \n", "n.toml:1:");
        row("unknown key", "\nnmae = \"x\"\n", "n.toml:2: unknown key \"nmae\"");
        row("unknown in command", good + "shell = true\n", "n.toml:4: unknown key \"shell\"");
        row("unknown in parameter", good + "[[command.parameter]]\nname = \"p\"\nmin = 1\n", "unknown key \"min\"");
        row("key twice", "name = \"a\"\nname = \"b\"\n", "n.toml:2:");
        row("wrong type", "name = 1\n", "n.toml:1: name must be a text");
        row("NUL", QByteArray("name = \"a\"\n\0", 12), "n.toml:2: a NUL");
        row("NUL by escape", "name = \"a\\u0000\"\n", "NUL");
        row("too many", "runs_at_once = 99999999999\n", "n.toml:1: runs_at_once");
        row("overflow", "runs_at_once = 99999999999999999999\n", "n.toml:1:");
        row("no argv", "[[command]]\nname = \"c\"\n", "argv is missing");
        row("not a whole path", "[[command]]\nname = \"c\"\nargv = [\"ls\"]\n", "n.toml:3: argv must begin");
        row("program by value",
            "[[command]]\nname = \"c\"\nargv = [\"/bin/{p}\"]\n[[command.parameter]]\nname = \"p\"\n",
            "argv must begin");
        row("unknown parameter", "[[command]]\nname = \"c\"\nargv = [\"/bin/true\", \"{p}\"]\n", "{p}");
        row("unused parameter", good + "[[command.parameter]]\nname = \"p\"\n", "{p}");
        row("name with a path", "[[command]]\nname = \"a b\"\nargv = [\"/bin/true\"]\n", "needs a name");
        row("built in", "[[command]]\nname = \"echo\"\nargv = [\"/bin/true\"]\n", "echo is built in");
        row("twice", good + good, "is there twice");
        row("time", good + "time_limit = \"soon\"\n", "n.toml:4: time_limit");
        row("idempotent", good + "idempotent = 1\n", "n.toml:4: idempotent");
        row("durable", "[durable]\ncalls = 0\n", "n.toml:2:");
        row("durable output", "[durable]\noutput_bytes = 1000000\n", "n.toml:2:");
        row("durable key", "[durable]\nother = 1\n", "unknown key");
        row("caller gone", good + "on_caller_gone = \"maybe\"\n", "n.toml:4: on_caller_gone");
        row("relative folder", good + "working_folder = \"tmp\"\n", "whole path");
        row("environment name", good + "environment = { \"A=B\" = \"c\" }\n", "environment");
        row("default out of range",
            "[[command]]\nname = \"c\"\nargv = [\"/bin/true\", \"{p}\"]\n[[command.parameter]]\nname = \"p\"\n"
            "type = \"int\"\nmost = 3\ndefault = 4\n",
            "n.toml:8: the default does not fit");
        row("range of a text",
            "[[command]]\nname = \"c\"\nargv = [\"/bin/true\", \"{p}\"]\n[[command.parameter]]\nname = \"p\"\nmost = "
            "3\n",
            "only numbers");
    }
    void whatIsWrongIsSaidWithItsLine()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, sentence);
        const auto config = parseConfig(text, QStringLiteral("n.toml"));
        QVERIFY(!config);
        QCOMPARE(config.error().code, Code::InvalidArgument);
        QVERIFY2(config.error().sentence.contains(sentence), qUtf8Printable(config.error().sentence));
        QVERIFY(config.error().sentence.startsWith("n.toml:"));
    }

    void theExampleIsGood()
    {
        const auto config = loadConfig(QStringLiteral(HAWSER_TESTS "/../resources/examples/nodeagent.toml"));
        QVERIFY2(config, qUtf8Printable(config ? QString() : config.error().sentence));
        QVERIFY(config->commands.size() >= 3);
        QVERIFY(checkOffer(*config));
    }

    void tooLargeAnOfferIsRefused()
    {
        Config config;
        for (int i = 0; i < 100; ++i) {
            config.commands << commandOf({ "/bin/true", "{value}" });
            config.commands.last().name = QString::number(i);
            config.commands.last().description = QString(1000, 'x');
        }
        const auto fits = checkOffer(config);
        QVERIFY(!fits);
        QCOMPARE(fits.error().code, Code::ResourceExhausted);
    }

    void aValueStaysOneArgument_data() // N01
    {
        QTest::addColumn<QString>("value");
        for (const char *value :
            { "a b", "; id", "$(id)", "`id`", "a\nb", "\"", "'", "*", "{value}", "%s", "", "ü €", "../../etc/passwd" })
            QTest::newRow(value) << QString::fromUtf8(value);
    }
    void aValueStaysOneArgument()
    {
        QFETCH(QString, value);
        const auto argv = argvFor(commandOf({ "/bin/x", "{value}", "--v={value}!", "{ }" }), valueOf(value));
        QVERIFY(argv);
        QCOMPARE(*argv, (QStringList { "/bin/x", value, "--v=" + value + "!", "{ }" }));
    }

    void noValueIsTakenForAnOption_data()
    {
        QTest::addColumn<QStringList>("argv");
        QTest::addColumn<bool>("allowDash");
        QTest::addColumn<bool>("good");
        QTest::newRow("plain") << QStringList { "/bin/x", "{value}" } << false << false;
        QTest::newRow("begins an argument") << QStringList { "/bin/x", "{value}.txt" } << false << false;
        QTest::newRow("allowed") << QStringList { "/bin/x", "{value}" } << true << true;
        QTest::newRow("after --") << QStringList { "/bin/x", "--", "{value}" } << false << true;
        QTest::newRow("before --") << QStringList { "/bin/x", "{value}", "--" } << false << false;
        QTest::newRow("inside") << QStringList { "/bin/x", "--v={value}" } << false << true;
    }
    void noValueIsTakenForAnOption()
    {
        QFETCH(QStringList, argv);
        QFETCH(bool, allowDash);
        QFETCH(bool, good);
        for (const Value &value : { Value("-rf"), Value(-5) })
            QCOMPARE(bool(argvFor(commandOf(argv, allowDash), valueOf(value))), good);
        QVERIFY(argvFor(commandOf(argv, allowDash), valueOf("rf-")));
    }

    void twoValuesDoNotMakeAnOption()
    {
        OwnCommand command = commandOf({ "/bin/x", "{value}{more}" });
        Parameter more;
        more.field.name = QStringLiteral("more");
        command.parameters << more;
        Value values = valueOf("");
        values.insert(QStringLiteral("more"), "-rf");
        QVERIFY(!argvFor(command, values));
    }

    void refusesWhatNoArgumentCanHold() // N01
    {
        const OwnCommand command = commandOf({ "/bin/x", "{value}" });
        QCOMPARE(argvFor(command, valueOf(QString("a") + QChar(0) + "b")).error().code, Code::InvalidArgument);
        QCOMPARE(argvFor(command, valueOf(QString(1024 * 1024, 'a'))).error().code, Code::InvalidArgument);
        QCOMPARE(argvFor(command, valueOf(QString(40000, QChar(0x20ac)))).error().code, Code::InvalidArgument);
        QVERIFY(argvFor(command, valueOf(QString(argumentBytes, 'a'))));
        QVERIFY(!argvFor(command, valueOf(std::numeric_limits<double>::infinity())));
    }

    void anArgumentWithoutItsValueIsLeftOut()
    {
        const auto argv = argvFor(commandOf({ "/bin/x", "--v={value}", "y" }), Value());
        QVERIFY(argv);
        QCOMPARE(*argv, (QStringList { "/bin/x", "y" }));
    }

    void numbersAndFlagsAreWritten()
    {
        const OwnCommand command = commandOf({ "/bin/x", "{value}" });
        QCOMPARE(argvFor(command, valueOf(12))->last(), "12");
        QCOMPARE(argvFor(command, valueOf(0.1))->last(), "0.1");
        QCOMPARE(argvFor(command, valueOf(true))->last(), "true");
    }
};

QTEST_GUILESS_MAIN(TestNodeConfig)
#include "tst_node_config.moc"
