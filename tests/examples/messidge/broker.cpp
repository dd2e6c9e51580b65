// messidge-broker FOLDER KEY …: keeps notes for the users with these keys, and passes divisions on to the node among them.

#include "../say.h"
#include "notes.h"

#include <QCoreApplication>
#include <core/server.h>

using namespace hawser;

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    const QStringList arguments = app.arguments();
    const Result<Identity> identity = Identity::load(arguments.value(1));
    if (!identity)
        return complain(identity.error().sentence);

    Server server(*identity, { .role = Role::Broker, .name = "notes" });
    server.setDoor([&](const PublicKey &key, const Hello &) -> Result<void> {
        if (arguments.contains(key.hex()))
            return {};
        return Error { Code::PermissionDenied, "no account with this key" };
    });
    Party node;
    QObject::connect(&server, &Server::came, [&](const Party &who, const Hello &hello) {
        if (hello.role == Role::Node)
            node = who;
    });

    Commands commands;
    QHash<PublicKey, QStringList> notes;
    commands.serveOneWay<WriteNote>(
        [&](const WriteNote::Request &request, const Caller &caller) { notes[caller.user].append(request.note); });
    commands.serve<FetchNotes>([&](const Nothing &, const Caller &caller) -> Result<FetchNotes::Reply> {
        return FetchNotes::Reply { notes[caller.user] };
    });
    commands.serve<RaiseError>([](const Nothing &, const Caller &) -> Result<Nothing> {
        return Error { Code::InvalidArgument, "raise_error was called" };
    });
    commands.serveLater<Divide>([&](const Divide::Request &request, const Caller &, Reply<Divide> reply) {
        server.call<Divide>(node, request, &server, reply);
    });
    server.setCommands(&commands);

    const Result<Address> address = server.listen({ "127.0.0.1", 0 });
    if (!address)
        return complain(address.error().sentence);
    say(address->text());
    return app.exec();
}
