#include "core/epoll_dispatcher.h"
#include "core/folders.h"
#include "core/heap.h"
#include "core/parting.h"
#include "nodeagent/terminal.h"
#include "nodeagent/verbs.h"

#include <QCoreApplication>

using namespace hawser::node;

namespace {

std::unique_ptr<Verb> makeVerb(const Options &options, const Self &self, const Config &config)
{
    switch (options.verb) {
    case Options::Verb::Run:
        return runVerb(options, self, config);
    case Options::Verb::Join:
        return joinVerb(options, self, config);
    default:
        return statusVerb(options, self);
    }
}

} // namespace

int main(int argc, char **argv)
{
    hawser::keepFreedMemory();
    const std::variant<Options, int> parsed = parseOptions(argc, argv);
    if (const int *exitCode = std::get_if<int>(&parsed))
        return *exitCode;
    const Options &options = std::get<Options>(parsed);
    if (options.verb == Options::Verb::CheckConfig)
        return checkConfig(options);
    QCoreApplication::setEventDispatcher(new hawser::EpollDispatcher);
    QCoreApplication application(argc, argv);
    const hawser::Result<Config> config = loadConfigOrDefault(options.config);
    if (!config)
        return complain(options, config.error(), ExitConfig);
    const QString folder = hawser::dataFolder(QStringLiteral("hawser-nodeagent"), options.data);
    const hawser::Result<Self> self = loadSelf(folder, *config);
    if (!self)
        return complain(options, self.error(), ExitSystem);
    const hawser::LastWords lastWords;
    const std::unique_ptr<Verb> verb = makeVerb(options, *self, *config);
    QObject::connect(verb.get(), &Verb::done, &application, &QCoreApplication::exit, Qt::QueuedConnection);
    verb->start();
    return application.exec();
}
