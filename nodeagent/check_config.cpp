#include "nodeagent/terminal.h"
#include "nodeagent/verbs.h"

namespace hawser::node {

int checkConfig(const Options &options)
{
    const Result<Config> config = loadConfigOrDefault(options.config);
    if (!config)
        return complain(options, config.error(), ExitConfig);
    if (const Result<void> fits = checkOffer(*config); !fits)
        return complain(options, fits.error(), ExitConfig);
    const QString file = configFile(options.config);
    if (!options.json) {
        say(file.isEmpty() ? QStringLiteral("no configuration: only what is built in is offered")
                           : QStringLiteral("%1: good, %2 commands besides the built-in ones")
                                 .arg(file, QString::number(config->commands.size())));
        return ExitDone;
    }
    Value::List names;
    for (const OwnCommand &command : config->commands)
        names.push_back(command.name);
    Value value;
    value.insert(QStringLiteral("file"), file);
    value.insert(QStringLiteral("commands"), names);
    sayJson(value);
    return ExitDone;
}

} // namespace hawser::node
