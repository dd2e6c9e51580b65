// pseud-client ADDRESS SERVER-KEY: calls the server, and can be called by it.

#include "../say.h"
#include "words.h"

#include <QCoreApplication>
#include <core/blocking_client.h>

using namespace hawser;

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    const Result<Address> address = Address::parse(app.arguments().value(1));
    const Result<PublicKey> key = PublicKey::fromHex(app.arguments().value(2));
    if (!address || !key)
        return complain("usage: pseud-client ADDRESS SERVER-KEY");

    BlockingClient server(Identity::generate(), { .name = "client" });
    server.serve([](Commands &commands) {
        commands.serve<Addition>([](const Addition::Request &request, const Caller &) -> Result<Addition::Reply> {
            return Addition::Reply { request.a + request.b };
        });
    });
    if (const Result<void> connected = server.connectTo(*address, *key); !connected)
        return complain(connected.error().sentence);

    for (const Result<Text> &answer : { server.call<SayHello>({}, { "Charly" }), server.call<Lower>({}, { "ABCDE" }),
             server.call<Upper>({}, { "abcde" }) })
        say(answer ? answer->text : answer.error().sentence);
    const Result<Payload> nothing = server.call({}, "string.reverse");
    say(nothing ? "reversed" : nothing.error().sentence);
}
