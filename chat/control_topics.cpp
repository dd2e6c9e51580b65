#include "core/contracts/control_topics.h"
#include "chat/control.h"
#include "chat/person.h"
#include "core/topics_client.h"

// Topics at a broker, for whoever owns this data folder.

namespace hawser::chat {

namespace {

constexpr qint64 mostWaiting = 256 * 1024; ///< bytes for a caller that does not read; then the broker waits

using contracts::PublishTopic;
using contracts::SubscribeTopic;

SubscribeTopic::In itemOf(const TopicMessage &message)
{
    SubscribeTopic::In in;
    in.state = QStringLiteral("message");
    in.topic = message.topic;
    in.publisher = message.publisher;
    in.bytes = message.bytes.toByteArray();
    in.kept = message.kept;
    in.number = message.number;
    return in;
}

} // namespace

void Control::serveTopics()
{
    m_commands.serveChannel<PublishTopic>(
        [this](const PublishTopic::Request &request, const std::shared_ptr<IncomingCall> &call) {
            publishTopic(request, call);
        });
    m_commands.serveChannel<SubscribeTopic>(
        [this](const SubscribeTopic::Request &request, const std::shared_ptr<IncomingCall> &call) {
            subscribeTopic(request, call);
        });
    m_commands.serveLater<contracts::ForgetTopics>([this](const contracts::ForgetTopics::Request &request,
                                                       const Caller &, const Reply<contracts::ForgetTopics> &reply) {
        const Result<Broker> broker = brokerFor(request.broker);
        if (!broker)
            return reply(broker.error());
        m_person.brokers()
            .client(broker->key)
            ->call<contracts::ForgetSubscription>(
                {}, { request.durable }, this, [reply](const Result<contracts::ForgetSubscription::Reply> &done) {
                    reply(done ? Result<contracts::ForgetTopics::Reply>(contracts::ForgetTopics::Reply {})
                               : done.error());
                });
    });
}

/// The named one, or the only one; connected.
Result<Broker> Control::brokerFor(const QString &name)
{
    const QList<Broker> all = m_person.brokers().all();
    QList<Broker> fitting;
    for (const Broker &broker : all)
        if (name.isEmpty() || broker.name == name || broker.key.hex() == name.toLower())
            fitting << broker;
    if (fitting.isEmpty())
        return Error { Code::NotFound,
            name.isEmpty() ? QStringLiteral("you belong to no broker: join one first")
                           : QStringLiteral("you belong to no broker that is called “%1”").arg(name),
            Begun::No };
    if (fitting.size() > 1)
        return Error { Code::InvalidArgument, QStringLiteral("you belong to several brokers: say which"), Begun::No };
    const Broker &broker = fitting.first();
    if (broker.state != Broker::State::Ready)
        return Error { Code::Unavailable, QStringLiteral("%1: %2").arg(broker.name, broker.sentence), Begun::No };
    return broker;
}

void Control::publishTopic(const PublishTopic::Request &request, const std::shared_ptr<IncomingCall> &call)
{
    const Result<Broker> broker = brokerFor(request.broker);
    if (!broker)
        return call->fail(broker.error());
    IncomingCall *to = keep(call);
    auto *publisher = new Publisher(*m_person.brokers().client(broker->key), to);
    struct Progress {
        PublishTopic::Reply reply;
        bool ended = false;
    };
    const auto progress = std::make_shared<Progress>();
    progress->reply.topic = request.topic;
    progress->reply.broker = broker->name;
    const auto look = [this, to, publisher, progress] {
        if (progress->ended && publisher->takenUpTo() == progress->reply.messages)
            finish(to, toValue(progress->reply));
    };
    const auto last = request.last ? Publisher::Keep::LastValue : Publisher::Keep::No;
    connect(to, &Channel::received, publisher, [=, this](const ChannelMessage &message) {
        const Result<quint64> number = publisher->publish(progress->reply.topic, message.bytes, last);
        if (!number)
            return finish(to, number.error());
        progress->reply.messages = *number;
        if (publisher->room() == 0 && to->stream())
            to->stream()->hold();
    });
    connect(publisher, &Publisher::roomAvailable, to, [to] {
        if (to->stream())
            to->stream()->resume();
    });
    connect(publisher, &Publisher::refused, to, [=, this](quint64, quint64, const Error &why) {
        Error told = why;
        if (publisher->takenUpTo() > 0)
            told.sentence += QStringLiteral("; %1 has the first %2 messages")
                                 .arg(progress->reply.broker, QString::number(publisher->takenUpTo()));
        finish(to, told);
    });
    connect(publisher, &Publisher::taken, to, look);
    connect(to, &Channel::peerEnded, publisher, [look, progress] {
        progress->ended = true;
        look();
    });
}

void Control::subscribeTopic(const SubscribeTopic::Request &request, const std::shared_ptr<IncomingCall> &call)
{
    const Result<Broker> broker = brokerFor(request.broker);
    if (!broker)
        return call->fail(broker.error());
    IncomingCall *to = keep(call);
    const SubscribeOptions options { request.last, request.durable, true };
    auto *subscription = new Subscription(*m_person.brokers().client(broker->key), request.pattern, options, to);
    connect(subscription, &Subscription::received, to, [to, subscription](const TopicMessage &message) {
        to->send(itemOf(message));
        if (to->stream() && to->stream()->waiting() > mostWaiting && subscription->stream())
            subscription->stream()->hold(); // nothing is buffered for a caller that does not read
    });
    connect(to, &Channel::roomAvailable, subscription, [subscription] {
        if (subscription->stream())
            subscription->stream()->resume();
    });
    connect(subscription, &Subscription::missed, to, [to](quint64 count) {
        SubscribeTopic::In in;
        in.state = QStringLiteral("missed");
        in.missed = count;
        to->send(in);
    });
    connect(subscription, &Subscription::ready, to, [to] {
        SubscribeTopic::In in;
        in.state = QStringLiteral("ready");
        to->send(in);
    });
    connect(subscription, &Subscription::waits, to, [to](const Error &why) {
        SubscribeTopic::In in;
        in.state = QStringLiteral("waits");
        in.sentence = why.sentence;
        to->send(in);
    });
    connect(subscription, &Subscription::ended, to,
        [this, to](const Error &why) { finish(to, why.code == Code::Ok ? Result<Value>(Value(Value::Map {})) : why); });
    if (!request.durable.isEmpty())
        connect(to, &Channel::peerEnded, subscription, &Subscription::leave);
    connect(to, &Channel::received, subscription, [subscription](const ChannelMessage &message) {
        if (const Result<quint64> number = topic::decodeNumber(message.bytes); number)
            subscription->acknowledge(*number);
    });
}

} // namespace hawser::chat
