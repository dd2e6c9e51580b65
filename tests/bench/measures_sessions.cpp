// connect, idle_memory: many sessions.
#include "tests/bench/joined.h"

#include "core/contracts/broker.h"

#include <QCoreApplication>
#include <QElapsedTimer>

namespace hawser::bench {

/// From the start of connect to the first authenticated reply, one after the other.
int connectTimes(const QStringList &arguments)
{
    const Identity identity = Identity::generate();
    Joined joined(Role::Person, arguments.value(0)); // the account; its sessions follow
    const size_t count = arguments.value(1).toULongLong();
    const Address address = Invitation::parse(arguments.value(0))->address;
    std::vector<double> times;
    std::unique_ptr<Client> client;
    QElapsedTimer since;
    std::function<void()> next = [&] {
        client = std::make_unique<Client>(joined.client().identity(), profileOf(Role::Person, QStringLiteral("again")));
        QObject::connect(client.get(), &Client::ready, client.get(), [&] {
            client->call<contracts::BrokerStatus>(
                {}, {}, client.get(), [&](const Result<contracts::BrokerStatus::Reply> &reply) {
                    if (!reply)
                        qFatal("%s", qUtf8Printable(reply.error().sentence));
                    times.push_back(double(since.nsecsElapsed()) / 1e6);
                    if (times.size() < count) {
                        QMetaObject::invokeMethod(
                            &joined, [&] { next(); }, Qt::QueuedConnection);
                        return;
                    }
                    say(QStringLiteral("p50 %1").arg(quantile(times, 0.5), 0, 'f', 3));
                    QCoreApplication::quit();
                });
        });
        since.start();
        client->connectTo(address, joined.client().peerKey());
    };
    QObject::connect(&joined, &Joined::ready, [&] { next(); });
    return QCoreApplication::exec();
}

/// Holds so many sessions, fifty an account (a broker allows 64), and says when all are there.
int idleSessions(const QStringList &arguments)
{
    constexpr int perAccount = 50;
    const int count = arguments.value(1).toInt();
    const Address address = Invitation::parse(arguments.value(0))->address;
    std::vector<std::unique_ptr<Joined>> accounts;
    std::vector<std::unique_ptr<Client>> clients;
    int ready = 0;
    std::function<void()> nextAccount;
    std::function<void()> next = [&] {
        if (int(clients.size()) / perAccount >= int(accounts.size()))
            return nextAccount();
        Client &account = accounts.back()->client();
        clients.push_back(
            std::make_unique<Client>(account.identity(), profileOf(Role::Person, QStringLiteral("idle"))));
        Client *client = clients.back().get();
        QObject::connect(client, &Client::ready, client, [&] {
            if (++ready == count)
                say("all");
            else
                next();
        });
        client->connectTo(address, account.peerKey());
    };
    nextAccount = [&] {
        accounts.push_back(std::make_unique<Joined>(Role::Person, arguments.value(0)));
        QObject::connect(accounts.back().get(), &Joined::ready, accounts.back().get(), [&] {
            if (accounts.size() == 1)
                say("first");
            next();
        });
    };
    nextAccount();
    return QCoreApplication::exec();
}

} // namespace hawser::bench
