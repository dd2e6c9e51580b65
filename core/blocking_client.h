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

    Result<Payload> call(
        const Party &to, const QString &name, const Value &parameters = {}, const CallOptions &options = {});
    Result<void> send(
        const Party &to, const QString &name, const Value &parameters = {}, const CallOptions &options = {});
    template <typename C>
    Result<typename C::Reply> call(const Party &to, const typename C::Request &request, CallOptions options = {})
    {
        return replyOf<C>(call(to, QLatin1String(C::name), toValue(request), optionsFor<C>(std::move(options))));
    }
    template <typename C>
    Result<void> send(const Party &to, const typename C::Request &request, CallOptions options = {})
    {
        return send(to, QLatin1String(C::name), toValue(request), optionsFor<C>(std::move(options)));
    }

private:
    template <typename Connect>
    Result<void> connected(Connect connect, milliseconds timeout);
    /// Runs `work(client)` in the client's thread and returns what it returns.
    template <typename Work>
    auto inThread(Work work);

    QThread m_thread;
    Client *m_client; // lives in m_thread
};

} // namespace hawser
