// hello-server FOLDER [PORT]: says HELLO to whoever is there, and hears theirs.

#include "../say.h"
#include "hello.h"

#include <QCoreApplication>
#include <QTimer>
#include <core/server.h>

using namespace hawser;

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    const Result<Identity> identity = Identity::load(app.arguments().value(1));
    if (!identity)
        return complain(identity.error().sentence);

    Commands commands;
    commands.serveOneWay<SayHello>(
        [](const Nothing &, const Caller &caller) { say("HELLO from " + caller.user.hex().left(8)); });

    Server server(*identity, { .name = "server" });
    server.setDoor(Server::anybody);
    server.setCommands(&commands);
    server.setResume(milliseconds(0), {}); // who has gone is gone: nothing is kept for it, and nothing comes late
    const auto count = [&] { say(QString("clients: %1").arg(server.present().size())); };
    QObject::connect(&server, &Server::came, count);
    QObject::connect(&server, &Server::left, count);

    QTimer heartbeat;
    heartbeat.callOnTimeout([&] {
        for (const Party &client : server.present())
            (void)server.send<SayHello>(client, {});
    });
    heartbeat.start(200);

    const Result<Address> address = server.listen({ "127.0.0.1", quint16(app.arguments().value(2).toUInt()) });
    if (!address)
        return complain(address.error().sentence);
    say(address->text() + ' ' + server.key().hex());
    return app.exec();
}
