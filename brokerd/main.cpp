#include "brokerd/daemon.h"
#include "brokerd/verbs.h"
#include "core/epoll_dispatcher.h"
#include "core/folders.h"
#include "core/text.h"

#include <QCoreApplication>
#include <cstdio>
#include <sysexits.h>

using namespace hawser;
using namespace hawser::broker;

namespace {

void complain(const Error &error)
{
    const QByteArray line = "hawser-brokerd: " + forTerminal(error.sentence) + '\n';
    std::fwrite(line.constData(), 1, size_t(line.size()), stderr);
}

int exitCodeOf(const Error &error)
{
    switch (error.code) {
    case Code::InvalidArgument:
        return EX_CONFIG;
    case Code::AlreadyExists:
        return EX_TEMPFAIL;
    case Code::Unavailable:
        return EX_UNAVAILABLE;
    case Code::PermissionDenied:
        return EX_NOPERM;
    default:
        return EX_CANTCREAT;
    }
}

int check(const CheckOptions &options)
{
    const Result<Config> config = loadConfigOrDefault(options.config);
    if (config)
        return EX_OK;
    complain(config.error());
    return EX_CONFIG;
}

} // namespace

int main(int argc, char **argv)
{
    prepareProcess();
    const std::variant<Options, int> read = readCommandLine(argc, argv);
    if (const int *exitCode = std::get_if<int>(&read))
        return *exitCode;
    const Options &options = std::get<Options>(read);
    QCoreApplication::setEventDispatcher(new EpollDispatcher);
    QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("hawser-brokerd"));
    QCoreApplication::setApplicationVersion(QStringLiteral(HAWSER_VERSION));
    const QString folder = dataFolder(QStringLiteral("hawser-brokerd"), options.data);

    if (const auto *wish = std::get_if<CheckOptions>(&options.what))
        return check(*wish);
    if (const auto *wish = std::get_if<VerbOptions>(&options.what)) {
        Verb verb(*wish, options.json, folder);
        QObject::connect(&verb, &Verb::finished, &application, &QCoreApplication::exit, Qt::QueuedConnection);
        verb.start();
        return application.exec();
    }
    Daemon daemon(std::get<RunOptions>(options.what), options.json, folder);
    QObject::connect(&daemon, &Daemon::finished, &application, &QCoreApplication::exit, Qt::QueuedConnection);
    if (const Result<void> started = daemon.start(); !started) {
        complain(started.error());
        return exitCodeOf(started.error());
    }
    return application.exec();
}
