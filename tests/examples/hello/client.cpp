// hello-client ADDRESS SERVER-KEY: says HELLO for as long as it runs, whether or not the server does.

#include "../say.h"
#include "hello.h"

#include <QCoreApplication>
#include <QTimer>
#include <core/client.h>

using namespace hawser;

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    const Result<Address> address = Address::parse(app.arguments().value(1));
    const Result<PublicKey> key = PublicKey::fromHex(app.arguments().value(2));
    if (!address || !key)
        return complain("usage: hello-client ADDRESS SERVER-KEY");

    Commands commands;
    commands.serveOneWay<SayHello>([](const Nothing &, const Caller &) { say("HELLO from the server"); });

    Client client(Identity::generate(), { .name = "client" });
    client.setCommands(&commands);
    say("I am " + client.identity().key().hex().left(8));
    QObject::connect(&client, &Client::ready, [] { say("the server is there"); });
    QObject::connect(&client, &Client::lost, [](const Error &why) { say("the server is gone: " + why.sentence); });
    QObject::connect(&client, &Client::failed, [](const Error &why) { say("no server yet: " + why.sentence); });

    QTimer heartbeat;
    heartbeat.callOnTimeout([&] {
        if (!client.send<SayHello>({}, {}))
            say("nobody hears me"); // and nobody will hear it late
    });
    heartbeat.start(200);
    client.connectTo(*address, *key);
    return app.exec();
}
