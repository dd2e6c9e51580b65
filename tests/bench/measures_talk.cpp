// oneway_100, oneway_16k, call_rtt: through a broker.
#include "tests/bench/joined.h"

#include "core/contracts/broker.h"

#include <QCoreApplication>
#include <QElapsedTimer>

namespace hawser::bench {

namespace {

struct Echo {
    static constexpr const char *name = "echo";
    struct Request {
        QByteArray bytes;
        static void describe(auto &field) { field("bytes", &Request::bytes, {}); }
    };
    using Reply = Request;
};

} // namespace

int talkSubscriber(const QStringList &arguments)
{
    Joined joined(Role::Person, arguments.value(0));
    const qint64 wanted = arguments.value(1).toLongLong();
    qint64 got = 0;
    qint64 bytes = 0;
    QElapsedTimer since;
    Commands commands;
    CommandSpec spec;
    spec.name = "bench";
    spec.kind = CommandKind::Channel;
    spec.streamClass = StreamClass::Talk;
    std::shared_ptr<IncomingCall> kept;
    commands.serveDynamic(spec, [&](const Value &, std::shared_ptr<IncomingCall> call) {
        kept = call;
        QObject::connect(call->stream(), &Stream::received, &joined, [&](std::span<const MessageView> messages) {
            if (got == 0)
                since.start();
            got += qint64(messages.size());
            for (const MessageView &message : messages)
                bytes += message.bytes.size();
            if (got < wanted)
                return;
            say(QStringLiteral("rate %1").arg(double(got) * 1e9 / double(since.nsecsElapsed()), 0, 'f', 0));
            QCoreApplication::quit();
        });
    });
    joined.client().setCommands(&commands);
    QObject::connect(&joined, &Joined::ready, [&] { say("key " + joined.client().identity().key().hex()); });
    const int code = QCoreApplication::exec();
    return got == wanted && bytes > 0 ? code : 1;
}

int talkPublisher(const QStringList &arguments)
{
    Joined joined(Role::Person, arguments.value(0));
    const Result<PublicKey> to = PublicKey::fromHex(arguments.value(1));
    const qint64 count = arguments.value(2).toLongLong();
    const QByteArray message(arguments.value(3).toInt(), 'm');
    qint64 sent = 0;
    QObject::connect(&joined, &Joined::ready, [&] {
        CallOptions options;
        options.keepOpen = true;
        options.streamClass = StreamClass::Talk;
        Party party;
        party.user = *to;
        Stream *stream = joined.client().call(party, QStringLiteral("bench"), {}, options)->stream();
        const auto pump = [&, stream] {
            while (sent < count && stream->room() >= message.size()) {
                stream->send(message);
                ++sent;
            }
        };
        QObject::connect(stream, &Stream::roomAvailable, &joined, pump);
        QObject::connect(
            stream, &Stream::closed, &joined, [&](const Closing &) { QCoreApplication::exit(sent == count ? 0 : 1); });
        pump();
    });
    return QCoreApplication::exec();
}

int roundTripNode(const QStringList &arguments)
{
    Commands commands;
    commands.serve<Echo>([](const Echo::Request &request, const Caller &) -> Result<Echo::Reply> { return request; });
    Joined joined(Role::Node, arguments.value(0));
    joined.client().setCommands(&commands);
    QObject::connect(&joined, &Joined::ready, [&] {
        contracts::AnnounceOffer::Request offer;
        offer.name = "bench";
        for (const CommandSpec &spec : commands.specs())
            offer.commands.push_back(specToValue(spec));
        joined.client().call<contracts::AnnounceOffer>(
            {}, offer, &joined, [&](const auto &) { say("key " + joined.client().identity().key().hex()); });
    });
    return QCoreApplication::exec();
}

int roundTripCaller(const QStringList &arguments)
{
    Joined joined(Role::Person, arguments.value(0));
    const Result<PublicKey> node = PublicKey::fromHex(arguments.value(1));
    const size_t count = arguments.value(2).toULongLong();
    std::vector<double> times;
    QElapsedTimer since;
    std::function<void()> next = [&] {
        since.start();
        joined.client().call<Echo>(
            { *node, {}, {} }, { QByteArray(100, 'x') }, &joined, [&](const Result<Echo::Reply> &reply) {
                if (!reply)
                    qFatal("%s", qUtf8Printable(reply.error().sentence));
                times.push_back(double(since.nsecsElapsed()) / 1000);
                if (times.size() < count)
                    return next();
                say(QStringLiteral("p50 %1").arg(quantile(times, 0.5), 0, 'f', 1));
                say(QStringLiteral("p99 %1").arg(quantile(times, 0.99), 0, 'f', 1));
                QCoreApplication::quit();
            });
    };
    QObject::connect(&joined, &Joined::ready, [&] { next(); });
    return QCoreApplication::exec();
}

} // namespace hawser::bench
