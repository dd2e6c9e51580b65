#include "cli/verb.h"

namespace hawser::cli {

void Verb::fail(const Error &error)
{
    if (session().beginsAnew())
        return;
    printer().error(error);
    emit finished(exitCodeOf(error));
}

} // namespace hawser::cli
