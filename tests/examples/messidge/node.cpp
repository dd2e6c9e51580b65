// messidge-node FOLDER ADDRESS BROKER-KEY: divides for others.

#include "../say.h"
#include "notes.h"

#include <QCoreApplication>
#include <core/client.h>

using namespace hawser;

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    const QStringList arguments = app.arguments();
    const Result<Identity> identity = Identity::load(arguments.value(1));
    const Result<Address> address = Address::parse(arguments.value(2));
    const Result<PublicKey> broker = PublicKey::fromHex(arguments.value(3));
    if (!identity || !address || !broker)
        return complain("usage: messidge-node FOLDER ADDRESS BROKER-KEY");

    Commands commands;
    commands.serve<Divide>([](const Divide::Request &request, const Caller &) -> Result<Divide::Reply> {
        if (request.divisor == 0)
            return Error { Code::InvalidArgument, "Divisor cannot be zero" };
        return Divide::Reply { request.dividend / request.divisor };
    });

    Client client(*identity, { .role = Role::Node, .name = "divider" });
    client.setCommands(&commands);
    QObject::connect(&client, &Client::ready, [] { say("connected"); });
    QObject::connect(&client, &Client::failed, [](const Error &why) { complain(why.sentence); });
    client.connectTo(*address, *broker);
    return app.exec();
}
