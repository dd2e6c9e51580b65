#include "brokerd/feed.h"

namespace hawser::broker {

void Feed::watch(const std::shared_ptr<IncomingCall> &call, const std::map<QString, Value> &snapshot)
{
    auto *ticker = new Ticker(call.get());
    m_watchers[ticker] = call;
    connect(call.get(), &IncomingCall::stopped, this, [this, ticker] { m_watchers.erase(ticker); });
    for (const auto &[name, message] : snapshot)
        ticker->tell(name, message);
}

void Feed::push(const QString &name, const Value &message)
{
    for (const auto &[ticker, call] : m_watchers)
        ticker->tell(name, message);
}

} // namespace hawser::broker
