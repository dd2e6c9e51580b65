// pseud-server: greets, changes letters, and lets each client that comes do a sum.

#include "../say.h"
#include "words.h"

#include <QCoreApplication>
#include <core/server.h>

using namespace hawser;

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    Commands commands;
    commands.serve<SayHello>(
        [](const Text &request, const Caller &) -> Result<Text> { return Text { "Hello " + request.text }; });
    commands.serve<Lower>(
        [](const Text &request, const Caller &) -> Result<Text> { return Text { request.text.toLower() }; });
    commands.serve<Upper>(
        [](const Text &request, const Caller &) -> Result<Text> { return Text { request.text.toUpper() }; });

    Server server(Identity::generate(), { .name = "server" });
    server.setDoor(Server::anybody);
    server.setCommands(&commands);
    QObject::connect(&server, &Server::came, [&](const Party &client, const Hello &hello) {
        server.call<Addition>(client, { 2, 4 }, &server, [hello](const Result<Addition::Reply> &reply) {
            say(reply ? QString("2 + 4 = %1, says %2").arg(QString::number(reply->sum), hello.name)
                      : reply.error().sentence);
        });
    });

    const Result<Address> address = server.listen({ "127.0.0.1", 0 });
    if (!address)
        return complain(address.error().sentence);
    say(address->text() + ' ' + server.key().hex());
    return app.exec();
}
