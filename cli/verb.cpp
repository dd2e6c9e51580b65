#include "cli/verb.h"

namespace hawser::cli {

void Verb::fail(const Error &error)
{
    printer().error(error);
    emit finished(exitCodeOf(error));
}

} // namespace hawser::cli
