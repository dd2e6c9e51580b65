#include "cli/command_line.h"
#include "cli/program.h"
#include "cli/verbs.h"
#include "core/heap.h"
#include "core/parting.h"

#include <QCoreApplication>
#include <algorithm>

using namespace hawser::cli;

int main(int argc, char **argv)
{
    hawser::keepFreedMemory();
    const std::vector<VerbEntry> verbs = allVerbs();
    QList<Syntax> syntaxes;
    for (const VerbEntry &verb : verbs)
        syntaxes << verb.syntax;
    const std::variant<Typed, int> read = readCommandLine(syntaxes, argc, argv);
    if (const int *exitCode = std::get_if<int>(&read))
        return *exitCode;
    const Typed &typed = std::get<Typed>(read);
    const auto chosen = std::find_if(
        verbs.begin(), verbs.end(), [&typed](const VerbEntry &verb) { return typed.verb == verb.syntax.verb; });

    QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("hawser"));
    const hawser::LastWords lastWords;
    Program program(*chosen, typed);
    QObject::connect(&program, &Program::finished, &application, &QCoreApplication::exit, Qt::QueuedConnection);
    program.start();
    return application.exec();
}
