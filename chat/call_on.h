#pragma once

#include "chat/route.h"

namespace hawser::chat {

/// A typed call over a path. `callback(Result<C::Reply>)` once, never when context is gone.
template <typename C, typename Callback>
Call *callOn(
    const Path &path, const typename C::Request &request, QObject *context, Callback callback, CallOptions options = {})
{
    if constexpr (requires { C::streamClass; })
        options.streamClass = C::streamClass;
    Call *call = startCall(path.link, path.to, QLatin1String(C::name), toValue(request), options, context);
    QObject::connect(call, &Call::finished, context,
        [callback = std::move(callback)](const Result<Payload> &result) mutable { callback(replyOf<C>(result)); });
    return call;
}

} // namespace hawser::chat
