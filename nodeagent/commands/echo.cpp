#include "nodeagent/commands/echo.h"

namespace hawser::node {

void serveEcho(Commands &commands)
{
    commands.serveLater<Echo>([](const Echo::Request &request, const Caller &, const Reply<Echo> &reply) {
        reply(Echo::Reply { request.text }, reply.call().bulk());
    });
}

} // namespace hawser::node
