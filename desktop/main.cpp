#include "core/heap.h"
#include "core/parting.h"
#include "core/text.h"
#include "desktop/desktop.h"
#include "desktop/handover.h"
#include "desktop/options.h"
#include "desktop/windows/trouble_window.h"

#include <QApplication>
#include <QProcess>
#include <cstdio>

using namespace hawser;
using namespace hawser::desktop;

namespace {

constexpr int wrongUse = 64; // sysexits.h: EX_USAGE
constexpr int notNow = 69; // EX_UNAVAILABLE

int say(const QString &sentence, int exitCode)
{
    std::fprintf(stderr, "hawser-desktop: %s\n", forTerminal(sentence).constData());
    return exitCode;
}

int handOverAndQuit(QApplication &application, const Options &options)
{
    handOver(options.folder, options.link, &application,
        [](const Result<void> &done) { QCoreApplication::exit(done ? 0 : say(done.error().sentence, notNow)); });
    return application.exec();
}

int showTrouble(QApplication &application, const Error &error)
{
    TroubleWindow window(error.sentence);
    QObject::connect(&window, &TroubleWindow::folderChosen, [](const QString &folder) {
        QProcess::startDetached(QCoreApplication::applicationFilePath(), { QStringLiteral("--data"), folder });
        QCoreApplication::exit(0);
    });
    window.show();
    application.exec();
    return say(error.sentence, notNow);
}

} // namespace

int main(int argc, char **argv)
{
    keepFreedMemory();
    QGuiApplication::setHighDpiScaleFactorRoundingPolicy(Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
    QApplication application(argc, argv);
    application.setApplicationName(QStringLiteral("hawser-desktop"));
    application.setApplicationVersion(QStringLiteral(HAWSER_VERSION));
    application.setDesktopFileName(QStringLiteral("org.hawser.Hawser"));
    const auto options = readOptions(application.arguments());
    if (!options)
        return say(options.error().sentence, wrongUse);
    chat::PersonSettings settings;
    settings.program = QStringLiteral("hawser-desktop " HAWSER_VERSION);
    settings.downloads = options->folderChosen ? options->folder + QStringLiteral("/Downloads") : QString();
    auto person = chat::Person::open(options->folder, settings);
    if (!person && person.error().code == Code::AlreadyExists)
        return handOverAndQuit(application, *options);
    if (!person)
        return showTrouble(application, person.error());

    const LastWords lastWords;
    Desktop desktop(std::move(*person));
    QObject::connect(&desktop.window(), &MainWindow::closed, &application, &QCoreApplication::quit);
    if (options->listen) {
        if (const auto listening = desktop.person().setListening(true, options->listen); !listening)
            desktop.window().tell(listening.error().sentence);
    }
    desktop.window().show();
    if (!options->link.isEmpty())
        desktop.showAgain(options->link);
    return application.exec();
}
