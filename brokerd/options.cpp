#include "brokerd/options.h"

#include "core/contracts/broker.h"
#include "core/contracts/topics.h"
#include "core/number.h"

#include <CLI/CLI.hpp>
#include <sysexits.h>

namespace hawser::broker {

namespace {

using namespace contracts;

constexpr quint64 secondMs = 1000;
constexpr quint64 longest = 100ull * 365 * 24 * 3600 * secondMs;

/// What CLI11 fills in.
struct Words {
    std::string data, config, id, number, key, time, who, kind = "user", expires;
    std::vector<std::string> listen, grants, publish, subscribe;
    bool json = false, administrator = false, remove = false;
    quint64 uses = 1;
};

QString text(const std::string &word)
{
    return QString::fromStdString(word);
}

[[noreturn]] void wrong(const QString &sentence)
{
    throw CLI::ValidationError(sentence.toStdString(), EX_USAGE);
}

quint64 timeOf(const std::string &word)
{
    if (word.empty())
        return 0;
    const Result<quint64> time = readTime(text(word));
    if (!time)
        wrong(time.error().sentence);
    return *time;
}

PublicKey keyOf(const std::string &word)
{
    if (word.empty())
        return {};
    const Result<PublicKey> key = PublicKey::fromHex(text(word));
    if (!key)
        wrong(QStringLiteral("--key: %1").arg(key.error().sentence));
    return *key;
}

template <typename C>
VerbOptions verb(const char *name, const typename C::Request &request)
{
    return { QString::fromLatin1(name), QString::fromLatin1(C::name), toValue(request) };
}

VerbOptions approve(const Words &words)
{
    DecideRequest::Request request;
    request.id = text(words.id);
    request.allow = true;
    if (words.number.empty() && words.key.empty())
        wrong(QStringLiteral("approve needs --number or --key (a name proves nothing)"));
    if (!words.number.empty() && !readNumber(text(words.number)))
        wrong(QStringLiteral("--number: six digits"));
    request.number = text(words.number);
    request.key = keyOf(words.key);
    request.forMs = timeOf(words.time);
    for (const std::string &grant : words.grants) {
        if (grant != "administrator")
            wrong(QStringLiteral("--grant: only \"administrator\" can be granted"));
        request.administrator = true;
    }
    return verb<DecideRequest>("approve", request);
}

VerbOptions deny(const Words &words)
{
    DecideRequest::Request request;
    request.id = text(words.id);
    return verb<DecideRequest>("deny", request);
}

VerbOptions invite(const Words &words)
{
    return verb<Invite>("invite", { words.kind == "node", words.administrator, words.uses, timeOf(words.expires) });
}

QStringList texts(const std::vector<std::string> &words)
{
    QStringList texts;
    for (const std::string &word : words)
        texts << text(word);
    return texts;
}

VerbOptions topics(const Words &words)
{
    return verb<GrantTopics>("topics", { text(words.who), texts(words.publish), texts(words.subscribe), words.remove });
}

RunOptions run(const Words &words)
{
    RunOptions options;
    options.config = text(words.config);
    for (const std::string &word : words.listen) {
        const Result<Address> address = Address::parseListening(text(word));
        if (!address)
            wrong(QStringLiteral("--listen %1: %2").arg(text(word), address.error().sentence));
        options.listen << *address;
    }
    return options;
}

void describe(CLI::App &app, Words &words)
{
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--data", words.data, "the folder everything is kept in");
    app.add_flag("--json", words.json, "one JSON object on standard output");
    app.set_version_flag("--version", "hawser-brokerd " HAWSER_VERSION);

    CLI::App *run = app.add_subcommand("run", "be the broker until SIGTERM");
    run->add_option("--listen", words.listen, "HOST:PORT, more than once; port 0 lets the kernel choose")
        ->allow_extra_args(false);
    run->add_option("--config", words.config, "a TOML file; without it /etc/hawser/brokerd.toml if there is one");
    CLI::App *check = app.add_subcommand("check-config", "read the configuration and say what is wrong");
    check->add_option("--config", words.config, "the file");
    app.add_subcommand("status", "what the running broker does");
    app.add_subcommand("pending", "the requests that wait");
    CLI::App *approve = app.add_subcommand("approve", "let somebody in who asks");
    approve->add_option("ID", words.id, "r7, n3 or a whole key")->required();
    approve->add_option("--number", words.number, "the six digits that both sides see");
    approve->add_option("--key", words.key, "the whole key that was compared");
    approve->add_option("--for", words.time, "for how long: 90s, 10m, 2h, 30d");
    approve->add_option("--grant", words.grants, "administrator")->delimiter(',')->allow_extra_args(false);
    app.add_subcommand("deny", "tell somebody no")->add_option("ID", words.id, "r7, n3 or a whole key")->required();
    app.add_subcommand("revoke", "take somebody's right to be here away, at once")
        ->add_option("WHO", words.who, "a name, a key, or eight digits or more of one")
        ->required();
    CLI::App *invite = app.add_subcommand("invite", "make a link that lets in without a question");
    invite->add_option("--kind", words.kind, "user or node")->check(CLI::IsMember({ "user", "node" }));
    invite->add_flag("--administrator", words.administrator, "the guest may decide over others");
    invite->add_option("--uses", words.uses, "how often it works")->check(CLI::Range(1, 10000));
    invite->add_option("--expires", words.expires, "after how long: 90s, 10m, 2h, 30d; 24h without it");
    CLI::App *topics = app.add_subcommand("topics", "where somebody may publish and what it may read; gives more");
    topics->add_option("WHO", words.who, "a name, a key, or eight digits or more of one")->required();
    topics->add_option("--publish", words.publish, "a pattern like metrics.>, more than once")->allow_extra_args(false);
    topics->add_option("--subscribe", words.subscribe, "the same")->allow_extra_args(false);
    topics->add_flag("--remove", words.remove, "take these away again");
    app.add_subcommand("blocked", "who is refused without a question, and how long yet");
    app.add_subcommand("unblock", "let somebody who is blocked ask again")
        ->add_option("WHAT", words.who, "a key, eight digits or more of one, or an address")
        ->required();
    app.add_subcommand("drain", "stop as after SIGTERM");
}

Options read(const CLI::App &app, const Words &words)
{
    Options options { text(words.data), words.json, {} };
    const std::string verbName = app.get_subcommands().front()->get_name();
    if (verbName == "run")
        options.what = run(words);
    else if (verbName == "check-config")
        options.what = CheckOptions { text(words.config) };
    else if (verbName == "status")
        options.what = verb<BrokerStatus>("status", {});
    else if (verbName == "pending")
        options.what = verb<WatchRequests>("pending", { false });
    else if (verbName == "approve")
        options.what = approve(words);
    else if (verbName == "deny")
        options.what = deny(words);
    else if (verbName == "revoke")
        options.what = verb<Revoke>("revoke", { text(words.who) });
    else if (verbName == "invite")
        options.what = invite(words);
    else if (verbName == "blocked")
        options.what = verb<BrokerBlocks>("blocked", {});
    else if (verbName == "unblock")
        options.what = verb<LiftBrokerBlock>("unblock", { text(words.who) });
    else if (verbName == "topics")
        options.what = topics(words);
    else
        options.what = verb<Drain>("drain", {});
    return options;
}

} // namespace

Result<quint64> readTime(const QString &text)
{
    static const std::map<char16_t, quint64> units { { u's', secondMs }, { u'm', 60 * secondMs },
        { u'h', 3600 * secondMs }, { u'd', 24 * 3600 * secondMs } };
    const Error none { Code::InvalidArgument, QStringLiteral("\"%1\" is no time: try 90s, 10m, 2h or 30d").arg(text) };
    QString digits = text.trimmed();
    quint64 unit = secondMs;
    if (!digits.isEmpty() && units.contains(digits.back().toLower().unicode())) {
        unit = units.at(digits.back().toLower().unicode());
        digits.chop(1);
    }
    bool isNumber = false;
    const quint64 count = digits.toULongLong(&isNumber);
    if (!isNumber || count == 0 || count > longest / unit)
        return none;
    return count * unit;
}

std::variant<Options, int> readCommandLine(int argc, char **argv)
{
    CLI::App app("The broker: people and machines meet here.\n\n"
                 "  hawser-brokerd run                          be the broker\n"
                 "  hawser-brokerd pending                      who asks to be let in\n"
                 "  hawser-brokerd approve r7 --number 739204   let in\n",
        "hawser-brokerd");
    Words words;
    describe(app, words);
    try {
        app.parse(argc, argv);
        return read(app, words);
    } catch (const CLI::Success &done) {
        return app.exit(done);
    } catch (const CLI::ParseError &error) {
        std::cerr << "hawser-brokerd: " << error.what() << "\nTry hawser-brokerd --help\n";
        return EX_USAGE;
    }
}

} // namespace hawser::broker
