#include "brokerd/feed.h"

namespace hawser::broker {

void Feed::watch(const std::shared_ptr<IncomingCall> &call, const std::map<QString, Value> &snapshot)
{
    const IncomingCall *id = call.get();
    connect(call.get(), &Channel::roomAvailable, this, [this, id] {
        const auto found = m_watchers.find(id);
        if (found != m_watchers.end())
            flush(found->second);
    });
    connect(call.get(), &IncomingCall::stopped, this, [this, id] { m_watchers.erase(id); });
    Watcher &watcher = m_watchers[id] = { call, snapshot };
    flush(watcher);
}

void Feed::push(const QString &name, const Value &message)
{
    for (auto &[id, watcher] : m_watchers) {
        watcher.due[name] = message;
        flush(watcher);
    }
}

void Feed::flush(Watcher &watcher)
{
    while (!watcher.due.empty() && watcher.call->room() > 0) {
        const auto first = watcher.due.begin();
        watcher.call->sendValue(first->second);
        watcher.due.erase(first);
    }
}

} // namespace hawser::broker
