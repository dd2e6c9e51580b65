#include "brokerd/callers.h"

namespace hawser::broker {

using contracts::MayCall;

void Callers::serve(Commands &commands)
{
    commands.serveChannel<MayCall>([this](const MayCall::Request &who, const std::shared_ptr<IncomingCall> &call) {
        if (const Result<Nothing> may = m_may(who.user); !may)
            return call->fail(may.error());
        watch(who.user, call);
    });
}

void Callers::watch(const PublicKey &person, const std::shared_ptr<IncomingCall> &call)
{
    m_watchers.insert(person, call);
    connect(call.get(), &IncomingCall::stopped, this, [this, person, call = call.get()] {
        for (auto watcher = m_watchers.find(person); watcher != m_watchers.end() && watcher.key() == person; ++watcher)
            if (watcher->get() == call) {
                m_watchers.erase(watcher);
                return;
            }
    });
    call->send(MayCall::In {});
}

void Callers::look(const PublicKey &person)
{
    const Result<Nothing> may = m_may(person);
    if (may)
        return;
    const auto watchers = m_watchers.values(person);
    m_watchers.remove(person);
    for (const std::shared_ptr<IncomingCall> &call : watchers)
        call->fail(may.error());
}

} // namespace hawser::broker
