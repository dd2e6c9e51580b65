// connect, idle_memory, idle_cost, storm: many sessions.
#include "tests/bench/joined.h"

#include "core/contracts/broker.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QSocketNotifier>
#include <QTimer>
#include <algorithm>

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

namespace {

/// So many sessions, fifty an account (a broker allows 64), that come one after the other.
class Crowd {
public:
    Crowd(const QString &link, size_t count) : m_link(link), m_address(Invitation::parse(link)->address), m_count(count)
    {
    }

    std::function<void()> first; ///< the first account is there
    std::function<void()> all;
    std::vector<std::unique_ptr<Client>> clients;

    void gather()
    {
        if (clients.size() == m_count)
            return all();
        if (clients.size() / perAccount < m_accounts.size())
            return addSession();
        m_accounts.push_back(std::make_unique<Joined>(Role::Person, m_link));
        QObject::connect(m_accounts.back().get(), &Joined::ready, m_accounts.back().get(), [this] {
            if (m_accounts.size() == 1 && first)
                first();
            addSession();
        });
    }
    /// The sessions that made the accounts go; those counted stay.
    void dismissAccounts() { m_accounts.clear(); }

private:
    static constexpr size_t perAccount = 50;

    void addSession()
    {
        Client &account = m_accounts.back()->client();
        clients.push_back(
            std::make_unique<Client>(account.identity(), profileOf(Role::Person, QStringLiteral("idle"))));
        Client *client = clients.back().get();
        QObject::connect(
            client, &Client::ready, &m_once, [this] { gather(); }, Qt::SingleShotConnection);
        client->connectTo(m_address, account.peerKey());
    }

    QString m_link;
    Address m_address;
    size_t m_count;
    std::vector<std::unique_ptr<Joined>> m_accounts;
    QObject m_once;
};

/// What one client of the storm went through.
struct Returning {
    QElapsedTimer lost;
    int tries = 0; ///< begun in the first second
    bool served = false;
};

void askStatus(Client *client, const std::function<void(bool)> &answered)
{
    client->call<contracts::BrokerStatus>(
        {}, {}, client, [answered](const Result<contracts::BrokerStatus::Reply> &reply) { answered(bool(reply)); });
}

} // namespace

/// Holds so many sessions and says when all are there.
int idleSessions(const QStringList &arguments)
{
    Crowd crowd(arguments.value(0), arguments.value(1).toULongLong());
    crowd.first = [] { say("first"); };
    crowd.all = [&crowd] {
        crowd.dismissAccounts();
        say("all");
    };
    crowd.gather();
    return QCoreApplication::exec();
}

/// Holds so many sessions; once the broker was killed, says when each of them has been answered again.
int storm(const QStringList &arguments)
{
    Crowd crowd(arguments.value(0), arguments.value(1).toULongLong());
    std::vector<Returning> all(arguments.value(1).toULongLong());
    size_t served = 0;
    const auto watch = [&](Client *client, Returning &one) {
        const auto willTry = [&one, client] {
            if (!one.lost.isValid())
                one.lost.start();
            one.tries += milliseconds(one.lost.elapsed()) + client->retryIn() < seconds(1) ? 1 : 0;
        };
        QObject::connect(client, &Client::suspended, client, willTry);
        QObject::connect(client, &Client::failed, client, willTry);
        QObject::connect(client, &Client::ready, client, [&, client] {
            askStatus(client, [&](bool answered) {
                served += answered && !std::exchange(one.served, true) ? 1 : 0;
                if (served < all.size())
                    return;
                const auto most = [](const Returning &a, const Returning &b) { return a.tries < b.tries; };
                say(QStringLiteral("tries %1").arg(std::max_element(all.begin(), all.end(), most)->tries));
                say("served");
                QCoreApplication::quit();
            });
        });
    };
    crowd.all = [&] {
        crowd.dismissAccounts();
        for (size_t i = 0; i < all.size(); ++i)
            watch(crowd.clients[i].get(), all[i]);
        say("all");
    };
    crowd.gather();
    return QCoreApplication::exec();
}

/// Comes back as soon as the broker is there and asks it something every 20 ms, until standard input ends.
int prober(const QStringList &arguments)
{
    const Address address = Invitation::parse(arguments.value(0))->address;
    auto account = std::make_unique<Joined>(Role::Person, arguments.value(0));
    std::unique_ptr<Client> client;
    std::vector<double> times;
    bool asking = false;
    QTimer timer;
    QObject::connect(&timer, &QTimer::timeout, [&] {
        client->retryNow();
        if (client->state() != Client::State::Ready || std::exchange(asking, true))
            return;
        askStatus(client.get(), [&, since = now()](bool answered) {
            asking = false;
            if (answered)
                times.push_back(std::chrono::duration<double, std::milli>(now() - since).count());
        });
    });
    QObject::connect(account.get(), &Joined::ready, [&] {
        const Client &joined = account->client();
        client = std::make_unique<Client>(joined.identity(), profileOf(Role::Person, QStringLiteral("prober")));
        QObject::connect(client.get(), &Client::suspended, [&] { times.clear(); });
        QObject::connect(
            client.get(), &Client::ready, client.get(),
            [&] {
                account.reset();
                timer.start(milliseconds(20));
                say("ready");
            },
            Qt::ConnectionType(Qt::QueuedConnection | Qt::SingleShotConnection));
        client->connectTo(address, joined.peerKey());
    });
    QSocketNotifier input(0, QSocketNotifier::Read);
    QObject::connect(&input, &QSocketNotifier::activated, [&] {
        say(QStringLiteral("probes %1").arg(times.size()));
        say(QStringLiteral("p99 %1").arg(quantile(times, 0.99), 0, 'f', 1));
        QCoreApplication::quit();
    });
    return QCoreApplication::exec();
}

} // namespace hawser::bench
