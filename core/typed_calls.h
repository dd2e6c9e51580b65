#pragma once

#include "core/commands.h"

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
CallOptions optionsFor(CallOptions options)
{
    if constexpr (requires { C::streamClass; })
        options.streamClass = C::streamClass;
    return options;
}

/// The typed forms of what `Self` (a Client, a Server) offers as `call(to, name, parameters, options)` and `send`.
template <typename Self>
class TypedCalls {
public:
    /// A call whose `received` and `finished` you connect yourself; a command with messages from the caller (`Out`) stays
    /// open for them.
    template <typename C>
    Call *start(const Party &to, const typename C::Request &request, CallOptions options = {})
    {
        if constexpr (requires { typename C::Out; })
            options.keepOpen = true;
        return self().call(to, QLatin1String(C::name), toValue(request), optionsFor<C>(std::move(options)));
    }

    /// `callback(Result<C::Reply>)` in context's thread, never when context is gone.
    template <typename C, typename Callback>
    Call *call(const Party &to, const typename C::Request &request, QObject *context, Callback callback,
        CallOptions options = {})
    {
        Call *started = start<C>(to, request, std::move(options));
        QObject::connect(started, &Call::finished, context,
            [callback = std::move(callback)](const Result<Payload> &result) mutable { callback(replyOf<C>(result)); });
        return started;
    }

    /// The future always gets a result.
    template <typename C>
    QFuture<Result<typename C::Reply>> call(
        const Party &to, const typename C::Request &request, CallOptions options = {})
    {
        const auto promise = std::make_shared<KeptPromise<typename C::Reply>>();
        Call *started = start<C>(to, request, std::move(options));
        QObject::connect(started, &Call::finished, started,
            [promise](const Result<Payload> &result) { promise->keep(replyOf<C>(result)); });
        return promise->future();
    }

    /// One-way: nothing comes back.
    template <typename C>
    Result<void> send(const Party &to, const typename C::Request &request, CallOptions options = {})
    {
        return self().send(to, QLatin1String(C::name), toValue(request), optionsFor<C>(std::move(options)));
    }

private:
    Self &self() { return static_cast<Self &>(*this); }
};

} // namespace hawser
