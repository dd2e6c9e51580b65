#include "nodeagent/commands/divide.h"

namespace hawser::node {

void serveDivide(Commands &commands)
{
    commands.serve<Divide>([](const Divide::Request &request, const Caller &) -> Result<Divide::Reply> {
        if (request.b == 0)
            return Error { Code::InvalidArgument, QStringLiteral("Divisor cannot be zero") };
        return Divide::Reply { request.a / request.b };
    });
}

} // namespace hawser::node
