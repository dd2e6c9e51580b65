#pragma once

#include "cli/verb.h"
#include "core/contracts/control.h"

namespace hawser::cli {

/// A verb that lists something and, with --follow, goes on with each change. In JSON each item is an object of its own.
template <typename C>
class Watching : public Verb {
public:
    using Verb::Verb;

    void start() override
    {
        Call *call = session().start<C>(request());
        connect(call, &Channel::received, this, [this](const ChannelMessage &message) {
            if (const auto in = message.as<typename C::In>(); in)
                take(*in);
        });
        connect(call, &Call::finished, this, [this](const Result<Payload> &result) {
            if (!result)
                return fail(result.error());
            ended();
            emit finished(exitOk);
        });
    }

    void interrupt() override { emit finished(exitOk); }

protected:
    bool follows() const { return typed().has("--follow"); }
    virtual typename C::Request request() = 0;
    /// Empty: nothing is printed.
    virtual QString textOf(const typename C::In &in) = 0;
    virtual void ended() { }

    void take(const typename C::In &in)
    {
        if (typed().json)
            return printer().object(toValue(in));
        if (const QString text = textOf(in); !text.isEmpty())
            printer().line(text);
    }
};

/// For the table of a verb.
inline Word followWord()
{
    return { "--follow", "go on with each change until Ctrl-C" };
}

} // namespace hawser::cli
