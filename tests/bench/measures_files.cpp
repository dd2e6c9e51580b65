// file_1g, folder_10k: direct, from disk to disk.
#include "tests/bench/joined.h"

#include "core/server.h"
#include "core/transfer/download.h"
#include "core/transfer/upload.h"

#include <QCoreApplication>

namespace hawser::bench {

int fileReceiver(const QStringList &arguments)
{
    Server server(Identity::generate(), profileOf(Role::Person, QStringLiteral("receiver")));
    server.setDoor(Server::anybody);
    Commands commands;
    transfer::Download download;
    CommandSpec spec;
    spec.name = "file/1";
    spec.kind = CommandKind::Channel;
    spec.streamClass = StreamClass::File;
    commands.serveDynamic(spec, [&](const Value &, std::shared_ptr<IncomingCall> call) {
        QObject::connect(&download, &transfer::Download::opened, &download, [call] { call->sendValue(Value("go")); });
        QObject::connect(&download, &transfer::Download::finished, &download, [call](const transfer::Receipt &receipt) {
            call->finish(Value(Value::Map { { QStringLiteral("root"), receipt.total.root } }));
        });
        QObject::connect(
            &download, &transfer::Download::failed, &download, [call](const Error &why) { call->fail(why); });
        download.start(call->stream(), arguments.value(0));
    });
    server.setCommands(&commands);
    const Result<Address> address = server.listen({ QStringLiteral("127.0.0.1"), 0 });
    if (!address)
        qFatal("%s", qUtf8Printable(address.error().sentence));
    say(QStringLiteral("port %1").arg(address->port));
    return QCoreApplication::exec();
}

int fileSender(const QStringList &arguments)
{
    Client client(Identity::generate(), profileOf(Role::Person, QStringLiteral("sender")));
    transfer::Upload upload({ arguments.value(1) });
    QByteArray root;
    QObject::connect(&upload, &transfer::Upload::sent, [&](const transfer::Total &total) { root = total.root; });
    QObject::connect(&client, &Client::ready, [&] {
        CallOptions options;
        options.keepOpen = true;
        options.background = true;
        options.streamClass = StreamClass::File;
        Call *call = client.call({}, QStringLiteral("file/1"), {}, options);
        QObject::connect(call, &Call::received, call, [&, call] {
            upload.start(call->stream());
            upload.count();
        });
        QObject::connect(call, &Call::finished, call, [&](const Result<Payload> &result) {
            if (!result)
                qFatal("%s", qUtf8Printable(result.error().sentence));
            QCoreApplication::exit(result->parameters[u"root"].toBytes() == root ? 0 : 1);
        });
    });
    client.connectTo({ QStringLiteral("127.0.0.1"), quint16(arguments.value(0).toInt()) }, {});
    return QCoreApplication::exec();
}

} // namespace hawser::bench
