#include "chat/settling.h"

#include "core/contracts/talk.h"

namespace hawser::chat {

namespace {

constexpr milliseconds patience { 10000 }; ///< for links that are still coming
constexpr milliseconds sayWhyAfter { 1000 };
constexpr milliseconds lookEvery { 100 };

} // namespace

Settling::Settling(Brokers &brokers, Instant since, QObject *parent)
    : QObject(parent), m_brokers(brokers), m_since(since)
{
    m_again.callOnTimeout(this, &Settling::look);
    m_again.start(lookEvery);
    QTimer::singleShot(sayWhyAfter, this, &Settling::say);
    QTimer::singleShot(0, this, &Settling::look);
}

bool Settling::isStillComing(const Broker &broker) const
{
    return broker.state == Broker::State::Connecting && now() - m_since < patience;
}

void Settling::say()
{
    for (const Broker &broker : m_brokers.all())
        if (m_again.isActive() && isStillComing(broker))
            return emit slow(QStringLiteral("waiting for %1 (%2) …").arg(broker.name, broker.address.text()));
}

void Settling::look()
{
    if (!m_again.isActive())
        return;
    for (const Broker &broker : m_brokers.all())
        if (isStillComing(broker))
            return;
    m_again.stop();
    ask();
}

/// A broker tells who and what is there as soon as we are let in, so after the answer to a later call it has come.
void Settling::ask()
{
    m_answersMissing = 1;
    CallOptions options;
    options.timeout = patience;
    for (const Broker &broker : m_brokers.all()) {
        if (broker.state != Broker::State::Ready || now() - m_since >= patience)
            continue;
        ++m_answersMissing;
        m_brokers.client(broker.key)
            ->call<contracts::Ping>(
                {}, {}, this, [this](const Result<contracts::Ping::Reply> &) { answered(); }, options);
    }
    answered();
}

void Settling::answered()
{
    if (--m_answersMissing > 0)
        return;
    emit settled();
    deleteLater();
}

} // namespace hawser::chat
