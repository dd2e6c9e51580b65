#pragma once

// Included at the end of client.h.

#include "core/client.h"

#include <QPromise>

namespace hawser {

/// The typed answer of a call.
/// \retval DataLoss  the other side answered something that is no C::Reply
template <typename C>
Result<typename C::Reply> replyOf(const Result<Payload> &result)
{
    if (!result)
        return result.error();
    auto reply = fromValue<typename C::Reply>(result->parameters);
    if (!reply)
        return Error { Code::DataLoss, QStringLiteral("the answer cannot be read: %1").arg(reply.error().sentence),
            Begun::Maybe };
    return reply;
}

/// A promise that is kept whatever happens: whoever lets it go unanswered answers Unavailable.
template <typename T>
class KeptPromise {
public:
    KeptPromise() { m_promise.start(); }
    ~KeptPromise()
    {
        if (!m_kept)
            keep(Error { Code::Unavailable, QStringLiteral("the call was given up"), Begun::Maybe });
    }
    Q_DISABLE_COPY_MOVE(KeptPromise)

    QFuture<Result<T>> future() const { return m_promise.future(); }
    void keep(const Result<T> &result)
    {
        m_kept = true;
        m_promise.addResult(result);
        m_promise.finish();
    }

private:
    QPromise<Result<T>> m_promise;
    bool m_kept = false;
};

template <typename C>
CallOptions Client::optionsFor(CallOptions options)
{
    if constexpr (requires { C::streamClass; })
        options.streamClass = C::streamClass;
    return options;
}

template <typename C>
Call *Client::start(const Party &to, const typename C::Request &request, CallOptions options)
{
    if constexpr (requires { typename C::Out; })
        options.keepOpen = true;
    return call(to, QLatin1String(C::name), toValue(request), optionsFor<C>(std::move(options)));
}

template <typename C, typename Callback>
Call *Client::call(
    const Party &to, const typename C::Request &request, QObject *context, Callback callback, CallOptions options)
{
    Call *started = start<C>(to, request, std::move(options));
    connect(started, &Call::finished, context,
        [callback = std::move(callback)](const Result<Payload> &result) mutable { callback(replyOf<C>(result)); });
    return started;
}

template <typename C>
QFuture<Result<typename C::Reply>> Client::call(
    const Party &to, const typename C::Request &request, CallOptions options)
{
    const auto promise = std::make_shared<KeptPromise<typename C::Reply>>();
    Call *started = start<C>(to, request, std::move(options));
    connect(started, &Call::finished, started,
        [promise](const Result<Payload> &result) { promise->keep(replyOf<C>(result)); });
    return promise->future();
}

template <typename C>
Result<void> Client::send(const Party &to, const typename C::Request &request, CallOptions options)
{
    return send(to, QLatin1String(C::name), toValue(request), optionsFor<C>(std::move(options)));
}

} // namespace hawser
