#pragma once

// Included at the end of commands.h.

#include "core/commands.h"
#include "core/when.h"

#include <QPromise>

namespace hawser {

/// What `work` returns, or the error that what it throws becomes.
template <typename T>
Result<T> guarded(const std::function<Result<T>()> &work)
{
    try {
        return work();
    } catch (const Error &error) {
        return error;
    } catch (...) { // its text was written for us, not for the peer
        return Error { Code::Internal, QStringLiteral("the program failed while it worked on this command") };
    }
}

/// Runs `work` in the pool.
template <typename T>
QFuture<Result<T>> runIn(QThreadPool &pool, std::function<Result<T>()> work)
{
    const auto promise = std::make_shared<QPromise<Result<T>>>();
    promise->start();
    const QFuture<Result<T>> future = promise->future();
    pool.start([promise, work = std::move(work)] {
        promise->addResult(guarded(work));
        promise->finish();
    });
    return future;
}

template <typename C>
CommandSpec Commands::specOf(CommandKind kind)
{
    CommandSpec spec;
    spec.name = QLatin1String(C::name);
    spec.kind = kind;
    if constexpr (requires { C::description; })
        spec.description = QString::fromUtf8(C::description);
    if constexpr (requires { C::streamClass; })
        spec.streamClass = C::streamClass;
    if constexpr (requires { C::idempotent; })
        spec.idempotent = C::idempotent;
    spec.parameters = schemaOf<typename C::Request>();
    if constexpr (requires { typename C::Reply; })
        spec.reply = schemaOf<typename C::Reply>();
    return spec;
}

template <typename C>
void Commands::serveChannel(std::function<void(const typename C::Request &, std::shared_ptr<IncomingCall>)> handler)
{
    static_assert(
        !requires { C::idempotent; }, "a channel has no one answer that could wait: only a call is idempotent");
    const auto typed = [handler = std::move(handler)](const Value &parameters, std::shared_ptr<IncomingCall> call) {
        const auto request = fromValue<typename C::Request>(parameters);
        if (!request)
            return call->fail(request.error());
        handler(*request, std::move(call));
    };
    add({ specOf<C>(CommandKind::Channel), typed, {} });
}

template <typename C>
void Commands::serveLater(std::function<void(const typename C::Request &, const Caller &, Reply<C>)> handler)
{
    const auto typed = [handler = std::move(handler)](const Value &parameters, std::shared_ptr<IncomingCall> call) {
        const auto request = fromValue<typename C::Request>(parameters);
        if (!request)
            return call->fail(request.error());
        const Caller caller = call->caller();
        handler(*request, caller, Reply<C>(std::move(call)));
    };
    add({ specOf<C>(CommandKind::Call), typed, {} });
}

template <typename C>
void Commands::serve(std::function<Result<typename C::Reply>(const typename C::Request &, const Caller &)> handler)
{
    serveLater<C>([handler = std::move(handler)](const typename C::Request &request, const Caller &caller,
                      Reply<C> reply) { reply(handler(request, caller)); });
}

template <typename C>
void Commands::serveInThread(
    std::function<Result<typename C::Reply>(const typename C::Request &, const Caller &)> handler)
{
    serveLater<C>([this, handler = std::move(handler)](
                      const typename C::Request &request, const Caller &caller, Reply<C> reply) {
        std::function<Result<typename C::Reply>()> work = [handler, request, caller] {
            return handler(request, caller);
        };
        when(runIn(m_pool, std::move(work)), this, [reply](const Result<typename C::Reply> &result) { reply(result); });
    });
}

template <typename C>
void Commands::serveOneWay(std::function<void(const typename C::Request &, const Caller &)> handler)
{
    const auto typed = [handler = std::move(handler)](const Value &parameters, const Caller &caller) {
        const auto request = fromValue<typename C::Request>(parameters);
        if (!request)
            throw request.error(); // caught where it is counted
        handler(*request, caller);
    };
    add({ specOf<C>(CommandKind::OneWay), {}, typed });
}

} // namespace hawser
