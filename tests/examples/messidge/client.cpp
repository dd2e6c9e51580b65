// messidge-client FOLDER ADDRESS BROKER-KEY: writes a note, reads it back, divides.

#include "../say.h"
#include "notes.h"

#include <QCoreApplication>
#include <QDateTime>
#include <core/blocking_client.h>

using namespace hawser;

namespace {

QString list(const Result<FetchNotes::Reply> &reply)
{
    return reply ? reply->notes.join("; ") : reply.error().sentence;
}

QString expected(const Error &error)
{
    return QString("Expected! %1: %2").arg(name(error.code), error.sentence);
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    const Result<Identity> identity = Identity::load(app.arguments().value(1));
    const Result<Address> address = Address::parse(app.arguments().value(2));
    const Result<PublicKey> key = PublicKey::fromHex(app.arguments().value(3));
    if (!identity || !address || !key)
        return complain("usage: messidge-client FOLDER ADDRESS BROKER-KEY");

    BlockingClient broker(*identity, { .name = "client" });
    if (const Result<void> connected = broker.connectTo(*address, *key); !connected)
        return complain(connected.error().sentence);

    // One-way: nothing comes back, but what is called next finds it done.
    if (const Result<void> sent = broker.send<WriteNote>({}, { QDateTime::currentDateTime().toString() }); !sent)
        return complain(sent.error().sentence);
    say("Here are the notes: " + list(broker.call<FetchNotes>({}, {})));

    // Without waiting.
    QFuture notes = broker.callLater<FetchNotes>({}, {});
    say("This will print before the callback is called...");
    notes.then([](const Result<FetchNotes::Reply> &reply) { say("Callback: " + list(reply)); }).waitForFinished();

    // Errors arrive as they were raised.
    say(expected(broker.call<RaiseError>({}, {}).error()));

    // The node, wherever it is.
    const Result<Divide::Reply> quotient = broker.call<Divide>({}, { 10, 5 });
    say(QString("10.0/5.0=%1").arg(quotient ? quotient->quotient : 0, 0, 'f', 1));
    say(expected(broker.call<Divide>({}, { 10, 0 }).error()));
}
