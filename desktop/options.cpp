#include "desktop/options.h"

#include "chat/direct.h"
#include "core/folders.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <cstdlib>

namespace hawser::desktop {

Result<Options> readOptions(const QStringList &arguments)
{
    const QCommandLineOption data(QStringLiteral("data"),
        QStringLiteral("Keep everything (identity, contacts, control socket) in DIR."), QStringLiteral("DIR"));
    const QCommandLineOption listen(QStringLiteral("listen"),
        QStringLiteral("Let people reach me directly at HOST:PORT."), QStringLiteral("HOST:PORT"));
    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral("Talk to people, send them files, run commands on machines."));
    parser.addOptions({ data, listen });
    const QCommandLineOption version = parser.addVersionOption();
    const QCommandLineOption help = parser.addHelpOption();
    parser.addPositionalArgument(QStringLiteral("LINK"), QStringLiteral("An invitation link, or an address, to join."),
        QStringLiteral("[LINK]"));
    if (!parser.parse(arguments))
        return Error { Code::InvalidArgument, parser.errorText() };
    if (parser.isSet(version))
        parser.showVersion(); // ends the program
    if (parser.isSet(help))
        parser.showHelp(EXIT_SUCCESS);
    if (parser.positionalArguments().size() > 1)
        return Error { Code::InvalidArgument, QStringLiteral("only one link or address can be given") };

    Options options;
    options.folderChosen = parser.isSet(data);
    options.folder = dataFolder(QStringLiteral("hawser-desktop"), parser.value(data));
    options.link = parser.positionalArguments().value(0);
    if (parser.isSet(listen)) {
        const auto address = Address::parseListening(parser.value(listen), chat::Direct::firstPort);
        if (!address)
            return address.error();
        options.listen = *address;
    }
    return options;
}

} // namespace hawser::desktop
