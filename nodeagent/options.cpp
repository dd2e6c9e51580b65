#include "nodeagent/options.h"

#include <CLI/CLI.hpp>
#include <iostream>

namespace hawser::node {

namespace {

/// Two lines to standard error, exit 64; help and version to standard output, exit 0.
int tell(const CLI::App &app, const CLI::ParseError &error)
{
    if (error.get_exit_code() == int(CLI::ExitCodes::Success))
        return app.exit(error);
    std::cerr << "hawser-nodeagent: " << error.what() << "\nTry hawser-nodeagent --help\n";
    return ExitUsage;
}

} // namespace

std::variant<Options, int> parseOptions(int argc, char **argv)
{
    std::string data, config, target;
    bool json = false;
    bool noWait = false;
    CLI::App app("Offers what this machine can do to the people of a Hawser broker.\n\n"
                 "  hawser-nodeagent join - <invitation.link   joins with an invitation\n"
                 "  hawser-nodeagent join home.example.net     asks an administrator\n"
                 "  hawser-nodeagent run                       connects and serves\n",
        "hawser-nodeagent");
    app.set_version_flag("--version", "hawser-nodeagent " HAWSER_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--data", data, "folder for all that the node keeps")->type_name("DIR");
    app.add_option("--config", config, "what it offers (default /etc/hawser/nodeagent.toml)")->type_name("FILE");
    app.add_flag("--json", json, "answers for programs");
    const CLI::App *run = app.add_subcommand("run", "connects to the brokers it has joined and serves");
    CLI::App *join = app.add_subcommand("join", "asks a broker to let this node in");
    join->add_option("link-or-address", target, "hawser:join/… or HOST[:PORT]; - reads it from standard input")
        ->required();
    join->add_flag("--no-wait", noWait, "exit 75 while an administrator has not decided");
    const CLI::App *check = app.add_subcommand("check-config", "reads the configuration, exit 0 or 78");
    app.add_subcommand("status", "what it is doing");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        return tell(app, error);
    }
    Options options;
    options.verb = run->parsed() ? Options::Verb::Run
        : join->parsed()         ? Options::Verb::Join
        : check->parsed()        ? Options::Verb::CheckConfig
                                 : Options::Verb::Status;
    options.data = QString::fromStdString(data);
    options.config = QString::fromStdString(config);
    options.target = QString::fromStdString(target);
    options.wait = !noWait;
    options.json = json;
    return options;
}

int exitCodeFor(const Error &error)
{
    switch (error.code) {
    case Code::PermissionDenied:
        return ExitRefused;
    case Code::InvalidArgument:
        return ExitUsage;
    case Code::Unavailable:
    case Code::DeadlineExceeded:
    case Code::NotFound:
        return ExitUnavailable;
    case Code::ResourceExhausted:
        return ExitPending;
    case Code::Unauthenticated:
    case Code::Protocol:
        return ExitProtocol;
    case Code::FailedPrecondition:
    case Code::DataLoss:
    case Code::AlreadyExists:
        return ExitSystem;
    default:
        return ExitSoftware;
    }
}

} // namespace hawser::node
