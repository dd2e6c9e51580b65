#include "core/blocking_client.h"

#include <QTimer>
#include <future>

namespace hawser {

namespace {

Result<void> mayWait()
{
    Q_ASSERT_X(!Client::livesInThisThread(), "BlockingClient", "a thread that owns a Client cannot wait for one");
    if (!Client::livesInThisThread())
        return {};
    return Error { Code::FailedPrecondition, QStringLiteral("a thread that owns a link cannot wait for one"),
        Begun::No };
}

/// What one thread waits for and another one says, once.
template <typename T>
class Answer {
public:
    void say(const T &value)
    {
        if (!std::exchange(m_said, true))
            m_promise.set_value(value);
    }
    T wait() { return m_promise.get_future().get(); }

private:
    std::promise<T> m_promise;
    bool m_said = false; // touched by the client's thread only
};

} // namespace

BlockingClient::BlockingClient(const Identity &identity, const Profile &profile)
{
    auto *context = new QObject; // goes with the thread
    context->moveToThread(&m_thread);
    QObject::connect(&m_thread, &QThread::finished, context, &QObject::deleteLater);
    m_thread.start();
    const auto make = [&] {
        m_commands = new Commands(context);
        m_client = new Client(identity, profile, context);
        m_client->setCommands(m_commands);
    };
    QMetaObject::invokeMethod(context, make, Qt::BlockingQueuedConnection);
}

BlockingClient::~BlockingClient()
{
    // The goodbye needs a turn of the loop: quit only after what it posted.
    QMetaObject::invokeMethod(m_client, [this] {
        m_client->disconnectFromPeer();
        QTimer::singleShot(0, m_client, [this] { m_thread.quit(); });
    });
    m_thread.wait();
}

template <typename Work>
auto BlockingClient::inThread(Work work)
{
    using T = decltype(work(m_client));
    std::optional<T> result;
    QMetaObject::invokeMethod(
        m_client, [&] { result.emplace(work(m_client)); }, Qt::BlockingQueuedConnection);
    return *std::move(result);
}

template <typename Connect>
Result<void> BlockingClient::connected(Connect connect, milliseconds timeout)
{
    if (const Result<void> may = mayWait(); !may)
        return may;
    const auto answer = std::make_shared<Answer<Result<void>>>();
    QMetaObject::invokeMethod(m_client, [client = m_client, connect, timeout, answer] {
        auto *waiting = new QTimer(client); // goes with the wait, and the connections with it
        const auto say = [waiting, answer](const Result<void> &result) {
            answer->say(result);
            waiting->deleteLater();
        };
        QObject::connect(client, &Client::ready, waiting, [say] { say({}); });
        QObject::connect(client, &Client::stranger, waiting, [say] {
            say(Error { Code::PermissionDenied, QStringLiteral("connected, but nobody has let us in yet") });
        });
        QObject::connect(client, &Client::stateChanged, waiting, [say, client](Client::State state) {
            if (state == Client::State::Stopped)
                say(client->lastError());
        });
        QObject::connect(waiting, &QTimer::timeout, waiting, [say, client] {
            const QString why = client->lastError().sentence;
            say(Error {
                Code::DeadlineExceeded, why.isEmpty() ? QStringLiteral("no connection came about in time") : why });
        });
        waiting->setSingleShot(true);
        waiting->start(timeout);
        connect(client);
    });
    return answer->wait();
}

Result<void> BlockingClient::connectTo(
    const Address &address, const std::optional<PublicKey> &expected, milliseconds timeout)
{
    return connected([=](Client *client) { client->connectTo(address, expected); }, timeout);
}

Result<void> BlockingClient::connectToLocal(const QString &path, milliseconds timeout)
{
    return connected([=](Client *client) { client->connectToLocal(path); }, timeout);
}

void BlockingClient::serve(const std::function<void(Commands &)> &add)
{
    QMetaObject::invokeMethod(
        m_commands, [&] { add(*m_commands); }, Qt::BlockingQueuedConnection);
}

void BlockingClient::begin(
    const Party &to, const QString &name, const Value &parameters, const CallOptions &options, Finished finished)
{
    QMetaObject::invokeMethod(m_client, [=, client = m_client, finished = std::move(finished)] {
        Call *call = client->call(to, name, parameters, options);
        QObject::connect(call, &Call::finished, call, finished);
    });
}

Result<Payload> BlockingClient::call(
    const Party &to, const QString &name, const Value &parameters, const CallOptions &options)
{
    if (const Result<void> may = mayWait(); !may)
        return may.error();
    const auto answer = std::make_shared<Answer<Result<Payload>>>();
    begin(to, name, parameters, options, [answer](const Result<Payload> &result) { answer->say(result); });
    return answer->wait();
}

Result<void> BlockingClient::send(
    const Party &to, const QString &name, const Value &parameters, const CallOptions &options)
{
    if (const Result<void> may = mayWait(); !may)
        return may;
    return inThread([&](Client *client) { return client->send(to, name, parameters, options); });
}

} // namespace hawser
