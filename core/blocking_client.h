#pragma once

#include "core/client.h"

#include <QThread>

namespace hawser {

/// A Client for threads that wait: scripts, tests, worker threads. It lives in a thread of its own, so nothing here needs
/// an event loop. Any thread may use it, except one that owns a Client: that would wait for itself and is refused with
/// FailedPrecondition (and asserts).
class BlockingClient {
public:
    BlockingClient(const Identity &identity, const Profile &profile);
    /// Says goodbye.
    ~BlockingClient();
    Q_DISABLE_COPY_MOVE(BlockingClient)

    /// Dials, and waits until we are let in. It stays connected from then on.
    /// \param expected  as Client::connectTo
    /// \retval DeadlineExceeded  no link came about in time: the sentence says what the last try failed on
    /// \retval PermissionDenied  we are connected as a stranger
    Result<void> connectTo(const Address &address, const std::optional<PublicKey> &expected,
        milliseconds timeout = limits::connectDeadline);
    Result<void> connectToLocal(const QString &path, milliseconds timeout = limits::connectDeadline);

    /// Says what the other side may call here: `add` is run at once, in the client's thread, and so are the handlers.
    void serve(const std::function<void(Commands &)> &add);

    Result<Payload> call(
        const Party &to, const QString &name, const Value &parameters = {}, const CallOptions &options = {});
    Result<void> send(
        const Party &to, const QString &name, const Value &parameters = {}, const CallOptions &options = {});
    template <typename C>
    Result<typename C::Reply> call(const Party &to, const typename C::Request &request, CallOptions options = {})
    {
        return replyOf<C>(call(to, QLatin1String(C::name), toValue(request), optionsFor<C>(std::move(options))));
    }
    /// Does not wait: the future always gets a result. What is chained to it by then() runs in the client's thread.
    template <typename C>
    QFuture<Result<typename C::Reply>> callLater(
        const Party &to, const typename C::Request &request, CallOptions options = {})
    {
        const auto promise = std::make_shared<KeptPromise<typename C::Reply>>();
        begin(to, QLatin1String(C::name), toValue(request), optionsFor<C>(std::move(options)),
            [promise](const Result<Payload> &result) { promise->keep(replyOf<C>(result)); });
        return promise->future();
    }
    template <typename C>
    Result<void> send(const Party &to, const typename C::Request &request, CallOptions options = {})
    {
        return send(to, QLatin1String(C::name), toValue(request), optionsFor<C>(std::move(options)));
    }

private:
    using Finished = std::function<void(const Result<Payload> &)>;
    void begin(
        const Party &to, const QString &name, const Value &parameters, const CallOptions &options, Finished finished);
    template <typename Connect>
    Result<void> connected(Connect connect, milliseconds timeout);
    /// Runs `work(client)` in the client's thread and returns what it returns.
    template <typename Work>
    auto inThread(Work work);

    QThread m_thread;
    Commands *m_commands; // lives in m_thread
    Client *m_client; // lives in m_thread
};

} // namespace hawser
