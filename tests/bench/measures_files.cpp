// file_1g, folder_10k: direct, from disk to disk; call_rtt_under_transfer: through a broker.
#include "tests/bench/joined.h"

#include "core/server.h"
#include "core/transfer/download.h"
#include "core/transfer/upload.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QTimer>

namespace hawser::bench {

namespace {

constexpr int idleCalls = 2000;
constexpr auto betweenCalls = milliseconds(1);

struct Ask {
    static constexpr const char *name = "ask";
    static constexpr StreamClass streamClass = StreamClass::Talk;
    struct Request {
        QByteArray bytes;
        static void describe(auto &field) { field("bytes", &Request::bytes, {}); }
    };
    using Reply = Request;
};

void serveFile(Commands &commands, transfer::Download &download, const QString &folder)
{
    CommandSpec spec;
    spec.name = "file/1";
    spec.kind = CommandKind::Channel;
    spec.streamClass = StreamClass::File;
    commands.serveDynamic(spec, [&download, folder](const Value &, std::shared_ptr<IncomingCall> call) {
        QObject::connect(&download, &transfer::Download::opened, &download, [call] { call->sendValue(Value("go")); });
        QObject::connect(&download, &transfer::Download::finished, &download, [call](const transfer::Receipt &receipt) {
            call->finish(Value(Value::Map { { QStringLiteral("root"), receipt.total.root } }));
        });
        QObject::connect(
            &download, &transfer::Download::failed, &download, [call](const Error &why) { call->fail(why); });
        download.start(call->stream(), folder);
    });
}

/// Sends what `upload` holds over a stream of its own. \return the call, which finishes with the receiver's root
Call *sendFile(Client &client, const Party &to, transfer::Upload &upload)
{
    CallOptions options;
    options.keepOpen = true;
    options.background = true;
    options.streamClass = StreamClass::File;
    Call *call = client.call(to, QStringLiteral("file/1"), {}, options);
    QObject::connect(call, &Call::received, call, [&upload, call] {
        upload.start(call->stream());
        upload.count();
    });
    return call;
}

/// Calls one after the other, with a pause between, and how long each took.
class Asker : public QObject {
public:
    Asker(Client &client, const PublicKey &to) : m_client(client), m_to(to) { }

    std::function<void()> asked; ///< after each
    std::vector<double> times; ///< ms

    void ask()
    {
        m_since.start();
        m_client.call<Ask>({ m_to, {}, {} }, { QByteArray(100, 'x') }, this, [this](const Result<Ask::Reply> &reply) {
            if (!reply)
                qFatal("%s", qUtf8Printable(reply.error().sentence));
            times.push_back(double(m_since.nsecsElapsed()) / 1e6);
            asked();
            QTimer::singleShot(betweenCalls, Qt::PreciseTimer, this, [this] { ask(); });
        });
    }

private:
    Client &m_client;
    PublicKey m_to;
    QElapsedTimer m_since;
};

} // namespace

int fileReceiver(const QStringList &arguments)
{
    Server server(Identity::generate(), profileOf(Role::Person, QStringLiteral("receiver")));
    server.setDoor(Server::anybody);
    Commands commands;
    transfer::Download download;
    serveFile(commands, download, arguments.value(0));
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
        Call *call = sendFile(client, {}, upload);
        QObject::connect(call, &Call::finished, call, [&](const Result<Payload> &result) {
            if (!result)
                qFatal("%s", qUtf8Printable(result.error().sentence));
            QCoreApplication::exit(result->parameters[u"root"].toBytes() == root ? 0 : 1);
        });
    });
    client.connectTo({ QStringLiteral("127.0.0.1"), quint16(arguments.value(0).toInt()) }, {});
    return QCoreApplication::exec();
}

/// Answers and takes a file, both through a broker.
int busyReceiver(const QStringList &arguments)
{
    Joined joined(Role::Person, arguments.value(0));
    Commands commands;
    transfer::Download download;
    commands.serve<Ask>([](const Ask::Request &request, const Caller &) -> Result<Ask::Reply> { return request; });
    serveFile(commands, download, arguments.value(1));
    joined.client().setCommands(&commands);
    QObject::connect(&joined, &Joined::ready, [&] { say("key " + joined.client().identity().key().hex()); });
    return QCoreApplication::exec();
}

/// Asks while nothing else goes on, then while a file is on its way to the same program.
int busyCaller(const QStringList &arguments)
{
    Joined joined(Role::Person, arguments.value(0));
    const PublicKey to = *PublicKey::fromHex(arguments.value(1));
    transfer::Upload upload({ arguments.value(2) });
    Asker asker(joined.client(), to);
    std::vector<double> idle;
    QElapsedTimer sending;
    const auto p99 = [](const char *word, std::vector<double> &times) {
        say(QLatin1String(word) + QString::number(quantile(times, 0.99), 'f', 3));
    };
    const auto sent = [&](const Result<Payload> &result) {
        if (!result)
            qFatal("%s", qUtf8Printable(result.error().sentence));
        p99("idle ", idle);
        p99("busy ", asker.times);
        say(QStringLiteral("calls %1").arg(asker.times.size()));
        say(QStringLiteral("seconds %1").arg(double(sending.elapsed()) / 1000));
        QCoreApplication::quit();
    };
    asker.asked = [&] {
        if (sending.isValid() || asker.times.size() < idleCalls)
            return;
        idle = std::exchange(asker.times, {});
        sending.start();
        QObject::connect(sendFile(joined.client(), { to, {}, {} }, upload), &Call::finished, &asker, sent);
    };
    QObject::connect(&joined, &Joined::ready, [&] { asker.ask(); });
    return QCoreApplication::exec();
}

} // namespace hawser::bench
