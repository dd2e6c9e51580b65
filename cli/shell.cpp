#include "cli/shell.h"

#include "cli/entry_text.h"

#include <QProcess>

namespace hawser::cli {

namespace {

void printLines(QProcess *process, Printer &printer)
{
    while (process->canReadLine()) {
        QString line = QString::fromLocal8Bit(process->readLine());
        if (line.endsWith(QLatin1Char('\n')))
            line.chop(1);
        printer.line(behindPrefix(QStringLiteral("$ "), line));
    }
}

void printRest(QProcess *process, Printer &printer)
{
    printLines(process, printer);
    if (const QByteArray rest = process->readAll(); !rest.isEmpty())
        printer.line(behindPrefix(QStringLiteral("$ "), QString::fromLocal8Bit(rest)));
}

} // namespace

void runLocally(const QString &command, Printer &printer, QObject *parent)
{
    auto *process = new QProcess(parent);
    process->setProcessChannelMode(QProcess::MergedChannels);
    process->setStandardInputFile(QProcess::nullDevice());
    QObject::connect(process, &QProcess::readyRead, process, [process, &printer] { printLines(process, printer); });
    QObject::connect(process, &QProcess::errorOccurred, process, [process, &printer](QProcess::ProcessError error) {
        if (error != QProcess::FailedToStart)
            return;
        printer.talk(QStringLiteral("there is no shell here"));
        process->deleteLater();
    });
    QObject::connect(process, &QProcess::finished, process, [process, &printer](int exitCode) {
        printRest(process, printer);
        if (exitCode != 0)
            printer.line(QStringLiteral("$ ended with %1").arg(exitCode));
        process->deleteLater();
    });
    process->start(QStringLiteral("sh"), { QStringLiteral("-c"), command });
}

} // namespace hawser::cli
