#pragma once

#include "core/client.h"
#include "tests/support/someone.h"

namespace hawser::test {

/// A person in this process, and a `hawser` that asks them over the control socket.
struct Desk : Someone {
    Client client { Identity::generate(), {} };

    explicit Desk(const QString &name, const QByteArray &limits = {}) : Someone(name, true, limits)
    {
        client.connectToLocal(person->controlPath());
    }
    /// The answer, when it has come.
    template <typename C>
    std::shared_ptr<std::optional<Result<typename C::Reply>>> call(const typename C::Request &request)
    {
        auto answer = std::make_shared<std::optional<Result<typename C::Reply>>>();
        client.call<C>({}, request, &client, [answer](const Result<typename C::Reply> &reply) { *answer = reply; });
        return answer;
    }
};

} // namespace hawser::test
